"""What a configuration waits for of other stacks, in words."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from nivis_tofu.core.nearest import nearest
from nivis_tofu.ir.ledger import Ledger
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.values import STACK, Ref


def told(ir: IR, ledger: Ledger) -> Iterator[str]:
    """A sentence for each stack whose outputs are used and not known, or about to change."""
    refs = sorted((ref for ref in ir.stacks if _is_changing(ledger, ref) or not _is_known(ledger, ref)), key=str)
    for stack, of in groupby(refs, lambda ref: ref.resource):
        found = list(of)
        if late := [str(ref.path[0]) for ref in found if _is_changing(ledger, ref)]:
            yield f"known after stack {stack.removeprefix(STACK)}: {', '.join(dict.fromkeys(late))}"
        if lacking := [ref for ref in found if not _is_changing(ledger, ref)]:
            reasons = dict.fromkeys(reason(ledger, ref) for ref in lacking)
            yield f"waits for {', '.join(map(str, lacking))}. {' '.join(reasons)}"


def reason(ledger: Ledger, ref: Ref) -> str:
    """Why an output of another stack is not known, and what to do."""
    name, held = ref.resource.removeprefix(STACK), ledger.upstream.outputs.get(ref.resource)
    apply = f"run `nivis --stack {name} apply` first"
    if held is None or not held.attributes:
        return f"The stack {name} has no outputs yet: {apply}."
    if ref.path[0] not in held.attributes:
        near = nearest(str(ref.path[0]), map(str, held.attributes))
        tail = f"did you mean `{near}`?" if near else f"it has: {', '.join(sorted(held.attributes))}."
        return f"The stack {name} has no output `{ref.path[0]}`; {tail} If it is new there, {apply}."
    return f"The stack {name} is about to change it: {apply}."


def _is_known(ledger: Ledger, ref: Ref) -> bool:
    held = ledger.upstream.outputs.get(ref.resource)
    return held is not None and ref.path[0] in held.attributes


def _is_changing(ledger: Ledger, ref: Ref) -> bool:
    return Ref(ref.resource, ref.path[:1]) in ledger.upstream.changing
