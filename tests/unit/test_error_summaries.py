"""Every summary of an error is asserted by some test: what users read first is behaviour.

Summaries are collected from the source: the first argument of `Diagnostic(…)` and of `…Error.of(…)`, also where a
function passes on its parameter or picks one of several texts. Of a text with values in it the longest constant part
counts. What other programs say (the engine's, Nix's own words) is no constant and is not ours.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

from tests.support.source import MODULES, nodes, walk

TESTS = Path(__file__).parents[1]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def is_error(call: ast.Call) -> bool:
    """Does a call make a diagnostic or an error with one?"""
    match call.func:
        case ast.Name(id="Diagnostic") | ast.Attribute(attr="Diagnostic"):
            return True
        case ast.Attribute(value=ast.Name(id=name) | ast.Attribute(attr=name), attr="of"):
            return name.endswith(("Error", "NotConverged", "Interrupted"))
        case _:
            return False


def argument(call: ast.Call, place: int, name: str) -> ast.expr | None:
    named = next((k.value for k in call.keywords if k.arg == name), None)
    return named or (call.args[place] if place < len(call.args) else None)


@functools.cache
def calls() -> dict[str, list[tuple[ast.Call, Function | None]]]:
    """Name of what is called -> the calls, each with the function that it is in."""
    found: dict[str, list[tuple[ast.Call, Function | None]]] = {}
    for path in MODULES.values():
        inside: dict[ast.AST, Function] = {}
        for node in nodes(path):  # outer functions come first, so that the innermost one stays
            if isinstance(node, Function):
                inside |= dict.fromkeys(walk(node), node)
        for node in nodes(path):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                found.setdefault(name, []).append((node, inside.get(node)))
    return found


def texts(expression: ast.expr | None, function: Function | None) -> Iterator[str]:
    """The constants that an expression may be."""
    match expression:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            constant = [part.value for part in parts if isinstance(part, ast.Constant)]
            yield max((str(text) for text in constant), key=len, default="")
        case ast.IfExp(body=one, orelse=other):
            yield from texts(one, function)
            yield from texts(other, function)
        case ast.Name(id=name) if function:
            yield from assigned(name, function)
            yield from passed(name, function)


def assigned(name: str, function: Function) -> Iterator[str]:
    for node in walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name) and target.id == name:
                    yield from texts(node.value, None)
                elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    for one, value in zip(target.elts, node.value.elts, strict=False):
                        if isinstance(one, ast.Name) and one.id == name:
                            yield from texts(value, None)


def passed(name: str, function: Function) -> Iterator[str]:
    """What callers give for a parameter."""
    names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
    names = names[1:] if names[:1] in (["self"], ["cls"]) else names
    if name in names or name in [a.arg for a in function.args.kwonlyargs]:
        place = names.index(name) if name in names else len(names)
        for call, around in calls().get(function.name, ()):
            if function.name != "of" or is_error(call):  # other classes have an `of` of their own
                yield from texts(argument(call, place, name), around)


def summaries() -> set[str]:
    found = {
        " ".join(text.split()).strip("`\"' ")
        for made in calls().values()
        for call, function in made
        if is_error(call)
        for text in texts(argument(call, 0, "summary"), function)
    }
    return found - {""}


def said(tree: ast.AST) -> Iterator[str]:
    """Texts in a test, without docstrings and without errors that the test itself makes."""
    for node in walk(tree, leave_out=is_own):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield " ".join(node.value.split())


def is_own(node: ast.AST) -> bool:
    match node:
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Call():
            return is_error(node)
    return False


def test_each_summary_is_asserted_somewhere() -> None:
    found = summaries()
    assert len(found) > 150, "they are collected no longer"
    # What comes out for each broken document is compared whole.
    golden = "".join(path.read_text(encoding="utf-8") for path in (TESTS / "golden/ir/invalid").glob("*.json"))
    missing = {text for text in found if text not in golden}
    files = {path: path.read_text(encoding="utf-8") for path in TESTS.rglob("*.py") if path != Path(__file__)}
    seen = {path: {text for text in missing if text in files[path]} for path in files}
    # Parsing takes long: that which looks like most of what is missing comes next, and all only if a summary stands on
    # two lines.
    while missing and seen:
        path = max(seen, key=lambda path: len(seen[path] & missing))
        told = "\n".join(said(ast.parse(files[path])))
        missing -= {text for text in missing if text in told}
        del seen[path]
    assert missing == set(), "assert these summaries in a test that reaches them"
