"""The page of a pipeline's job: results, errors, and a page that cannot be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.cli import summary_page
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.outcome import Applied, Line, Preview, Tally
from nivis_tofu.views import markdown


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "page.md"))
    return tmp_path / "page.md"


def test_what_is_there_stays(page: Path) -> None:
    summary_page.append("one")
    summary_page.append("two")
    assert page.read_text() == "one\ntwo\n"


def test_no_pipeline_no_page(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    summary_page.append("one")
    assert capsys.readouterr() == ("", "")


def test_a_page_that_cannot_be_written_is_told_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    summary_page.append("one")
    assert capsys.readouterr() == ("", f"warning: the summary was not written: {tmp_path}: Is a directory\n")


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (NivisError.of("The moon is full", "It is."), "The moon is full"),
        (PermissionError(13, "Permission denied", "f"), "f"),
    ],
    ids=["ours", "the system's"],
)
def test_an_error_is_on_the_page_and_goes_on(page: Path, problem: Exception, said: str) -> None:
    with pytest.raises(type(problem)) as raised, summary_page.of_failure("apply"):
        raise problem
    assert raised.value is problem
    assert said in page.read_text()
    assert "apply" in page.read_text()


def test_without_an_error_nothing_is_written(page: Path) -> None:
    with summary_page.of_failure("apply"):
        pass
    assert not page.exists()


def test_what_a_run_came_to_is_on_the_page(page: Path) -> None:
    preview = Preview((Line("create", "p.t.a", "t"),))
    summary_page.planned(preview)
    summary_page.applied(Applied(Tally(), 1), "apply")
    assert page.read_text() == f"{markdown.plan(preview)}\n{markdown.applied(Applied(Tally(), 1), 'apply')}\n"


def test_without_a_page_nothing_is_written_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """With thousands of resources that takes time."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    for name in ("plan", "applied", "failed"):
        monkeypatch.delattr(markdown, name)
    summary_page.planned(Preview(()))
    summary_page.applied(Applied(Tally(), 1), "apply")
    with pytest.raises(NivisError), summary_page.of_failure("apply"):
        raise NivisError.of("x", "y")
