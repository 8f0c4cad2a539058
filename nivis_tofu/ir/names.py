"""The one owner of names: engine address -> id, id -> engine address, and what people type -> either.

An id belongs to a resource or a module call of the root module. What follows it in an address, an instance key or the
way into a module, follows it in the name of the instance as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from typing import TypeVar

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.globs import matches
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.nearest import nearest_few, one_of
from nivis_tofu.ir.engine_name import guess_address, guess_id, resolve, split_key
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.tofu.address_syntax import bare

T = TypeVar("T")


@immutable
class Names:
    """What is declared and what the state has: no two objects in the state have one id."""

    ids: Mapping[str, str] = field(default_factory=dict)
    """Address of a resource or module call -> id. Until a rename is applied the old address has the id too."""
    instances: tuple[str, ...] = ()
    """Addresses of what is in the state, instance by instance."""

    @staticmethod
    def of(ir: IR | None, snapshot: Snapshot, remembered: Mapping[str, str] | None = None) -> Names:
        """Names by the IR; what it does not declare has the id of the last run, or one that is read off its address."""
        declared = _declared(ir, snapshot) if ir else {}
        there = tuple(dict.fromkeys(i.address for i in snapshot.instances))
        return replace(Names.complete(declared, snapshot.providers, remembered or {}), instances=there)

    @staticmethod
    def complete(declared: Mapping[str, str], providers: Mapping[str, str], remembered: Mapping[str, str]) -> Names:
        """Names of what is declared, of what else has a provider (address -> source), and of what the last run knew."""
        ids = dict(declared)
        taken = set(ids.values())
        for address in (*providers, *remembered):
            if address not in ids:
                wanted = (remembered.get(address), guess_id(address, providers.get(address, "")))
                ids[address] = next((i for i in wanted if i and i not in taken), address)
                taken.add(ids[address])
        return Names(ids)

    def after(self, earlier: Names) -> Names:
        """The same, and what things were called that are gone."""
        return replace(self, ids={**earlier.ids, **self.ids})

    def id_of(self, address: str) -> str:
        """The name of an instance; an address that nobody knows is its own name."""
        base = bare(address)
        return self.ids.get(base, base) + address[len(base) :]

    def address_of(self, text: str) -> str | None:
        """The engine address that an id or an address names, in the state or not; None if its resource is unknown."""
        return resolve(text, self._addresses)

    def find(self, text: str) -> str:
        """The one address in the state that an id or address names. Raises NivisError with the nearest name."""
        found = self.exact(text)
        if found is None:
            raise self._missing(text)
        return found

    def exact(self, text: str) -> str | None:
        """The same, None where there is none. A resource with several instances is named without a key."""
        found = self.address_of(text)
        if found is None:
            found = typed(text, {**self._addresses, **{self.id_of(a): a for a in self.instances}})
            found = found or ending(text, self._addresses)
        return found if found in self._there else None

    def match(self, patterns: Sequence[str]) -> list[str]:
        """The addresses that ids, addresses and globs match, each once. Raises NivisError if one matches nothing."""
        found: dict[str, None] = {}
        for pattern in patterns:
            single = self.exact(pattern)
            alike = (a for a in self.instances if any(matches(pattern, name) for name in (a, self.id_of(a))))
            hits = [single] if single else list(alike)
            if not hits:
                raise self._missing(pattern)
            found.update(dict.fromkeys(hits))
        return list(found)

    def target(self, text: str) -> str:
        """The address of something that need not exist yet: known, or derived from the id."""
        if bare(text) in self.ids:
            return text
        new = {i: a for a, i in reversed(list(self.ids.items()))}  # of a rename, the address to come
        return resolve(text, new) or ending(text, {**new, **self._addresses}) or self.exact(text) or guess_address(text)

    def keyed(self, objects: Mapping[str, T]) -> dict[str, T]:
        """Objects by id instead of by address."""
        return {self.id_of(address): found for address, found in objects.items()}

    @cached_property
    def _addresses(self) -> Mapping[str, str]:
        """Id or address -> address. Of a rename that the state does not know yet, the address that the state has."""
        by_id = {i: a for a, i in self.ids.items()}
        return {**{a: by_id[i] for a, i in self.ids.items()}, **by_id}

    @cached_property
    def _there(self) -> frozenset[str]:
        return frozenset({*self.instances, *(split_key(a)[0] for a in self.instances), *map(bare, self.instances)})

    def _missing(self, text: str) -> NivisError:
        return no_state(text, map(self.id_of, self.instances))


def _declared(ir: IR, snapshot: Snapshot) -> dict[str, str]:
    """Address -> id of what a configuration, a joined root module and what a run leaves alone consist of."""
    ids = {a: r.id for a, r in ir.by_address.items()}
    ids |= {name: name for name in ir.foreign_objects}
    ids |= ir.unselected
    for new, former in ir.moved.items():
        # Renamed, and the state does not know yet: its outputs are those of the old name.
        if new in ids and new not in snapshot.addresses:
            for old in former:
                ids.setdefault(old, ids[new])
    return ids


def ending(text: str, names: Mapping[str, str]) -> str | None:
    """What is meant by the end of a name with an instance key behind it."""
    base, key = split_key(text)
    found = typed(base, names)
    return None if found is None else found + key


def typed(text: str, names: Mapping[str, str]) -> str | None:
    """What somebody means who types a name or the end of one, from a dot on; `names`: name -> what it names.

    An end that several things have is an error that lists them.
    """
    if text in names:
        return names[text]
    fits = {target: name for name, target in names.items() if name.endswith(f".{text}")} if text else {}
    if len(fits) > 1:
        raise NivisError.of(
            f'"{text}" may mean several things',
            f"It is the end of {one_of(sorted(fits.values()))}.",
            "Type more of the one that you mean.",
        )
    return next(iter(fits), None)


def no_state(text: str, known: Iterable[str]) -> NivisError:
    """The error for a name that nothing in the state has."""
    return NivisError.of(f'no state for "{text}"', hint=nearest_hint(text, known, "`nivis state list`"))


def nearest_hint(text: str, known: Iterable[str], command: str) -> str:
    """What somebody who typed a name that is not there may have meant, and the command that lists what is there."""
    near = nearest_few(text, known)
    if not near:
        return f"{command} lists what there is."
    return f"Did you mean `{near[0]}`?" + (f" There is {one_of(near[1:])} too." if near[1:] else "")
