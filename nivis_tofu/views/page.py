"""A page: all that a verb shows, as one JSON document for programs and as text for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nivis_tofu.core.errors import ExitCode
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.visible import line
from nivis_tofu.views import envelope
from nivis_tofu.views.human import Style

Text = Callable[[Style], str]
"""Whole lines, each with its end, or nothing."""


def nothing(_: Style) -> str:
    return ""


@immutable(slots=True)
class Page:
    """`text` or, for JSON, `document` goes to stdout; `before` and `after` go to stderr."""

    document: Callable[[], str]
    """Without the end of its last line."""
    text: Text
    before: Text = nothing
    after: Text = nothing
    code: ExitCode = ExitCode.OK
    reading: bool = False
    """It is looked at, and has done nothing: long ones may go through a pager."""


def lines(*rows: str) -> Text:
    """Rows as they are, each with a newline."""
    text = "".join(f"{row}\n" for row in rows)
    return lambda _: text


def report(body: Mapping[str, Any], text: Text, *, before: Text = nothing, after: Text = nothing) -> Page:
    """A page that shows something; its document is indented."""
    return Page(lambda: envelope.document(body), text, before, after, reading=True)


def done(body: Mapping[str, Any], *rows: str, before: Text = nothing, after: Text = nothing) -> Page:
    """A page that says what was done, a row each; its document is one line."""
    return Page(lambda: envelope.document(body, indent=None), lines(*map(line, rows)), before, after)
