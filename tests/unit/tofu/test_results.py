"""What a stream came to."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import ExitCode, Interrupted
from nivis_tofu.tofu import messages as m
from nivis_tofu.tofu.results import ApplyInterrupted, ApplyResult, Collector, LockInfo, PlanResult

WARNING, ERROR = Diagnostic("careful", severity="warning"), Diagnostic("broken")


def collected(*messages: m.Message) -> Collector:
    found = Collector()
    for message in messages:
        found.add(message)
    return found


def test_a_plan_leaves_out_what_stays() -> None:
    found = collected(
        m.Planned("a", "create"),
        m.Planned("b", "noop"),
        m.Planned("c", "read"),
        m.Drift("d", "update"),
        m.Outputs((m.OutputChange("o", "noop", False), m.OutputChange("p", "update", False))),
        m.DiagnosticMessage(WARNING),
        m.DiagnosticMessage(WARNING),
    ).plan_result()
    assert [c.addr for c in found.changes] == ["a", "c"]
    assert [d.addr for d in found.drift] == ["d"]
    assert list(found.outputs) == ["p"]
    assert found.warnings == (WARNING,)
    assert found.has_changes


def test_drift_alone_is_no_change() -> None:
    assert not collected(m.Drift("d", "update")).plan_result().has_changes
    assert PlanResult((), (), {"o": m.OutputChange("o", "create", False)}, ()).has_changes


def test_an_old_object_beside_its_successor_is_not_a_change_of_its_own() -> None:
    found = collected(m.Planned("a", "delete"), m.Planned("a", "update"), m.Planned("b", "delete")).plan_result()
    assert [(c.addr, c.action) for c in found.changes] == [("a", "update"), ("b", "delete")]


@pytest.mark.parametrize("order", [("create", "delete"), ("delete", "create")])
def test_a_new_object_beside_an_old_one_that_goes_is_a_replacement(order: tuple[m.Action, m.Action]) -> None:
    found = collected(*(m.Planned("a", action) for action in order), m.Planned("b", "create")).plan_result()
    assert [(c.addr, c.action) for c in found.changes] == [("a", "replace"), ("b", "create")]


def test_an_apply_tells_what_ended_and_what_did_not() -> None:
    second = Decimal(1)
    found = collected(
        m.ApplyStart("a", "delete"),
        m.ApplyComplete("a", "delete", second),
        m.ApplyStart("a", "create"),
        m.ApplyStart("b", "create"),
        m.ApplyErrored("b", "create", second),
        m.ApplyProgress("a", "create", second),
        m.Outputs((m.OutputChange("announced", "create", False), m.OutputChange("real", None, False, 1))),
        m.ChangeSummary(1, 0, 1, 0, 0, "apply"),
        m.DiagnosticMessage(ERROR),
    )
    result = found.apply_result()
    assert [c.action for c in result.complete] == ["delete"]
    assert [c.addr for c in result.errored] == ["b"]
    assert result.unfinished == (m.ApplyStart("a", "create"),)
    assert list(result.outputs) == ["real"]
    assert result.summary is not None
    assert (found.errors, found.warnings) == ((ERROR,), ())


def test_lines_that_are_no_messages_are_kept_the_last_ones() -> None:
    found = collected(
        *(m.Noise(str(n)) for n in range(60)), m.Text("error", "bad"), m.Text("warn", "hm"), m.Text("info", "x")
    )
    assert (found.noise[0], found.noise[-1], len(found.noise)) == ("10", "59", 50)
    assert found.laments == ["bad"]
    assert found.remarks == ["hm"]


LOCK = """Error message: resource temporarily unavailable
Lock Info:
  ID:        f00-ba4
  Path:      nivis.state.json
  Operation: OperationTypeApply
  Who:       me@host: with a colon
  Version:   1.12.6
  Created:   2026-11-28 20:00:00.5 +0000 UTC
  Info:

OpenTofu acquires a state lock
  Who: nobody"""


def test_who_holds_a_lock() -> None:
    found = LockInfo.parse(LOCK)
    assert (found.id, found.who, found.info) == ("f00-ba4", "me@host: with a colon", "")
    assert LockInfo.parse("no such block") == LockInfo()


@pytest.mark.parametrize(
    ("created", "later"),
    [
        ("2026-11-28 20:00:00.5 +0000 UTC", True),
        ("2026-11-28T20:00:01Z", True),
        ("2026-11-28 19:59:59.999999999 UTC", False),
        ("yesterday", False),
        ("", False),
    ],
)
def test_was_it_taken_later(created: str, later: bool) -> None:
    assert LockInfo(created=created).is_later(datetime(2026, 11, 28, 20, 0, 0, 250_000, UTC)) is later


def test_an_interrupted_apply_keeps_code_and_result() -> None:
    result = ApplyResult((), (), (), (), {}, (), None)
    error = ApplyInterrupted(Interrupted(Diagnostic("Interrupted"), signal=15), result)
    assert (error.exit_code, error.result) == (ExitCode.TERMINATED, result)


def test_both_halves_of_a_replacement_are_told_apart() -> None:
    result = collected(
        m.ApplyStart("a.b", "delete"),
        m.ApplyComplete("a.b", "delete", Decimal(0)),
        m.ApplyStart("a.b", "create"),
    ).apply_result()
    assert result.unfinished == (m.ApplyStart("a.b", "create"),)


def test_two_objects_of_one_address_under_way() -> None:
    result = collected(
        m.ApplyStart("a.b", "delete"),
        m.ApplyStart("a.b", "delete"),
        m.ApplyErrored("a.b", "delete", Decimal(0)),
    ).apply_result()
    assert len(result.unfinished) == 1


def test_nothing_to_do() -> None:
    result = collected(
        m.Planned("a.b", "noop"), m.Drift("a.b", "update"), m.Outputs((m.OutputChange("o", "noop", False),))
    ).plan_result()
    assert not result.has_changes
    assert (result.changes, result.outputs) == ((), {})
    assert result.drift == (m.Drift("a.b", "update"),)


@pytest.mark.parametrize("action", ["read", "move", "forget", "unknown"])
def test_everything_but_noop_is_a_change(action: m.Action) -> None:
    assert collected(m.Planned("a.b", action)).plan_result().has_changes


def test_an_output_alone_is_a_change() -> None:
    assert collected(m.Outputs((m.OutputChange("o", "update", False),))).plan_result().has_changes


def test_an_unknown_lock_holder() -> None:
    assert LockInfo.parse("the backend says no more") == LockInfo()
