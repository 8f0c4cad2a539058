"""Where a run stands, as a value: what is known, what the state holds, what Nix makes of it. Each step makes a new one.

Data: Position -> `cut` and `exclude` (what a phase takes) -> the engine's plan -> `look` (what it says of values that
Nix consumes) -> Phase (`phase`): what is told, who goes first, what the guard says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from nivis_tofu.ir.ledger import Ledger, Upstream, rekey
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.tofu.argv import EngineKind


@dataclass(frozen=True)
class Evaluation:
    """An IR and the document it came from; equal documents need no second plan."""

    ir: IR
    """What the run is about."""
    document: Any
    full: IR
    """All of the configuration."""


@dataclass(frozen=True)
class Position:
    """Where a run stands."""

    ledger: Ledger = field(default_factory=Ledger)
    snapshot: Snapshot = field(default_factory=Snapshot)
    evaluation: Evaluation | None = None
    """What Nix makes of the ledger; None: it has not been asked, or throws on these values."""
    known: Mapping[str, str] = field(default_factory=dict)
    """Address -> id, of this run and the last one."""
    kind: EngineKind = "tofu"
    phase: int = 1
    stuck: bool = False
    """Nix threw on the values in the state when the run began: the evaluation trusts none of them."""
    refreshed: frozenset[str] = frozenset()
    """Addresses that this run has refreshed, or made itself, and saved."""
    replaced: frozenset[str] = frozenset()
    """Addresses of `--replace` that are done."""

    @property
    def now(self) -> Evaluation:
        """The evaluation; it must exist."""
        assert self.evaluation is not None
        return self.evaluation

    @property
    def ir(self) -> IR:
        return self.now.ir

    @property
    def whole(self) -> Position:
        """The same for the whole configuration, whatever was selected."""
        return replace(self, evaluation=replace(self.now, ir=self.now.full))

    def with_(self, **changes: Any) -> Position:
        return replace(self, **changes)

    def above(self, upstream: Upstream) -> Position:
        """The same position, with what other stacks have."""
        return replace(self, ledger=self.ledger.with_(upstream=upstream))

    def harvested(self, snapshot: Snapshot, included: frozenset[str]) -> Position:
        """The position after an apply of these addresses: the new state, not yet evaluated."""
        return replace(
            read(snapshot, self.ir, self.known, self.kind).above(self.ledger.upstream),
            phase=self.phase + 1,
            refreshed=self.refreshed | included,
            replaced=self.replaced | included,
        )

    def name(self, address: str) -> str:
        """What users call an object: its id, with its instance key."""
        base = address.split("[", 1)[0]
        return self.known.get(base, base) + address.removeprefix(base)


def read(snapshot: Snapshot, ir: IR | None, known: Mapping[str, str], kind: EngineKind = "tofu") -> Position:
    """The position for a state, with the ids of an IR or, without one, those of the last run."""
    if ir is None:
        return Position(Ledger(rekey(snapshot.objects, None, known)), snapshot, known=dict(known), kind=kind)
    ledger = Ledger(rekey(snapshot.objects, ir))
    names = {**remembered(ledger, snapshot, ir, known), **{r.address: r.id for r in ir.resources.values()}}
    return Position(ledger, snapshot, known=names, kind=kind)


def remembered(ledger: Ledger, snapshot: Snapshot, ir: IR, known: Mapping[str, str]) -> dict[str, str]:
    """Address -> id of what is in the state, for the runs that follow."""
    # Of several instances there is no object, and their resource has an id all the same.
    names = {**known, **{r.address: r.id for r in ir.resources.values()}}
    names = {a: names[a] for a in snapshot.addresses if a in names and not a.startswith("module.")}
    return {**names, **{o.address: i for i, o in ledger.objects.items()}}
