"""`why`: where a value comes from, back to what nothing else decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from typing import Any, Literal

from nivis_tofu.core import json_text
from nivis_tofu.core.diagnostics import Position
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable, mutable
from nivis_tofu.core.nearest import nearest
from nivis_tofu.core.regex import regex
from nivis_tofu.ir import phases
from nivis_tofu.ir.engine_name import beginnings
from nivis_tofu.ir.ledger import Ledger
from nivis_tofu.ir.model import IR, Output, Resource
from nivis_tofu.ir.names import nearest_hint, typed
from nivis_tofu.ir.schema import BlockSchema
from nivis_tofu.ir.values import Build, Call, Derived, Expr, Leaf, Path, Ref, Value, leaves, references

How = Literal["written", "nix", "reference", "expression", "build", "provider", "variable"]
_STEP = regex(r'\.?([^.\[\]"]+)|\[(\d+)\]|\["([^"]*)"\]')


@immutable
class Origin:
    """One value: where it comes from, when it is known, and what it is made of."""

    what: str
    how: tuple[How, ...]
    phase: int
    """The phase in which it is there to be used."""
    position: Position | None = None
    known: bool = False
    value: Any = None
    sensitive: bool = False
    inputs: tuple[Origin, ...] = field(default=())
    seen: bool = False
    """Told further up already, so its inputs are not told again."""


@immutable
class Use:
    """One place where something is used: in which value, which of its attributes."""

    what: str
    refs: tuple[str, ...]
    position: Position | None = None


def hidden(origin: Origin, finds: Callable[[str], bool]) -> Origin:
    """The same with all values as sensitive that have a secret in them, marked or not."""
    sensitive = origin.sensitive or (origin.known and finds(json_text.dumps(origin.value)))
    return replace(origin, sensitive=sensitive, inputs=tuple(hidden(made, finds) for made in origin.inputs))


def why(
    ir: IR,
    ledger: Ledger,
    text: str,
    outputs: Mapping[str, Any],
    schema: Callable[[Resource], BlockSchema | None] = lambda _: None,
) -> Origin:
    """The origin of `ID.attribute`, `ADDRESS.attribute` or `output.NAME`; `outputs`: the values in the state."""
    tracer = _Tracer(ir, ledger, phases.phases(ir), set())
    if text.startswith("output."):
        name = text.removeprefix("output.")
        if name not in ir.outputs:
            raise NivisError.of(f'"{name}" is not a declared output', hint=_near(name, ir.outputs))
        found = tracer.output(ir.outputs[name])
        return replace(found, known=True, value=outputs[name]) if name in outputs else found
    ref = parse(ir, text)
    known = schema(ir.resources[ref.resource])
    if known and (names := known.names) and ref.path[0] not in names:
        raise NivisError.of(
            "No such attribute", f"`{ref.resource}` has no attribute `{ref.path[0]}`.", _near(str(ref.path[0]), names)
        )
    return tracer.of(ref)


def parse(ir: IR, text: str) -> Ref:
    """The reference that a user's text names; the longest matching id or address wins."""
    names = {**{r.address: r.id for r in ir.resources.values()}, **{i: i for i in ir.resources}}
    whole = ((names[name], rest) for name, rest in beginnings(text) if name in names)
    found, rest = next(whole, None) or _by_end(text, names)
    path: list[str | int] = []
    for plain, index, key in _STEP.findall(rest):
        path.append(int(index) if index else key or plain)
    return Ref(found, tuple(path))


def _by_end(text: str, names: Mapping[str, str]) -> tuple[str, str]:
    """(id, what follows) of a text that begins with the end of an id; as much of it as fits."""
    for name, rest in beginnings(text):
        if (found := typed(name, names)) is not None:
            return found, rest
    hint = nearest_hint(text, sorted(set(names.values())), "`nivis plan --all`")
    raise NivisError.of(f'"{text}" names no resource of this configuration', hint=hint)


def everything(
    ir: IR,
    ledger: Ledger,
    text: str,
    outputs: Mapping[str, Any],
    schema: Callable[[Resource], BlockSchema | None] = lambda _: None,
) -> tuple[Origin, ...]:
    """The origin of one value, or of each configured attribute where a text names a resource alone."""
    if not text.startswith("output.") and not (ref := parse(ir, text)).path:
        tracer = _Tracer(ir, ledger, phases.phases(ir), set())
        return tuple(tracer.of(Ref(ref.resource, (name,))) for name in sorted(ir.resources[ref.resource].config))
    return (why(ir, ledger, text, outputs, schema),)


def used_by(ir: IR, text: str) -> tuple[Use, ...]:
    """What refers to a resource, or to this attribute of it and what is below."""
    wanted = parse(ir, text)
    found = []
    for owner, attribute, value, position in _values(ir):
        refs = {r for leaf in leaves(value) for r in _refs(leaf)} | set(references(value))
        hit = sorted(str(r) for r in refs if r.resource == wanted.resource and _overlap(r.path, wanted.path))
        if hit:
            found.append(Use(f"{owner}.{attribute}" if attribute else owner, tuple(hit), position))
    for resource in ir.resources.values():
        if wanted.resource in resource.meta.depends_on:
            found.append(Use(f"{resource.id} (dependsOn)", (wanted.resource,), resource.pos.get("")))
    return tuple(found)


