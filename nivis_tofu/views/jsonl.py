"""Results and events as JSON for programs; every document and every stream says its version first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from nivis_tofu import __version__
from nivis_tofu.core import events as e
from nivis_tofu.core import json_text
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.outcome import Applied, Line, Preview
from nivis_tofu.views import diff, envelope, errors

FORMAT_VERSION = "1.0"


def plan(preview: Preview, *, detail: bool = False) -> str:
    """The document of a plan: its lines, outputs that change, and whether later phases can be predicted completely."""
    values = {"output_changes": {n: [diff.document(a) for a in v] for n, v in preview.values.items()}}
    return envelope.document(
        {
            "format_version": FORMAT_VERSION,
            "changes": [
                {
                    "id": x.id,
                    "type": x.type,
                    "action": x.action,
                    "phase": x.phase or None,
                    "derived_from": list(x.derived_from),
                    "waits_for": x.waits_for,
                    "note": x.note,
                }
                | (_details(x) if detail else {})
                for x in preview.lines
            ],
            "outputs": dict(preview.outputs),
            "complete": not preview.pending,
        }
        | (values if detail else {})
    )


def _details(line: Line) -> dict[str, Any]:
    return {
        "previous": line.previous,
        "reason": line.reason,
        "attributes": [diff.document(a) for a in line.attributes],
        "drift": [diff.document(a) for a in line.drift],
    }


def applied(result: Applied) -> dict[str, Any]:
    """The last line of a stream: what was done, and what was not (schema: report.schema.json)."""
    return {
        "type": "result",
        "format_version": FORMAT_VERSION,
        "ok": result.error is None,
        "complete": result.complete,
        "phases": result.tally.phases,
        "outputs_changed": result.outputs_changed,
        "steps": [
            {"phase": s.phase, "id": s.id, "action": s.action, "seconds": round(s.seconds, 3)}
            for s in result.tally.steps
        ],
        "resources": [{"id": a.id, "result": a.word or "created"} for a in result.tally.acted.values()],
        "failed": list(dict.fromkeys(result.tally.failed)),
        "unfinished": list(dict.fromkeys(result.tally.unfinished)),
        "half_replaced": [{"id": i, "objects": objects} for i, objects in result.half.items()],
        "not_started": list(result.not_started),
        "diagnostics": [diagnostic(d) for d in (errors.whole(result.error) if result.error else ())],
    }


def report(result: Applied) -> str:
    """The last line of a stream as a file."""
    return json_text.dumps(applied(result), indent=2) + "\n"


def validation(found: Iterable[Diagnostic]) -> str:
    """The document that the engine's `validate -json` prints, with our hints added."""
    diagnostics = list(found)
    count = Counter(d.severity for d in diagnostics)
    document = {
        "format_version": FORMAT_VERSION,
        "valid": not count["error"],
        "error_count": count["error"],
        "warning_count": count["warning"],
        "diagnostics": [engine_form(d) for d in diagnostics],
    }
    return json_text.dumps(document, indent=2)


def engine_form(found: Diagnostic) -> dict[str, Any]:
    """A diagnostic as the engine writes it, without unknown fields."""
    form: dict[str, Any] = {"severity": found.severity, "summary": found.summary, "detail": found.detail}
    if found.address:
        form["address"] = found.address
    if place := found.position:
        at = {"line": place.line, "column": place.column}
        form["range"] = {"filename": place.file, "start": at, "end": at}
    return form | ({"hint": text} if (text := errors.hint(found)) else {})


class Stream:
    """Writes events as JSON lines and passes them on to the sink for people."""

    def __init__(self, write: Callable[[str], None], inner: Callable[[e.Event], None]) -> None:
        self.write, self.inner = write, inner
        self.line({"type": "version", "format_version": FORMAT_VERSION, "nivis": __version__})

    def __call__(self, event: e.Event) -> None:
        self.inner(event)
        match event:
            case e.Stage(text=text, phase=phase):
                self.line({"type": "stage", "stage": text, "phase": phase})
            case e.Started(id=name, action=action):
                self.line({"type": "apply_start", "id": name, "action": action})
            case e.Done(id=name, action=action, seconds=seconds, phase=phase):
                self.line({"type": "apply_complete", "id": name, "action": action, "seconds": seconds, "phase": phase})
            case e.Failed(id=name, action=action, phase=phase):
                self.line({"type": "apply_errored", "id": name, "action": action, "phase": phase})
            case e.Warned(diagnostic=found):
                self.line({"type": "diagnostic", "diagnostic": diagnostic(found)})
            case _:
                pass

    def line(self, document: dict[str, Any]) -> None:
        self.write(json_text.dumps(document))


def diagnostic(found: Diagnostic) -> dict[str, Any]:
    return {
        "severity": found.severity,
        "summary": found.summary,
        "detail": found.detail,
        "hint": errors.hint(found),
        "id": found.address,
        "position": str(found.position) if found.position else "",
    }
