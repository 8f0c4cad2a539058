"""What a run came to, or would come to: plans, applies, refreshes, checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nivis_tofu.core import json_text
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import ExitCode, NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.outcome import Applied, PlanStyle, Preview
from nivis_tofu.core.visible import line
from nivis_tofu.views import diff, envelope, errors, human, jsonl, summary
from nivis_tofu.views.human import Style
from nivis_tofu.views.page import Page, lines

if TYPE_CHECKING:
    from nivis_tofu.run.refresh import Refreshed

Sentence = Callable[[Applied, Style], str]
"""What a result is called on stdout: `human.applied`, `human.destroyed` …"""


@immutable(slots=True)
class Wanted:
    """How much of a plan is listed. `do`: the command that does it."""

    everything: bool = False
    style: PlanStyle = PlanStyle.list
    do: str = "nivis apply"
    markdown: bool = False
    quiet: bool = False
    """Nothing is said beside the list."""


def planned(preview: Preview, wanted: Wanted = Wanted(), *, exit_code: bool = False) -> Page:
    """`exit_code`: that of `-detailed-exitcode`."""
    told = wanted.style is not PlanStyle.list
    detail = diff.detail(full=wanted.style is PlanStyle.full) if told else human.Detail()
    changes = not preview.empty or preview.pending

    def text(style: Style) -> str:
        if wanted.markdown:
            from nivis_tofu.views import markdown  # slow to load, and few ask for it

            return markdown.plan(preview)
        return human.plan(preview, style, everything=wanted.everything, detail=detail, do=wanted.do)

    def talk(style: Style) -> str:
        return "" if wanted.quiet else lines(*summary.plan(preview, style))(style)

    return Page(
        lambda: jsonl.plan(preview, detail=told),
        text,
        after=talk,
        code=ExitCode.CHANGES if exit_code and changes else ExitCode.OK,
        reading=True,
    )


def saved(
    raw: Mapping[str, Any], beside: Mapping[str, Any], preview: Preview, wanted: Wanted = Wanted(), *, own: bool
) -> Page:
    """A plan file: the engine's document and what nivis adds to it; `own`: to the letter, with nothing added."""
    page = planned(preview, wanted)
    if own:
        return replace(page, document=lambda: json_text.dumps(raw, indent=2))
    return replace(page, document=lambda: envelope.document({**raw, **beside}))


def applied(result: Applied, sentence: Sentence, told: Iterable[str] = ()) -> Page:
    """What was done, and after a failure the error; `told`: how the run ended, a row each."""
    error = result.error

    def document() -> str:
        return json_text.dumps(jsonl.applied(result))

    talk = lines(*told)
    if error is None:
        return Page(document, lambda style: sentence(result, style), after=talk)
    return Page(
        document,
        lambda style: human.recap(result, sentence, style),
        after=lambda style: errors.error(error, style) + talk(style),
        code=error.exit_code,
    )


def refreshed(result: Refreshed, told: Iterable[str] = (), *, wrote: bool) -> Page:
    """`told`: how it ended, a row each."""
    body = {"format_version": jsonl.FORMAT_VERSION, "type": "result", "refreshed": list(result.seen)}
    body |= {"changed": list(result.changed), "gone": list(result.gone), "left_alone": list(result.left_alone)}

    def text(style: Style) -> str:
        rows = [f"{'Refreshed' if wrote else 'Compared'} {len(result.seen)} resource(s)."]
        rows += [f"{len(result.drifted)} drifted:"] if result.drifted else []
        for name in result.drifted:
            gone = name in result.gone
            rows.append(f" {style.marker('~')} {line(name)}{'  gone' if gone else ''}")
            rows += [] if gone else diff.values(result.attributes.get(name, ()), style)
        return lines(*rows)(style)

    talk = lines(*(line(f"left alone: {name}") for name in result.left_alone))
    return Page(lambda: envelope.document({**body, "ok": True}, indent=None), text, talk, lines(*told))


def valid(warnings: Sequence[Diagnostic]) -> Page:
    """The document is as the engine's."""
    return Page(
        lambda: jsonl.validation(warnings),
        lines("The configuration is valid."),
        before=lambda style: "".join(f"{errors.diagnostic(warning, style)}\n" for warning in warnings),
    )


def invalid(problem: NivisError) -> Page:
    """The same document of a configuration with errors, which have a text of their own."""
    return Page(lambda: jsonl.validation(errors.whole(problem)), lines(), code=problem.exit_code)
