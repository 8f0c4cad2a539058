"""`@immutable`: a frozen dataclass that costs a start as little as possible; `@mutable`: one that is not frozen.

`dataclasses.dataclass` writes six methods for each class and compiles them, before Python 3.13 one by one: two fifths
of the start of a verb. Here all methods are closures, until a class has made so many objects that its `__init__` is
worth compiling. `fields`, `replace`, `asdict`, `match` and type checkers see a dataclass.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, replace
from operator import attrgetter
from reprlib import recursive_repr
from typing import Any, TypeVar, dataclass_transform, overload

_Class = TypeVar("_Class", bound=type[Any])
_FEW = 50
"""To compile a method takes as long as to make so many objects without."""


@dataclass(init=False, repr=False, eq=False, match_args=False)  # nothing to compile
class _Sample:
    """What the standard library notes of a dataclass and of its fields, beside what is said of them."""

    one: Any


_SAMPLE: Any = _Sample


@overload
def immutable(cls: _Class, /) -> _Class: ...
@overload
def immutable(*, slots: bool = False, kw_only: bool = False) -> Callable[[_Class], _Class]: ...


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def immutable(cls: Any = None, /, *, slots: bool = False, kw_only: bool = False) -> Any:
    """As `dataclass(frozen=True)`: every field is an argument, and all of them are compared and hashed.

    A dataclass below such a class is made by this decorator too.
    """

    def made(given: Any) -> Any:
        own, found = _fields(given, kw_only)
        frozen = {"__hash__": _digest(found), "__setattr__": _set, "__delattr__": _delete}
        methods = {**_methods(found), **frozen, **({"__setstate__": _restore} if slots else {})}
        return _complete(_slotted(given, own, methods) if slots else _with_methods(given, own, methods), found)

    return made if cls is None else made(cls)


@dataclass_transform(field_specifiers=(field,))
def mutable(cls: _Class, /) -> _Class:
    """As `dataclass`: for what grows during a run."""
    own, found = _fields(cls, kw_only=False)
    made: _Class = _complete(_with_methods(cls, own, {**_methods(found), "__hash__": None}), found)
    return made


def _fields(cls: type[Any], kw_only: bool) -> tuple[Mapping[str, Field[Any]], Mapping[str, Field[Any]]]:
    """The fields of a class, and with them those of the classes above it."""
    own: dict[str, Field[Any]] = {}
    for name, kind in inspect.get_annotations(cls).items():
        given = cls.__dict__.get(name, MISSING)
        one: Any = given if isinstance(given, Field) else field(default=given)
        one.name, one.type, one.kw_only = name, kind, kw_only
        one._field_type = _SAMPLE.__dataclass_fields__["one"]._field_type
        own[name] = one
    above = (getattr(base, "__dataclass_fields__", {}) for base in reversed(cls.__mro__[1:]))
    return own, {name: one for found in (*above, own) for name, one in found.items()}


def _with_methods(cls: Any, own: Mapping[str, Field[Any]], methods: Mapping[str, Any]) -> Any:
    for name, one in own.items():
        if one.default is not MISSING:
            setattr(cls, name, one.default)
        elif name in cls.__dict__:
            delattr(cls, name)
    for name, method in methods.items():
        if name not in cls.__dict__:
            setattr(cls, name, method)
    return cls


def _slotted(cls: Any, own: Mapping[str, Field[Any]], methods: Mapping[str, Any]) -> Any:
    """The class once more: slots can be named only where a class is made."""
    kept = {name: value for name, value in cls.__dict__.items() if name not in {*own, "__dict__", "__weakref__"}}
    made = type(cls)(cls.__name__, cls.__bases__, {**methods, **kept, "__slots__": tuple(own)})
    made.__qualname__ = cls.__qualname__
    return made


def _complete(cls: Any, found: Mapping[str, Field[Any]]) -> Any:
    cls.__dataclass_fields__, cls.__dataclass_params__ = found, _SAMPLE.__dataclass_params__
    arguments = [one for one in found.values() if one.init]
    if "__match_args__" not in cls.__dict__:
        setattr(cls, "__match_args__", tuple(one.name for one in arguments if not one.kw_only))  # noqa: B010 - mypy
    if "__init__" not in cls.__dict__:
        cls.__init__ = _first_objects(cls, arguments)
    return cls


def _methods(found: Mapping[str, Field[Any]]) -> dict[str, Any]:
    key = _values(found)

    def equal(self: object, other: object) -> bool:
        return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented

    @recursive_repr()
    def text(self: object) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name, one in found.items() if one.repr)
        return f"{type(self).__qualname__}({', '.join(shown)})"

    return {"__eq__": equal, "__repr__": text, "__replace__": replace}  # the last for `copy.replace` of Python 3.13


def _digest(found: Mapping[str, Field[Any]]) -> Callable[[object], int]:
    key = _values(found)
    return lambda self: hash(key(self))


def _values(names: Mapping[str, Any]) -> Callable[[object], tuple[Any, ...]]:
    # Of a single name `attrgetter` gets no tuple: a value that differs from itself would make the whole differ.
    return attrgetter(*names) if len(names) > 1 else lambda self: tuple(getattr(self, name) for name in names)


def _first_objects(cls: Any, found: Sequence[Field[Any]]) -> Callable[..., None]:
    """`__init__` as long as a class has made few objects, as most classes do in a command."""
    names, ordered = frozenset(f.name for f in found), [f.name for f in found if not f.kw_only]
    required = frozenset(f.name for f in found if f.default is MISSING and f.default_factory is MISSING)
    checked, calls = hasattr(cls, "__post_init__"), 0

    def init(self: Any, /, *args: Any, **named: Any) -> None:
        nonlocal calls
        calls += 1
        given = {**dict(zip(ordered, args, strict=False)), **named}
        if calls > _FEW or len(given) < len(args) + len(named) or not required <= given.keys() <= names:
            cls.__init__ = _initialiser(cls, found, checked)  # which knows the words for arguments that do not fit, too
            cls.__init__(self, *args, **named)
            return
        for f in found:
            if f.name not in given:
                given[f.name] = f.default if f.default_factory is MISSING else f.default_factory()
            object.__setattr__(self, f.name, given[f.name])
        if checked:
            self.__post_init__()

    return init


def _initialiser(cls: Any, found: Sequence[Field[Any]], checked: bool) -> Callable[..., None]:
    """Compiled, where it runs for each of thousands of objects."""
    scope: dict[str, Any] = {"_set_": object.__setattr__, "_missing_": MISSING}
    ordered, keyword, body = ["self"], ["*"], ["pass"]
    for number, f in enumerate(found):
        parameter, value = f.name, f.name
        if f.default_factory is not MISSING:
            scope[f"_make_{number}_"] = f.default_factory
            parameter, value = f"{f.name}=_missing_", f"_make_{number}_() if {f.name} is _missing_ else {f.name}"
        elif f.default is not MISSING:
            scope[f"_default_{number}_"] = f.default
            parameter = f"{f.name}=_default_{number}_"
        (keyword if f.kw_only else ordered).append(parameter)
        slot: Any = getattr(cls, f.name, None) if hasattr(cls, "__slots__") else None
        if hasattr(slot, "__set__"):  # quicker than to look for it by name
            scope[f"_slot_{number}_"] = slot.__set__
            body.append(f"_slot_{number}_(self, {value})")
        else:
            body.append(f"_set_(self, {f.name!r}, {value})")
    parameters = ", ".join([*ordered, *(keyword if len(keyword) > 1 else ())])
    body += ["self.__post_init__()"] if checked else []
    exec(f"def __init__({parameters}): {'; '.join(body)}", scope)  # noqa: S102 - nothing but names of fields
    made: Callable[..., None] = scope["__init__"]
    return made


def _set(self: object, name: str, value: object) -> None:
    _refuse(self, name)
    object.__setattr__(self, name, value)


def _delete(self: object, name: str) -> None:
    _refuse(self, name)
    object.__delattr__(self, name)


def _refuse(self: Any, name: str) -> None:
    """A subclass that is no dataclass may have attributes beside the fields."""
    if "__dataclass_fields__" in type(self).__dict__ or name in self.__dataclass_fields__:
        raise FrozenInstanceError(f"cannot change the field {name!r} of a {type(self).__qualname__}")


def _restore(self: object, state: tuple[Any, Mapping[str, Any]]) -> None:
    """Unpickled or copied: without this, slots would be set as anybody sets them."""
    for name, value in state[1].items():
        object.__setattr__(self, name, value)
