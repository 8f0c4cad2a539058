from __future__ import annotations

import copy
import inspect
import pickle
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import pytest

from nivis_tofu.core.immutable import immutable, mutable


@immutable
class Loose:
    name: str
    size: int = 3
    parts: list[int] = field(default_factory=list)
    hidden: str = field(default="", repr=False)

    @cached_property
    def double(self) -> int:
        return self.size * 2


@dataclass(frozen=True)
class Standard:
    name: str
    size: int = 3
    parts: list[int] = field(default_factory=list)
    hidden: str = field(default="", repr=False)


@immutable(slots=True)
class Slotted:
    name: str
    size: int = 3


@immutable(slots=True)
class Below(Slotted):
    """One field more."""

    more: tuple[str, ...] = ()


@immutable(kw_only=True)
class Named:
    first: int = 1
    second: str


@immutable
class Checked:
    number: float

    def __post_init__(self) -> None:
        if self.number < 0:
            raise ValueError(self.number)


@immutable
class Own:
    text: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Own) and self.text.lower() == other.text.lower()

    def __hash__(self) -> int:
        return hash(self.text.lower())

    def __repr__(self) -> str:
        return self.text


ARGUMENTS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    (("a",), {}),
    (("a", 4), {"hidden": "h"}),
    ((), {"name": "a", "parts": [1]}),
    ((), {}),
    (("a",), {"name": "b"}),
    (("a",), {"unknown": 1}),
    (("a", 1, [], "", 5), {}),
]


@pytest.mark.parametrize(("values", "named"), ARGUMENTS)
def test_it_is_made_and_shown_as_a_frozen_dataclass(values: tuple[Any, ...], named: dict[str, Any]) -> None:
    try:
        expected = Standard(*values, **named)
    except TypeError:
        with pytest.raises(TypeError):
            Loose(*values, **named)
        return
    made = Loose(*values, **named)
    assert asdict(made) == asdict(expected)
    assert repr(made) == repr(expected).replace("Standard", "Loose")
    assert [f.name for f in fields(made)] == [f.name for f in fields(expected)]


def test_a_default_that_is_made_is_made_each_time() -> None:
    assert Loose("a").parts is not Loose("a").parts


@pytest.mark.parametrize("value", [Loose("a"), Slotted("a"), Below("a"), Own("a")])
@pytest.mark.parametrize("name", ["name", "text", "unknown"])
def test_nothing_is_set_or_deleted(value: Any, name: str) -> None:
    with pytest.raises(FrozenInstanceError, match=f"'{name}' of a {type(value).__name__}"):
        setattr(value, name, 1)
    with pytest.raises(FrozenInstanceError):
        delattr(value, name)


def test_a_subclass_may_have_attributes_beside_the_fields() -> None:
    class Listening(Loose):
        def __init__(self) -> None:
            super().__init__("a")
            self.heard = 1

    value = Listening()
    value.heard = 2
    del value.heard
    with pytest.raises(FrozenInstanceError):
        value.name = "b"  # type: ignore[misc]


def test_equal_values_are_equal_and_one_key() -> None:
    assert Slotted("a") == Slotted("a", 3)
    assert Slotted("a") != Slotted("a", 4)
    assert Slotted("a") != Below("a")
    assert {Slotted("a"), Slotted("a"), Below("a")} == {Slotted("a"), Below("a")}
    nothing = float("nan")
    assert Checked(nothing) == Checked(nothing)
    with pytest.raises(TypeError, match="unhashable"):
        hash(Loose("a"))


def test_another_is_made_from_one() -> None:
    assert replace(Below("a", 1, ("x",)), size=2) == Below("a", 2, ("x",))
    assert Loose("a", 5).double == 10
    with pytest.raises(ValueError, match="-1"):
        replace(Checked(1), number=-1)


@pytest.mark.parametrize("value", [Loose("a", 4, [1]), Slotted("a"), Below("a", 1, ("x",)), Named(second="s")])
def test_a_copy_and_what_was_pickled_are_equal(value: Any) -> None:
    assert copy.copy(value) == copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == value


def test_slots_have_no_room_for_more() -> None:
    assert not hasattr(Below("a"), "__dict__")


def test_fields_that_are_named_only() -> None:
    assert Named(second="s") == Named(second="s", first=1)
    with pytest.raises(TypeError):
        Named(1, "s")  # type: ignore[call-arg]


def test_methods_of_the_class_stay() -> None:
    assert (Own("A"), repr(Own("A")), len({Own("a"), Own("A")})) == (Own("a"), "A", 1)


def test_it_matches_by_position() -> None:
    match Slotted("a", 7):
        case Slotted(name, size):
            assert (name, size) == ("a", 7)


def test_a_class_without_a_description_costs_no_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    """The standard decorator works one out for the description, by reading the sources of builtins."""
    monkeypatch.delattr(inspect, "signature")

    @immutable(slots=True)
    class Bare:
        name: str

    assert Bare("x").name == "x"


def test_what_makes_objects_is_compiled_when_there_are_many() -> None:
    @immutable
    class Late:
        name: str
        size: int = 3
        parts: list[int] = field(default_factory=list)

        def __post_init__(self) -> None:
            checked.append(self.name)

    checked = list[str]()
    before, made = Late.__init__, [Late(str(n), size=n) for n in range(50)]
    assert Late.__init__ is before
    made += [Late(str(n), n) for n in range(50, 100)]
    assert Late.__init__ is not before
    assert [(one.name, one.size, one.parts) for one in made] == [(str(n), n, []) for n in range(100)]
    assert checked == [one.name for one in made]
    assert len({id(one.parts) for one in made}) == 100


def test_slots_are_filled_alike_by_the_first_and_by_many() -> None:
    @immutable(slots=True)
    class Wide(Slotted):
        more: tuple[str, ...] = ()

    made = [Wide(str(n), n, ("x",)) for n in range(100)]
    assert [(one.name, one.size, one.more) for one in made] == [(str(n), n, ("x",)) for n in range(100)]


def test_arguments_that_do_not_fit_are_named_from_the_first_object_on() -> None:
    @immutable
    class Never:
        name: str

    with pytest.raises(TypeError, match="missing 1 required positional argument: 'name'"):
        Never()  # type: ignore[call-arg]


@mutable
class Growing:
    name: str
    size: int = 3
    parts: list[int] = field(default_factory=list)
    found: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self.found = {self.name}


def test_what_is_not_frozen_grows_and_is_compared() -> None:
    one, other = Growing("a"), Growing("a", 3, [])
    assert one == other
    one.parts.append(1)
    one.size += 1
    assert one != other
    assert one == Growing("a", 4, [1])
    assert repr(one) == "Growing(name='a', size=4, parts=[1], found={'a'})"
    assert [f.name for f in fields(one)] == ["name", "size", "parts", "found"]
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)
    with pytest.raises(TypeError):
        Growing("a", found=set())  # type: ignore[call-arg]
