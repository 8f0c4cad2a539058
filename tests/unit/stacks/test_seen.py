"""Stacks that this machine knows, and that the flake need not have any more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.project import backends
from nivis_tofu.project.backends import Memory, remember
from nivis_tofu.project.memory import Remembered
from nivis_tofu.stacks.seen import seen, undeclared, warning
from tests.support.situation import ir

HAS, EMPTY = '{"resources": [{}]}', '{"resources": []}'


def test_names_are_those_of_states_variables_and_notes(tmp_path: Path) -> None:
    for name in (
        "nivis.net.state.json",
        "nivis.auto.prod.yaml",
        "nivis.auto.json",
        "nivis.state.json",
        "nivis.a b.x.y",
    ):
        (tmp_path / name).touch()
    (tmp_path / ".nivis/stacks/db").mkdir(parents=True)
    assert set(seen(tmp_path, tmp_path / ".nivis")) >= {"net", "prod", "db"}
    assert "a b" not in seen(tmp_path, tmp_path / ".nivis")


@pytest.mark.parametrize(("text", "left"), [(HAS, ["old"]), (EMPTY, [])])
def test_a_state_whose_stack_is_gone_is_told(tmp_path: Path, text: str, left: list[str]) -> None:
    for name in ("old", "net"):
        (tmp_path / f"nivis.{name}.state.json").write_text(text)
    found = undeclared(tmp_path, tmp_path / ".nivis", ["net"], [])
    assert list(found) == left
    told = warning({"old": "the local file nivis.old.state.json"})
    assert told.summary == "States of stacks that the flake does not have"
    assert told.detail.startswith("`old`: the local file nivis.old.state.json.")


@pytest.mark.parametrize(
    ("declared", "ids", "left"),
    [
        ([], {"t.a": "p.t.a"}, {"old": "the backend `s3` (bucket b, key old)"}),
        ([], {}, {}),  # nothing was left in it
        ([{"type": "s3", "bucket": "b", "key": "old"}], {"t.a": "p.t.a"}, {}),  # it goes on under another name
    ],
)
def test_a_state_far_away_is_known_by_notes(
    tmp_path: Path, declared: list[dict[str, Any]], ids: dict[str, str], left: dict[str, str]
) -> None:
    place = backends.declared({"type": "s3", "bucket": "b", "key": "old"}, tmp_path)
    work = tmp_path / ".nivis/stacks/old"
    work.mkdir(parents=True)
    Memory(place.mark, remember(place)).write(work / "backend.json")
    Remembered(work).put_ids(ids)
    irs = [replace(ir(), backend=backend) for backend in declared]
    assert undeclared(tmp_path, tmp_path / ".nivis", ["new"], irs) == left
