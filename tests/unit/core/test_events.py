"""Events tell themselves apart: by class and by every field."""

from __future__ import annotations

import typing
from dataclasses import fields, replace
from typing import Any

import pytest

from nivis_tofu.core import events as e

KINDS = typing.get_args(e.Event)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_it_is_found_by_its_class_and_differs_by_every_field(kind: type[Any]) -> None:
    event = kind(*range(len(fields(kind))))
    assert [other for other in KINDS if isinstance(event, other)] == [kind]
    assert all(replace(event, **{one.name: "another"}) != event for one in fields(kind))


def test_what_is_told_is_for_everybody_unless_it_says_otherwise() -> None:
    assert (e.Told("x").level, e.Stage("planning").phase, e.Outlook().actions) == ("info", 0, {})
