"""Old objects that could not go yet."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from nivis_tofu.ir.model import IR
from nivis_tofu.run.decide.deposed import still_in_use
from nivis_tofu.tofu import messages as m
from nivis_tofu.tofu.results import ApplyResult
from tests.support.rendering import data, decode, document

A, B = "terraform_data.a", "terraform_data.b"
IR_: IR = decode(
    document(data("a", "x", meta={"lifecycle": {"createBeforeDestroy": True}}), data("b", "x")),
)


def result(*events: tuple[str, str, str]) -> ApplyResult:
    found: dict[str, list[Any]] = {"complete": [], "errored": [], "unfinished": []}
    kinds: dict[str, Any] = {"complete": m.ApplyComplete, "errored": m.ApplyErrored, "unfinished": m.ApplyStart}
    for where, addr, action in events:
        kind = kinds[where]
        values = dict.fromkeys((f.name for f in fields(kind)), "") | {"addr": addr, "action": action}
        found[where].append(kind(**values))
    complete, errored, unfinished = (tuple(items) for items in found.values())
    return ApplyResult((), complete, errored, unfinished, {}, (), None)


@pytest.mark.parametrize(
    ("events", "kept"),
    [
        ((("complete", A, "create"), ("unfinished", A, "delete")), (A,)),
        ((("complete", A, "create"), ("errored", A, "delete")), (A,)),
        ((("errored", A, "delete"),), ()),
        ((("complete", B, "create"), ("errored", B, "delete")), ()),
        ((("complete", A, "create"), ("errored", A, "delete"), ("errored", B, "create")), ()),
        ((), ()),
    ],
)
def test_what_is_still_in_use(events: tuple[tuple[str, str, str], ...], kept: tuple[str, ...]) -> None:
    assert still_in_use(IR_, result(*events)) == kept
