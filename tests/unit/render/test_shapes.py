from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.ir.values import PENDING, Derived, Ref
from nivis_tofu.render.shapes import completed, pushed_down, without_empty_labels

REF = Ref("a.b.c", ("id",))


def test_a_derived_value_goes_down_to_arguments() -> None:
    value = Derived((REF,), [{"x": 1, "y": [2]}, {"z": 3}], sensitive=True)
    assert pushed_down(value) == [
        {"x": Derived((REF,), 1, sensitive=True), "y": Derived((REF,), [2], sensitive=True)},
        {"z": Derived((REF,), 3, sensitive=True)},
    ]
    assert pushed_down(Derived((REF,), {"x": 1})) == {"x": Derived((REF,), 1)}
    assert pushed_down(Derived((REF,), PENDING)) == Derived((REF,), PENDING)


OBJECT = ["object", {"a": "string", "b": "number"}]


@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [
        (OBJECT, {"a": "x"}, {"a": "x", "b": None}),
        (OBJECT, {"a": "x", "c": 1}, {"a": "x", "b": None, "c": 1}),
        (["list", OBJECT], [{"b": 1}, REF], [{"a": None, "b": 1}, REF]),
        (["set", OBJECT], [], []),
        (["set", OBJECT], {"a": "x"}, [{"a": "x", "b": None}]),
        (["list", "string"], {"a": "x"}, {"a": "x"}),
        (["map", OBJECT], {"k": {"a": "x"}}, {"k": {"a": "x", "b": None}}),
        (["object", {"o": OBJECT}], {"o": {}}, {"o": {"a": None, "b": None}}),
        (OBJECT, REF, REF),
        ("string", {"a": 1}, {"a": 1}),
        (OBJECT, Derived((REF,), {"a": "x"}), Derived((REF,), {"a": "x", "b": None})),
        (OBJECT, Derived((REF,), PENDING), Derived((REF,), PENDING)),
    ],
)
def test_objects_are_completed(kind: Any, value: Any, found: Any) -> None:
    assert completed(value, kind) == found


PROVISIONER = {"local-exec": {"command": "true"}}


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ([], None),
        ({}, None),
        ([{}], None),
        ([{}, PROVISIONER], [PROVISIONER]),
        ([PROVISIONER], [PROVISIONER]),
        (PROVISIONER, PROVISIONER),
        ({"local-exec": []}, {"local-exec": []}),
    ],
)
@pytest.mark.parametrize("name", ["provisioner", "dynamic"])
def test_a_block_without_its_label_is_none(name: str, value: Any, kept: Any) -> None:
    expected = {"input": 1} | ({} if kept is None else {name: kept})
    assert without_empty_labels({"input": 1, name: value}) == expected
