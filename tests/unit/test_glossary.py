"""One word, one meaning: identifiers of the code, words of the two glossaries, and what users are told."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from tests.support.source import MODULES, ROOT, nodes

DOCS = ROOT.parent / "docs"
USERS, CONTRIBUTORS = DOCS / "glossary.md", DOCS / "contributing" / "glossary.md"

INSTEAD = {
    "Workspace": "Workdir: a workspace is a named state, never a directory",
    "space": "workdir",
    "rundir": "run_directory",
    "rootmodule": "root_module",
    "written": "what it is: rendered, text, file",
    "details": "what it is: attributes, changes",
    "telling": "announced",
    "older": "legacy",
    "blocked": "held",
    "waiting": "held, of resources; pending, of values",
    "upstreams": "upstream",
    "tf": "tofu, or root_module",
}
"""Identifiers that nobody can guess or that mean something else in OpenTofu -> the word to use."""
FORBIDDEN_TODAY: set[str] = set()
"""Those that are still there. This list only shrinks."""

TYPE = {
    "address": "str",
    "cut": "Cut",
    "frozen": "frozenset[str]",
    "held": "frozenset[str]",
    "id": "str",
    "ledger": "Ledger",
    "now": "Evaluation",
    "orphans": "frozenset[str]",
    "pending": "bool",
    "phase": "int",
    "place": "Position",
    "snapshot": "Snapshot",
    "stale": "frozenset[str]",
    "workspace": "str",
}
"""A word of the glossary -> the type of every parameter and field of that name; `| None` is allowed everywhere."""
TYPES_TODAY = {
    ("held", "tuple[str, ...]"),
    ("ledger", "Mapping[str, Any]"),
    ("now", "Mapping[str, Any]"),
    ("now", "PlanDocument"),
    ("now", "Snapshot"),
    ("now", "float"),
    ("orphans", "Mapping[str, str]"),
    ("phase", "Phase"),
    ("place", "Any"),
    ("place", "Backend"),
    ("place", "Path"),
    ("place", "str"),
}
"""Words that still name something else, too. This list only shrinks."""

TWICE_TODAY = {"Position", "Taint"}
"""Names that two classes share. This list only shrinks."""

UNEXPLAINED = re.compile(r"\b(harvest|provenance|settle[sd]?|closure)\b", re.IGNORECASE)
"""Words that only contributors know: no message and no page for users has them."""


def identifiers() -> set[str]:
    """Everything that the code gives a name to."""
    found = set()
    for path in MODULES.values():
        for node in nodes(path):
            match node:
                case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.arg(arg=name):
                    found.add(name)
                case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                    found.add(name)
                case ast.alias(name=name, asname=other):
                    found.add(other or name.split(".")[-1])
    return found


def typed() -> set[tuple[str, str]]:
    """Parameters and fields with their types."""
    found = set()
    for path in MODULES.values():
        for node in nodes(path):
            match node:
                case ast.arg(arg=name, annotation=ast.expr() as type_):
                    found.add((name, ast.unparse(type_).removesuffix(" | None")))
                case ast.AnnAssign(target=ast.Name(id=name), annotation=type_):
                    found.add((name, ast.unparse(type_).removesuffix(" | None")))
    return found


def words(page: Path) -> list[str]:
    return re.findall(r"^\| \*\*(.+?)\*\* \|", page.read_text(encoding="utf-8"), re.M)


def test_no_identifier_is_a_synonym() -> None:
    there = identifiers() & INSTEAD.keys()
    assert {name: INSTEAD[name] for name in there - FORBIDDEN_TODAY} == {}
    assert FORBIDDEN_TODAY - there == set(), "take what is gone off the list"


def test_a_word_has_one_type() -> None:
    there = {(name, type_) for name, type_ in typed() if name in TYPE and type_ != TYPE[name]}
    assert there - TYPES_TODAY == set(), {name: TYPE[name] for name, _ in there - TYPES_TODAY}
    assert TYPES_TODAY - there == set(), "take what is gone off the list"


def test_a_class_name_is_there_once() -> None:
    counted = Counter(n.name for path in MODULES.values() for n in nodes(path) if isinstance(n, ast.ClassDef))
    assert {name for name, times in counted.items() if times > 1} == TWICE_TODAY


def test_the_glossaries_explain_each_word_once() -> None:
    for page in (USERS, CONTRIBUTORS):
        assert words(page) == sorted(words(page), key=str.lower), page
    assert set(words(USERS)) & set(words(CONTRIBUTORS)) == set()
    assert {word for word in TYPE if not explained(word)} == {"now", "place"}


def explained(word: str) -> bool:
    text = USERS.read_text(encoding="utf-8") + CONTRIBUTORS.read_text(encoding="utf-8")
    return any(re.search(rf"\*{name}\*", text) for name in (word, word.removesuffix("s")))


def test_messages_have_no_words_that_only_contributors_know() -> None:
    found: dict[str, list[str]] = defaultdict(list)
    for module, path in MODULES.items():
        documented = {n.value for n in nodes(path) if isinstance(n, ast.Expr)}
        for node in nodes(path):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in documented:
                found[module] += [node.value] if " " in node.value and UNEXPLAINED.search(node.value) else []
    assert {module: texts for module, texts in found.items() if texts} == {}


@pytest.mark.parametrize("folder", ["tutorials", "how-to"])
def test_pages_for_users_have_none_either(folder: str) -> None:
    pages = {page.name: page.read_text(encoding="utf-8") for page in (DOCS / folder).glob("*.md")}
    assert {name for name, text in pages.items() if UNEXPLAINED.search(text)} == set()
