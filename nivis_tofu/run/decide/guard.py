"""What a phase may do: nothing that deletes what is declared, nothing destructive that was not announced."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.ir.model import IR
from nivis_tofu.run.decide.announce import DESTRUCTIVE, Announced
from nivis_tofu.tofu.address_syntax import bare
from nivis_tofu.tofu.messages import Planned


def guard(
    ir: IR, changes: Iterable[Planned], announced: Announced, *, going: Collection[str] = ()
) -> tuple[Diagnostic, ...]:
    """The reasons to forbid a phase: it deletes something that is in the IR, or does what was not announced.

    `going`: addresses in the state whose object goes although it stays in the configuration.
    """
    known = ir.by_address
    problems = []
    for change in changes:
        address = bare(change.addr)
        name = known[address].id if address in known else address
        # A renamed resource is announced under its new address and planned under it.
        if (
            change.action in ("delete", "forget")
            and address in known
            and address not in going
            and change.addr == address
        ):
            problems.append((name, f"would {change.action} it, although it is still in the configuration"))
        elif (
            announced.groups
            and address in known
            and known[address].given
            and not (change.action in DESTRUCTIVE and (announced.strict or change.addr in announced.done))
        ):
            continue
        elif address not in going and not announced.covers(told_as := announced.name(change.addr), change.action):
            told = announced.actions.get(told_as, "noop")
            done = ", and this run has acted on it already" if change.addr in announced.done else ""
            problems.append((name, f"would {change.action} it; announced was: {told}{done}"))
    return tuple(
        Diagnostic(
            "The engine's plan is not what was announced",
            f"`{name}`: this phase {what}. Nothing of this phase was applied.",
            "Run `nivis plan` to see what would be done now, then apply that.",
            address=name,
        )
        for name, what in problems
    )
