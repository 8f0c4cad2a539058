"""Results -> JSON for programs; every document says its version."""

from __future__ import annotations

from nivis_tofu import jsontext
from nivis_tofu.results import Applied, Preview

FORMAT_VERSION = "1.0"


def plan(preview: Preview) -> str:
    return jsontext.dumps(
        {
            "format_version": FORMAT_VERSION,
            "changes": [
                {"id": x.id, "type": x.type, "action": x.action, "waits_for": x.waits_for, "note": x.note}
                for x in preview.lines
            ],
            "outputs": dict(preview.outputs),
            "complete": not preview.pending,
        },
        indent=2,
    )


def applied(result: Applied) -> str:
    return jsontext.dumps(
        {
            "format_version": FORMAT_VERSION,
            "type": "result",
            "phases": result.tally.phases,
            "acted": [{"id": a.id, "actions": list(a.actions)} for a in result.tally.acted.values()],
            "failed": list(result.tally.failed),
            "not_started": list(result.not_started),
            "ok": result.error is None,
        }
    )
