"""Which stacks a verb is about, and how they run: the options that verbs over many stacks share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nivis_tofu.cli.executor import LOCAL, Means, Where
from nivis_tofu.cli.executor import means as _means
from nivis_tofu.cli.setup import Bound
from nivis_tofu.core.immutable import immutable

if TYPE_CHECKING:
    from nivis_tofu.stacks.survey import Survey

Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="The stacks; without names, all.")]
Above = Annotated[bool, typer.Option("--with-dependents", help="Also the stacks that use these.")]
Affected = Annotated[
    str | None,
    typer.Option("--affected", metavar="REV", help="Only what differs from this git revision, and its users."),
]
PARALLEL = 4


@immutable
class Choice:
    """The options that choose stacks."""

    names: Names = None
    with_dependencies: Annotated[bool, typer.Option("--with-dependencies", help="Also the stacks that these use.")] = (
        False
    )
    with_dependents: Above = False
    affected: Affected = None

    def of(self, b: Bound, found: Survey) -> tuple[str, ...]:
        """The chosen stacks, in order. `affected`: of those only what differs from it, and who uses it."""
        chosen = found.order.chosen(self.names or (), below=self.with_dependencies, above=self.with_dependents)
        if self.affected is None:
            return chosen
        from nivis_tofu.api.tools import find_git
        from nivis_tofu.insight.revisions import checked_out
        from nivis_tofu.stacks.affected import affected
        from nivis_tofu.stacks.survey import evaluated

        nix = b.session.nix
        with checked_out(nix, find_git(nix.env), self.affected) as then:
            there = set(then.names())
            before = evaluated(then, {n: ledger for n, ledger in found.ledgers.items() if n in there})
        changed = affected(before, found.documents, frozenset(chosen))
        return found.order.chosen(sorted(changed), above=True) if changed else ()


@immutable
class Running:
    """The options that say how many run at once, and where."""

    parallel: Annotated[
        int, typer.Option("--parallel", min=1, metavar="N", help="How many stacks may run at once (default: 4).")
    ] = PARALLEL
    executor: Where = LOCAL

    @property
    def means(self) -> Means:
        """The same, looked through. Raises NivisError."""
        return _means(self.parallel, self.executor)
