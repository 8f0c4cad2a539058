"""Lines where there is no terminal; notes of providers are told in any case."""

from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.cli import progress_view
from nivis_tofu.cli.common import Common, LogLevel
from nivis_tofu.core.events import HEADS_INTO, Event, Stage, Told
from nivis_tofu.views.live import LiveProgress


def test_without_a_terminal_nothing_is_redrawn() -> None:
    assert not isinstance(progress_view.view(Common(), "nivis plan"), LiveProgress)


@pytest.mark.parametrize(("level", "told", "shown"), [(LogLevel.info, ["a note"], ""), (LogLevel.quiet, [], "a note")])
def test_a_note_of_a_provider_is_told_even_to_who_wants_quiet(
    capsys: pytest.CaptureFixture[str], level: LogLevel, told: list[str], shown: str
) -> None:
    heard: list[Event] = []
    progress_view.note("a note", Common(log_level=level), heard.append)
    assert [event.text for event in heard if isinstance(event, Told)] == told
    assert capsys.readouterr().err.strip() == shown


def test_where_a_run_stands_is_kept_in_a_file_for_who_watches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HEADS_INTO, str(tmp_path / "heads"))
    view = progress_view.view(Common(), "nivis plan")
    for text in ("evaluating the whole flake", "planning"):
        view(Stage(text, 1))
    assert (tmp_path / "heads").read_text() == "planning, 0s\n"
