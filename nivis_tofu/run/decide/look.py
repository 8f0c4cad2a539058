"""What a plan says of values that Nix consumes: known, unknown or survived; and what is learnt from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.json_text import same
from nivis_tofu.core.masks import Pattern, mask_paths
from nivis_tofu.core.nearest import nearest
from nivis_tofu.ir.engine_name import module_of
from nivis_tofu.ir.ledger import Ledger
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.names import Names
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.ir.values import Derived, Ref, leaves, walk
from nivis_tofu.run.decide.held import Cut
from nivis_tofu.run.decide.position import Position
from nivis_tofu.tofu.address_syntax import bare
from nivis_tofu.tofu.documents import Change, PlanChange
from nivis_tofu.tofu.results import PlanResult


@immutable
class News:
    """What a plan says about values that Nix consumes."""

    unknown: frozenset[Ref] = frozenset()
    planned: Mapping[Ref, Any] = field(default_factory=dict)
    """Reference -> the whole value of its first attribute after the apply."""
    survived: frozenset[Ref] = frozenset()
    marks: Mapping[str, tuple[Pattern, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.unknown or self.planned or self.survived)


def straight(at: Position) -> bool:
    """Whether the first phase needs no plan: the state is empty and no plan would know a pending value."""
    ir = at.ir
    special = ir.foreign or ir.parts or {"import", "moved", "removed"} & ir.extra.keys()
    return not at.snapshot.instances and not special and not _plan_knows(ir)


def _plan_knows(ir: IR) -> bool:
    """Could a plan on an empty state know a value that Nix waits for (a configured attribute, data)?"""
    for ref in ir.consumed:
        resource = ir.resources.get(ref.resource)
        if resource and (resource.mode == "data" or not ref.path or ref.path[0] in resource.config):
            return True
    return False


def changed_consumed(at: Position, cut: Cut, plan: PlanResult, decided: frozenset[Ref]) -> list[Ref]:
    """Undecided consumed references to resources that the plan acts on: their values need a look."""
    ir = at.ir
    acting = [c for c in plan.changes if c.action not in ("noop", "move")]
    imported = {bare(c.addr) for c in acting if c.importing_id}
    touched = {bare(c.addr) for c in acting}
    touched = {a for a in touched if not a.startswith("module.")} | {module_of(name) for name in plan.outputs}
    return [
        r
        for r in _open(ir, cut, decided)
        if ir.resources[r.resource].address in touched
        # Of something new a plan knows what was configured; the rest only the apply tells. What is imported was read.
        and (
            at.ledger.lookup(r)[0]
            or ir.resources[r.resource].address in imported
            or ir.resources[r.resource].mode == "module"
            or r.path[0] in ir.resources[r.resource].config
        )
    ]


def module_changes(outputs: Mapping[str, Change]) -> dict[str, PlanChange]:
    """What a plan makes of modules' outputs, as if each module were one object."""
    found = {}
    for name, change in outputs.items():
        if address := module_of(name):
            after, hidden = (
                (x.get("v") if isinstance(x, Mapping) else x) for x in (change.after, change.after_unknown)
            )
            secret = (change.after or {}).get("s", {}) if isinstance(change.after, Mapping) else {}
            found[address] = PlanChange(
                actions=change.actions,
                address=address,
                after=after or {},
                after_unknown=hidden,
                after_sensitive={n: True for n, marked in secret.items() if marked},
            )
    return found


def reads_data(ir: IR, cut: Cut) -> bool:
    """Whether Nix consumes a data source of this phase, whose value is known only after reading."""
    return any(r.resource in cut.include and ir.resources[r.resource].mode == "data" for r in ir.consumed)


def look(
    at: Position, cut: Cut, decided: frozenset[Ref], changes: Mapping[str, PlanChange], refreshed: Snapshot
) -> News:
    """Compare every consumed value with what the plan makes of it. `changes`: by address, acted on only."""
    ir, ledger = at.ir, at.ledger
    unknown: set[Ref] = set()
    planned: dict[Ref, Any] = {}
    survived: set[Ref] = set()
    marks: dict[str, tuple[Pattern, ...]] = {}
    for ref in _open(ir, cut, decided):
        resource = ir.resources[ref.resource]
        change = changes.get(resource.address)
        fixed: Mapping[str, Any] | None
        hidden: Any = False
        if change is not None:
            fixed, hidden = change.after, change.after_unknown
            marks[ref.resource] = tuple(mask_paths(change.after_sensitive))
        else:
            held = refreshed.objects.get(resource.address)
            fixed = held.attributes if held else None
            if held and held.sensitive:
                marks[ref.resource] = held.sensitive
        if fixed is None or is_unknown(hidden, ref.path):
            unknown.add(ref)
            continue
        found, value = walk(fixed, ref.path)
        if not found:
            _missing(ir, ref, fixed)
        survived.add(ref)
        known, old = ledger.lookup(ref)
        if not known or not same(old, value):
            base = ledger.objects[ref.resource].attributes if ref.resource in ledger.objects else {}
            name = str(ref.path[0])
            mask = hidden.get(name, False) if isinstance(hidden, Mapping) else hidden
            planned[ref] = _merge(fixed.get(name), mask, base.get(name))
    recovering = ledger.only is not None
    return News(
        unknown=frozenset()
        if recovering
        else frozenset(r for r in unknown if ledger.trusts(r) and ledger.lookup(r)[0]),
        planned=planned,
        survived=frozenset(survived) if recovering else frozenset(),
        marks=marks,
    )


