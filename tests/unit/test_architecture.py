"""The house: what each package may import. A package is one sentence, the docstring of its `__init__`."""

from __future__ import annotations

import ast
import functools
import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.support.source import MODULES, ROOT, nodes, tree

ALLOWED = {
    "core": set(),
    "hcl": {"core"},
    "system": {"core"},
    "tofu": {"core", "system"},
    "ir": {"core", "hcl", "tofu"},
    "functions": {"core", "ir"},
    "telemetry": {"core"},
    "nix": {"core", "hcl", "system"},
    "render": {"core", "hcl", "ir"},
    "release": {"core", "system"},
    "project": {"core", "hcl", "ir", "render", "system", "tofu"},
    "run.decide": {"core", "ir", "render", "tofu"},
    "run": {"core", "functions", "ir", "nix", "project", "render", "run.decide", "system", "tofu"},
    "stacks": {"core", "ir", "nix", "project", "system"},
    "manage": {"core", "hcl", "ir", "project", "run", "run.decide", "system", "tofu"},
    "insight": {"core", "ir", "nix", "project", "run", "run.decide", "system", "tofu"},
    "authoring": {"core", "hcl", "ir", "nix", "project", "run", "system", "tofu"},
    "editor": {"authoring", "core", "ir", "project"},
    "testing": {"core", "ir", "nix", "project", "run", "run.decide", "tofu"},
    "views": {"authoring", "core", "insight", "ir", "manage", "run", "run.decide", "stacks", "testing", "tofu"},
    "api": {
        "authoring",
        "core",
        "manage",
        "nix",
        "project",
        "run",
        "run.decide",
        "stacks",
        "system",
        "telemetry",
        "tofu",
        "views",
    },
    "cli": {
        "api",
        "authoring",
        "core",
        "editor",
        "insight",
        "ir",
        "manage",
        "nix",
        "project",
        "release",
        "run",
        "run.decide",
        "stacks",
        "system",
        "telemetry",
        "testing",
        "tofu",
        "views",
    },
}
"""Package -> packages that it may import. Nothing imports `cli`."""
PURE = ("hcl", "ir", "render", "run.decide")
"""They work on values: no process and no file is within their reach, over whatever they import."""
OUTSIDE = {"subprocess", "pty", "multiprocessing", "selectors", "tempfile", "shutil", "fcntl", "socket"}
"""Modules that reach the outside."""
SPAWNER = "system.process"
FORKER = "system.forked"
"""The same program again is no other one."""
UNIT = Path(__file__).parent
APART = {Path("views/test_diff_text.py")}
"""Unit tests of more than one module."""


def package(module: str) -> str:
    """The package of a module; of a package, itself."""
    return module if module in ALLOWED else module.rpartition(".")[0]


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, at its top or inside a function."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path.name}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@functools.cache
def own(path: Path) -> frozenset[str]:
    """The modules of this package that a file imports."""
    found = set()
    for name in imports(path):
        head, _, rest = name.partition(".")
        if head == "nivis_tofu":
            found.add(rest if rest in MODULES else rest.rpartition(".")[0] or "__init__")
    return frozenset(found)


@functools.cache
def foreign(path: Path) -> frozenset[str]:
    return frozenset(name.split(".")[0] for name in imports(path)) - {"nivis_tofu"}


def reached(module: str) -> set[str]:
    """A module and all that it imports, directly or not."""
    found, stack = set(), [module]
    while stack:
        if (name := stack.pop()) not in found and name in MODULES:
            found.add(name)
            stack += own(MODULES[name])
    return found


def test_every_module_is_in_a_package_that_says_what_it_is_for() -> None:
    assert {m for m in MODULES if "." not in m} - ALLOWED.keys() == {"__init__", "__main__"}
    assert {package(m) for m in MODULES if "." in m} == set(ALLOWED)
    for name in ALLOWED:
        text = ast.get_docstring(tree(MODULES[name]))
        assert text, name
        assert text.count(". ") == 0, f"{name} is one sentence: {text}"
        assert text.endswith("."), name


