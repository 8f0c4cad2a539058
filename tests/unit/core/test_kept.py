"""What follows from the fields of an object is computed once, where it has no dictionary to keep it in."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import pytest

from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.kept import Kept


class _Computed(Kept):
    __slots__ = ("doubled", "lost")
    doubled: list[int]
    lost: int


@immutable(slots=True)
class Pair(_Computed):
    one: int
    other: int = 2

    def _doubled(self) -> list[int]:
        return [2 * self.one, 2 * self.other]

    def _lost(self) -> int:
        raise ValueError("no value")


def test_a_value_is_computed_once() -> None:
    pair = Pair(1)
    assert pair.doubled == [2, 4]
    assert pair.doubled is pair.doubled
    assert not hasattr(pair, "__dict__")


def test_another_object_has_values_of_its_own() -> None:
    pair = Pair(1)
    assert pair.doubled == [2, 4]
    assert replace(pair, one=3).doubled == [6, 4]
    assert (pair, hash(pair)) == (Pair(1), hash(Pair(1)))
    assert copy.copy(pair) == pickle.loads(pickle.dumps(pair)) == pair


def test_what_nobody_computes_is_missing() -> None:
    with pytest.raises(AttributeError, match="'Pair' object has no attribute 'nothing'"):
        Pair(1).nothing  # type: ignore[attr-defined]  # noqa: B018 - it is asked for
    with pytest.raises(AttributeError):
        Pair(1)._nothing  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(ValueError, match="no value"):
        Pair(1).lost  # noqa: B018
