"""What the collector makes of a stream, where no recording shows it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from nivis_tofu.core.redactor import Redactor
from nivis_tofu.tofu import messages as m
from nivis_tofu.tofu.failures import redacted
from nivis_tofu.tofu.results import Collector, LockInfo


def collected(*items: m.Message) -> Collector:
    collector = Collector()
    for item in items:
        collector.add(item)
    return collector


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


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (m.Text("info", "x hunter2"), m.Text("info", "x (sensitive)")),
        (m.Noise("hunter2"), m.Noise("(sensitive)")),
        (
            m.ProvisionerLine("a.hunter2", "p", "progress", "hunter2"),
            m.ProvisionerLine("a.hunter2", "p", "progress", "(sensitive)"),
        ),
        (m.RefreshStart("a.b", "hunter2"), m.RefreshStart("a.b", "(sensitive)")),
        (m.Planned("a.hunter2", "create"), m.Planned("a.hunter2", "create")),
    ],
)
def test_redaction_takes_text_and_leaves_addresses(message: m.Message, shown: m.Message) -> None:
    assert redacted(message, Redactor(["hunter2"])) == shown
