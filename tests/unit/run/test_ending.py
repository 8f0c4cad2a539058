"""What a run leaves in doubt, from its tally and from the state."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nivis_tofu.core.outcome import Tally
from nivis_tofu.ir import snapshot as state
from nivis_tofu.project.schema_cache import Schemas
from nivis_tofu.run.ending import in_doubt


def snapshot(**instances: dict[str, str]) -> state.Snapshot:
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


STATE = snapshot(a={}, b={"status": "tainted"}, old={"status": "tainted"}, c={"deposed": "0123abcd"})


@pytest.mark.parametrize(
    ("acted", "failed", "unfinished", "due", "expected"),
    [
        ({"a": "create"}, [], [], {}, ((), ())),
        # Its provisioner failed; `old` was so before.
        ({}, ["b"], [], {"b": "create"}, (("b",), ())),
        # The engine died before it wrote what it had made, or was making.
        ({"x": "create", "y": "delete"}, [], ["z"], {"z": "create"}, ((), ("x", "z"))),
        ({}, [], ["z"], {"z": "delete"}, ((), ())),
        # Only the object that has to go is there.
        ({}, [], ["c"], {"c": "replace"}, ((), ("c",))),
        # A creation that failed in order made nothing.
        ({}, ["z"], [], {"z": "create"}, ((), ())),
    ],
)
def test_what_is_in_doubt(
    acted: dict[str, str],
    failed: list[str],
    unfinished: list[str],
    due: dict[str, str],
    expected: tuple[tuple[str, ...], tuple[str, ...]],
) -> None:
    tally = Tally(failed=failed, unfinished=unfinished)
    for name, action in acted.items():
        tally.add(name, action, 0.0, 1)
    assert in_doubt(tally, due, STATE, lambda address: address.removeprefix("terraform_data.")) == expected
