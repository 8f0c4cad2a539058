"""The stream, message by message."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core.diagnostics import Diagnostic, Position
from nivis_tofu.core.errors import EngineError
from nivis_tofu.tofu import messages as m

STREAMS = Path(__file__).parents[2] / "fakes" / "streams"


def line(kind: Any = None, **fields: Any) -> str:
    typed = {} if kind is None else {"type": kind}
    return json.dumps({"@level": "info", "@message": "said", **typed, **fields})


def change(action: str, **fields: Any) -> dict[str, Any]:
    return {"resource": {"addr": "a.b"}, "action": action, **fields}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (line("planned_change", change=change("create")), m.Planned("a.b", "create")),
        (
            line("planned_change", change=change("replace", reason="cannot_update")),
            m.Planned("a.b", "replace", "cannot_update"),
        ),
        (
            line("planned_change", change=change("move", previous_resource={"addr": "o.l"})),
            m.Planned("a.b", "move", previous_addr="o.l"),
        ),
        (
            line("planned_change", change=change("import", importing={"id": "i-1"})),
            m.Planned("a.b", "import", importing_id="i-1"),
        ),
        (
            line("planned_change", change=change("import", importing={"identity": {"arn": "x"}})),
            m.Planned("a.b", "import", importing_id="{'arn': 'x'}"),
        ),
        (line("planned_change", change=change("remove")), m.Planned("a.b", "forget")),
        (line("planned_change", change=change("transmute")), m.Planned("a.b", "unknown")),
        (line("resource_drift", change=change("delete")), m.Drift("a.b", "delete")),
        (line("apply_start", hook=change("update")), m.ApplyStart("a.b", "update")),
        (
            line("apply_progress", hook=change("create", elapsed_seconds=10)),
            m.ApplyProgress("a.b", "create", Decimal(10)),
        ),
        (
            line("apply_complete", hook=change("create", elapsed_seconds=1.25, id_key="id", id_value="v")),
            m.ApplyComplete("a.b", "create", Decimal("1.25"), "v"),
        ),
        (
            line("apply_errored", hook=change("delete", elapsed_seconds=0)),
            m.ApplyErrored("a.b", "delete", Decimal(0)),
        ),
        (
            line("refresh_start", hook={"resource": {"addr": "a.b"}, "id_value": "v"}),
            m.RefreshStart("a.b", "v"),
        ),
        (line("refresh_complete", hook={"resource": {"addr": "a.b"}}), m.RefreshComplete("a.b")),
        (
            line("provision_progress", hook={"resource": {"addr": "a.b"}, "provisioner": "p", "output": "o"}),
            m.ProvisionerLine("a.b", "p", "progress", "o"),
        ),
        (
            line("provision_errored", hook={"resource": {"addr": "a.b"}, "provisioner": "p"}),
            m.ProvisionerLine("a.b", "p", "errored"),
        ),
        (
            line("outputs", outputs={"x": {"sensitive": True, "action": "noop"}, "y": {"value": [1]}}),
            m.Outputs((m.OutputChange("x", "noop", True), m.OutputChange("y", None, False, [1]))),
        ),
        (
            line(
                "change_summary",
                changes={"add": 1, "change": 2, "remove": 3, "import": 4, "operation": "plan"},
            ),
            m.ChangeSummary(1, 2, 3, 4, 0, "plan"),
        ),
        (line("version", tofu="1.12.6", ui="1.2"), m.Version("tofu", "1.12.6", "1.2")),
        (line("version", terraform="1.11.4", ui="1.2"), m.Version("terraform", "1.11.4", "1.2")),
        (line(), m.Text("info", "said")),
        (line("log"), m.Text("info", "said")),
        (line("hologram"), m.Text("info", "said")),
        (line(["odd"]), m.Text("info", "said")),
    ],
)
def test_decode(text: str, expected: m.Message) -> None:
    assert m.decode(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "panic: runtime error",
        "[1]",
        '"x"',
        "null",
        "{}",
        line("apply_start"),
        line("apply_complete", hook={"resource": None, "action": "create"}),
        line("apply_progress", hook=change("create", elapsed_seconds="soon")),
        line("outputs", outputs=[]),
        line("diagnostic", diagnostic=None),
    ],
)
def test_noise(text: str) -> None:
    assert m.decode(text) == m.Noise(text)


def test_a_planned_change_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(EngineError, match="Unreadable engine output"):
        m.decode(line("planned_change", change={"action": "delete"}))


def test_unknown_major_version_is_refused_by_name() -> None:
    with pytest.raises(EngineError, match="Engine is too new") as caught:
        m.decode(line("version", tofu="2.0.0", ui="2.0"))
    assert "tofu 2.0.0 speaks version 2.0" in caught.value.diagnostics[0].detail


def test_diagnostic_in_full() -> None:
    raw = {
        "severity": "warning",
        "summary": "S",
        "detail": "D\n",
        "address": "a.b",
        "range": {"filename": "main.tf.json", "start": {"line": 3, "column": 30, "byte": 79}},
        "snippet": {"code": "x = 1", "context": None},
    }
    expected = Diagnostic(
        "S", "D", severity="warning", address="a.b", position=Position("main.tf.json", 3, 30), snippet="x = 1"
    )
    assert m.decode(line("diagnostic", diagnostic=raw)) == m.DiagnosticMessage(expected)


def test_unknown_severity_is_an_error() -> None:
    message = m.decode(line("diagnostic", diagnostic={"severity": "fatal", "summary": "S", "detail": ""}))
    assert message == m.DiagnosticMessage(Diagnostic("S"))


def test_numbers_are_exact() -> None:
    text = line("outputs").replace("}", ', "outputs": {"n": {"value": [123456789012345678901234567890, 2.50]}}}')
    message = m.decode(text)
    assert isinstance(message, m.Outputs)
    assert repr(message.changes[0].value) == "[123456789012345678901234567890, Decimal('2.50')]"


@pytest.mark.parametrize("file", sorted(STREAMS.glob("*.jsonl")), ids=lambda file: file.stem)
def test_every_line_of_a_recorded_stream_is_understood(file: Path) -> None:
    decoded = [m.decode(text) for text in file.read_text().splitlines()]
    assert isinstance(decoded[0], m.Version)
    assert not [message for message in decoded if isinstance(message, m.Noise | m.Text)]


@pytest.mark.parametrize(
    "kind", ["apply_start", "apply_complete", "apply_errored", "refresh_start", "refresh_complete"]
)
def test_when_the_engine_says_that_it_was(kind: str) -> None:
    found = m.decode(line(kind, hook=change("create"), **{"@timestamp": "2026-11-23T11:29:57.365191Z"}))
    assert getattr(found, "moment", None) == "2026-11-23T11:29:57.365191Z"
    assert getattr(m.decode(line(kind, hook=change("create"))), "moment", None) == ""
