"""The matrix: what a row runs, what is read off its logs, its table; the workflow has the same rows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tools.matrix import places, trial
from tools.matrix.__main__ import main
from tools.matrix.places import AbsentError, Place, here
from tools.matrix.rows import ROWS, Made, Result, Row
from tools.matrix.table import table
from tools.matrix.trial import Trial, counts, found_by_setup

TOP = Path(__file__).parents[2]
SETUP = """\
1. Python packages: installing into .venv with Python 3.13.5
   pip install: done in 50s
2. Nix: nix (Nix) 2.26.3 (/usr/bin/nix)
3. Engine: OpenTofu v1.12.6 (/matrix/home/.cache/nivis/tofu-1.12.6/tofu)
Ready.
"""


def test_the_workflow_has_the_same_rows() -> None:
    workflow = yaml.safe_load((TOP / ".github/workflows/matrix.yml").read_text(encoding="utf-8"))
    assert workflow["jobs"]["row"]["strategy"]["matrix"]["row"] == [row.name for row in ROWS]


def test_every_target_of_a_row_can_be_made() -> None:
    targets = sorted({target for row in ROWS for target in ["setup", *row.targets]})
    subprocess.run(["make", "-n", "-s", "-C", str(TOP), *targets], check=True, capture_output=True)


def test_versions_are_those_that_set_up_found() -> None:
    found = found_by_setup(SETUP)
    assert (found.python, found.nix, found.engine) == ("3.13.5", "2.26.3", "OpenTofu 1.12.6")
    again = found_by_setup(SETUP.replace("installing into .venv with Python 3.13.5", "3.13.5 in .venv"))
    assert again.python == "3.13.5"
    assert found_by_setup("make: *** No rule").engine == ""


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("=== 270 passed, 3 skipped in 61.20s (0:01:01) ===\n", "270 passed, 3 skipped"),
        ("....\n2 failed, 5 passed, 1 error in 3.0s\n", "5 passed, 2 failed, 1 error"),
        ("10 passed in 1.0s\n5 passed, 1 skipped in 2.0s\n", "15 passed, 1 skipped"),
        ("Ready.\n", ""),
    ],
)
def test_counts_are_those_of_pytest(log: str, said: str) -> None:
    assert counts(log) == said


def test_a_command_has_a_home_of_its_own_and_nothing_of_this_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_VAR_secret", "x")
    argv = Place(Path("/scratch"), Path("/seen"), ["chroot", "/root"]).command("unit", {"CI": "true"})
    assert argv[:3] == ["chroot", "/root", "env"]
    assert "-uTF_VAR_secret" in argv
    assert argv[-6:] == ["CI=true", "HOME=/seen/home", "make", "-C", "/seen/nivis", "unit"]


def test_the_table_tells_what_passed_failed_and_is_not_to_be_had() -> None:
    good = [Made("setup", 0, 30.0), Made("demo", 0, 20.0), Made("unit", 0, 70.0, "9 passed")]
    rows = [
        Result(Row("a", ""), good, "3.13.5", "2.26.3", "OpenTofu 1.12.6"),
        Result(Row("b", ""), [Made("setup", 2, 60.0)]),
        Result(Row("c", ""), [Made("setup", 0, 1.0), Made("unit", 2, 60.0, "8 passed, 1 failed")]),
        Result(Row("d", ""), absent="there is no `python3.12` on PATH"),
    ]
    assert [row.verdict for row in rows] == ["passed", "failed", "failed", "absent"]
    assert table(rows).splitlines()[2:] == [
        "| a | 2.26.3 | 3.13.5 | OpenTofu 1.12.6 | demo: passed; unit: 9 passed | 2 |",
        "| b |  |  |  | setup: FAILED | 1 |",
        "| c |  |  |  | unit: 8 passed, 1 failed | 1 |",
        "| d |  |  |  | not to be had: there is no `python3.12` on PATH |  |",
    ]


def test_where_no_debian_can_be_made_every_way_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(places, "output_of", lambda argv: "")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(AbsentError, match="neither docker nor podman works here; a chroot needs root"):
        places.debian("trixie", tmp_path, tmp_path)


@pytest.fixture
def project(tmp_path: Path) -> Trial:
    """A repository whose `make` targets answer at once."""
    repository = tmp_path / "repository"
    repository.mkdir()
    made = "setup:\n\t@cat setup.txt\nunit:\n\t@echo '3 passed in 0.1s'; echo $$HOME >&2\nbroken:\n\t@exit 3\n"
    (repository / "Makefile").write_text(made)
    (repository / "setup.txt").write_text(SETUP)
    git = ["git", "-C", str(repository), "-c", "user.name=n", "-c", "user.email=n@example.com"]
    for argv in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "all"]):
        subprocess.run([*git, *argv], check=True)
    env = {"PATH": "/usr/bin:/bin"}
    return Trial(repository, tmp_path / "scratch", tmp_path / "logs", tmp_path / "cache", env, Path(sys.executable))


def test_a_row_is_made_in_a_fresh_clone_to_its_end(project: Trial) -> None:
    result = project.result(Row("mine", "", targets=["unit", "broken"]))
    assert [(made.target, made.code == 0) for made in result.made] == [
        ("setup", True),
        ("unit", True),
        ("broken", False),
    ]
    assert result.made[1].counts == "3 passed"
    assert result.nix == "2.26.3"
    log = (project.logs / "mine/unit.log").read_text()
    assert str(here(project.scratch / "mine").seen / "home") in log


def test_a_row_whose_tool_is_not_here_says_so_and_makes_nothing(project: Trial) -> None:
    result = project.result(Row("mine", "", python="python9.99"))
    assert result.absent == "there is no `python9.99` on PATH (install it, or `uv python install 9.99`)"
    assert not project.scratch.exists()


def test_a_set_up_that_fails_ends_its_row(project: Trial) -> None:
    (project.repository / "Makefile").write_text("setup:\n\t@exit 2\nunit:\n\t@exit 0\n")
    git = ["git", "-C", str(project.repository), "-c", "user.name=n", "-c", "user.email=n@example.com"]
    subprocess.run([*git, "commit", "-qam", "broken"], check=True)
    result = project.result(Row("mine", "", targets=["unit"]))
    assert [made.target for made in result.made] == ["setup"]
    assert result.verdict == "failed"


def test_a_target_that_hangs_is_ended(project: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "LIMIT", 0.2)
    (project.repository / "Makefile").write_text("setup:\n\t@sleep 60\n")
    git = ["git", "-C", str(project.repository), "-c", "user.name=n", "-c", "user.email=n@example.com"]
    subprocess.run([*git, "commit", "-qam", "slow"], check=True)
    assert project.result(Row("mine", "", targets=[])).made[0].code == 124


def test_a_row_that_nobody_knows_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["debian-99"])
    assert "no row debian-99; there are debian-12," in capsys.readouterr().err
