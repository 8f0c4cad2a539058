"""The state that a play pretends: objects by id, what a plan would tell of them, and what an apply makes of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable, mutable
from nivis_tofu.ir import graph
from nivis_tofu.ir.ledger import Object
from nivis_tofu.ir.model import IR, Resource
from nivis_tofu.ir.phases import targets_first
from nivis_tofu.ir.providers import full_source
from nivis_tofu.ir.schema import BlockSchema
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.ir.values import Ref, walk
from nivis_tofu.run.decide.held import Cut
from nivis_tofu.testing import objects
from nivis_tofu.testing.computed import OPAQUE, UNKNOWN, Look, filled, plain
from nivis_tofu.testing.invent import Needs
from nivis_tofu.testing.objects import Maker
from nivis_tofu.tofu.argv import EngineKind
from nivis_tofu.tofu.raw_state import RawInstance

Attributes = dict[str, Any]


@immutable
class Made:
    """One object."""

    resource: Resource
    config: Mapping[str, Any]
    phase: int
    dependencies: tuple[str, ...]
    provider: str
    """Source address."""
    schema: BlockSchema | None
    anew: int = 0
    """How often it has been replaced."""


@immutable
class PretendedPlan:
    """What a plan of one phase tells."""

    after: Mapping[str, Attributes]
    """id -> attributes, of all that is there or comes; UNKNOWN where only the apply tells."""
    fresh: frozenset[str]
    """Ids that come, or whose configuration changes."""
    changes: Mapping[str, str]
    """id -> action, of what the apply acts on."""

    @property
    def digest(self) -> str:
        told = {id_: self.after[id_] for id_ in self.fresh}
        return json_text.dumps(_marked([told, sorted(self.after), dict(self.changes)]))


@immutable
class Ordered:
    """The graph of one IR, as often as it is asked for."""

    ir: IR

    @cached_property
    def objects(self) -> graph.Edges:
        return graph.objects(self.ir)

    @cached_property
    def ids(self) -> Sequence[str]:
        """What others depend on first."""
        return [i for i in targets_first(self.objects) if i in self.ir.resources]

    @cached_property
    def dependencies(self) -> Mapping[str, tuple[str, ...]]:
        """id -> addresses that it depends on."""
        resources = self.ir.resources
        found = graph.dependencies(self.ir)
        return {i: tuple(sorted(resources[t].address for t in above if t in resources)) for i, above in found.items()}


@mutable
class PretendedState:
    """`schema`: that of a resource, where it is known."""

    maker: Maker
    schema: Callable[[IR, Resource], BlockSchema | None]
    kind: EngineKind = "tofu"
    there: dict[str, Made] = field(default_factory=dict)
    needs: Mapping[str, Mapping[str, Needs]] = field(default_factory=dict)
    """id -> attribute -> paths below it that something refers to."""
    _made_before: dict[str, tuple[Made, Mapping[str, Needs], Attributes]] = field(default_factory=dict)

    def plan(self, order: Ordered, taken: Cut) -> PretendedPlan:
        """What the plan of a phase would tell."""
        ir, after = order.ir, self.attributes()
        fresh, changes = set[str](), dict[str, str]()
        for id_ in order.ids:
            if id_ not in taken.include:
                continue
            resource, made = ir.resources[id_], self.there.get(id_)
            config = _config(resource, looking(after))
            if made and _same(made.config, config):
                continue
            fresh.add(id_)
            known = self._read(order, resource, config, changes)
            after[id_] = self._planned(ir, resource, config) if known is None else known
            if known is None:
                changes[id_] = "read" if resource.mode == "data" else "update" if made else "create"
        gone = (i for i, m in self.there.items() if i not in ir.resources and m.resource.address not in taken.exclude)
        return PretendedPlan(after, frozenset(fresh), {**changes, **dict.fromkeys(gone, "delete")})

    def _read(
        self, order: Ordered, resource: Resource, config: Attributes, changes: Collection[str]
    ) -> Attributes | None:
        """A data source that the plan reads; one that waits for something is read by the apply."""
        if resource.mode != "data" or not objects.is_known(config):
            return None
        if resource.meta.depends_on and graph.closure(resource.meta.depends_on, order.objects) & {*changes}:
            return None
        return self.object(self._made(order, resource, config, 0))

    def _planned(self, ir: IR, resource: Resource, config: Attributes) -> Attributes:
        made = self.there.get(resource.id)
        before = self.object(made) if made else None
        if resource.mode == "module":
            return before or {}
        return objects.at_plan(
            resource.type, before, self.maker.planned(resource.id, config, self.schema(ir, resource))
        )

    def applied(self, order: Ordered, plan: PretendedPlan, phase: int) -> PretendedState:
        """The state after the apply of a phase."""
        there = {i: made for i, made in self.there.items() if plan.changes.get(i) != "delete"}
        found = replace(self, there=there)
        after = found.attributes()
        for id_ in order.ids:
            if id_ not in plan.fresh:
                continue
            resource, before = order.ir.resources[id_], there.get(id_)
            made = self._made(order, resource, _config(resource, looking(after, whole=True)), phase)
            if before:
                made = replace(made, phase=before.phase, anew=before.anew + _replaced(self.object(before), made))
            there[id_] = made
            after[id_] = found.object(made)
        return found

    def _made(self, order: Ordered, resource: Resource, config: Attributes, phase: int) -> Made:
        ir = order.ir
        provider = "" if resource.mode == "module" else full_source(ir.providers[resource.provider].source, self.kind)
        return Made(resource, config, phase, order.dependencies[resource.id], provider, self.schema(ir, resource))

    def attributes(self) -> dict[str, Attributes]:
        """id -> all attributes of everything that is there."""
        return {i: self.object(made) for i, made in self.there.items()}

    def object(self, made: Made) -> Attributes:
        """All attributes of one object."""
        resource, needs = made.resource, self.needs.get(made.resource.id, {})
        before = self._made_before.get(resource.id)
        if before and before[0] is made and before[1] == needs:
            return before[2]
        kind = "" if resource.mode == "module" else resource.type
        found = self.maker.made(resource.id, kind, made.config, made.schema, needs, made.anew)
        self._made_before[resource.id] = (made, needs, found)
        return found

    def objects(self) -> dict[str, Object]:
        """The same as the ledger has them, by id."""
        return {
            i: Object(
                m.resource.address, m.provider, self.object(m), m.schema.sensitive if m.schema else (), m.dependencies
            )
            for i, m in self.there.items()
        }

    def snapshot(self) -> Snapshot:
        """The state as the decisions of a run read it."""
        held = {o.address: o for o in self.objects().values()}
        return Snapshot("pretended", 1, tuple(map(_instance, self.there.values())), objects=held)


def looking(after: Mapping[str, Attributes], *, whole: bool = False) -> Look:
    """Looks references up. `whole`: everything is known, so that what is not there will never be."""

    def look(ref: Ref) -> Any:
        found, value = walk(after.get(ref.resource, {}), ref.path)
        if not found and whole:
            raise NivisError.of(
                "No such element",
                f"`{ref}` is referred to, but `{ref.resource}` has nothing there.",
                "Check the path; where the value is made up, the test can fix it: "
                f'`outputs."{ref.resource}".{ref.path[0]} = …;`.',
                address=ref.resource,
            )
        return value if found else UNKNOWN

    return look


def _config(resource: Resource, look: Look) -> Attributes:
    return {name: plain(value, look) for name, value in resource.config.items()}


def _replaced(before: Attributes, made: Made) -> bool:
    return objects.replaces(made.resource.type, before, {"triggers_replace": None, **made.config})


def _same(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    return json_text.same(_marked(dict(left)), _marked(dict(right)))


def _marked(value: Any) -> Any:
    """Plain data, with marks as text that nobody would write."""
    return filled(filled(value, UNKNOWN, lambda: "\0unknown"), OPAQUE, lambda: "\0opaque")


def _instance(made: Made) -> RawInstance:
    r = made.resource
    module = r.address if r.mode == "module" else ""
    return RawInstance(
        address=r.address,
        mode="data" if r.mode == "data" else "managed",
        module=module,
        type=r.type,
        name=r.address.rpartition(".")[2],
        index_key=None,
        provider=made.provider,
        attributes={},
        sensitive_paths=(),
        dependencies=made.dependencies,
        deposed="",
        tainted=False,
        create_before_destroy=r.meta.create_before_destroy,
    )
