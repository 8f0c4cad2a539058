"""The values of a configuration: data, and the leaves in it that only the engine or Nix can fill in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.kept import Kept
from nivis_tofu.core.regex import regex

Step: TypeAlias = str | int
Path: TypeAlias = tuple[Step, ...]
Value: TypeAlias = "bool | int | Decimal | str | list[Value] | dict[str, Value] | Leaf | None"

STACK: Final = "stack."
"""Begins the id under which the ledger has the outputs of another stack."""


class _Pending:
    """The value of a derived value whose inputs are not all known."""

    def __repr__(self) -> str:
        return "PENDING"


PENDING: Final = _Pending()


@immutable(slots=True)
class Ref:
    """A reference to an attribute of a resource, data source or module; an empty path is the whole object."""

    resource: str
    path: Path
    sensitive: bool = False

    # The key of most maps: these two are faster than what the decorator makes.
    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Ref)
            and self.resource == other.resource
            and self.path == other.path
            and self.sensitive == other.sensitive
        )

    def __hash__(self) -> int:
        return hash((self.resource, self.path, self.sensitive))

    def __str__(self) -> str:
        return self.resource + format_path(self.path)


@immutable(slots=True)
class Derived:
    """A value that Nix computes from `refs`. With a value but no `refs` it is a sensitive variable."""

    refs: tuple[Ref, ...]
    value: Value | _Pending = PENDING
    sensitive: bool = False
    parts: tuple[str | Ref | Derived, ...] = ()
    """Of a pending text: what it is made of, in order; known parts are strings."""
    stacks: tuple[Ref, ...] = ()
    """Outputs of other stacks (`stack.NAME`) that it is computed from beside `refs`."""

    @property
    def pending(self) -> bool:
        return self.value is PENDING


@immutable(slots=True)
class Expr:
    """A native template: strings are verbatim template text, the rest is interpolated."""

    parts: tuple[str | Ref | Derived | Call, ...]


@immutable(slots=True)
class Build:
    """A file built by Nix; `drv` is its derivation, or "" if the file exists already."""

    path: str
    drv: str = ""


@immutable(slots=True)
class Call:
    """A derived value that the engine asks for when it knows `refs`; `place`: where Nix finds it."""

    leaf: str
    """The name that the engine gives it."""
    place: Path
    refs: tuple[Ref, ...]
    sensitive: bool = False


Leaf: TypeAlias = Ref | Derived | Expr | Build | Call
_INDEX = regex(r"[0-9]+\Z")


class OfResource(Kept):
    """What follows from the values of a resource."""

    __slots__ = ("address", "derived", "leaves", "pending", "uses")
    address: str
    """Engine address, e.g. `aws_s3_bucket.demo`, `data.aws_ami.x`, `module.net`."""
    leaves: tuple[Leaf, ...]
    """All leaves of its configuration and meta-arguments, outer ones before inner ones."""
    uses: frozenset[str]
    """Ids that it refers to, natively or through Nix, or depends on by name."""
    derived: tuple[Derived, ...]
    pending: bool


def leaves(value: Value) -> Iterator[Leaf]:
    """Every leaf in a value, inner leaves of resolved derived values and templates included."""
    match value:
        case list():
            for item in value:
                yield from leaves(item)
        case dict():
            for item in value.values():
                yield from leaves(item)
        case Derived():
            yield value
            if not isinstance(value.value, _Pending):
                yield from leaves(value.value)
        case Expr():
            yield value
            for part in value.parts:
                if not isinstance(part, str):
                    yield from leaves(part)
        case Ref() | Build() | Call():
            yield value


def references(value: Value) -> Iterator[Ref]:
    """Every reference a value depends on, natively or through a derived value."""
    for leaf in leaves(value):
        if isinstance(leaf, Ref):
            yield leaf
        elif isinstance(leaf, Derived | Call):
            yield from leaf.refs


def format_path(path: Path) -> str:
    """`.a[0].b`, the way the engine writes it."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def walk(value: Any, path: Path) -> tuple[bool, Any]:
    """(found, value) of a path inside plain JSON data; digit strings index lists, integers name map keys."""
    for step in path:
        if isinstance(value, Mapping) and str(step) in value:
            value = value[str(step)]
        elif isinstance(value, list | tuple) and _INDEX.match(str(step)) and int(step) < len(value):
            value = value[int(step)]
        else:
            return False, None
    return True, value
