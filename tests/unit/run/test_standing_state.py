"""The outputs of a stack that nothing is run for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.run import standing_state, start
from nivis_tofu.run.session import Session
from nivis_tofu.tofu.raw_state import RawOutput

HELD = Snapshot(serial=1, outputs={"vpc": RawOutput("v", "string", False)})


def session(*, ready: bool, file: object = None) -> tuple[Session, list[str]]:
    done: list[str] = []
    place = SimpleNamespace(file=file)
    space = SimpleNamespace(
        is_ready=ready,
        snapshot=lambda: HELD,
        place=lambda _: place,
        take_place=lambda _: done.append("taken"),
        remembered=SimpleNamespace(outputs=lambda: ["null", "vpc"]),
    )
    return cast(Session, SimpleNamespace(space=space)), done


def test_an_output_that_is_null_is_known_although_the_state_drops_it() -> None:
    found = standing_state.outputs(session(ready=True)[0])
    assert {name: o.value for name, o in found.items()} == {"null": None, "vpc": "v"}


@pytest.mark.parametrize(("file", "expected"), [("state.json", ["taken"]), (None, ["prepared"])])
def test_a_backend_is_initialised_and_a_file_is_read(
    monkeypatch: pytest.MonkeyPatch, file: object, expected: list[str]
) -> None:
    found, done = session(ready=False, file=file)
    at: Any = SimpleNamespace(ir=None)
    monkeypatch.setattr(start, "evaluated", lambda *_: at)
    monkeypatch.setattr(start, "prepare", lambda *_: done.append("prepared"))
    assert standing_state.snapshot(found) is HELD
    assert done == expected


def test_the_ledger_of_a_state_that_is_not_at_hand_is_empty() -> None:
    space = SimpleNamespace(is_ready=False)
    remote: Any = SimpleNamespace(space=space, options=SimpleNamespace(variables={"x": 1}))
    found = standing_state.ledger(remote)
    assert (found["outputs"], found["vars"]) == ({}, {"x": 1})
