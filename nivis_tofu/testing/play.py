"""The loop of a run, played: what is held, and why, are the run's own decisions; made-up objects stand for results.

Whoever plays it answers for Nix: ledger documents go out, IRs come in.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import field, replace
from typing import Any

from nivis_tofu.core.errors import IRError
from nivis_tofu.core.immutable import immutable, mutable
from nivis_tofu.core.json_text import same
from nivis_tofu.core.nearest import did_you_mean
from nivis_tofu.ir.ledger import Ledger, Object, Upstream
from nivis_tofu.ir.model import IR, Resource
from nivis_tofu.ir.schema import BlockSchema
from nivis_tofu.ir.values import STACK, Derived, Ref, Value, leaves, references, walk
from nivis_tofu.run import refusals
from nivis_tofu.run.decide.held import Cut, cut
from nivis_tofu.run.decide.pace import Pace
from nivis_tofu.run.decide.position import NO_ANSWER, Evaluation, Position
from nivis_tofu.run.explain import refuse_dead_ends, waiting_error
from nivis_tofu.testing import objects
from nivis_tofu.testing.case import Case, Played
from nivis_tofu.testing.computed import OPAQUE, filled, plain
from nivis_tofu.testing.invent import Inventor, needs_of
from nivis_tofu.testing.objects import Maker
from nivis_tofu.testing.state import Ordered, PretendedPlan, PretendedState, looking
from nivis_tofu.tofu.argv import EngineKind

Asking = Generator[Mapping[str, Any], IR, Position]


@immutable
class Scene:
    """What a play knows of the project."""

    schema: Callable[[IR, Resource], BlockSchema | None] = lambda *_: None
    check: Callable[[IR], None] = lambda _: None
    """Raises NivisError for what the schemas rule out."""
    kind: EngineKind = "tofu"
    max_phases: int | None = None


@mutable
class Play:
    """One run of one test, from nothing."""

    case: Case
    invent: Inventor
    around: Scene = field(default_factory=Scene)
    order: Ordered = field(default_factory=lambda: Ordered(IR({}, {}, {})))
    """Of what the last evaluation came to."""
    needs: dict[Ref, None] = field(default_factory=dict)
    """Everything that has been referred to so far."""
    declared: dict[str, Resource] = field(default_factory=dict)
    """Everything that has been declared so far."""
    planned: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """id -> attributes that the last plan knew."""
    phases: int = 0

    def __post_init__(self) -> None:
        around = self.around
        self.state = PretendedState(Maker(self.invent, self.case.fixed), around.schema, around.kind)

    def run(self) -> Generator[Mapping[str, Any], IR, Played]:
        """Play until it has converged. Raises what a run would."""
        at = yield from self._evaluated(Position(kind=self.around.kind))
        seen: dict[str, int] = {}
        moving: set[str] = set()
        pace, acted = Pace(self.around.max_phases), set[str]()
        outputs: Mapping[str, Any] = {}
        while True:
            if pace.over:
                raise refusals.too_many_phases(pace, moving)
            at, taken, plan = yield from self._settled(at)
            found = _outputs(at.ir, self.invent, plan.after)
            if not plan.changes and same(found, outputs):
                if taken.held:
                    raise waiting_error(at.ir, at.ledger, taken)
                self._refuse_strangers(at.ir)
                self.state = self.state.applied(self.order, plan, max(self.phases, 1))
                return self._played(found)
            seen[plan.digest] = seen.get(plan.digest, 0) + 1
            if seen[plan.digest] > 2:
                raise refusals.oscillates(plan.changes)
            moving = {*plan.changes} | taken.held
            acted |= {*plan.changes}
            pace = pace.after(len(acted), len(taken.held) + len(at.ir.groups))
            self.phases += bool(plan.changes)
            self.state = self.state.applied(self.order, plan, max(self.phases, 1))
            outputs = _outputs(at.ir, self.invent, self.state.attributes())
            included = frozenset(at.ir.resources[i].address for i in taken.include)
            at = yield from self._evaluated(at.harvested(self.state.snapshot(), included))

    @property
    def values(self) -> dict[str, Any]:
        """`id.attribute` -> value, of what was made up and is referred to."""
        known = {**self.planned, **self.state.attributes()}
        known |= {i: dict(o.attributes) for i, o in self._upstream().outputs.items()}
        found: dict[str, Any] = {}
        for owner, names in self.state.needs.items():
            resource = self.declared.get(owner)
            given = {*self.case.fixed.get(owner, ()), *(resource.config if resource else ())}
            given |= {"output"} if resource and resource.type == objects.BUILT_IN else set()
            found |= {f"{owner}.{n}": known[owner][n] for n in names if n not in given and n in known.get(owner, {})}
        return dict(sorted(found.items()))

    def _evaluated(self, at: Position) -> Asking:
        while True:
            ir = yield at.ledger.document(at.phase, self.case.variables)
            self.order = Ordered(ir)
            self.declared |= ir.resources
            at = at.with_(evaluation=Evaluation(ir, NO_ANSWER, ir))
            self._need(ir)
            # A state has everything at once: what is asked for late was there all the time.
            wider = at.ledger.with_(objects=self.state.objects(), upstream=self._upstream())
            if wider == at.ledger:
                refuse_dead_ends(ir)
                self.around.check(ir)
                return at
            at = at.with_(ledger=wider, evaluation=None)

    def _need(self, ir: IR) -> None:
        """Take in what an IR refers to."""
        fresh = dict.fromkeys(Ref(r.resource, r.path) for r in _references(ir))
        if fresh.keys() - self.needs.keys():
            self.needs |= fresh
            self.state = replace(self.state, needs=needs_of([(r.resource, r.path) for r in self.needs]))

    def _upstream(self) -> Upstream:
        """Outputs of other stacks: what the test fixes, and text for the others that are used."""
        found = {}
        for id_, names in self.state.needs.items():
            if id_.startswith(STACK):
                made = {n: self.invent.value(None, (id_, n), below) for n, below in names.items()}
                found[id_] = Object(id_, "", {**made, **self.case.fixed.get(id_, {})})
        return Upstream(found)

    def _settled(self, at: Position) -> Generator[Mapping[str, Any], IR, tuple[Position, Cut, PretendedPlan]]:
        """The position with all that a plan of this phase would tell, what the phase takes, and that plan."""
        decided: frozenset[Ref] = frozenset()
        while True:
            taken = cut(at)
            plan = self.state.plan(self.order, taken)
            self.planned = plan.after
            learnt, more = _learn(at, plan, decided)
            if learnt == at.ledger:
                return at, taken, plan
            decided |= more
            at = yield from self._evaluated(at.with_(ledger=learnt, evaluation=None))

    def _played(self, outputs: Mapping[str, Any]) -> Played:
        state = self.state
        resources = {
            i: {
                "config": state.maker.configured(i, made.config, made.schema),
                "outputs": state.object(made),
                "phase": made.phase,
            }
            for i, made in state.there.items()
        }
        return Played(resources, outputs, self.phases)

    def _refuse_strangers(self, ir: IR) -> None:
        """Raise IRError where the test fixes what is not there."""
        known = {*self.declared, *self._upstream().outputs}
        for id_, names in self.case.fixed.items():
            if id_ not in known:
                raise IRError.of(
                    "A test fixes outputs of nothing",
                    f'`outputs."{id_}"`: the configuration declares no such resource, and uses no such stack.',
                    did_you_mean(id_, known),
                )
            schema = self.around.schema(ir, self.declared[id_]) if id_ in ir.resources else None
            there = {*schema.names} if schema else {*names}
            if lost := sorted(names.keys() - there):
                raise IRError.of(
                    "A test fixes outputs of nothing",
                    f'`outputs."{id_}".{lost[0]}`: `{id_}` has no such attribute.',
                    did_you_mean(lost[0], there),
                )


def _learn(at: Position, plan: PretendedPlan, decided: frozenset[Ref]) -> tuple[Ledger, frozenset[Ref]]:
    """The ledger with what a plan tells of values that Nix consumes, and which these are."""
    ledger, more = at.ledger, set[Ref]()
    planned = {i: dict(known) for i, known in ledger.planned.items()}
    unknown = set(ledger.unknown)
    for ref in sorted(at.ir.consumed - decided, key=str):
        if ref.resource not in plan.fresh or not ref.path:
            continue
        found, value = walk(plan.after[ref.resource], ref.path)
        held, old = ledger.lookup(ref)
        if found and objects.is_known(value):
            more.add(ref)
            if not held or not same(old, value):
                name = str(ref.path[0])
                planned.setdefault(ref.resource, {})[name] = objects.shown(plan.after[ref.resource][name])
        elif held and ledger.trusts(ref):
            more.add(ref)
            unknown.add(ref)
    return ledger.with_(planned=planned, unknown=frozenset(unknown)), frozenset(more)


def _outputs(ir: IR, invent: Inventor, after: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    look = looking({i: dict(known) for i, known in after.items()})
    return {
        name: filled(plain(output.value, look), OPAQUE, lambda n=name: invent.text(("output", n)))  # type: ignore[misc]
        for name, output in ir.outputs.items()
    }


def _references(ir: IR) -> Iterator[Ref]:
    """Everything that a configuration refers to, outputs of other stacks included."""
    yield from ir.consumed
    yield from ir.stacks
    places: list[Value] = [list(r.leaves) for r in ir.resources.values()]
    places += [output.value for output in ir.outputs.values()]
    places.append(dict(ir.extra))
    for leaf in leaves(places):
        if isinstance(leaf, Derived):
            yield from leaf.stacks
    yield from references(places)
