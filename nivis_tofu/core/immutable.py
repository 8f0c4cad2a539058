"""`@immutable`: a frozen dataclass that costs a start as little as possible.

`dataclasses.dataclass(frozen=True)` writes six methods for each class and compiles them, before Python 3.13 one by one:
two fifths of the start of a verb. Here the standard decorator finds the fields, one method is compiled when it is first
called, and the others are closures. `fields`, `replace`, `asdict`, `match` and type checkers see a dataclass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform, overload

_Class = TypeVar("_Class", bound=type[Any])


@overload
def immutable(cls: _Class, /) -> _Class: ...
@overload
def immutable(*, slots: bool = False, kw_only: bool = False) -> Callable[[_Class], _Class]: ...


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def immutable(cls: Any = None, /, *, slots: bool = False, kw_only: bool = False) -> Any:
    """As `dataclass(frozen=True)`: every field is an argument, and all of them are compared and hashed.

    A dataclass below such a class is made by this decorator too; the standard one refuses (`TypeError`).
    """

    def made(given: Any) -> Any:
        given.__doc__ = given.__doc__ or given.__name__  # else the standard decorator works out a signature for it
        found = dataclass(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)(given)
        for name, method in _methods(found, slots).items():
            if name not in found.__dict__:
                setattr(found, name, method)
        return found

    return made if cls is None else made(cls)


def _methods(cls: type[Any], slots: bool) -> dict[str, Any]:
    found = fields(cls)
    key = _values([f.name for f in found])
    shown = [f.name for f in found if f.repr]

    def init(self: object, /, *args: Any, **named: Any) -> None:
        # Compiled with the first object: of most classes a command makes none.
        cls.__init__ = _initialiser(found, hasattr(cls, "__post_init__"))
        cls.__init__(self, *args, **named)

    def equal(self: object, other: object) -> bool:
        return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented

    def digest(self: object) -> int:
        return hash(key(self))

    def text(self: object) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

    made = {"__init__": init, "__eq__": equal, "__hash__": digest, "__repr__": text}
    return {**made, "__setattr__": _set, "__delattr__": _delete, **({"__setstate__": _restore} if slots else {})}


def _values(names: Sequence[str]) -> Callable[[object], tuple[Any, ...]]:
    # Of a single name `attrgetter` gets no tuple: a value that differs from itself would make the whole differ.
    return attrgetter(*names) if len(names) > 1 else lambda self: tuple(getattr(self, name) for name in names)


def _initialiser(found: Sequence[Field[Any]], checked: bool) -> Callable[..., None]:
    """Compiled, since it runs for each of thousands of objects."""
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
