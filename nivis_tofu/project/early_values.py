"""Values of variables that an engine needs before it can read a saved plan: those that its encryption is made of.

An engine that takes no variable files beside a saved plan gets them in its environment. Files that it finds by itself
would have to lie among the user's, where `fileset` and archives would find them, too.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.hcl.blocks import Block, split
from nivis_tofu.hcl.quoting import quote
from nivis_tofu.project import root_module
from nivis_tofu.project.links import SUFFIXES
from nivis_tofu.project.root_files import text_of
from nivis_tofu.project.root_module import RootModule
from nivis_tofu.system import notes

_LITERAL = ("", "string", "number", "bool")
"""Declared types of which the engine takes the text of an environment variable as it is; others are expressions."""


def early_values(module: Path, files: tuple[Path, ...]) -> dict[str, str]:
    """Names and texts of environment variables; `module`: a directory, `files`: where values are, the last one wins."""
    if not any("encryption" in text_of(path) for path in module.iterdir() if path.name.endswith(SUFFIXES)):
        return {}  # the rule, and not worth taking large modules apart
    root = root_module.read(module)
    needed = _needed(root)
    if not needed:
        return {}
    given: dict[str, Any] = {}
    for file in files:
        found = notes.read_json(file, version=sys.maxsize)  # here that is the name of some variable
        given |= found if isinstance(found, dict) else {}
    types = {b.labels[0]: _type(b) for _, b in root.all if b.kind == "variable"}
    return {
        f"TF_VAR_{name}": _text(value, literal=types[name] in _LITERAL)
        for name, value in given.items()
        if name in needed and name in types
    }


def _needed(root: RootModule) -> frozenset[str]:
    """Names of the variables that `encryption` uses, by way of local values, too."""
    blocks = [block for _, block in root.all if block.kind == "terraform"]
    open_ = {name for block in blocks for inner in _encryption(block) for name in inner.references}
    found: set[str] = set()
    while open_:
        found |= open_
        open_ = {name for one in open_ for name in root.edges.get(one, ())} - found
    return frozenset(name.removeprefix("var.") for name in found if name.startswith("var."))


def _encryption(block: Block) -> Iterator[Block]:
    if block.json:
        if "encryption" in block.arguments:
            yield Block("encryption", (), 0, 0, block.arguments["encryption"], json=True)
    else:
        inside = block.text[block.text.index("{") + 1 : -1]
        yield from (inner for inner in split(inside) if inner.kind == "encryption")


def _type(block: Block) -> str:
    return block.arguments.get("type", "").strip().strip('"')


def _text(value: Any, *, literal: bool) -> str:
    return value if literal and isinstance(value, str) else _expression(value)


def _expression(value: Any) -> str:
    match value:
        case str():
            return quote(value)
        case list():
            return f"[{', '.join(map(_expression, value))}]"
        case dict():
            return f"{{{', '.join(f'{quote(k)} = {_expression(v)}' for k, v in value.items())}}}"
        case _:
            return json_text.dumps(value)
