"""Imports only go down. A new module is put into its layer here, or this test fails."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import nivis_tofu

ROOT = Path(nivis_tofu.__file__).parent

LAYERS = (
    # L0 values: no I/O, nothing but each other
    "__init__ errors diagnostics globs nearest ir events results jsontext shells completing misread visible",
    # L1 the outside: processes, signals, files, where the tools are
    "process signals files notes destination toolchain",
    # L2 one adapter per foreign thing, and pure parts that work on values
    "attributes backends blocks nix tofu tofu.address tofu.argv tofu.client tofu.env tofu.failures tofu.messages tofu.models tofu.provider_log tofu.rawstate "
    "tofu.results tofu.site tofu.wire adopting comparing convert departing drawing flakecopy fromstate gen graph hcl hclread irdecode irvalues journal ledger lint lockfile mirror naming nixtext nixwords nixwriter older picture positions preview "
    "provenance providers remembered render rootmodule rundir scaffold schema secrecy shapes state statefile stockdata targeting variables workspace written",
    # L3 a run: decide, act, explain
    "approval checks console converting details doctor engine explain exporting forecast freezing initialising inspection migration outliving passthrough planfile planner planview providing provision "
    "recorder refreshing refusals revisions saved session settle statework takeover telling",
    # L4 results -> text
    "views views.diff views.enginelines views.errors views.human views.jsonl views.markdown views.origin views.progress views.values",
    # L5 the command line
    "__main__ cli cli.adopt cli.app cli.asking cli.bind cli.common cli.completion cli.convert_ cli.diff_ cli.doctor cli.gen_ cli.graph_ cli.init_ cli.inspect_ cli.main cli.main_verbs cli.migrate cli.providers_ cli.refresh_ cli.render_ cli.show cli.spelling cli.state_verbs cli.streams cli.why cli.workspace_ cli.lines cli.opentofu cli.passing",
)
LAYER = {name: number for number, names in enumerate(LAYERS) for name in names.split()}
SPAWNER = "process"
DATA_ONLY = {"errors", "diagnostics", "globs", "ir", "events", "results"}
"""They import nothing but each other and the standard library."""


def modules() -> dict[str, Path]:
    found = {".".join(p.relative_to(ROOT).with_suffix("").parts): p for p in ROOT.rglob("*.py")}
    return {name.removesuffix(".__init__"): path for name, path in found.items()}


MODULES = modules()


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path.name}: relative import"
            module = node.module or ""
            yield from (f"{module}.{alias.name}" for alias in node.names)


def own(path: Path) -> set[str]:
    """The modules of this package that a file imports."""
    found = set()
    for name in imports(path):
        head, _, rest = name.partition(".")
        if head == "nivis_tofu":
            found.add(rest if rest in MODULES else rest.rpartition(".")[0] or "__init__")
    return found


def foreign(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)} - {"nivis_tofu"}


def test_every_module_has_its_layer() -> None:
    assert set(MODULES) == set(LAYER)


@pytest.mark.parametrize("name", sorted(MODULES.keys() & LAYER.keys()))
def test_imports_go_down(name: str) -> None:
    above = {other for other in own(MODULES[name]) if LAYER.get(other, 0) > LAYER[name]}
    assert not above


def test_no_cycles() -> None:
    graph = {name: own(path) for name, path in MODULES.items()}
    while graph:
        free = {name for name, needs in graph.items() if not needs & graph.keys()}
        assert free, f"modules import each other: {sorted(graph)}"
        graph = {name: needs for name, needs in graph.items() if name not in free}


@pytest.mark.parametrize("name", [n for n in MODULES if n != SPAWNER])
def test_one_module_spawns(name: str) -> None:
    assert not foreign(MODULES[name]) & {"subprocess", "pty", "multiprocessing"}
    calls = {n.attr for n in ast.walk(ast.parse(MODULES[name].read_text())) if isinstance(n, ast.Attribute)}
    assert not calls & {"popen", "fork", "posix_spawn", "execv", "execve", "execvp"}


@pytest.mark.parametrize("name", [n for n in LAYERS[0].split() if n in DATA_ONLY])
def test_values_stand_on_the_standard_library(name: str) -> None:
    assert foreign(MODULES[name]) <= set(sys.stdlib_module_names)
    assert own(MODULES[name]) <= DATA_ONLY


def test_the_version_is_told_without_loading_anything() -> None:
    code = (
        "import sys; sys.argv = ['nivis', '--version']\n"
        "from nivis_tofu.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*{m.split('.')[0] for m in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    version, loaded = done.stdout.splitlines()
    assert version == f"nivis {nivis_tofu.__version__}"
    assert not set(loaded.split()) & {"rich", "jinja2", "typer", "click", "yaml", "hcl2", "filelock", "simplejson"}
