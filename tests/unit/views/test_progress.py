"""What is said while a run goes on."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable

import pytest

from nivis_tofu.core import events as e
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.views import progress, sections
from nivis_tofu.views.human import Style
from nivis_tofu.views.progress import Manner, PlainProgress


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], r"still at work, \d+s"),
        ([e.Stage("", 0)], r"still at work, \d+s"),
        ([e.Stage("applying", 2)], r"still phase 2: applying, \d+s"),
        ([e.Stage("evaluating", 1)], r"still evaluating, \d+s; Nix has not answered yet \(\^C stops it\)"),
        ([e.Started("a", "create")], r"still a: creating, \d+s"),
        ([e.Started("a\nb\x1b", "create")], r"still a\\nb\\u001b: creating, \d+s"),
    ],
)
def test_keep_alive_says_something(events: list[e.Event], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LOOK", 0.01)
    out = io.StringIO()
    with PlainProgress(out) as plain:
        for event in events:
            plain(event)
        monkeypatch.setattr(progress, "KEEPALIVE", 0.0)  # not before: something else would be told
        until(lambda: "still" in out.getvalue())
    assert all(re.fullmatch(expected, line) for line in out.getvalue().splitlines())


def test_plain_lines_go_on_after_a_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "KEEPALIVE", 0.0)
    monkeypatch.setattr(progress, "LOOK", 0.01)
    out = io.StringIO()
    plain = PlainProgress(out)
    for _ in range(2):
        with plain:
            at = len(out.getvalue())
            until(lambda at=at: "still" in out.getvalue()[at:])  # type: ignore[misc]


def test_warnings_are_coloured_where_that_is_wanted() -> None:
    for style, head in ((Style(), "warning: "), (Style(colour=True), "\x1b[1;33mwarning\x1b[0m: ")):
        out = io.StringIO()
        PlainProgress(out, Manner(style=style))(e.Warned(Diagnostic("Careful", severity="warning")))
        assert out.getvalue() == f"{head}Careful\n"


def test_a_phase_is_a_section_and_warnings_stand_outside() -> None:
    out = io.StringIO()
    marks = sections.of({"GITHUB_ACTIONS": "true"}, "")
    with PlainProgress(out, Manner(stamp=lambda: "now ", sections=marks)) as plain:
        plain(e.Outlook({"a": "create", "b": "create"}, 2))
        for phase, name in ((1, "a"), (2, "b")):
            plain(e.Stage("applying", phase))
            plain(e.Acting(phase))
            plain(e.Done(name, "create", 1.0, phase))
            if phase == 1:
                plain(e.Acting(phase, ended=True))
                plain(e.Warned(Diagnostic("Careful", severity="warning")))
    # The end of a run that broke off ends its section too.
    assert out.getvalue().splitlines() == [
        "::group::phase 1/2",
        "now a: created after 1s",
        "::endgroup::",
        "now warning: Careful",
        "::group::phase 2/2",
        "now b: created after 1s",
        "::endgroup::",
    ]


def test_a_quiet_run_has_no_sections() -> None:
    out = io.StringIO()
    with PlainProgress(out, Manner("quiet", sections=sections.of({"GITHUB_ACTIONS": "true"}, ""))) as plain:
        plain(e.Acting(1))
        plain(e.Acting(1, ended=True))
    assert out.getvalue() == ""
