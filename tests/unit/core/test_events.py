"""Events tell themselves apart: by class and by every field."""

from __future__ import annotations

import typing

import pytest

from nivis_tofu.core import events as e

KINDS = typing.get_args(e.Event)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_it_counts_as_something_and_is_found_by_its_class(kind: type) -> None:
    event = kind(*[0] * (len(kind._fields) - len(kind._field_defaults)))  # type: ignore[attr-defined]  # a named tuple
    assert event, "an event without fields would count as no event"
    assert [other for other in KINDS if isinstance(event, other)] == [kind]


def test_no_field_hides_a_method_of_tuples() -> None:
    assert {f for kind in KINDS for f in kind._fields} & {"count", "index"} == set()


def test_what_is_told_is_for_everybody_unless_it_says_otherwise() -> None:
    assert (e.Told("x").level, e.Stage("planning").phase, e.Outlook().actions) == ("info", 0, {})
