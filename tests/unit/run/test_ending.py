"""What a run leaves in doubt, from its tally and from the state."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nivis_tofu.core.errors import EngineError
from nivis_tofu.core.outcome import Tally
from nivis_tofu.ir import snapshot as state
from nivis_tofu.project.schema_cache import Schemas
from nivis_tofu.run import ending
from nivis_tofu.run.ending import in_doubt


def snapshot(**instances: dict[str, Any]) -> state.Snapshot:
    """One `terraform_data` a name."""
    found = [
        {
            "mode": "managed",
            "type": "terraform_data",
            "name": name,
            "provider": "",
            "instances": [{"attributes": {}, **i}],
        }
        for name, i in instances.items()
    ]
    text = json.dumps({"version": 4, "serial": 1, "lineage": "l", "outputs": {}, "resources": found})
    return state.read(text, Schemas(Path("none")))


STATE = snapshot(
    a={"attributes": {"id": "old"}},
    b={"status": "tainted"},
    old={"status": "tainted"},
    c={"deposed": "0123abcd"},
    n={"attributes": {"id": "new"}},
    p={"attributes": {"v": 1}},
    q={"attributes": {"v": 2}},
)
BEFORE = snapshot(
    a={"attributes": {"id": "old"}},
    n={"attributes": {"id": "old"}},
    p={"attributes": {"v": 1}},
    q={"attributes": {"v": 1}},
)


@pytest.mark.parametrize(
    ("acted", "failed", "unfinished", "made", "expected"),
    [
        # In a phase before: the state that was read after it had it.
        ({"a": "create"}, [], [], {}, ((), ())),
        ({"a": "create", "n": "delete create"}, [], [], {}, ((), ())),
        # Its provisioner failed; `old` was so before.
        ({}, ["b"], [], {}, (("b",), ())),
        # The engine died before it wrote what it had made, or was making.
        ({"x": "create", "y": "delete"}, [], ["z"], {"x": "new", "z": ""}, ((), ("x", "z"))),
        ({}, [], ["z"], {}, ((), ())),
        # Only the object that has to go is there.
        ({}, [], ["c"], {"c": ""}, ((), ("c",))),
        # Its old object went and the new one was begun, or came; the state has the old one still.
        ({"a": "delete"}, [], ["a"], {"a": ""}, ((), ("a",))),
        ({"a": "delete create"}, [], [], {"a": "new"}, ((), ("a",))),
        ({"a": "create delete"}, [], [], {"a": "new"}, ((), ("a",))),
        # Its new object was begun, or came, before the old one was to go.
        ({}, [], ["a"], {"a": ""}, ((), ("a",))),
        ({"a": "create"}, [], [], {"a": "new"}, ((), ("a",))),
        ({"a": "create"}, [], ["a"], {"a": "(sensitive)"}, ((), ("a",))),
        # Only the deletion of its old object was begun.
        ({}, [], ["a"], {}, ((), ())),
        # The state has the new one already.
        ({"n": "delete"}, [], ["n"], {"n": ""}, ((), ())),
        ({"n": "create delete"}, [], [], {"n": "new"}, ((), ())),
        # The new one has the name of the old one, as buckets may.
        ({"a": "delete create"}, [], [], {"a": "old"}, ((), ())),
        # Neither has an id.
        ({"p": "delete create", "q": "create delete"}, [], [], {"p": "", "q": ""}, ((), ("p",))),
        # A creation that failed in order made nothing.
        ({}, ["z"], [], {}, ((), ())),
    ],
)
def test_what_is_in_doubt(
    acted: dict[str, str],
    failed: list[str],
    unfinished: list[str],
    made: dict[str, str],
    expected: tuple[tuple[str, ...], tuple[str, ...]],
) -> None:
    tally = Tally(failed=failed, unfinished=unfinished)
    for name, actions in acted.items():
        for action in actions.split():
            tally.add(name, action, 0.0, 1)
    assert in_doubt(tally, made, STATE, BEFORE, lambda address: address.removeprefix("terraform_data.")) == expected


def unreadable() -> state.Snapshot:
    raise EngineError.of("The state cannot be read")


def test_what_was_made_is_named_when_the_state_cannot_be_read(tmp_path: Path) -> None:
    """What the engine was writing when it died: its backup may be as old as the run."""
    tally = Tally(unfinished=["c"])
    tally.add("a", "create", 0.0, 1)
    tally.add("b", "update", 0.0, 2)
    place = SimpleNamespace(rescue=lambda: None, snapshot=unreadable)
    session: Any = SimpleNamespace(workdir=SimpleNamespace(root=tmp_path, state=place))
    left = {"left": lambda _: ((), {}), "id_of": str, "state": BEFORE}
    record: Any = SimpleNamespace(tally=tally, made={"c": ""}, **left)
    found = ending.failed(session, record, EngineError.of("broken"), ())
    assert (found.lost, found.tainted) == (("a", "c"), ())


@pytest.mark.parametrize(("left", "told"), [(65536, ["broken", "The disk is full"]), (1 << 30, ["broken"])])
def test_a_full_disk_is_called_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: int, told: list[str]
) -> None:
    monkeypatch.setattr(ending, "free", lambda _: left)
    session: Any = SimpleNamespace(workdir=SimpleNamespace(root=tmp_path, state=SimpleNamespace(rescue=lambda: None)))
    record: Any = SimpleNamespace(tally=Tally(), left=lambda _: ((), {}))
    found = ending.failed(session, record, EngineError.of("broken"), ())
    assert found.error
    assert [d.summary for d in found.error.diagnostics] == told
    assert left > 65536 or "64 KiB are left for" in found.error.diagnostics[1].detail
