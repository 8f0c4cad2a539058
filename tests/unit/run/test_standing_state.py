"""The outputs of a stack that nothing is run for."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import pytest

from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.run import standing_state, start
from nivis_tofu.run.session import Session
from nivis_tofu.tofu.raw_state import RawOutput

HELD = Snapshot(serial=1, outputs={"vpc": RawOutput("v", "string", False)})


@dataclass(frozen=True)
class Standing:
    """A session of a stack. `at`: where its state is; empty: nobody knows yet."""

    at: str
    declared: Any = None

    @property
    def space(self) -> Any:
        return SimpleNamespace(
            place=lambda _: SimpleNamespace(file=self.declared),
            having=lambda backend: cast(Any, Standing(f"in {backend.file}").space),
            state=SimpleNamespace(snapshot=lambda: HELD if self.at else pytest.fail("nobody knows where it is")),
            remembered=SimpleNamespace(outputs=lambda: ["null", "vpc"]),
        )

    def recalled(self) -> Standing | None:
        return self if self.at else None


def test_an_output_that_is_null_is_known_although_the_state_drops_it() -> None:
    found = standing_state.outputs(cast(Session, Standing("known")))
    assert {name: o.value for name, o in found.items()} == {"null": None, "vpc": "v"}


@pytest.mark.parametrize(("file", "expected"), [("state.json", ["replaced"]), (None, ["prepared"])])
def test_a_backend_is_initialised_and_a_file_is_read(
    monkeypatch: pytest.MonkeyPatch, file: object, expected: list[str]
) -> None:
    done: list[str] = []
    known = Standing("known")

    def told(what: str) -> Standing:
        done.append(what)
        return known

    monkeypatch.setattr(start, "evaluated", lambda session, _: (session, SimpleNamespace(ir=None)))
    monkeypatch.setattr(start, "prepare", lambda *_: told("prepared"))
    monkeypatch.setattr(standing_state, "replace", lambda *_, **__: told("replaced"))
    assert standing_state.snapshot(cast(Session, Standing("", file))) is HELD
    assert done == expected


def test_the_ledger_of_a_state_that_is_not_at_hand_is_empty() -> None:
    unknown: Any = SimpleNamespace(recalled=lambda: None, options=SimpleNamespace(variables={"x": 1}))
    found = standing_state.ledger(unknown)
    assert (found["outputs"], found["vars"]) == ({}, {"x": 1})
