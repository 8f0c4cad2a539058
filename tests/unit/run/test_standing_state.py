"""The outputs of a stack that nothing is run for."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
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
    root: Path = Path("/dev/null")

    @property
    def space(self) -> Any:
        return SimpleNamespace(
            root=self.root,
            place=lambda _: SimpleNamespace(file=self.declared),
            having=lambda backend: cast(Any, Standing(f"in {backend.file}").space),
            state=SimpleNamespace(snapshot=lambda: HELD if self.at else pytest.fail("nobody knows where it is")),
            remembered=SimpleNamespace(outputs=lambda: ["null", "vpc"]),
        )

    def recalled(self) -> Standing | None:
        return self if self.at else None


def test_an_output_that_is_null_is_known_although_the_state_drops_it(tmp_path: Path) -> None:
    found = standing_state.outputs(cast(Session, Standing("known", root=tmp_path)))
    assert {name: o.value for name, o in found.items()} == {"null": None, "vpc": "v"}


@pytest.mark.parametrize(("file", "expected"), [("state.json", ["replaced"]), (None, ["prepared"])])
def test_a_backend_is_initialised_and_a_file_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file: object, expected: list[str]
) -> None:
    done: list[str] = []
    known = Standing("known")

    def told(what: str) -> Standing:
        done.append(what)
        return known

    monkeypatch.setattr(start, "evaluated", lambda session, _: (session, SimpleNamespace(ir=None)))
    monkeypatch.setattr(start, "prepare", lambda *_: told("prepared"))
    monkeypatch.setattr(standing_state, "replace", lambda *_, **__: told("replaced"))
    assert standing_state.snapshot(cast(Session, Standing("", file, tmp_path))) is HELD
    assert done == expected


def test_those_that_read_one_stack_take_turns(tmp_path: Path) -> None:
    # Each starts an engine among the links of that stack.
    reading: list[int] = []
    most: list[int] = []

    class Slow(Standing):
        def recalled(self) -> Standing | None:
            reading.append(1)
            most.append(len(reading))
            time.sleep(0.02)
            reading.pop()
            return self

    session = cast(Session, Slow("known", root=tmp_path))
    with ThreadPoolExecutor() as pool:
        assert list(pool.map(standing_state.snapshot, [session] * 4)) == [HELD] * 4
    assert most == [1, 1, 1, 1]


def test_the_ledger_of_a_state_that_is_not_at_hand_is_empty() -> None:
    unknown: Any = SimpleNamespace(recalled=lambda: None, options=SimpleNamespace(variables={"x": 1}))
    found = standing_state.ledger(unknown)
    assert (found["outputs"], found["vars"]) == ({}, {"x": 1})
