"""What is asked before stacks are run."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from nivis_tofu.cli import stack_course
from nivis_tofu.cli.common import Common
from nivis_tofu.cli.executor import Means
from nivis_tofu.core.errors import Cancelled
from nivis_tofu.ir.model import IR, Settings
from nivis_tofu.stacks.outcome import Result

SESSION = SimpleNamespace(workdir=SimpleNamespace(project=Path("/work/shop")))
B = cast(Any, SimpleNamespace(session=SESSION, progress=SimpleNamespace(__exit__=lambda: None)))


def survey(ask: str = "") -> Any:
    ir = IR({}, {}, {}, settings=Settings(ask=ask))
    return SimpleNamespace(irs={"net": ir, "app": IR({}, {}, {})})


def plans(*actions: str) -> dict[str, Result]:
    return {
        "net": Result("net", "done", 0, {"changes": [{"action": a} for a in actions], "outputs": {}}),
        "app": Result("app", "done", 0, {"changes": [{"action": "create"}], "outputs": {}}),
    }


@pytest.mark.parametrize(
    ("ask", "typed", "sure"),
    [("", "y\n", True), ("", "\n", False), ("name", "shop\n", True), ("name", "y\n", False)],
)
def test_a_destroy_is_asked_about_by_name_where_a_stack_wants_that(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ask: str, typed: str, sure: bool
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    if sure:
        stack_course.ask_destroy(B, survey(ask), ("net", "app"))
    else:
        with pytest.raises(Cancelled, match="Nothing was changed"):
            stack_course.ask_destroy(B, survey(ask), ("net", "app"))
    assert "Destroy all of 2 stacks: app, net?" in capsys.readouterr().err


def asked(monkeypatch: pytest.MonkeyPatch, found: dict[str, Result], typed: str, *, every: bool = False) -> Any:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    monkeypatch.setattr(stack_course, "run", lambda *_: found)
    return stack_course.approved_plans(B, Common(), survey(), ("net", "app"), Means(4, ""), every=every)


def test_what_nobody_was_asked_about_does_not_go(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = asked(monkeypatch, plans("delete", "delete", "replace"), "y\n")
    assert flags == {"net": ["--yes"], "app": ["--yes", "--no-destroy"]}
    assert "Destroy 2 and replace 1 resources in net? [y/N]" in capsys.readouterr().err


def test_without_destruction_nothing_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(monkeypatch, plans("create"), "")["net"] == ["--yes", "--no-destroy"]
    assert capsys.readouterr().err == ""


def test_no_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Cancelled):
        asked(monkeypatch, plans("delete"), "n\n")
    with pytest.raises(Cancelled):
        asked(monkeypatch, plans("create"), "y\n", every=True)
