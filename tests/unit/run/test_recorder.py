"""What the stream of a run becomes: names, the journal, and what the next run says of it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from nivis_tofu.core.events import Done, Event, Failed, RefreshEnded, Refreshing, Started, Told, Warned
from nivis_tofu.run.recorder import Recorder
from nivis_tofu.tofu import messages as m
from tests.support.situation import at, ir, res, state, thing

CONFIGURATION = ir(res("a"), res("many"), res("module.net"))


@pytest.fixture
def events() -> list[Event]:
    return []


def recorder(root: Path, events: list[Event], *, outlived: bool = False) -> Recorder:
    session = SimpleNamespace(
        workdir=SimpleNamespace(root=root),
        tofu=SimpleNamespace(on_message=None, kind="tofu", outlived=lambda: outlived),
        emit=events.append,
        ir=None,
    )
    found = Recorder(cast(Any, session))
    found.learn(at(CONFIGURATION))
    return found


@pytest.mark.parametrize("address", ["t.a", 't.many["x.y"]', "module.net.t.x", 'module.net.module.deep["k"].t.y[0]'])
@pytest.mark.parametrize("lost", [False, True])
def test_after_a_kill_only_what_the_state_lacks_is_in_doubt(
    tmp_path: Path, events: list[Event], address: str, lost: bool
) -> None:
    first = recorder(tmp_path, events)
    first.journal.begin()
    first.journal.note("phase", phase=1)
    first.applying = True
    first.message(m.ApplyStart(address, "create"))
    events.clear()
    recorder(tmp_path, events).tell_interruption(state() if lost else state(thing(address)))
    assert [type(e) for e in events] == [Warned if lost else Told]


@pytest.mark.parametrize(
    "begun",
    ["delete create", "delete create done", "create", "create done", "create delete", "create delete done"],
)
@pytest.mark.parametrize("saved", [False, True])
def test_after_a_kill_the_old_object_of_a_replacement_is_not_the_new_one(
    tmp_path: Path, events: list[Event], begun: str, saved: bool
) -> None:
    """The engine writes its state now and then: it may have what is gone for what was made, or was being made."""
    first = recorder(tmp_path, events)
    first.learn(at(CONFIGURATION, state(thing("a", id="old"))))
    first.journal.begin()
    first.journal.note("phase", phase=1)
    first.applying = True
    *actions, last = begun.removesuffix(" done").split()
    for action in actions:
        first.message(m.ApplyStart("t.a", cast(m.Action, action)))
        first.message(m.ApplyComplete("t.a", cast(m.Action, action), Decimal(1), "v"))
    first.message(m.ApplyStart("t.a", cast(m.Action, last)))
    if begun.endswith(" done"):
        first.message(m.ApplyComplete("t.a", cast(m.Action, last), Decimal(1), "v"))
    events.clear()
    recorder(tmp_path, events).tell_interruption(state(thing("a", id="new" if saved else "old")))
    assert [type(e) for e in events] == [Told if saved else Warned]


def left_open(killed: Recorder, heard: list[m.Message], **due: Any) -> None:
    """A run that is killed together with its engine, after so much of the stream."""

    class Killed(BaseException):
        pass

    def apply() -> Any:
        for message in heard:
            killed.message(message)
        raise Killed

    killed.journal.begin()
    note = killed.journal.note
    killed.journal.note = lambda event, **data: None if event == "end" else note(event, **data)  # type: ignore[method-assign]
    with pytest.raises(Killed):
        killed.run_phase(apply, **due)


STREAM: list[m.Message] = [
    m.Planned("t.a", "create"),
    m.Planned("t.many[0]", "create"),
    m.Planned("t.many[1]", "create"),
    m.Planned("module.net.t.x", "create"),
    m.ChangeSummary(4, 0, 0, 0, 0, "plan"),
    *(m.ApplyStart(a, "create") for a in ("t.a", "t.many[0]", "t.many[1]", "module.net.t.x")),
    m.ApplyComplete("t.a", "create", Decimal(1), "v"),
]


@pytest.mark.parametrize("heard", range(len(STREAM) + 1))
@pytest.mark.parametrize("planned", [False, True])
def test_what_the_engine_began_and_nobody_heard_of_is_named(
    tmp_path: Path, events: list[Event], heard: int, planned: bool
) -> None:
    """Its last words may be lost with nivis: whatever has been heard, all that may exist and is in no state is named."""
    first = recorder(tmp_path, events)
    plan = [p for p in STREAM if isinstance(p, m.Planned)]
    lines = [x for x in STREAM if not planned or not isinstance(x, m.Planned)]
    due: dict[str, Any] = {"planned": plan} if planned else {"first": ["p.t.a", "p.t.many", "module.net"]}
    left_open(first, lines[:heard], **due)
    events.clear()
    recorder(tmp_path, events).tell_interruption(state(thing("many[1]")))
    said = "\n".join(e.diagnostic.detail for e in events if isinstance(e, Warned))
    assert "p.t.many[1]" not in said
    exact = planned or heard >= 5
    for name in ("p.t.a", "p.t.many[0]", "module.net.t.x") if exact else ("p.t.a", "module.net"):
        assert name in said


@pytest.mark.parametrize("heard", range(len(STREAM) + 1))
def test_an_engine_that_came_to_its_end_after_nivis_leaves_nothing_in_doubt(
    tmp_path: Path, events: list[Event], heard: int
) -> None:
    """Whatever is not in the state then is not there: what could not be made, modules without resources."""
    left_open(recorder(tmp_path, events), STREAM[:heard], first=["p.t.a", "p.t.many", "module.net"])
    events.clear()
    recorder(tmp_path, events, outlived=True).tell_interruption(state())
    assert [type(e) for e in events] == [Told]


def test_what_was_to_be_replaced_and_is_as_it_was_may_have_a_new_object(tmp_path: Path, events: list[Event]) -> None:
    first = recorder(tmp_path, events)
    first.learn(at(CONFIGURATION, state(thing("a", id="old"), thing("many", id="old"))))
    left_open(first, [], planned=[m.Planned("t.a", "replace"), m.Planned("t.many", "replace")])
    events.clear()
    recorder(tmp_path, events).tell_interruption(state(thing("a", id="old"), thing("many", id="new")))
    [told] = [e.diagnostic.detail for e in events if isinstance(e, Warned)]
    assert "p.t.a" in told
    assert "many" not in told


def test_what_only_changes_or_goes_is_not_named(tmp_path: Path, events: list[Event]) -> None:
    first = recorder(tmp_path, events)
    first.learn(at(CONFIGURATION, state(thing("a", id="old"))))
    left_open(first, [], planned=[m.Planned("t.a", "update"), m.Planned("t.many", "delete")])
    events.clear()
    recorder(tmp_path, events).tell_interruption(state(thing("a", id="old")))
    assert [type(e) for e in events] == [Told]


def test_what_was_made_since_the_state_was_read(tmp_path: Path, events: list[Event]) -> None:
    found = recorder(tmp_path, events)
    found.applying = True
    for address in ("t.a", "t.b", "t.c"):
        found.message(m.ApplyStart(address, "create"))
    found.message(m.ApplyStart("t.d", "update"))
    found.message(m.ApplyComplete("t.a", "create", Decimal(1), "v"))
    found.message(m.ApplyErrored("t.b", "create", Decimal(1)))
    # It is there, whatever became of the old one.
    found.message(m.ApplyStart("t.a", "delete"))
    found.message(m.ApplyErrored("t.a", "delete", Decimal(1)))
    assert found.made == {"p.t.a": "v", "t.c": ""}
    found.learn(at(CONFIGURATION))
    assert found.made == {}


def test_what_is_gone_keeps_its_name(tmp_path: Path, events: list[Event]) -> None:
    found = recorder(tmp_path, events)
    found.learn(at(CONFIGURATION, state("gone"), names={"t.gone": "x.t.gone"}))
    found.learn(at(CONFIGURATION, state("a")))
    assert found.id_of("t.gone") == "x.t.gone"
    assert found.id_of('t.many["k"]') == 'p.t.many["k"]'


def test_when_the_engine_says_that_something_was_is_passed_on(tmp_path: Path, events: list[Event]) -> None:
    found = recorder(tmp_path, events)
    found.applying = True
    found.message(m.RefreshStart("t.a", "v", "1"))
    found.message(m.RefreshComplete("t.a", "v", "2"))
    found.message(m.ApplyStart("t.a", "create", "3"))
    found.message(m.ApplyComplete("t.a", "create", Decimal(1), "v", "4"))
    found.message(m.ApplyErrored("t.a", "update", Decimal(1), "5"))
    assert events == [
        Refreshing("p.t.a", "1"),
        RefreshEnded("p.t.a", "2"),
        Started("p.t.a", "create", "3"),
        Done("p.t.a", "create", 1.0, 1, "4"),
        Failed("p.t.a", "update", 1, "5"),
    ]


def test_what_a_provisioner_prints_is_told_without_its_colours(tmp_path: Path, events: list[Event]) -> None:
    recorder(tmp_path, events).message(m.ProvisionerLine("t.a", "local-exec", "progress", "\x1b[32mbuilt\x1b[0m"))
    assert events == [Told("p.t.a: built")]