def test_imports_are_those_of_the_package() -> None:
    for name in (m for m in MODULES if "." in m):
        here = package(name)
        used = {package(other) for other in own(MODULES[name])} - {here, "", "__init__"}
        assert used <= ALLOWED[here], name


def test_no_cycles() -> None:
    packages = {name: set(allowed) for name, allowed in ALLOWED.items()}
    inside = {name: set(own(path)) for name, path in MODULES.items()}
    for graph in (packages, inside):
        while graph:
            free = {name for name, needs in graph.items() if not needs & graph.keys()}
            assert free, f"these import each other: {sorted(graph)}"
            graph = {name: needs for name, needs in graph.items() if name not in free}


def test_pure_packages_reach_nothing_outside() -> None:
    for name in (m for m in MODULES if package(m) in PURE):
        found = reached(name)
        assert not {m for m in found if package(m) == "system"}, name
        assert not set().union(*(foreign(MODULES[m]) for m in found)) & OUTSIDE, name


def test_one_module_spawns() -> None:
    for name in MODULES.keys() - {SPAWNER}:
        assert not foreign(MODULES[name]) & {"subprocess", "pty", "multiprocessing"}, name
        calls = {n.attr for n in nodes(MODULES[name]) if isinstance(n, ast.Attribute)}
        assert not calls & {"popen", "posix_spawn", "execv", "execve", "execvp"}, name
        assert ("fork" in calls) is (name == FORKER), name


SPEAKERS = {"app", "main", "result", "completion", "complete_ids", "pass_through"}
"""They print what is no result of a verb: help, the version, words for a shell."""


def prints(node: ast.AST) -> bool:
    """Does it print to stdout?"""
    match node:
        case ast.Call(func=ast.Name(id="print"), keywords=keywords):
            return not any(k.arg == "file" for k in keywords)
    return False


def test_one_renderer_makes_and_prints_results() -> None:
    for name in (m for m in MODULES if package(m) in ("cli", "manage", "insight", "authoring")):
        if package(name) != "cli" or name.split(".")[-1] not in SPEAKERS:
            assert not any(map(prints, nodes(MODULES[name]))), name
        if package(name) == "cli":
            assert not own(MODULES[name]) & {"views.envelope", "core.json_text"}, name


TOOLS = {"tofu", "nix", "workdir", "session", "engine", "one_plan", "redactor", "watch", "locator", "settled"}
"""Names under which tools are held, and what they are made of."""
VALUES = {"tofu.processes.Processes", "tofu.client.Tofu", "nix.evaluate.Nix", "run.session.Session"} | {
    f"project.{name}"
    for name in ("directories.Directories", "settled.Settled", "state_access.StateAccess", "workdir.Workdir")
}
"""Tools that are values: no attribute of theirs is ever assigned, not by themselves either."""
MAKING = ("__init__", "__post_init__")
OWN_RECORDS = {"tally", "done"}
"""Records that a class makes, fills and hands over at the end: `self.tally.failed`."""


@functools.cache
def assigned(path: Path) -> list[tuple[str, str, ast.Attribute]]:
    """Every attribute that a module assigns or deletes: the class and the function around it, and the attribute."""

    def walk(node: ast.AST, owner: str, function: str) -> Iterator[tuple[str, str, ast.Attribute]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef):
                yield from walk(child, child.name, "")
            elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from walk(child, owner, function or child.name)
            else:
                if isinstance(child, ast.Attribute) and isinstance(child.ctx, ast.Store | ast.Del):
                    yield owner, function, child
                yield from walk(child, owner, function)

    some = any(isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load) for node in nodes(path))
    return list(walk(tree(path), "", "")) if some else []


def is_of_another(owner: ast.expr) -> bool:
    """Is it a tool, or something inside another object?"""
    held = ast.unparse(owner).split(".")[-1]
    return held in TOOLS or (isinstance(owner, ast.Attribute) and held not in OWN_RECORDS)


