"""Two values -> what becomes of each attribute."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nivis_tofu.core.json_text import same
from nivis_tofu.core.outcome import Hidden
from nivis_tofu.ir.attributes import SENSITIVE, Reader
from nivis_tofu.ir.schema import BlockSchema
from nivis_tofu.tofu.documents import Change

SET = BlockSchema(
    {
        "attributes": {"ids": {"type": ["set", "string"]}},
        "block_types": {"rule": {"nesting_mode": "set", "block": {}}},
    }
)


def told(before: Any, after: Any, reader: Reader | None = None, **masks: Any) -> list[tuple[Any, ...]]:
    found = (reader or Reader()).changes(Change(("update",), before, after, **masks))
    return [(a.path, a.action, a.before, a.after) for a in found]


def test_only_what_differs_is_told_below_its_path() -> None:
    before = {"a": 1, "tags": {"x": "1", "y": "2"}, "same": [1]}
    after = {"a": 1, "tags": {"x": "1", "y": "3", "z": "4"}, "same": [1]}
    assert told(before, after) == [(("tags", "y"), "update", "2", "3"), (("tags", "z"), "create", None, "4")]


def test_an_element_put_into_a_list_is_one_change() -> None:
    assert told({"l": ["a", "b", "c"]}, {"l": ["a", "x", "b", "c"]}) == [(("l", 1), "create", None, "x")]
    assert told({"l": ["a", "b", "c"]}, {"l": ["b", "c"]}) == [(("l", 0), "delete", "a", None)]
    assert told({"l": [{"k": 1, "v": 1}]}, {"l": [{"k": 1, "v": 2}]}) == [(("l", 0, "v"), "update", 1, 2)]


def test_a_set_is_matched_by_value_whatever_the_order() -> None:
    reader = Reader(schema=SET)
    assert told({"ids": ["a", "b"]}, {"ids": ["b", "a"]}, reader) == []
    assert told({"ids": ["a", "b"]}, {"ids": ["c", "a"]}, reader) == [
        (("ids", "*"), "delete", "b", None),
        (("ids", "*"), "create", None, "c"),
    ]
    rules = [{"port": 1}, {"port": 2}]
    assert told({"rule": rules}, {"rule": rules[::-1]}, reader) == []


def test_secrets_are_never_told() -> None:
    both: tuple[dict[str, Any], ...] = ({"after_sensitive": {"p": True}}, {"before_sensitive": {"p": True}})
    for masks in both:
        assert told({"p": "old"}, {"p": "new"}, **masks) == [(("p",), "update", SENSITIVE, SENSITIVE)]
    inside = told({}, {"p": {"q": "new", "r": 1}}, after_sensitive={"p": {"q": True}})
    assert inside == [(("p",), "create", None, {"q": SENSITIVE, "r": 1})]
    known = Reader(secret=(("p", "*", "q"),), redact=lambda text: text.replace("hush", "***"))
    assert told({"p": [{"q": "a"}]}, {"p": [{"q": "b"}]}, known) == [(("p", 0, "q"), "update", SENSITIVE, SENSITIVE)]
    assert told({"x": "a"}, {"x": "hush"}, known) == [(("x",), "update", "a", "***")]
    late = told({"p": "old"}, {}, before_sensitive={"p": True}, after_unknown={"p": True})
    assert late == [(("p",), "update", SENSITIVE, None)]


def test_what_is_not_known_says_when_it_will_be() -> None:
    reader = Reader(known_after=lambda path: len(path), configured=lambda path: path[0] != "id")
    [id_, nested] = reader.changes(Change(("create",), None, {}, after_unknown={"id": True, "n": {"deep": True}}))
    assert (id_.known_after, id_.computed, nested.path, nested.known_after) == (1, True, ("n",), 0)
    assert nested.after == {"deep": Hidden("(known after phase 2)", 2)}


def test_replacement_is_forced_by_a_path_or_by_what_lies_in_it() -> None:
    reader = Reader(forcing=(("b", 0),))
    found = reader.changes(Change(("delete", "create"), {"a": 1, "b": [{"c": 1}]}, {"a": 2, "b": [{"c": 2}]}))
    assert [(a.path, a.forces) for a in found] == [(("a",), False), (("b", 0, "c"), True)]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from("abc"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES, VALUES)
def test_something_is_told_exactly_where_something_differs(before: Any, after: Any) -> None:
    empty: tuple[Any, ...] = (None, [], {})
    quiet = same(before, after) or (before in empty and after in empty and None in (before, after))
    found = told({"v": before}, {"v": after})
    assert not found if quiet else (found or _only_nothing(before, after))


def _only_nothing(before: Any, after: Any) -> bool:
    """Null and an absent key are one; an empty collection beside null is no news."""
    return bool(same(_solid(before), _solid(after)))


def _solid(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: s for k, v in value.items() if (s := _solid(v)) not in (None, [], {})}
    if isinstance(value, list):
        return [None if (s := _solid(v)) in (None, [], {}) else s for v in value]
    return value
