"""How a run ends, for people: totals and outputs; after a failure what it left, and what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nivis_tofu.core.errors import Cancelled, GuardError, Interrupted, NotConverged
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.outcome import Applied, Hidden
from nivis_tofu.core.visible import line
from nivis_tofu.views.values import plain

_LISTED = 20
"""So many lines of one kind; the rest is counted."""
_LONGEST = 200
HALF = {
    "none": "replaced half-way, the old object is gone and there is no new one yet",
    "both": "replaced half-way, the new object is there and the old one still has to go",
}


@immutable(slots=True)
class Talk:
    """What the user ran: `apply` or `destroy`, and with which plan file."""

    verb: str
    plan_file: str = ""
    flags: str = ""
    """Of how it runs, as typed: ` --one-plan`."""
    options: bool = False
    """Were there options that say what the run is about? Without them it would be about something else."""

    @property
    def again(self) -> str:
        return f"`nivis {self.verb}{self.flags}`{' with the same options' if self.options else ''}"


def told(result: Applied, talk: Talk) -> list[str]:
    """All lines of the end of a run, which follow stdout and the error."""
    total = [text] if (text := totals(result, talk.verb)) else []
    if result.error:
        return [*left(result), *total, *next_steps(result, talk)]
    return [*total, *(outputs(result.outputs) if total else [])]


def duration(seconds: float) -> str:
    """`20 s`, `3 min 20 s`, `1 h 3 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"


def totals(result: Applied, verb: str) -> str:
    """`Applied in 20 s: 28 added, 1 changed, 0 destroyed; phases 13 + 12 + 3.`; empty where nothing was done."""
    if not (_touched(result) or (result.outputs_changed and not result.error)):
        return ""
    if result.error:
        begun = f"{'Cancelled' if isinstance(result.error, Cancelled) else 'Stopped'} after {duration(result.seconds)}"
    else:
        begun = f"{'Destroyed' if verb == 'destroy' else 'Applied'} in {duration(result.seconds)}"
    return f"{begun}: {_counts(result, verb)}{'' if verb == 'destroy' else _phases(result)}."


def _counts(result: Applied, verb: str) -> str:
    """In the engine's words and order; a replacement counts as added and as destroyed."""
    did = [(step.id, step.action) for step in result.tally.steps]

    def count(*actions: str) -> int:
        return len({i for i, action in did if action in actions})

    imported, forgotten, gone = len(result.tally.imported), count("forget"), count("delete", "replace")
    parts = [f"{imported} imported"] if imported else []
    if verb == "destroy":
        parts += [f"{gone} destroyed"]
    else:
        parts += [f"{count('create', 'replace')} added", f"{count('update')} changed", f"{gone} destroyed"]
    return ", ".join(parts + ([f"{forgotten} forgotten"] if forgotten else []))


def _phases(result: Applied) -> str:
    """How many things each phase acted on; reads are not counted."""
    found: dict[int, set[str]] = {}
    for step in result.tally.steps:
        if step.action != "read":
            found.setdefault(step.phase, set()).add(step.id)
    if len(found) > 1:
        return f"; phases {' + '.join(str(len(ids)) for _, ids in sorted(found.items()))}"
    return "; 1 phase" if found else ""


def outputs(values: Mapping[str, Any]) -> list[str]:
    """What the outputs are, one line each, long values cut."""
    rows = [f" {name} = {_short(value)}" for name, value in values.items()]
    return [*(["Outputs:"] if rows else []), *_listed(rows, "`nivis output` shows all")]


def refreshed(changed: int, gone: int, seconds: float, values: Mapping[str, Any]) -> list[str]:
    """The end of a refresh; nothing where nothing was written down."""
    if not (changed or gone):
        return []
    return [f"Refreshed in {duration(seconds)}: {changed} changed, {gone} gone.", *outputs(values)]


def _short(value: Any) -> str:
    text = line(value.text if isinstance(value, Hidden) else plain(value))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def left(result: Applied) -> list[str]:
    """What failed and what was not started, one per line."""
    where, tally = ".nivis/report.json lists them", result.tally
    ended = [f"unfinished, its end was not reported: {line(i)}" for i in dict.fromkeys(tally.unfinished)]
    return [
        *_listed([f"failed: {line(i)}" for i in dict.fromkeys(tally.failed)], where),
        *_listed(ended, where),
        *(f"{HALF[objects]}: {line(i)}" for i, objects in result.half.items()),
        *_listed([f"not started: {line(i)}" for i in result.not_started], where),
    ]


def next_steps(result: Applied, talk: Talk) -> list[str]:
    """What to run after a failure that left something behind, unless the error says so itself."""
    error = result.error
    if error is None or not _touched(result) or isinstance(error, Cancelled):
        return []
    return [*_mending(result), *(f"next: {line(step)}" for step in _going_on(result, talk))]


def _mending(result: Applied) -> Iterator[str]:
    if result.lost:
        yield "next: these may exist without the state knowing them, and would be made twice; take over what exists:"
        yield from _commands("import", result.lost, " ITS-ID")
    if result.tainted:
        yield "next: to keep what did not come up whole, instead of having it replaced:"
        yield from _commands("untaint", result.tainted)
    if result.tally.unfinished:
        yield "next: if the state is still locked by this run: `nivis force-unlock ID`; the next run names it."


def _commands(verb: str, ids: Sequence[str], tail: str = "") -> list[str]:
    return _listed([f"  nivis {verb} {line(shlex.quote(i))}{tail}" for i in ids], "the same for them")


def _going_on(result: Applied, talk: Talk) -> Iterator[str]:
    if isinstance(result.error, GuardError | NotConverged):
        return  # to go on just like that would end in the same way
    if talk.plan_file:
        yield f"the plan is used up; `nivis plan -out {shlex.quote(talk.plan_file)}` makes one of what is left."
    elif isinstance(result.error, Interrupted):
        yield f"{talk.again} goes on from here."
    else:
        pushed = f" and {result.unsaved} is pushed" if result.unsaved else ""
        yield f"{talk.again} goes on from here, once the cause is mended{pushed}."


def _touched(result: Applied) -> bool:
    return bool(result.tally.acted or result.tally.failed or result.tally.unfinished)


def _listed(rows: Sequence[str], where: str) -> list[str]:
    """Many lines of one kind, cut to what can be read."""
    more = len(rows) - _LISTED
    return [*rows[:_LISTED], f" … and {more} more: {where}"] if more > 0 else list(rows)
