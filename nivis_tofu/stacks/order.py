"""Which stack uses which, as a value: their order, who is meant by names, and circles. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from graphlib import TopologicalSorter

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.nearest import nearest
from nivis_tofu.ir.graph import closure, dependents, find_cycle


@immutable
class Order:
    """Stacks by name, each with the names of the stacks whose outputs it uses."""

    uses: Mapping[str, frozenset[str]]

    def __post_init__(self) -> None:
        """Raise NivisError if a stack is used that there is none of, or if stacks wait for each other."""
        for name in sorted(self.uses):
            for used in sorted(self.uses[name] - self.uses.keys()):
                raise _missing(used, self.uses, f"The stack `{name}` uses the outputs of `{used}`.")
        if cycle := find_cycle({name: set(used) for name, used in self.uses.items()}):
            raise NivisError.of(
                "Stacks that wait for each other",
                f"{' -> '.join(cycle)}: each of these uses the outputs of the next one, so none can be the first.",
                "Move what both need into a stack of its own, or into one of the two.",
            )

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All stacks, each behind those that it uses, otherwise by name."""
        sorter = TopologicalSorter({name: sorted(self.uses[name]) for name in sorted(self.uses)})
        sorter.prepare()
        found: list[str] = []
        while sorter.is_active():
            ready = sorted(sorter.get_ready())
            found += ready
            sorter.done(*ready)
        return tuple(found)

    @cached_property
    def users(self) -> Mapping[str, set[str]]:
        """Stack -> stacks that use its outputs."""
        return dependents({name: set(used) for name, used in self.uses.items()})

    def chosen(self, names: Collection[str], *, below: bool = False, above: bool = False) -> tuple[str, ...]:
        """The named stacks, or all, in order. `below`: with all that they use; `above`: with all that use them."""
        for name in names:
            if name not in self.uses:
                raise _missing(name, self.uses, f"The flake has no stack `{name}`.")
        found = set(names or self.uses)
        if above:
            found |= closure(found, self.users)
        if below:
            found |= closure(found, {name: set(used) for name, used in self.uses.items()})
        return tuple(name for name in self.names if name in found)

    def within(self, names: Iterable[str], *, backwards: bool = False) -> dict[str, frozenset[str]]:
        """Stack -> stacks among these that have to end before it begins. `backwards`: as for a destroy."""
        taken = set(names)
        edges = self.users if backwards else self.uses
        # What lies between two of them counts although it is not among them.
        through = {name: set(edges.get(name, ())) for name in self.uses}
        return {name: frozenset((closure(through[name], through) & taken) - {name}) for name in taken}


def _missing(name: str, names: Iterable[str], detail: str) -> NivisError:
    there = sorted(names)
    near = nearest(name, there)
    return NivisError.of(
        "No such stack", detail, f"Did you mean `{near}`?" if near else f"There are: {', '.join(there) or 'none'}."
    )
