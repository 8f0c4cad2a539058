"""What `import nivis_tofu` offers: loaded when it is asked for, and the same for type checkers."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import nivis_tofu

STUB = Path(nivis_tofu.__file__).with_suffix(".pyi")


def test_type_checkers_see_the_same_names() -> None:
    nodes = ast.parse(STUB.read_text(encoding="utf-8")).body
    stub = {alias.asname or alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert stub | {"__version__"} == set(vars(nivis_tofu)["__all__"])
    for node in (n for n in nodes if isinstance(n, ast.ImportFrom)):
        for alias in node.names:
            assert getattr(nivis_tofu, alias.name) is getattr(__import__(str(node.module), fromlist=["_"]), alias.name)


def test_a_name_that_there_is_not() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Projekt'"):
        vars(nivis_tofu)["__getattr__"]("Projekt")
    assert {"Project", "__version__"} <= set(dir(nivis_tofu))


def test_the_import_loads_nothing() -> None:
    code = "import sys; before = set(sys.modules); import nivis_tofu; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["nivis_tofu"]


def test_a_project_needs_nothing_of_the_command_line() -> None:
    code = "import sys; from nivis_tofu import Project; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found = set(done.stdout.split())
    assert not {name for name in found if name.startswith("nivis_tofu.cli")}
    assert not found & {"typer", "click", "rich", "grpc", "logging", "yaml"}
