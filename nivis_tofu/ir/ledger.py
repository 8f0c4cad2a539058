"""The ledger: outputs harvested from the state, by nivis id, as Nix gets them.

A cache of the state and never a second truth: it is made anew from raw state whenever lineage or serial moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from decimal import Decimal
from typing import Any

from nivis_tofu.core import masks
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.masks import Pattern
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.values import Call, Derived, Path, Ref, Value, leaves, walk

INTEGER_LIMIT = 2**63


@immutable(slots=True)
class Object:
    """One object in state: attributes as plain JSON, paths of what is sensitive (`*` = any element)."""

    address: str
    provider: str
    attributes: Mapping[str, Any]
    sensitive: tuple[Pattern, ...] = ()
    dependencies: tuple[str, ...] = ()


@immutable
class Upstream:
    """What other stacks of the flake have."""

    outputs: Mapping[str, Object] = field(default_factory=dict)
    """`stack.NAME` -> its outputs, as if they were attributes of one object."""
    changing: frozenset[Ref] = frozenset()
    """Outputs that are about to change: what they are now is not what will be used."""

    def secrets(self) -> Iterator[str]:
        """Every sensitive string in it, for redaction."""
        for held in self.outputs.values():
            for pattern in held.sensitive:
                for value in masks.values_at(held.attributes, pattern):
                    yield from masks.texts(value)


@immutable
class Ledger:
    """What is known: objects by nivis id; `planned` what the coming apply will make of some of them."""

    objects: Mapping[str, Object] = field(default_factory=dict)
    planned: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    unknown: frozenset[Ref] = frozenset()
    only: frozenset[Ref] | None = None
    marks: Mapping[str, tuple[Pattern, ...]] = field(default_factory=dict)
    """Sensitive paths by id beyond what the objects say: from schemas and from plans."""
    upstream: Upstream = Upstream()

    def lookup(self, ref: Ref) -> tuple[bool, Any]:
        """(found, value): the planned value if there is one, else that of the state; trust is not asked."""
        if not ref.path:
            return False, None
        planned = self.planned.get(ref.resource, {})
        if ref.path[0] in planned:
            return walk(planned, ref.path)
        held = self.objects.get(ref.resource) or self.upstream.outputs.get(ref.resource)
        return walk(held.attributes, ref.path) if held else (False, None)

    def trusts(self, ref: Ref) -> bool:
        """The rule of docs/reference/ir.md: covered by `only` if set, and untouched by `unknown`."""
        if ref.resource in self.upstream.outputs:
            return not any(_prefix(u, ref) or _prefix(ref, u) for u in self.upstream.changing)
        if self.only is not None and not any(_prefix(o, ref) for o in self.only):
            return False
        return not any(_prefix(u, ref) or _prefix(ref, u) for u in self.unknown if u.resource == ref.resource)

    def knows(self, ref: Ref) -> bool:
        return self.trusts(ref) and self.lookup(ref)[0]

    def is_sensitive(self, ref: Ref) -> bool:
        held = self.objects.get(ref.resource)
        patterns = (*(held.sensitive if held else ()), *self.marks.get(ref.resource, ()))
        return ref.sensitive or any(masks.overlap(pattern, ref.path) for pattern in patterns)

    def with_(self, **changes: Any) -> Ledger:
        return replace(self, **changes)

    def document(self, phase: int, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The attribute set that `nivis.plan` is called with."""
        inexact: dict[str, list[dict[str, Any]]] = {}
        held = {**self.objects, **self.upstream.outputs}
        outputs = {i: exact(dict(o.attributes), i, (), inexact) for i, o in held.items()}
        for i, attributes in self.planned.items():
            # A planned value stands before that of the state, so only its own numbers count.
            inexact[i] = [e for e in inexact.get(i, ()) if e["path"][0] not in attributes]
        planned = {i: exact(dict(p), i, (), inexact) for i, p in self.planned.items()}
        return {
            "phase": phase,
            "outputs": outputs,
            "planned": planned,
            "vars": {name: _as_text(value) for name, value in variables.items()},
            "unknown": _by_resource(self.unknown | self.upstream.changing),
            "only": None if self.only is None else _by_resource(self.only | self._of_stacks),
            "inexact": inexact,
            "sensitive": self._patterns(),
        }

    @property
    def _of_stacks(self) -> set[Ref]:
        """No plan of this stack says whether to trust them."""
        return {Ref(i, (name,)) for i, held in self.upstream.outputs.items() for name in held.attributes}

    def _patterns(self) -> dict[str, list[list[Any]]]:
        """Paths of sensitive values by id; `*` stands for any step."""
        found = {i: list(o.sensitive) for i, o in {**self.objects, **self.upstream.outputs}.items()}
        for i, marks in self.marks.items():
            found.setdefault(i, []).extend(marks)
        return {i: [list(p) for p in dict.fromkeys(patterns)] for i, patterns in found.items() if patterns}

    def secrets(self) -> Iterator[str]:
        """Every sensitive string in the ledger, for redaction."""
        for i in (*self.objects, *(self.planned.keys() - self.objects.keys())):
            held = self.objects.get(i)
            for pattern in (*(held.sensitive if held else ()), *self.marks.get(i, ())):
                for values in (held.attributes if held else {}, self.planned.get(i, {})):
                    for value in masks.values_at(values, pattern):
                        yield from masks.texts(value)