def _overlap(one: Path, other: Path) -> bool:
    return all(a == b for a, b in zip(one, other, strict=False))


def _values(ir: IR) -> Iterator[tuple[str, str, Value, Position | None]]:
    """(owner, attribute, value, where it is written) of everything that may refer to something."""
    for resource in ir.resources.values():
        for name, value in resource.config.items():
            yield resource.id, name, value, resource.pos.get(name) or resource.pos.get("")
        if resource.given:
            yield resource.id, "", list[Value](resource.given), resource.pos.get("")
    for output in ir.outputs.values():
        yield "output", output.name, output.value, ir.positions.get(f"output.{output.name}", {}).get("")
    for key, provider in ir.providers.items():
        for name, value in provider.config.items():
            yield f"provider.{key}", name, value, ir.positions.get(f"provider.{key}", {}).get(name)
    for group in ir.groups:
        yield group.name, "", list[Value](group.refs), None


@mutable
class _Tracer:
    ir: IR
    ledger: Ledger
    when: dict[str, int]
    told: set[Ref]

    def of(self, ref: Ref) -> Origin:
        resource = self.ir.resources.get(ref.resource)
        again = ref in self.told
        self.told.add(ref)
        found, value = self.ledger.lookup(ref)
        if resource is None:
            return Origin(str(ref), ("provider",), 1, known=found, value=value, sensitive=self.secret(ref))
        position = _position(resource, ref)
        inside = _inside(resource, ref.path)
        if inside is _ABSENT:
            phase = self.when[resource.id] + 1
            return Origin(str(ref), ("provider",), phase, position, found, value, self.secret(ref), seen=again)
        kinds, refs = _made_of(inside)
        if kinds == ("written",) and resource.given:
            # A member of a group was written by Nix from the group's inputs, whatever its values show.
            kinds, refs = ("nix",), resource.given
        phase = self.usable(kinds, refs)
        if not found and kinds == ("written",):
            found, value = True, inside
        made = () if again else tuple(self.of(r) for r in refs)
        secret = self.secret(ref) or "variable" in kinds or any(o.sensitive for o in made)
        return Origin(str(ref), kinds, phase, position, found, value, secret, made, seen=again and bool(refs))

    def output(self, output: Output) -> Origin:
        kinds, refs = _made_of(output.value)
        made = tuple(self.of(r) for r in refs)
        phase = self.usable(kinds, refs)
        secret = output.sensitive or any(o.sensitive for o in made)
        return Origin(f"output.{output.name}", kinds, phase, sensitive=secret, inputs=made)

    def usable(self, kinds: tuple[How, ...], refs: tuple[Ref, ...]) -> int:
        """The first phase in which `refs` can be used: a reference costs no phase, a value computed by Nix one."""
        waits = "nix" in kinds
        return max((self.when.get(r.resource, 1) + (waits and not phases.planned(self.ir, r)) for r in refs), default=1)

    def secret(self, ref: Ref) -> bool:
        return self.ledger.is_sensitive(ref)


_ABSENT = object()


def _inside(resource: Resource, path: Path) -> Any:
    """The configured value at a path; a leaf on the way decides all below it."""
    value: Any = dict(resource.config)
    for step in path:
        if isinstance(value, Ref | Derived | Expr | Build):
            return value
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and str(step).isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return _ABSENT
    return value


def _made_of(value: Value) -> tuple[tuple[How, ...], tuple[Ref, ...]]:
    """How a configured value is made, and every reference in it, each once and in order."""
    kinds: dict[How, None] = {}
    refs: dict[Ref, None] = {}
    for leaf in leaves(value):
        kinds[_kind(leaf)] = None
        refs.update(dict.fromkeys(_refs(leaf)))
    return tuple(kinds) or ("written",), tuple(refs)


def _kind(leaf: Leaf) -> How:
    match leaf:
        case Call():
            return "nix"
        case Derived():
            return "nix" if leaf.refs or leaf.stacks else "variable"
        case Expr():
            return "expression"
        case Build():
            return "build"
        case Ref():
            return "reference"


def _refs(leaf: Leaf) -> Iterator[Ref]:
    match leaf:
        case Ref():
            yield leaf
        case Derived() | Call():
            yield from leaf.refs


def _position(resource: Resource, ref: Ref) -> Position | None:
    first = str(ref.path[0]) if ref.path else ""
    return resource.pos.get(first) or resource.pos.get("")


def _near(text: str, names: Any) -> str:
    near = nearest(text, names)
    return f"Did you mean `{near}`?" if near else "`nivis state list` and the flake say what there is."