def test_tools_are_values() -> None:
    """Nobody gives a tool another attribute, saves it or puts it back: `at(...)` and the like make another one."""
    for name, path in MODULES.items():
        later = [(owner, node) for owner, function, node in assigned(path) if function not in MAKING]
        outside = [ast.unparse(node) for _, node in later if is_of_another(node.value)]
        inside = [ast.unparse(node) for owner, node in later if f"{name}.{owner}" in VALUES]
        assert outside + inside == [], name


def test_a_tool_is_frozen() -> None:
    for tool in VALUES:
        module, _, name = tool.rpartition(".")
        found = getattr(importlib.import_module(f"nivis_tofu.{module}"), name)
        assert found.__setattr__ is not object.__setattr__, tool


def test_errors_are_values() -> None:
    """What is to be said besides makes another error: `error.with_(...)`."""
    own = {"diagnostics", "raw", "fault", "exit_code"}
    for name, path in MODULES.items():
        later = [node for _, function, node in assigned(path) if function not in MAKING]
        assert [ast.unparse(node) for node in later if node.attr in own] == [], name


def test_a_position_and_a_phase_cannot_be_changed() -> None:
    """Each step makes a new value: nothing in `run.decide` assigns an attribute at all."""
    for name, path in MODULES.items():
        if package(name) == "run.decide":
            inits = [f for f in nodes(path) if isinstance(f, ast.FunctionDef) and f.name == "__init__"]
            allowed = {id(n) for f in inits for n in ast.walk(f)}
            stores = (n for n in nodes(path) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store))
            assert not [n.lineno for n in stores if id(n) not in allowed], name


def test_the_core_stands_on_the_standard_library() -> None:
    for name in (m for m in MODULES if package(m) == "core"):
        assert foreign(MODULES[name]) <= {*sys.stdlib_module_names, "simplejson"}, name


def test_a_long_module_has_a_seam() -> None:
    lines = {name: path.read_text(encoding="utf-8").count("\n") for name, path in MODULES.items()}
    assert {name: n for name, n in lines.items() if n > LONGEST.get(name, 300)} == {}, "look for a seam"
    assert {name: lines[name] for name in LONGEST if lines[name] <= 300} == {}, "take it off the list"


def test_unit_tests_lie_where_their_modules_do() -> None:
    there = {p.relative_to(UNIT) for p in UNIT.rglob("test_*.py") if p.parent != UNIT}
    mirrored = {Path(*m.split(".")[:-1], f"test_{m.split('.')[-1]}.py"): m for m in MODULES if "." in m}
    assert there - mirrored.keys() == APART
    without = {m for path, m in mirrored.items() if path not in there and m not in ALLOWED}
    assert without == set(), "a new module has a unit test"


def test_unit_tests_start_no_real_tool() -> None:
    """They would cost seconds and need what is not there; `make unit` is for every change."""
    texts = {path: path.read_text(encoding="utf-8") for path in UNIT.rglob("test_*.py") if path != Path(__file__)}
    real = re.compile(r"tofu_exe|mark\.(engine|nix|aws)")
    assert [str(path) for path, text in texts.items() if real.search(text)] == []


LONGEST: dict[str, int] = {}
"""Modules that are still longer, with their present length: this list only shrinks."""


def test_the_map_names_what_is_there() -> None:
    text = (ROOT.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_/]+)` \|", text, re.M)
    assert {row.replace("/", ".") for row in rows} == set(ALLOWED)
    named = set(re.findall(r"(?<![\w/])(?:run/decide|[a-z]+)/[a-z_]+(?![\w/.])", re.sub(r"nivis_tofu/\w+", "", text)))
    known = {n for n in named if n.split("/")[0] in ALLOWED}
    assert len(known) > 50
    assert {n for n in known if n.replace("/", ".") not in MODULES} == set()
