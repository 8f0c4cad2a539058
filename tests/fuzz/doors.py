"""Which functions of nivis parse what comes from outside: found in the code, so that a new one asks for a row."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from tests.support.source import MODULES, nodes, walk

PARSERS = (
    "loads",
    "load_object",
    "read_json",
    "unpackb",
    "ZipFile",
    "parses_to_tree",
    "tarfile.open",
    "yaml.load",
    "fromstring",
)
"""Calls that make values of bytes or text."""


def doors() -> set[str]:
    """`path:function` of each function that calls a parser."""
    return {
        found for name, path in MODULES.items() for found in _in_module(name.replace(".", "/") + ".py", nodes(path))
    }


def _in_module(name: str, found: Any) -> Iterator[str]:
    for node in found:
        if isinstance(node, ast.FunctionDef) and any(map(_parses, _own(node))):
            yield f"{name}:{node.name}"


def _own(function: ast.FunctionDef) -> list[ast.AST]:
    """What a function does itself; what functions in it do is theirs."""
    return walk(function, leave_out=lambda node: isinstance(node, ast.FunctionDef) and node is not function)


def _parses(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=name)):
            return name in PARSERS or f"{owner}.{name}" in PARSERS
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return name in PARSERS
        case _:
            return False


def passed(call: Callable[[], object]) -> set[str]:
    """`path:function` of each function of nivis that a call runs through, in this thread."""
    found: set[str] = set()

    def look(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and "nivis_tofu/" in code.co_filename:
            found.add(f"{code.co_filename.rpartition('nivis_tofu/')[2]}:{code.co_name}")

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        call()
    finally:
        sys.setprofile(before)
    return found
