"""Why a run cannot go on, in words: which values wait, and for what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import IRError, NotConverged
from nivis_tofu.core.nearest import nearest
from nivis_tofu.ir import graph
from nivis_tofu.ir.ledger import Ledger
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.values import STACK, Derived, Ref, Value, leaves, references
from nivis_tofu.run.decide import upstream
from nivis_tofu.run.decide.held import Cut

_SHOWN = 3
"""So many values are named as examples."""


def refuse_dead_ends(ir: IR) -> None:
    """Raise NivisError for values that can never be known, before anything is done."""
    if ir.no_ledger:
        raise _no_ledger(ir)
    stuck = graph.never_known(ir)
    if stuck:
        raise IRError(
            *(
                Diagnostic(
                    "A group that can never be known",
                    f"`{group.name}` waits for {_names(group.refs)}, which only another waiting group could provide.",
                    "Give the group inputs from resources that are declared outside of such groups.",
                    address=group.name,
                )
                for group in stuck
            )
        )


def _no_ledger(ir: IR) -> IRError:
    found = [(what, refs) for what, refs in _pending(ir) if refs]
    shown = "; ".join(f"`{what}` waits for {_names(refs)}" for what, refs in found[:_SHOWN])
    more = f"; {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return IRError.of(
        "The plan got no ledger",
        f"Values depend on outputs, but the library was not given the ledger: {shown}{more}. "
        "They could never be known.",
        "Add `inherit ledger;` to the arguments of `lib.toIR` (or `lib.toModuleIR`); `ledger` is the argument of "
        "`nivis.plan`.",
        address=_owner(ir, found[0][0]) if found else "",
    )


def _owner(ir: IR, what: str) -> str:
    """The resource that an attribute belongs to; of other things the thing itself."""
    return next((i for i in ir.resources if what.startswith(f"{i}.")), what)


def _names(refs: Iterable[Ref]) -> str:
    return ", ".join(f"`{r}`" for r in refs)


def waits(ir: IR, cut: Cut) -> Iterator[tuple[str, tuple[Ref, ...]]]:
    """(what waits, references it waits for) for everything that is pending itself."""
    yield from _pending(ir)
    for key in sorted(cut.pending_providers):
        yield f"provider.{key}", tuple(dict.fromkeys(references(dict(ir.providers[key].config))))


def _pending(ir: IR) -> Iterator[tuple[str, tuple[Ref, ...]]]:
    """The same for what is not a provider's configuration that waits for a plain reference."""
    places: list[tuple[str, Value]] = []
    for resource in ir.resources.values():
        places += [(f"{resource.id}.{name}", value) for name, value in resource.config.items()]
        places += [
            (resource.id, value) for value in (*resource.meta.other.values(), *resource.meta.conditions.values())
        ]
    places += [(f"output.{output.name}", output.value) for output in ir.outputs.values()]
    places += [(f"extra.{kind}", value) for kind, value in ir.extra.items()]
    if ir.no_ledger:
        places += [(f"provider.{key}", dict(provider.config)) for key, provider in ir.providers.items()]
    for what, value in places:
        waits = [leaf for leaf in leaves(value) if isinstance(leaf, Derived) and leaf.pending]
        refs = [r for leaf in waits for r in (*leaf.refs, *leaf.stacks)]
        if refs:
            yield what, tuple(dict.fromkeys(refs))
    for group in ir.groups:
        yield group.name, (*group.refs, *group.stacks)


def waiting_error(ir: IR, ledger: Ledger, cut: Cut) -> NotConverged:
    """Exit 3: nothing is left to apply, but values are still pending."""
    found = []
    for what, refs in waits(ir, cut):
        reasons = [_reason(ir, ledger, ref) for ref in refs if not ledger.knows(ref)]
        found.append(
            Diagnostic(
                "The run cannot go on",
                f"`{what}` waits for {', '.join(f'`{r}`' for r in refs)}; nothing is left to apply that would "
                f"make it known. {' '.join(dict.fromkeys(r for r in reasons if r))}".rstrip(),
                address=what,
            )
        )
    return NotConverged(*found or (Diagnostic("The run cannot go on", "Values are pending and nothing changes."),))


def _reason(ir: IR, ledger: Ledger, ref: Ref) -> str:
    if ref.resource.startswith(STACK):
        return upstream.reason(ledger, ref)
    if ref.resource not in ir.resources:
        return f"`{ref.resource}` is not part of this configuration."
    held = ledger.objects.get(ref.resource)
    if held is None:
        return f"`{ref.resource}` is not in the state."
    if ref.path and ref.path[0] not in held.attributes:
        names = sorted(held.attributes)
        near = nearest(str(ref.path[0]), names)
        tail = f"did you mean `{near}`?" if near else f"it has: {', '.join(names)}."
        return f"`{ref.resource}` has no attribute `{ref.path[0]}`; {tail}"
    return ""
