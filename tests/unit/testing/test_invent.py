"""Made-up values: of their type, readable or wild, the same for the same seed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivis_tofu.ir.values import Path
from nivis_tofu.testing.invent import Inventor, needs_of

PLACE = ("aws.aws_vpc.main", "id")
TYPES = st.recursive(
    st.sampled_from(["string", "number", "bool", "dynamic"]),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["list", "set", "map"]), inner).map(list),
        st.dictionaries(st.text(min_size=1), inner, max_size=3).map(lambda f: ["object", f]),
        st.lists(inner, max_size=3).map(lambda k: ["tuple", k]),
    ),
    max_leaves=5,
)


def fits(value: Any, kind: Any) -> bool:
    match kind:
        case "number":
            return not isinstance(value, bool | str | list | dict)
        case "bool":
            return isinstance(value, bool)
        case "string" | "dynamic":
            return isinstance(value, str)
        case [("list" | "set"), inner]:
            return isinstance(value, list) and all(fits(item, inner) for item in value)
        case ["map", inner]:
            return isinstance(value, dict) and all(fits(item, inner) for item in value.values())
        case ["object", fields]:
            return value.keys() == fields.keys() and all(fits(value[k], inner) for k, inner in fields.items())
        case ["tuple", kinds]:
            return len(value) == len(kinds) and all(map(fits, value, kinds))
    return False


@given(TYPES, st.integers(0, 5), st.booleans())
def test_a_value_has_its_type(kind: Any, seed: int, wild: bool) -> None:
    value = Inventor(seed, wild).value(kind, PLACE)
    assert fits(value, kind)
    assert value == Inventor(seed, wild).value(kind, PLACE)


def test_ordinary_text_is_printable_ascii_and_unlike_others() -> None:
    place = ("p.t.ümläut\n🙂", "id")
    text = Inventor().text(place)
    assert text.isascii()
    assert text.isprintable()
    others = {Inventor(seed).text(where) for seed in (0, 1) for where in (place, PLACE, (*PLACE, 0))}
    assert len({other[:8] for other in others}) == 6


def test_wild_text_is_whatever_a_string_may_be() -> None:
    found = [Inventor(seed, wild=True).text(PLACE) for seed in range(300)]
    for part in ("", '"', "${", "漢字", "\n", "%{"):
        assert part in found or any(part and part in text for text in found), part
    lengths = {len(Inventor(seed, wild=True).value(["list", "bool"], PLACE)) for seed in range(50)}
    assert {0, 1} < lengths
    assert {Inventor(seed, wild=True).value("bool", PLACE) for seed in range(50)} == {True, False}
    assert any(Inventor(seed, wild=True).value("number", PLACE) < 0 for seed in range(50))


@pytest.mark.parametrize("wild", [False, True])
def test_what_is_referred_to_is_there(wild: bool) -> None:
    invent = Inventor(1, wild)
    assert len(invent.value(["list", "string"], PLACE, [(2,)])) >= 3
    assert "k" in invent.value(["map", "string"], PLACE, [("k",)])
    assert isinstance(invent.value(None, PLACE, [("a", 1, "b"), ("c",)])["a"][1]["b"], str)


def test_needs_by_owner_and_attribute() -> None:
    assert needs_of([("i", ("a", 0)), ("i", ("a",)), ("i", ()), ("j", ("b",))]) == {
        "i": {"a": [(0,), ()]},
        "j": {"b": [()]},
    }


def test_text_depends_on_seed_and_place_alone() -> None:
    """It is remembered, for a hundred tests of one flake ask for the same."""
    places: list[Path] = [("p.t.a", "id"), ("p.t.a", "id", 0), ("p.t.a", "id", "0"), ("p.t.b", "id")]
    made = [Inventor(seed).text(place) for seed in (0, 1) for place in places]
    assert made == [Inventor(seed).text(place) for seed in (0, 1) for place in places]
    assert Inventor(0).text(places[0]) != Inventor(1).text(places[0])
    assert Inventor(0).text(places[0]) != Inventor(0).text(places[3])
