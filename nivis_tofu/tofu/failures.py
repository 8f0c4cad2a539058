"""Makes the error of an engine process that did not succeed, without secrets in it."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from nivis_tofu.core import visible
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import EngineError
from nivis_tofu.core.redactor import Redactor
from nivis_tofu.core.regex import regex
from nivis_tofu.system.process import Completed
from nivis_tofu.tofu import messages as m
from nivis_tofu.tofu.argv import EngineKind
from nivis_tofu.tofu.results import LOCK_SUMMARY, Collector, LockHeldError, LockInfo

_BOX = regex(r"^[╷│╵] ?")
_BOXED = regex(r"^╷\n(.*?)^╵", re.M | re.S)
_LOUD = regex(r"^WARNING: (.*?)(?:\n\n|\Z)", re.M | re.S)
FLAGS_SUMMARY = "Failed to parse command-line flags"
"""How an engine refuses a flag that it does not know."""
NAMES: dict[EngineKind, str] = {"tofu": "OpenTofu", "terraform": "Terraform"}


def failure(
    kind: EngineKind, done: Completed, collector: Collector, redactor: Redactor, started: datetime
) -> EngineError:
    """The error of a failed command: the engine's diagnostics, or else its own words or what is known about its end.

    `started`: when the process began.
    """
    raw = _raw(done, collector, redactor)
    diagnostics = tuple(_about_flags(d, kind) for d in collector.diagnostics)
    if not collector.errors and raw.strip() and done.returncode == 1:
        # Some commands speak to people only, OpenTofu 1.10 in more of them.
        diagnostics, raw = (*diagnostics, _in_words(raw)), ""
    elif not collector.errors:
        return EngineError(*diagnostics, _silent(NAMES[kind], done, raw), raw=raw)
    for diagnostic in diagnostics:
        if diagnostic.summary == LOCK_SUMMARY:
            lock = LockInfo.parse(diagnostic.detail)
            if lock.is_later(started):
                # Of a holder that it cannot read the engine tells nothing but its own wish.
                lock = LockInfo()
            told = replace(diagnostic, hint=_what_to_do(lock))
            return LockHeldError(*(told if d is diagnostic else d for d in diagnostics), lock=lock, raw=raw)
    return EngineError(*diagnostics, raw=raw)


def broken_off(kind: EngineKind, done: Completed, collector: Collector, redactor: Redactor) -> EngineError:
    """The error of a command that reports success and has not said what it came to, which is the last that it does."""
    diagnostic = Diagnostic(
        f"{NAMES[kind]} reports success and did not come to its end",
        f"The command {_command(done)!r} ended with exit code 0, but without its last words. It may have been killed; "
        "what it did after it was last heard is not known.",
        "If the engine is a script around another program, let it end with that program's exit code "
        "(`exec`, or `set -o pipefail` in a pipe).",
    )
    return EngineError(*collector.diagnostics, diagnostic, raw=_raw(done, collector, redactor))


def _raw(done: Completed, collector: Collector, redactor: Redactor) -> str:
    """What the engine said beside its messages."""
    laments = () if collector.errors else collector.laments
    return redactor.redact(visible.uncoloured("\n".join((*collector.noise, *laments, done.stderr.strip())))).strip("\n")


def _about_flags(diagnostic: Diagnostic, kind: EngineKind) -> Diagnostic:
    """Which flags there are is a matter of the engine's version; those of nivis' own are checked before."""
    if diagnostic.summary != FLAGS_SUMMARY:
        return diagnostic
    hint = f"This {NAMES[kind]} does not have it. Leave it out, or run a version that has it (--tofu, NIVIS_TOFU)."
    return replace(diagnostic, hint=hint)


def _what_to_do(lock: LockInfo) -> str:
    wait = "Wait for the other run to end, here with `--lock-timeout 5m`"
    if lock.id:
        return f"{wait}; if it died and left the lock behind: `nivis force-unlock {lock.id}`."
    return f"{wait}. Who holds the lock cannot be read; the backend itself tells, and the lock's id."


def redacted(message: m.Message, redactor: Redactor) -> m.Message:
    """Take secrets out of the free text of a message; addresses are not text."""
    clean = redactor.redact
    match message:
        case m.DiagnosticMessage(diagnostic):
            return m.DiagnosticMessage(
                replace(
                    diagnostic,
                    summary=clean(diagnostic.summary),
                    detail=clean(diagnostic.detail),
                    snippet=clean(diagnostic.snippet),
                )
            )
        case m.Text():
            return replace(message, message=clean(message.message))
        case m.Noise():
            return replace(message, line=clean(message.line))
        case m.ProvisionerLine():
            return replace(message, output=clean(message.output))
        case m.ApplyComplete() | m.RefreshStart() | m.RefreshComplete():
            return replace(message, id_value=clean(message.id_value))
        case _:
            return message


def cleaned(document: Any, redactor: Redactor) -> Any:
    """A line of the stream as JSON, with secrets taken out of its texts; addresses are not text."""
    match document:
        case str():
            return redactor.redact(document)
        case list():
            return [cleaned(item, redactor) for item in document]
        case dict():
            return {k: v if k in ("resource", "type") else cleaned(v, redactor) for k, v in document.items()}
        case _:
            return document


def warnings(text: str) -> Iterator[Diagnostic]:
    """What a command that succeeded warns of, where it speaks to people only."""
    text = visible.uncoloured(text)
    for box in _BOXED.finditer(text):
        found = _in_words(box[1])
        if found.summary.startswith("Warning: "):
            yield Diagnostic(found.summary.removeprefix("Warning: "), found.detail, severity="warning")
    for loud in _LOUD.finditer(text):
        yield Diagnostic(loud[1].strip(), severity="warning")


def _in_words(text: str) -> Diagnostic:
    """What a command says that does not speak in diagnostics; on a terminal there is a box around it."""
    lines = "\n".join(_BOX.sub("", line).rstrip() for line in text.splitlines()).strip("\n").split("\n")
    at = next((i for i, line in enumerate(lines) if line.startswith("Error: ")), 0)  # warnings may come first
    detail = "\n".join([*lines[at + 1 :], "", *lines[:at]]).strip("\n")
    return Diagnostic(lines[at].removeprefix("Error: ").strip() or text.strip(), detail)


def _silent(name: str, done: Completed, raw: str) -> Diagnostic:
    if done.returncode < 0:
        ended = f"was ended by {_signal_name(-done.returncode)}"
    else:
        ended = f"ended with exit code {done.returncode}"
    # 1 is how the engine says no; everything else is not of its own will.
    summary = f"{name} failed without a diagnostic" if done.returncode == 1 else f"{name} crashed"
    more = "" if raw.strip() else "Set TF_LOG and run the engine by hand in the working directory to see more."
    return Diagnostic(summary, f"The command {_command(done)!r} {ended}.", more)


def _command(done: Completed) -> str:
    return " ".join(arg for arg in done.argv[1:4] if not arg.startswith("-"))


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
