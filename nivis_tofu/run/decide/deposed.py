"""Old objects that could not go yet, although their successors are there."""

from __future__ import annotations

from nivis_tofu.ir.model import IR
from nivis_tofu.tofu.messages import ApplyErrored, ApplyStart
from nivis_tofu.tofu.results import ApplyResult

REMOVED = "an old object of it is removed"
"""Said of a resource that has another object beside the one that goes."""


def still_in_use(ir: IR, result: ApplyResult) -> tuple[str, ...]:
    """Addresses whose new object exists and whose old one could not go yet; empty: a real failure.

    With createBeforeDestroy an upstream's old object goes in its own phase, before dependants that Nix computes
    have moved on. What cannot go stays in the state as deposed, and a later phase removes it.
    """
    # Of a deposed object the stream tells neither an end nor a failure: it stays unfinished.
    ended: list[ApplyErrored | ApplyStart] = [*result.errored, *result.unfinished]
    created = {c.addr for c in result.complete if c.action == "create"}
    known = ir.by_address
    fine = all(
        e.action == "delete" and e.addr in created and e.addr in known and known[e.addr].meta.create_before_destroy
        for e in ended
    )
    return tuple(e.addr for e in ended) if fine else ()
