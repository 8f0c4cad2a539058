"""Where a run stands, as a value: what is known, what the state holds, what Nix makes of it. Each step makes a new one.

Data: Position -> `cut` and `exclude` (what a phase takes) -> the engine's plan -> `look` (what it says of values that
Nix consumes) -> Phase (`phase`): what is told, who goes first, what the guard says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any, Final

from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.packed import Packed
from nivis_tofu.ir.ledger import Ledger, Upstream
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.names import Names
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.tofu.argv import EngineKind


@immutable
class Evaluation:
    """An IR and the answer of Nix that it came from; after equal answers no second plan is needed."""

    ir: IR
    """What the run is about."""
    answer: Packed
    full: IR
    """All of the configuration."""


NO_ANSWER: Final = Packed("null", None)
"""That of an IR which was made without Nix."""


@immutable
class Position:
    """Where a run stands."""

    ledger: Ledger = field(default_factory=Ledger)
    snapshot: Snapshot = field(default_factory=Snapshot)
    evaluation: Evaluation | None = None
    """What Nix makes of the ledger; None: it has not been asked, or throws on these values."""
    names: Names = field(default_factory=Names)
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
            read(snapshot, self.ir, self.names.ids, self.kind).above(self.ledger.upstream),
            phase=self.phase + 1,
            refreshed=self.refreshed | included,
            replaced=self.replaced | included,
        )


def read(snapshot: Snapshot, ir: IR | None, known: Mapping[str, str], kind: EngineKind = "tofu") -> Position:
    """The position for a state, with the ids of an IR or, without one, those of the last run: address -> id."""
    names = Names.of(ir, snapshot, known)
    return Position(Ledger(names.keyed(snapshot.objects)), snapshot, names=names, kind=kind)
