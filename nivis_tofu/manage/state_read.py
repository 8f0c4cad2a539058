"""Reading what is known: from the state alone where the last run left what is needed, else by evaluating."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.masks import Pattern
from nivis_tofu.ir.ledger import Ledger
from nivis_tofu.ir.names import nearest_hint, no_state, typed
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.run import ending
from nivis_tofu.run.session import Session
from nivis_tofu.run.start import start
from nivis_tofu.tofu.raw_state import RawOutput


class Inspection:
    """Ids, attributes and outputs of the state."""

    def __init__(self, session: Session) -> None:
        self.session = session
        space = session.space
        self.snapshot: Snapshot
        self.ledger: Ledger
        self.declared: tuple[str, ...] = ()
        ready = space.is_ready and space.schemas.known
        if ready:
            self.snapshot = space.snapshot()
            if self.snapshot.addresses <= space.remembered.ids().keys():
                self.ledger = session.read(self.snapshot).ledger
                return
        at = start(session)
        self.ledger, self.snapshot = at.ledger, at.snapshot

    def ids(self) -> list[str]:
        return sorted(self._names())

    def show(self, text: str) -> tuple[Mapping[str, Any], tuple[Pattern, ...]]:
        """(attributes, sensitive paths) of one id or address."""
        held = self.ledger.objects.get(text)
        text = text if held else self._full(text)
        base = text.split("[", 1)[0]
        address = {i: a for a, i in self.session.space.remembered.ids().items()}.get(base, base) + text.removeprefix(
            base
        )
        held = self.ledger.objects.get(text) or self.snapshot.parts.get(address)
        held = held or next((o for o in self.ledger.objects.values() if o.address == text), None)
        if held is None:
            raise no_state(text, dict.fromkeys([*self.ledger.objects, *self.ids()]))
        return held.attributes, held.sensitive

    def _full(self, text: str) -> str:
        """The id of which a text is the end; any other text as it is."""
        names = {name: name for name in (*self.ledger.objects, *self._names())}
        names |= {name.split("[", 1)[0]: name.split("[", 1)[0] for name in names}
        base = text.split("[", 1)[0]
        known = {base, text} & {*names, *self.snapshot.parts, *(o.address for o in self.ledger.objects.values())}
        return text if known else typed(text, names) or text

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

    def _names(self) -> set[str]:
        by_address = {o.address: i for i, o in self.ledger.objects.items()}
        known = self.session.space.remembered.ids()
        found = set()
        for instance in self.snapshot.instances:
            base = instance.address.split("[", 1)[0]
            name = by_address.get(base) or known.get(base)
            found.add(name + instance.address[len(base) :] if name else instance.address)
        return found