class Taint:
    """Which derived values are secret: by their own mark, their inputs, or values inside them."""

    def __init__(self, ledger: Ledger, ir: IR) -> None:
        self.ledger = ledger
        self._tainted = self._closure(ir)

    def __call__(self, derived: Derived) -> bool:
        found = (x for x in leaves(derived) if isinstance(x, Derived))
        return any(d.sensitive or any(self.ref(r) for r in d.refs) for d in found)

    def ref(self, ref: Ref) -> bool:
        return self.ledger.is_sensitive(ref) or (ref.resource in self._tainted and ref.path[:1] != ("id",))

    def _closure(self, ir: IR) -> set[str]:
        """Resources of types that drop sensitivity (terraform_data) whose input is secret."""
        found: set[str] = set()
        self._tainted = found
        droppers = [r for r in ir.resources.values() if r.type == "terraform_data"]
        before = -1
        while before != len(found):
            before = len(found)
            for r in droppers:
                if r.id not in found and self.value(dict(r.config)):
                    found.add(r.id)
        return found

    def value(self, value: Value) -> bool:
        return any(
            (isinstance(leaf, Ref) and self.ref(leaf))
            or (isinstance(leaf, Derived) and self(leaf))
            or (isinstance(leaf, Call) and (leaf.sensitive or any(map(self.ref, leaf.refs))))
            for leaf in leaves(value)
        )


def _prefix(short: Ref, long: Ref) -> bool:
    return short.resource == long.resource and long.path[: len(short.path)] == short.path


def _by_resource(refs: Iterable[Ref]) -> dict[str, list[list[Any]]]:
    out: dict[str, list[list[Any]]] = {}
    for ref in sorted(refs, key=str):
        out.setdefault(ref.resource, []).append(list(ref.path))
    return out


def exact(value: Any, owner: str, path: Path, inexact: dict[str, list[dict[str, Any]]]) -> Any:
    """The value with numbers that Nix cannot represent replaced by null and listed in `inexact`."""
    match value:
        case str() | None:
            return value
        case dict():
            return {k: exact(v, owner, (*path, k), inexact) for k, v in value.items()}
        case list():
            return [exact(v, owner, (*path, i), inexact) for i, v in enumerate(value)]
        case bool():
            return value
        case int() | Decimal() if not _holds(value):
            inexact.setdefault(owner, []).append({"path": list(path), "text": str(value)})
            return None
        case _:
            return value


def _as_text(value: Any) -> Any:
    """A variable, in which a number that Nix cannot hold is the text that `--var` would give."""
    match value:
        case dict():
            return {k: _as_text(v) for k, v in value.items()}
        case list():
            return [_as_text(v) for v in value]
        case int() | Decimal() if not (isinstance(value, bool) or _holds(value)):
            return str(value)
        case _:
            return value


def _holds(number: int | Decimal) -> bool:
    """Is it the same number in Nix, which has integers of 64 bits and double precision?"""
    if isinstance(number, int):
        return -INTEGER_LIMIT <= number < INTEGER_LIMIT
    return Decimal(repr(float(number))) == number
