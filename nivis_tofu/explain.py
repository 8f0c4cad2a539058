"""Why a run cannot go on, in words: which values wait, and for what."""

from __future__ import annotations

from collections.abc import Iterator

from nivis_tofu.diagnostics import Diagnostic
from nivis_tofu.errors import NotConverged
from nivis_tofu.ir import IR, Derived, Ref, leaves, references
from nivis_tofu.ledger import Ledger
from nivis_tofu.nearest import nearest
from nivis_tofu.planner import Cut


def waiting(ir: IR, now: Cut) -> Iterator[tuple[str, tuple[Ref, ...]]]:
    """(what waits, references it waits for) for everything that is pending itself."""
    for resource in ir.resources.values():
        for name, value in resource.config.items():
            refs = [r for leaf in leaves(value) if isinstance(leaf, Derived) and leaf.pending for r in leaf.refs]
            if refs:
                yield f"{resource.id}.{name}", tuple(dict.fromkeys(refs))
    for output in ir.outputs.values():
        refs = [r for leaf in leaves(output.value) if isinstance(leaf, Derived) and leaf.pending for r in leaf.refs]
        if refs:
            yield f"output.{output.name}", tuple(dict.fromkeys(refs))
    for group in ir.groups:
        yield group.name, group.refs
    for key in sorted(now.waiting):
        yield f"provider.{key}", tuple(dict.fromkeys(references(dict(ir.providers[key].config))))


def waiting_error(ir: IR, ledger: Ledger, now: Cut) -> NotConverged:
    """Exit 3: nothing is left to apply, but values are still pending."""
    found = []
    for what, refs in waiting(ir, now):
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
