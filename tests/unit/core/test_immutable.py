from __future__ import annotations

import copy
import importlib
import inspect
import pickle
import pkgutil
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import MISSING, Field, FrozenInstanceError, asdict, dataclass, field, fields, make_dataclass, replace
from functools import cached_property
from typing import Any

import pytest

import nivis_tofu
from nivis_tofu.core import immutable as immutable_module
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
    assert vars(type(Below("a")))["__replace__"](Below("a", 1), size=2) == Below(
        "a", 2
    )  # `copy.replace` of Python 3.13
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


def test_what_holds_itself_is_shown() -> None:
    """As a callback does that is a method of its owner."""
    one = Growing("a")
    held: list[Any] = one.parts
    held.append(Loose("b", 1, held))
    held.append(one)
    inner = "Loose(name='b', size=1, parts=[...])"
    assert repr(one) == f"Growing(name='a', size=3, parts=[{inner}, ...], found={{'a'}})"


def test_objects_are_made_whole_in_several_threads() -> None:
    @immutable(slots=True)
    class Shared:
        number: int
        parts: list[int] = field(default_factory=list)

    def many(_: int) -> list[Shared]:
        return [Shared(n) for n in range(60)]

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # seconds: `__init__` is exchanged while others are in it
    try:
        with ThreadPoolExecutor(4) as pool:
            made = list(pool.map(many, range(4)))
    finally:
        sys.setswitchinterval(before)
    assert all([(one.number, one.parts) for one in row] == [(n, []) for n in range(60)] for row in made)
    assert len({id(one.parts) for row in made for one in row}) == 240


def _classes() -> list[type[Any]]:
    """Those of the program that these decorators make."""
    names = [found.name for found in pkgutil.walk_packages(nivis_tofu.__path__, "nivis_tofu.")]
    modules = [importlib.import_module(name) for name in names if not name.endswith("__main__")]
    held = {id(cls): cls for module in modules for cls in vars(module).values() if isinstance(cls, type)}
    params = Slotted.__dataclass_params__  # type: ignore[attr-defined]
    return [cls for cls in held.values() if vars(cls).get("__dataclass_params__") is params]


def test_the_classes_of_the_program_have_nothing_that_these_decorators_do_not_know() -> None:
    """They check nothing, for the sake of the start. What the standard would refuse, or would make otherwise, fails here."""
    found = _classes()
    assert len(found) > 200
    for cls in found:
        parts = fields(cls)
        for one in parts:
            assert not re.search("ClassVar|InitVar|KW_ONLY", str(one.type)), (cls, one.name)
            assert one.compare, (cls, one.name)
            assert one.hash is None, (cls, one.name)
            assert one.init or one.default_factory is MISSING, (cls, one.name)
        # A default that all objects would share, and one before a field without: the standard refuses both.
        alike = make_dataclass(cls.__name__, [(one.name, Any, _again(one)) for one in parts])
        made = immutable_module._initialiser(cls, [one for one in parts if one.init], checked=False)
        assert _parameters(made) == _parameters(alike.__init__), cls  # type: ignore[misc]


def _again(one: Field[Any]) -> Any:
    default = {"default_factory": one.default_factory} if one.default is MISSING else {"default": one.default}
    return field(**default, init=one.init, kw_only=one.kw_only)


def _parameters(function: Any) -> list[tuple[str, Any, bool]]:
    found = inspect.signature(function).parameters.values()
    return [(one.name, one.kind, one.default is one.empty) for one in found]
