"""Reading what is known: from the state alone where the last run left what is needed, else by evaluating."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.masks import Pattern
from nivis_tofu.ir.names import nearest_hint, no_state, typed
from nivis_tofu.run import ending
from nivis_tofu.run.decide.position import Position
from nivis_tofu.run.session import Session
from nivis_tofu.run.start import start
from nivis_tofu.tofu.raw_state import RawOutput


def at_hand(session: Session, *, named: bool = True) -> tuple[Session, Position] | None:
    """The state, if the last run left what is needed to read it; the session that reads it.

    `named`: only if the ids of all that is in it are known.
    """
    known = session.recalled()
    if known is None or not known.workdir.schemas.known:
        return None
    snapshot = known.workdir.state.snapshot()
    if named and not snapshot.addresses <= known.workdir.remembered.ids().keys():
        return None
    return known, known.read(snapshot)


class Inspection:
    """Ids, attributes and outputs of the state."""

    def __init__(self, session: Session, found: tuple[Session, Position] | None = None) -> None:
        """`found`: what `at_hand` has found."""
        self.session, at = found or at_hand(session) or start(session)
        """In which the engine reaches the state."""
        self.ledger, self.snapshot, self.names = at.ledger, at.snapshot, at.names

    def ids(self) -> list[str]:
        return sorted(set(map(self.names.id_of, self.names.instances)))

    def show(self, text: str) -> tuple[Mapping[str, Any], tuple[Pattern, ...]]:
        """(attributes, sensitive paths) of one id or address."""
        address = self.names.address_of(text) or self.names.exact(text) or ""
        held = {**self.snapshot.parts, **{o.address: o for o in self.ledger.objects.values()}}.get(address)
        if held is None:
            raise no_state(text, dict.fromkeys([*self.ledger.objects, *self.ids()]))
        return held.attributes, held.sensitive

    def outputs(self) -> Mapping[str, RawOutput]:
        return ending.declared(self.session, self.snapshot)

    def output(self, name: str) -> RawOutput:
        """The value of the output that has this name or end of a name. Raises NivisError with the nearest names."""
        found = self.outputs()
        known = typed(name, {n: n for n in found})
        if known is None:
            there = nearest_hint(name, found, "`nivis output`") if found else "No outputs are declared."
            raise NivisError.of(f'"{name}" is not a declared output', hint=there)
        return found[known]
