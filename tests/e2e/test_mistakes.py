"""The mistakes that people make, and what each prints. `pytest tests/e2e/test_mistakes.py --adopt` takes what comes out now."""

from __future__ import annotations

import functools
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from nivis_tofu.cli import app
from tests.golden.errors.cases import CASES, Case

pytestmark = [pytest.mark.engine, pytest.mark.nix]

EXPECTED = Path(__file__).parents[1] / "golden" / "errors" / "expected.txt"
HEAD = "==== "
FRAME = ("error:", "warning:", "hint:", "  ")
OF_A_RUN = re.compile(r"Plan: |phase \d|\S+: (created|updated) after|Applied|Stopped|not started|next: | ✓ ")
"""What a plan or an apply says besides."""
RESOLVER = re.compile(r"dial tcp: lookup .*")
UNDECLARED = re.compile(r'A managed resource ("\w+" "\w+") has not been declared in')
"""As OpenTofu 1.10 says it."""
# Other versions of Nix say the same in other words, and often know a place more exactly.
ADOPTED_WITH = "2.8"


def expected() -> dict[str, str]:
    parts = re.split(rf"^{HEAD}(.*)\n", EXPECTED.read_text(encoding="utf-8"), flags=re.M)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


@functools.cache
def version() -> str:
    return subprocess.run(["nix", "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]


@pytest.fixture(scope="module")
def adopted(adopt: bool) -> Iterator[dict[str, str]]:
    """What is expected; with `--adopt`, what the tests put in becomes that."""
    found: dict[str, str] = {} if adopt else expected()
    yield found
    if adopt:
        EXPECTED.write_text("".join(f"{HEAD}{name}\n{text}" for name, text in found.items()), encoding="utf-8")


def set_up(case: Case, directory: Path) -> None:
    if case.text != "-":
        (directory / "flake.nix").write_text(case.text, encoding="utf-8")
    for name, text in case.files.items():
        (directory / name).write_text(text, encoding="utf-8")
    if case.git:
        for line in (["init", "--quiet"], ["add", *case.git]):
            subprocess.run(["git", *line], cwd=directory, check=True)


@pytest.mark.parametrize("name", CASES)
def test_what_a_mistake_prints(
    name: str,
    tmp_path: Path,
    tofu_exe: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    adopted: dict[str, str],
    adopt: bool,
) -> None:
    directory = tmp_path / "project"
    directory.mkdir()
    set_up(CASES[name], directory)
    for variable in [n for n in os.environ if n.startswith(("TF_", "NIVIS_", "AWS_"))]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("NIVIS_TOFU", str(tofu_exe))
    monkeypatch.chdir(directory)
    code = app.run(list(CASES[name].argv))
    said = capfd.readouterr().err.replace(str(directory), "DIR")
    assert code == CASES[name].code
    said = "".join(row for row in said.splitlines(keepends=True) if row.startswith(FRAME) or not OF_A_RUN.match(row))
    said = RESOLVER.sub("dial tcp: lookup", said)
    said = UNDECLARED.sub(r"There is no managed resource \1 definition in", said)
    assert not [inside for inside in ("/nix/store", "/internal/", "nixlib", "main.tf.json") if inside in said], said
    lines = [line.strip() for line in said.splitlines() if line.strip() and "|" not in line]
    assert len(lines) == len(set(lines)), f"said twice\n{said}"
    shown = f"{said.rstrip()}\n\n"
    if adopt:
        adopted[name] = shown
    elif version().startswith(ADOPTED_WITH) or (name in adopted and "nivis" in adopted[name].split("\n")[0]):
        assert shown == adopted[name], "adopt with --adopt"