def learn(ledger: Ledger, news: News) -> Ledger:
    """The ledger with what a plan says."""
    planned = {i: dict(attributes) for i, attributes in ledger.planned.items()}
    for ref, value in news.planned.items():
        planned.setdefault(ref.resource, {})[str(ref.path[0])] = value
    return ledger.with_(
        unknown=ledger.unknown | news.unknown,
        planned=planned,
        only=None if ledger.only is None else ledger.only | news.survived,
        marks={**ledger.marks, **news.marks},
    )


def distrusting(ledger: Ledger) -> Ledger:
    """The ledger that trusts nothing, so that the plan of the rest says which values survive."""
    return ledger.with_(only=frozenset(), unknown=frozenset(), planned={})


def found_by_refresh(at: Position, refreshed: Snapshot) -> Ledger | None:
    """The ledger with the values that a refresh found.

    What was deleted outside stays visible: a flake that reads `ledger.outputs` must not see it vanish.
    """
    before = at.ledger.objects
    objects = {**before, **Names.of(at.ir, refreshed, at.names.ids).keyed(refreshed.objects)}
    if all(i in before and same(dict(o.attributes), dict(before[i].attributes)) for i, o in objects.items()):
        return None
    return at.ledger.with_(objects=objects)


def _open(ir: IR, cut: Cut, decided: frozenset[Ref]) -> list[Ref]:
    return sorted((r for r in ir.consumed if r not in decided and r.path and r.resource in cut.include), key=str)


def _consumer(ir: IR, ref: Ref) -> str:
    """The id of a resource with a value that Nix computes from this; else that of what it is an output of."""
    for resource in ir.resources.values():
        if any(isinstance(leaf, Derived) and ref in leaf.refs for leaf in leaves(dict(resource.config))):
            return resource.id
    return ref.resource


def _missing(ir: IR, ref: Ref, attributes: Mapping[str, Any]) -> None:
    consumer = _consumer(ir, ref)
    value = "A derived value" if consumer == ref.resource else f"A derived value of `{consumer}`"
    if ref.path[0] not in attributes:
        near = nearest(str(ref.path[0]), map(str, attributes))
        raise NivisError.of(
            "No such attribute",
            f"{value} consumes `{ref}`, but `{ref.resource}` has no attribute `{ref.path[0]}`.",
            f"Did you mean `{near}`?" if near else f"It has: {', '.join(sorted(attributes))}.",
            address=consumer,
        )
    raise NivisError.of(
        "No such element",
        f"{value} consumes `{ref}`, which does not exist in the value that `{ref.resource}` has for `{ref.path[0]}`.",
        "Check the path, or guard it in Nix by consuming the whole attribute.",
        address=consumer,
    )


def is_unknown(mask: Any, path: tuple[str | int, ...]) -> bool:
    """Whether the value at this path, or part of it, is unknown in an `after_unknown` mask."""
    for step in path:
        if mask is True:
            return True
        found, mask = walk(mask, (step,))
        if not found:
            return False
    return any(True for _ in mask_paths(mask))


def _merge(value: Any, mask: Any, old: Any) -> Any:
    """The planned value; where it is unknown, the old one stays visible."""
    if mask is True:
        return old
    if isinstance(mask, Mapping) and isinstance(value, Mapping | None):
        keys = [*(value or {}), *(k for k in mask if k not in (value or {}) and mask[k])]
        below = old if isinstance(old, Mapping) else {}
        return {k: _merge((value or {}).get(k), mask.get(k, False), below.get(k)) for k in keys}
    if isinstance(mask, list) and isinstance(value, list):
        below_list = old if isinstance(old, list) else []
        return [
            _merge(v, mask[i] if i < len(mask) else False, below_list[i] if i < len(below_list) else None)
            for i, v in enumerate(value)
        ]
    return value
