"""Flags of plans that leave alone what is not theirs: the one place that knows how a resource is kept out of a phase.

OpenTofu is told what to exclude; Terraform, which cannot, to target everything else.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from nivis_tofu.core.globs import is_glob
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.snapshot import owner
from nivis_tofu.run.decide import select
from nivis_tofu.run.decide.held import Cut, stored_address
from nivis_tofu.run.decide.options import Options
from nivis_tofu.run.decide.position import Position
from nivis_tofu.run.decide.select import Going, Patterns
from nivis_tofu.tofu.address_syntax import bare
from nivis_tofu.tofu.argv import Locking, PlanOptions


def phase(at: Position, cut: Cut, asked: Options, *, out: str = "") -> PlanOptions:
    """The options for the plan of a phase; what is excluded keeps its objects and is not refreshed."""
    ir, there = at.ir, at.snapshot.addresses
    addresses = _rendered(ir, cut, cut.include)
    renamed = {old for new, former in ir.moved.items() if new in addresses for old in former if old in there}
    options = replace(_common(at, asked, addresses), out=out, refresh=asked.refresh and _stale(at, addresses))
    # What goes has to be named as well: orphans, and frozen resources whose old object goes before its upstream.
    leaving = {stored_address(ir, at.snapshot, ir.resources[i].address) for i in cut.first}
    return _without(at, options, cut.exclude, addresses | renamed | ((cut.orphans | leaving) - cut.exclude))


def preview(
    at: Position, cut: Cut, asked: Options, include: Collection[str], kept: Collection[str], *, out: str = ""
) -> PlanOptions:
    """The options for a preview, without a lock. `include`: ids in its module; `kept`: addresses to leave alone."""
    addresses = _rendered(at.ir, cut, include)
    options = replace(_common(at, asked, addresses), out=out, locking=Locking(lock=False))
    options = replace(options, refresh=asked.refresh and _stale(at, at.snapshot.addresses))
    return _without(at, options, kept, addresses | (cut.orphans - set(kept)))


def destruction(at: Position, going: Going, asked: Options) -> PlanOptions:
    """The options for the plan of a destroy."""
    options = replace(asked.plan, mode="destroy", generate_config_out="")
    parts = going.instances(at.snapshot)
    some = {i.address for i in at.snapshot.instances if owner(i) in parts}
    stays = (at.snapshot.addresses - going.addresses) | some.difference(*parts.values())
    if stays and at.kind == "tofu":
        return replace(options, exclude=tuple(sorted(stays)))
    if stays:
        named = {a for found in parts.values() for a in found}
        return replace(options, targets=tuple(sorted((going.addresses - parts.keys()) | named)))
    return options


def _stale(at: Position, addresses: Collection[str]) -> bool:
    """Is there anything of these in the state that this run has not read anew?"""
    return bool(at.snapshot.addresses & set(addresses) - at.refreshed)


def _rendered(ir: IR, cut: Cut, include: Collection[str]) -> set[str]:
    return {ir.resources[i].address for i in include} | (ir.foreign_objects - cut.left_out)


def _common(at: Position, asked: Options, addresses: Collection[str]) -> PlanOptions:
    return replace(asked.plan, replace=_replacements(at, asked, addresses))


def _without(at: Position, options: PlanOptions, kept: Collection[str], others: Collection[str]) -> PlanOptions:
    if not (kept or at.ir.parts):
        return options
    if at.kind == "tofu":
        return replace(options, exclude=tuple(sorted(kept)))
    return replace(options, targets=_targets(at, others))


def _targets(at: Position, addresses: Collection[str]) -> tuple[str, ...]:
    """Addresses for Terraform's -target; of a resource that is meant in parts, its instances in the state."""
    ir = at.ir
    found = set(addresses) - ir.unselected.keys() - ir.parts.keys()
    meant = ir.parts.keys() & set(addresses)
    some = {i.address for i in at.snapshot.instances if bare(i.address) in meant}
    # An instance that does not exist yet is known only if it was named.
    some |= {p for base in meant for p in ir.parts[base].only if not is_glob(p)}
    return tuple(sorted(found | (some - select.strays(ir, some))))


def _replacements(at: Position, asked: Options, addresses: Collection[str]) -> tuple[str, ...]:
    """What `--replace` asks for and has not been done yet, as far as it is in this plan."""
    wanted: list[str] = []
    for address in Patterns(at.ir, at.snapshot, at.names.ids).instances(asked.replace):
        # The engine takes a resource of several instances for none of them.
        several = [i.address for i in at.snapshot.instances if i.address.startswith(f"{address}[")]
        wanted += several or [address]
    here = {a: bare(a) for a in wanted}
    return tuple(a for a, base in here.items() if base in addresses and base not in at.replaced)
