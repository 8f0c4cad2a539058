"""What a command loads before it does anything: each module costs every start of every verb."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import nivis_tofu
from tests.support.source import MODULES, tree

ROOT = Path(nivis_tofu.__file__).parent.parent

FOREIGN = {
    "rich",
    "grpc",
    "msgpack",
    "jinja2",
    "yaml",
    "hcl2",
    "lark",
    "pydantic",
    "asyncio",
    "logging",
    "http",
    "ssl",
    "json",
    "sqlite3",
    "tempfile",
    "random",
}
"""Never needed by an unchanged run; whoever needs one loads it there."""
OWN = {
    *(
        "authoring",
        "insight",
        "manage.migrate",
        "manage.init",
        "run.saved",
        "run.sidecar",
        "run.approval",
        "run.export",
    ),
    *("hcl.reader", "views.progress", "cli.completion", "cli.completion_scripts", "project.provider_schemas"),
}
RUN = (
    "nivis_tofu.cli.main_verbs nivis_tofu.api.sessions nivis_tofu.nix.evaluate nivis_tofu.project.workdir "
    "nivis_tofu.run.loop nivis_tofu.views.runs"
)
"""What an unchanged plan goes through."""
READ = "nivis_tofu.cli.inspect nivis_tofu.run.session nivis_tofu.manage.state_read"


def loaded(code: str) -> set[str]:
    """The modules that a new interpreter has loaded after some code."""
    code += "\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("modules", [RUN, READ], ids=["plan apply", "output, state list"])
def test_a_verb_loads_only_what_it_needs(modules: str) -> None:
    found = loaded(f"import nivis_tofu.cli.app, {', '.join(modules.split())}")
    assert found >= set(modules.split())
    assert {name for name in found if name.split(".")[0] in FOREIGN} == set()
    own = {name.removeprefix("nivis_tofu.") for name in found if name.startswith("nivis_tofu.")}
    assert {name for name in own if name in OWN or name.split(".")[0] in OWN} == set()


def test_nothing_of_ours_is_compiled_at_a_start() -> None:
    """Named tuples, standard dataclasses and annotations that are read as texts take much of a start, and none is seen.

    What the standard library is asked for counts as ours; what it does for itself, or for other packages, does not.
    """
    code = f"""
import os, sys
library, found = os.path.dirname(os.__file__), []
def heard(event, _):
    frame = sys._getframe(1) if event == "compile" else None
    while frame and (frame.f_code.co_filename.startswith((library, "<string>"))):
        frame = frame.f_back
    if frame and frame.f_code.co_filename.startswith({str(ROOT / "nivis_tofu")!r}):
        found.append(f"{{frame.f_code.co_filename}}:{{frame.f_lineno}}")
sys.addaudithook(heard)
import nivis_tofu.cli.app
nivis_tofu.cli.app.command("plan")
import {", ".join(RUN.split())}
print(*found)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    # From Python 3.13 on `dataclass` compiles a line for a class that asks for no method: that is what the sample costs.
    sample = str(ROOT / "nivis_tofu/core/immutable.py")
    assert [place for place in done.stdout.split() if not place.startswith(sample)] == []


def test_a_verb_that_is_left_to_the_engine_loads_no_run() -> None:
    found = loaded("import nivis_tofu.cli.app as app; app.command('version')")
    assert {"nivis_tofu.run.session", "nivis_tofu.run.loop", "nivis_tofu.cli.main_verbs"} & found == set()


def test_the_version_is_told_without_loading_anything() -> None:
    code = (
        "import contextlib, sys; sys.argv = ['nivis', '--version']\n"
        "from nivis_tofu.cli.main import main\n"
        "with contextlib.suppress(SystemExit): main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"nivis {nivis_tofu.__version__}\n"
    found = {name.split(".")[0] for name in loaded(code)}
    assert not found & {*FOREIGN, "typer", "click", "simplejson", "dataclasses"}


def test_set_up_needs_nothing_but_python() -> None:
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import tools.setup"
    # Isolated and without site-packages: a machine on which no package was installed yet.
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_dataclasses_are_made_by_the_decorators_that_are_quick() -> None:
    for path in (ROOT / "nivis_tofu").rglob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("@dataclass") and not line.startswith("@dataclass_"):
                assert " # " in line, f"{path.name}: `@immutable` or `@mutable` of `core/immutable`, or why not: {line}"


def test_patterns_are_compiled_when_they_are_used() -> None:
    for path in (p for p in MODULES.values() if "re.compile(" in p.read_text(encoding="utf-8")):
        for statement in tree(path).body:
            text = (
                ast.unparse(statement.value or statement) if isinstance(statement, ast.Assign | ast.AnnAssign) else ""
            )
            assert "re.compile(" not in text, f"{path.name}: write `regex(…)` of `core/regex`"
