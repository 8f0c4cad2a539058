"""The source of nivis as trees, for tests of its form."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable
from pathlib import Path

import nivis_tofu

ROOT = Path(nivis_tofu.__file__).parent


def _modules() -> dict[str, Path]:
    found = {".".join(p.relative_to(ROOT).with_suffix("").parts): p for p in ROOT.rglob("*.py")}
    return {name.removesuffix(".__init__"): path for name, path in found.items()}


MODULES = _modules()
"""Module without the leading `nivis_tofu.` -> its file; of a package, its `__init__`."""


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a file, outer ones first."""
    return tuple(walk(tree(path)))


def walk(node: ast.AST, leave_out: Callable[[ast.AST], bool] = lambda _: False) -> list[ast.AST]:
    """As `ast.walk`, in half the time; without `Load`, `Store` and `Del`, which are a third of the nodes.

    `leave_out`: nodes whose inside is left out.
    """
    found = [node]
    for one in found:
        if leave_out(one):
            continue
        for name in one._fields:
            value = getattr(one, name, None)
            if isinstance(value, list):
                found += [item for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
                found.append(value)
    return found
