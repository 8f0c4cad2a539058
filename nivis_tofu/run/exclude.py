"""Plans that leave alone what is not theirs: the one place that knows how a resource is kept out of a phase.

OpenTofu is told what to exclude; Terraform, which cannot, to target everything else.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from nivis_tofu.core.globs import is_glob
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.snapshot import Snapshot, owner
from nivis_tofu.run.decide import select
from nivis_tofu.run.decide.planner import Cut, stored_address
from nivis_tofu.run.decide.select import Going, Names
from nivis_tofu.run.session import Session
from nivis_tofu.tofu.address import bare
from nivis_tofu.tofu.argv import Locking, PlanOptions
from nivis_tofu.tofu.results import PlanResult


def phase(session: Session, cut: Cut, ir: IR, *, out: Path | None) -> PlanOptions:
    """Flags of a phase's plan: what is excluded keeps its objects and is not refreshed."""
    addresses = _rendered(ir, cut, cut.include)
    renamed = {old for new, old in ir.moved.items() if new in addresses and old in session.in_state}
    refresh = bool(session.in_state & addresses - session.refreshed)
    options = replace(_common(session, ir, addresses, refresh), out=str(out) if out else "")
    # What goes has to be named as well: orphans, and frozen resources whose old object goes before its upstream.
    going = (
        cut.orphans | {stored_address(ir, session.snapshot, ir.resources[i].address) for i in cut.first}
    ) - cut.exclude
    return _without(session, ir, options, cut.exclude, addresses | renamed | going)


def preview(session: Session, cut: Cut, ir: IR, include: Collection[str], kept: Collection[str]) -> PlanOptions:
    """Flags of a preview: nothing is saved or locked."""
    addresses = _rendered(ir, cut, include)
    options = _common(session, ir, addresses, bool(session.in_state - session.refreshed))
    options = replace(options, locking=Locking(lock=False))
    return _without(session, ir, options, kept, addresses | (cut.orphans - set(kept)))


def destruction(session: Session, snapshot: Snapshot, going: Going) -> PlanOptions:
    """Flags of a destroy's plan."""
    asked = session.options
    options = PlanOptions(
        mode="destroy",
        refresh=asked.refresh,
        parallelism=asked.parallelism,
        locking=asked.locking,
        extra=asked.engine_args,
    )
    parts = going.instances(snapshot)
    some = {i.address for i in snapshot.instances if owner(i) in parts}
    stays = (snapshot.addresses - going.addresses) | some.difference(*parts.values())
    if stays and session.tofu.kind == "tofu":
        return replace(options, exclude=tuple(sorted(stays)))
    if stays:
        named = {a for found in parts.values() for a in found}
        return replace(options, targets=tuple(sorted((going.addresses - parts.keys()) | named)))
    return options


def plan(session: Session, ir: IR, options: PlanOptions) -> tuple[PlanResult, frozenset[str]]:
    """A plan, made again without the instances that this run is not about, if the first one has some; they."""
    made = session.tofu.plan(options)
    found: frozenset[str] = frozenset()
    if session.tofu.kind == "tofu":
        while more := select.strays(ir, (c.addr for c in made.changes)) - found:
            found |= more
            made = session.tofu.plan(replace(options, exclude=tuple(sorted({*options.exclude, *found}))))
    return made, found


def _rendered(ir: IR, cut: Cut, include: Collection[str]) -> set[str]:
    return {ir.resources[i].address for i in include} | (ir.foreign_objects - cut.left_out)


def _common(session: Session, ir: IR, addresses: Collection[str], refresh: bool) -> PlanOptions:
    asked = session.options
    return PlanOptions(
        refresh=asked.refresh and refresh,
        parallelism=asked.parallelism,
        locking=asked.locking,
        replace=_replacements(session, ir, addresses),
        generate_config_out=asked.generate_config_out,
        extra=asked.engine_args,
    )


def _without(
    session: Session, ir: IR, options: PlanOptions, kept: Collection[str], others: Collection[str]
) -> PlanOptions:
    if not (kept or ir.parts):
        return options
    if session.tofu.kind == "tofu":
        return replace(options, exclude=tuple(sorted(kept)))
    return replace(options, targets=_targets(session, ir, others))


def _targets(session: Session, ir: IR, addresses: Collection[str]) -> tuple[str, ...]:
    """Addresses for Terraform's -target; of a resource that is meant in parts, its instances in the state."""
    found = set(addresses) - ir.unselected.keys() - ir.parts.keys()
    meant = ir.parts.keys() & set(addresses)
    some = {i.address for i in session.snapshot.instances if bare(i.address) in meant}
    # An instance that does not exist yet is known only if it was named.
    some |= {p for base in meant for p in ir.parts[base].only if not is_glob(p)}
    return tuple(sorted(found | (some - select.strays(ir, some))))


def _replacements(session: Session, ir: IR, addresses: Collection[str]) -> tuple[str, ...]:
    """What `--replace` asks for and has not been done yet, as far as it is in this plan."""
    wanted: list[str] = []
    for address in Names(ir, session.snapshot, session.space.remembered.ids()).instances(session.options.replace):
        # The engine takes a resource of several instances for none of them.
        several = [i.address for i in session.snapshot.instances if i.address.startswith(f"{address}[")]
        wanted += several or [address]
    here = {a: bare(a) for a in wanted}
    return tuple(a for a, base in here.items() if base in addresses and base not in session.replaced)
