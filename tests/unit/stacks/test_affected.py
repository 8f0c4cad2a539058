"""Which stacks a change has reached."""

from __future__ import annotations

from nivis_tofu.stacks.affected import affected
from tests.support.rendering import data, document

PLACE = {"": {"file": "flake.nix", "line": 3, "column": 1}}


def test_what_means_the_same_is_not_affected_wherever_it_stands() -> None:
    before = {"net": document(data("a", 1)), "web": document(data("a", 1))}
    now = {"net": document(data("a", 1, pos=PLACE), positions={"output.x": PLACE}), "web": document(data("a", 2))}
    assert affected(before, now, frozenset(now)) == {"web"}


def test_what_is_new_or_could_not_be_evaluated_is() -> None:
    one = document(data("a", 1))
    assert affected({"gone": one, "same": one}, {"new": one, "same": one}, frozenset({"new", "same", "broken"})) == {
        "new",
        "broken",
    }
