"""A callback of a program, which must not break a run."""

from __future__ import annotations

import pytest

from nivis_tofu.api.listener import Listener
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.events import Event, Told, Warned


def test_a_callback_that_fails_is_told_at_the_end() -> None:
    heard: list[Event] = []

    def callback(event: Event) -> None:
        heard.append(event)
        raise ConnectionError("no network")

    listener = Listener(callback)
    for text in ("one", "two"):
        listener(Told(text))
    with pytest.raises(ConnectionError, match="no network") as caught:
        listener.end()
    assert heard == [Told("one")]
    assert "on_event" in caught.value.__notes__[0]


def test_who_is_interrupted_in_a_callback_is_interrupted() -> None:
    def callback(_: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Listener(callback)(Told("one"))


def test_warnings_are_kept_without_a_callback() -> None:
    listener = Listener(None)
    for summary in ("a", "b", "a"):
        listener(Warned(Diagnostic(summary)))
    listener.note("an unusual engine")
    listener.end()
    assert [d.summary for d in listener.warnings] == ["a", "b"]
