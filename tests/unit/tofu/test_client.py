"""The client against an engine that plays recorded and broken parts."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import EngineError, ExitCode
from nivis_tofu.core.redactor import Redactor
from nivis_tofu.system.process import CommandNotRunError
from nivis_tofu.tofu import messages as m
from nivis_tofu.tofu.argv import ApplyOptions, EngineKind, PlanOptions
from nivis_tofu.tofu.client import Tofu
from nivis_tofu.tofu.exclude_file import ABOVE
from nivis_tofu.tofu.results import ApplyFailed, ApplyInterrupted, LockHeldError
from nivis_tofu.tofu.site import Site
from tests.support.fake_engine import FAKE, environment

PLAN_FILE = Path("plan.bin")
LOCK_DETAIL = """Error message: resource temporarily unavailable
Lock Info:
  ID:        f3cfbdc2
  Path:      nivis.state.json
  Operation: OperationTypeApply
  Who:       ada@engine
  Version:   1.12.6
  Created:   2026-01-02 11:23:36.2 +0000 UTC
  Info:

OpenTofu acquires a state lock to protect the state. ID: not this one"""

Start = Callable[..., Tofu]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """A client whose engine plays `scene`; what it says gathers in `client.heard`."""

    def make(scene: str, kind: EngineKind = "tofu", redactor: Redactor | None = None, **more: str) -> Tofu:
        return Tofu(FAKE, kind, Site.alone(tmp_path), environment(scene, **more), redactor or Redactor())

    return make


def test_plan_of_new_resources(start: Start) -> None:
    heard: list[m.Message] = []
    tofu = start("replay plan_create")
    tofu = tofu.at(on_message=heard.append)
    result = tofu.plan()
    assert result.changes == (
        m.Planned("terraform_data.a", "create"),
        m.Planned('terraform_data.b["k.1"]', "create"),
    )
    assert {name: item.sensitive for name, item in result.outputs.items()} == {"o": False, "s": True}
    assert result.has_changes
    assert len(heard) == 5
    assert (tofu.processes, tofu.schema_loads) == (1, 1)


def test_plan_of_a_replacement_hides_remarks_on_our_own_exclusions(start: Start) -> None:
    heard: list[m.Message] = []
    tofu = start("replay plan_replace")
    tofu = tofu.at(on_message=heard.append)
    result = tofu.plan(PlanOptions(exclude=("terraform_data.zz",)))
    assert [(item.addr, item.action) for item in result.changes] == [
        ("terraform_data.a", "update"),
        ('terraform_data.b["k.1"]', "replace"),
    ]
    assert result.changes[1].reason == "cannot_update"
    assert list(result.outputs) == ["o"]
    assert result.warnings == ()
    assert not [item for item in heard if isinstance(item, m.DiagnosticMessage)]


def test_a_targeting_remark_that_we_did_not_cause_is_shown(start: Start) -> None:
    assert [item.summary for item in start("replay plan_replace").plan().warnings] == [
        "Resource targeting is in effect"
    ]


def test_apply_of_a_replacement(start: Start) -> None:
    result = start("replay apply_replace").apply(PLAN_FILE)
    done = [(item.addr, item.action) for item in result.complete]
    assert done == [
        ('terraform_data.b["k.1"]', "delete"),
        ("terraform_data.a", "update"),
        ('terraform_data.b["k.1"]', "create"),
    ]
    assert (result.errored, result.unfinished, result.warnings) == ((), (), ())
    assert result.summary == m.ChangeSummary(1, 1, 1, 0, 0, "apply")
    assert result.outputs["o"].value == "two"
    assert result.outputs["s"].sensitive


def test_failed_apply_tells_how_far_it_came(start: Start) -> None:
    with pytest.raises(ApplyFailed) as caught:
        start("replay apply_failed 1").apply_direct()
    result = caught.value.result
    assert [(item.addr, item.action) for item in result.errored] == [("terraform_data.bad[0]", "create")]
    assert len(result.complete) == 3
    assert result.unfinished == ()
    assert [item.addr for item in result.planned] == [
        "terraform_data.a",
        'terraform_data.b["k.1"]',
        "terraform_data.bad[0]",
    ]
    assert [item.summary for item in caught.value.diagnostics] == ["local-exec provisioner error"]
    assert caught.value.diagnostics[0].address == "terraform_data.bad[0]"


def test_crash_names_signal_noise_and_what_was_under_way(start: Start) -> None:
    with pytest.raises(ApplyFailed) as caught:
        start("crash").apply(PLAN_FILE)
    assert caught.value.diagnostics[0].summary == "OpenTofu crashed"
    assert "ended by SIGSEGV" in caught.value.diagnostics[0].detail
    assert caught.value.raw == "unexpected fault address 0x0\ngoroutine 1 [running]"
    assert caught.value.result.unfinished == (m.ApplyStart("terraform_data.a", "create"),)


@pytest.mark.parametrize(
    ("code", "kind", "summary"),
    [
        # Its own words, where it has some, are better than anything that could be said of its end.
        (1, "tofu", "something went wrong"),
        (1, "terraform", "something went wrong"),
        (11, "tofu", "OpenTofu crashed"),
    ],
)
def test_failure_without_a_diagnostic(start: Start, code: int, kind: EngineKind, summary: str) -> None:
    with pytest.raises(EngineError) as caught:
        start(f"silent_failure {code}", kind).plan()
    assert caught.value.diagnostics[0].summary == summary
    if code != 1:
        assert f"'plan' ended with exit code {code}." in caught.value.diagnostics[0].detail
        assert caught.value.raw == "╷ something went wrong"


def test_diagnostics_come_once_with_warnings_and_without_secrets(start: Start) -> None:
    with pytest.raises(EngineError) as caught:
        start("loud_failure", redactor=Redactor(["hunter2"])).plan()
    assert caught.value.diagnostics == (
        Diagnostic("Old attribute", "It will go away.", severity="warning"),
        Diagnostic("No such bucket", "The bucket (sensitive) is gone."),
    )


def test_exit_code_0_with_an_error_is_a_failure(start: Start) -> None:
    with pytest.raises(EngineError, match="Half done"):
        start("lying_success").plan()


CALLS: dict[str, Callable[[Tofu], Any]] = {
    "plan_create": Tofu.plan,
    "plan_replace": Tofu.plan,
    "apply_create": lambda tofu: tofu.apply(PLAN_FILE),
    "apply_replace": lambda tofu: tofu.apply(PLAN_FILE),
    # Its plan came to an end. The recording ends with a failure, so that no line of it says that the apply did.
    "apply_failed": Tofu.apply_direct,
}


@pytest.mark.parametrize(
    ("stream", "line"),
    [
        (stream, line)
        for stream in CALLS
        for line in range(len((FAKE.parent / f"streams/{stream}.jsonl").read_text().splitlines()))
    ],
)
def test_an_engine_that_did_not_come_to_its_end_has_failed_whatever_its_exit_code(
    start: Start, stream: str, line: int
) -> None:
    """It was killed behind a script, or its words were lost: nothing says that it has written its state."""
    said = [json.loads(text) for text in (FAKE.parent / f"streams/{stream}.jsonl").read_text().splitlines()[:line]]
    tofu = start(f"replay {stream} 0 {line}")
    if any(s.get("changes", {}).get("operation") == stream.partition("_")[0] for s in said):
        CALLS[stream](tofu)
        return
    with pytest.raises(EngineError, match="OpenTofu reports success and did not come to its end") as caught:
        CALLS[stream](tofu)
    assert f"'{stream.partition('_')[0]}" in caught.value.diagnostics[-1].detail
    if isinstance(caught.value, ApplyFailed):
        assert caught.value.died
        assert len(caught.value.result.complete) == sum(s["type"] == "apply_complete" for s in said)


@pytest.mark.parametrize("stream", ["apply_create", "apply_replace", "apply_failed"])
def test_whether_an_engine_came_to_its_end_after_its_nivis_was_killed(
    start: Start, tmp_path: Path, stream: str
) -> None:
    """It went on saying so to its file. That may end anywhere, and hold what no engine says."""
    tofu = start("none")
    assert not tofu.outlived()
    lines = [b"\xff\xfe\n", *(FAKE.parent / f"streams/{stream}.jsonl").read_bytes().splitlines(keepends=True)]
    for number in range(len(lines)):
        ended = any(b'"operation":"apply"' in line for line in lines[:number])
        for begun in (b"", lines[number][:-2]):
            (tmp_path / "engine.out").write_bytes(b"".join(lines[:number]) + begun)
            assert tofu.outlived() is ended
    (tmp_path / "engine.out").write_bytes(b"".join(lines))
    assert tofu.outlived() is (stream != "apply_failed")
    (tmp_path / "engine.out").write_text('{"type":"change_summary","@message":"","changes":{"add":"x"}}\n')
    assert not tofu.outlived()


@pytest.mark.parametrize(
    ("scene", "died"),
    [("replay apply_failed 1", False), ("crash", True), ("silent_failure 1", True), ("bad_change", True)],
)
def test_only_an_engine_that_gives_its_reason_has_kept_what_it_did(start: Start, scene: str, died: bool) -> None:
    with pytest.raises(ApplyFailed) as caught:
        start(scene).apply_direct()
    assert caught.value.died is died


@pytest.mark.parametrize(
    ("scene", "summary"), [("future_ui", "Engine is too new"), ("bad_change", "Unreadable engine output")]
)
def test_what_cannot_be_understood_stops_the_engine(start: Start, scene: str, summary: str) -> None:
    with pytest.raises(EngineError, match=summary):
        start(scene).plan()


def test_garbage_and_unknown_types_do_not_disturb(start: Start) -> None:
    heard: list[m.Message] = []
    tofu = start("garbage")
    tofu = tofu.at(on_message=heard.append)
    assert tofu.apply(PLAN_FILE).complete == (m.ApplyComplete("terraform_data.a", "create", Decimal(0)),)
    texts = [item.message for item in heard if isinstance(item, m.Text)]
    assert texts == ["no type at all", "from the future", "type is a list", "last line has no newline"]
    assert len([item for item in heard if isinstance(item, m.Noise)]) == 5


def test_a_long_line_does_not_hide_the_next(start: Start) -> None:
    assert len(start("long_line").apply(PLAN_FILE).complete) == 1


def test_flooded_stderr(start: Start) -> None:
    assert not start("stderr_flood").plan().has_changes


def test_interrupted_apply_carries_its_result(start: Start) -> None:
    counts: list[int] = []
    tofu = start("interruptible")
    tofu = tofu.at(on_signal=counts.append)

    def interrupt(message: m.Message) -> None:
        if message == m.ApplyStart("terraform_data.b", "create"):
            os.kill(os.getpid(), signal.SIGTERM)

    tofu = tofu.at(on_message=interrupt)
    with pytest.raises(ApplyInterrupted) as caught:
        tofu.apply(PLAN_FILE)
    assert counts == [1]
    assert caught.value.exit_code is ExitCode.TERMINATED
    assert [item.addr for item in caught.value.result.complete] == ["terraform_data.a"]
    assert [item.addr for item in caught.value.result.unfinished] == ["terraform_data.b"]


def test_missing_engine(tmp_path: Path) -> None:
    with pytest.raises(CommandNotRunError):
        Tofu(tmp_path / "tofu", "tofu", Site.alone(tmp_path), {}).plan()


def test_lock_held_by_somebody(start: Start) -> None:
    error = {"severity": "error", "summary": "Error acquiring the state lock", "detail": LOCK_DETAIL}
    line = json.dumps({"@level": "error", "@message": "", "type": "diagnostic", "diagnostic": error})
    with pytest.raises(LockHeldError) as caught:
        start("document", FAKE_STDOUT=line + "\n", FAKE_CODE="1").apply(PLAN_FILE)
    lock = caught.value.lock
    assert (lock.id, lock.who, lock.operation) == ("f3cfbdc2", "ada@engine", "OperationTypeApply")
    assert (lock.path, lock.version, lock.info) == ("nivis.state.json", "1.12.6", "")
    assert lock.created == "2026-01-02 11:23:36.2 +0000 UTC"


def test_documents(start: Start) -> None:
    tofu = start("document", FAKE_STDOUT='{"format_version": "1.0", "terraform_version": "1.12.6", "n": 0.10}')
    assert tofu.version() == "1.12.6"
    assert tofu.show_state()[0].resources == ()
    plan, raw = tofu.show_plan(PLAN_FILE)
    assert (plan.changes, str(raw["n"])) == ((), "0.10")
    assert "n" in tofu.providers_schema()
    assert "n" in tofu.output()
    assert tofu.state_pull().startswith('{"format_version"')
    assert (tofu.processes, tofu.schema_loads) == (6, 3)


def test_validate_reads_the_document_whatever_the_exit_code(start: Start) -> None:
    warning = {"severity": "warning", "summary": "W", "detail": ""}
    error = {"severity": "error", "summary": "E", "detail": ""}
    good = json.dumps({"valid": True, "diagnostics": [warning]})
    assert start("document", FAKE_STDOUT=good).validate() == (Diagnostic("W", severity="warning"),)
    bad = json.dumps({"valid": False, "diagnostics": [error, warning]})
    with pytest.raises(EngineError) as caught:
        start("document", FAKE_STDOUT=bad, FAKE_CODE="1").validate()
    assert [item.summary for item in caught.value.diagnostics] == ["E", "W"]
    with pytest.raises(EngineError, match="OpenTofu crashed"):
        start("crash").validate()
    with pytest.raises(EngineError, match="Unreadable engine output"):
        start("document", FAKE_STDOUT="not JSON").validate()


def test_workspaces(start: Start) -> None:
    tofu = start("document", FAKE_STDOUT="  default\n* blue\n  green\n\n")
    assert tofu.workspace_list() == (("default", "blue", "green"), "blue")


@pytest.mark.parametrize("kind", ["tofu", "terraform"])
def test_text_is_taken_where_the_engine_has_no_json(start: Start, kind: EngineKind) -> None:
    heard: list[m.Message] = []
    tofu = start("document", kind, FAKE_STDOUT="Moved 1 object.\n")
    tofu = tofu.at(on_message=heard.append)
    tofu.state_mv("a.b", "c.d")
    assert heard == ([m.Noise("Moved 1 object.")] if kind == "tofu" else [])


def test_many_exclusions_go_through_a_file_that_is_removed(start: Start, tmp_path: Path) -> None:
    addresses = tuple(f'terraform_data.x["{number}"]' for number in range(ABOVE + 1))
    call_file = tmp_path / "call.json"
    tofu = start("show_call", FAKE_CALL=str(call_file))
    tofu.plan(PlanOptions(exclude=addresses))
    call = json.loads(call_file.read_text())
    assert call["files"] == ["".join(f"{address}\n" for address in addresses)]
    assert not [item for item in call["argv"] if item.startswith("-exclude=")]
    assert list(tmp_path.iterdir()) == [call_file]
    tofu.plan(PlanOptions(exclude=addresses[1:]))
    assert json.loads(call_file.read_text())["files"] == []


def test_every_command_is_reported_without_secrets(start: Start) -> None:
    seen: list[tuple[tuple[str, ...], int | None]] = []
    tofu = start("silent_failure 3", redactor=Redactor(["hunter2"]))
    tofu = tofu.at(on_command=lambda argv, seconds, code: seen.append((argv, code if seconds > 0 else None)))
    with pytest.raises(EngineError):
        tofu.apply(PLAN_FILE, ApplyOptions(extra=("-backup=hunter2",)))
    line = ("apply", "-json", "-input=false", "-no-color", "-backup=(sensitive)", "plan.bin")
    assert seen == [(line, 3)]


def test_who_stands_around_a_command_sees_its_error_and_adds_to_its_environment(start: Start, tmp_path: Path) -> None:
    seen: list[Any] = []

    @contextlib.contextmanager
    def around(words: Sequence[str]) -> Iterator[Mapping[str, str]]:
        try:
            yield {"TRACEPARENT": "00-1-2-01"}
        except EngineError as error:
            seen.append((words[:2], error.diagnostics[0].summary))
            raise
        else:
            seen.append((words[:2], ""))

    with pytest.raises(ApplyFailed):
        start("replay apply_failed 1").at(around=around).apply_direct()
    call_file = tmp_path / "call.json"
    tofu = start("show_call", FAKE_CALL=str(call_file)).at(around=around)
    for run in (tofu.plan, tofu.state_list):
        run()
        assert json.loads(call_file.read_text())["parent"] == "00-1-2-01"
    assert seen == [
        (("tofu", "apply"), "local-exec provisioner error"),
        (("tofu", "plan"), ""),
        (("tofu", "state"), ""),
    ]


@pytest.mark.parametrize(
    ("edit", "line"),
    [
        (lambda tofu: tofu.taint("t.a"), ["taint", "t.a"]),
        (lambda tofu: tofu.state_rm(("t.a",)), ["state", "rm", "t.a"]),
        (lambda tofu: tofu.workspace_new("x"), ["workspace", "new", "x"]),
    ],
)
def test_an_engine_that_knows_no_json_for_an_edit_is_asked_without(
    start: Start, tmp_path: Path, edit: Callable[[Tofu], None], line: list[str]
) -> None:
    call = tmp_path / "call.json"
    tofu, warned = start("speaks_no_json", FAKE_CALL=str(call), redactor=Redactor(["hunter2"])), list[Diagnostic]()
    edit(tofu.at(on_warning=warned.append))
    assert json.loads(call.read_text())["argv"] == line
    assert warned == [Diagnostic('"(sensitive)" was non-empty.', severity="warning")]


def test_an_engine_that_takes_no_values_beside_a_saved_plan_is_asked_once(start: Start, tmp_path: Path) -> None:
    values = tmp_path / "values.tfvars.json"
    values.write_text("{}")
    call = tmp_path / "call.json"
    tofu = start("takes_no_values", FAKE_CALL=str(call))
    heard, raw = list[m.Message](), list[Any]()
    tofu = tofu.at(
        replace(tofu.site, var_files=(values,), early_values=lambda: {"TF_VAR_a": "b"}),
        on_message=heard.append,
        on_raw=lambda *line: raw.append(line),
    )
    for processes in (1, 2):
        tofu.apply(PLAN_FILE)
        seen = json.loads(call.read_text())
        assert not [arg for arg in seen["argv"] if arg.startswith("-var-file")]
        assert seen["variables"]["TF_VAR_a"] == "b"
        assert tofu.processes == processes
    assert {type(message) for message in heard} == {m.ChangeSummary}
    assert len(raw) == len(heard)
