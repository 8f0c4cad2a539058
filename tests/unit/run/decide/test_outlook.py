"""What is expected of a run, from the configuration and from its plan."""

from __future__ import annotations

from nivis_tofu.core.outcome import Line, Preview
from nivis_tofu.run.decide import outlook
from tests.support.rendering import DATA, data, decode, derived, document, ref

A, B, C = (DATA + name for name in "abc")
CHAIN = decode(
    document(
        data("a", 1),
        data("b", derived({"__ref": ref("a")}, "a")),
        data("c", derived({"__ref": ref("b")}, "b")),
    )
)


def test_from_nothing_everything_is_created() -> None:
    found = outlook.from_nothing(CHAIN)
    assert found.actions == {A: "create", B: "create", C: "create"}
    assert (found.phases, found.open) == (3, False)


def test_phases_are_of_what_changes() -> None:
    lines = (Line("replace", A), Line("update", B), Line("noop", C), Line("import", "i"), Line("read", "data.x"))
    found = outlook.of(Preview((*lines, Line("import", "j", note="then changed"))), CHAIN, lambda _: True)
    assert found.actions == {A: "replace", B: "update", "j": "update"}
    assert found.phases == 2


def test_a_value_that_is_known_costs_no_phase() -> None:
    assert outlook.of(Preview((Line("update", B),)), CHAIN, lambda _: False).phases == 1


def test_what_was_told_before() -> None:
    found = outlook.announced([("a", "delete"), ("b", "noop"), ("c", "forget")], 1)
    assert (found.actions, found.phases) == ({"a": "delete"}, 1)
