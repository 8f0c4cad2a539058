"""What one phase takes: included, held, frozen, excluded. Addresses are the engine's, without instance keys."""

from __future__ import annotations

from collections.abc import Iterable

from nivis_tofu.core.immutable import immutable
from nivis_tofu.ir import graph
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.providers import full_source
from nivis_tofu.ir.snapshot import Snapshot, owner
from nivis_tofu.ir.values import references
from nivis_tofu.run.decide import select
from nivis_tofu.run.decide.position import Position


@immutable
class Cut:
    """What one phase is about. Addresses are the engine's, without instance keys."""

    include: frozenset[str]
    held: frozenset[str]
    frozen: frozenset[str]
    exclude: frozenset[str]
    pending_providers: frozenset[str]
    """Provider keys whose configuration is pending."""
    orphans: frozenset[str]
    needed: frozenset[str]
    """Orphans that stay only until the frozen resources that depend on them have moved on."""
    left_out: frozenset[str] = frozenset()
    """Names of a joined root module that wait for something of the flake."""
    unselected: frozenset[str] = frozenset()
    """In the state or in a joined root module, and not what this run is about (--target, --exclude)."""
    first: frozenset[str] = frozenset()
    """Frozen ids whose old object goes in this phase, before its upstream does."""

    @property
    def whole(self) -> bool:
        """Whether nothing is held and nothing is excluded."""
        return not self.held and self.exclude <= self.unselected and not self.left_out


def cut(at: Position, *, first: Iterable[str] = ()) -> Cut:
    """Decide what is in this phase; `first`: held ids whose old object is destroyed in it."""
    ir, ledger, snapshot = at.ir, at.ledger, at.snapshot
    graph.check_acyclic(ir)
    trusted = {ref: ledger.knows(ref) for ref in ir.consumed}
    pending_providers = graph.pending_providers(ir, trusted)
    waits = graph.held(ir, pending_providers)
    held, left_out = waits & ir.resources.keys(), waits - ir.resources.keys()
    # Under which address the state knows a resource: the old one, if it was renamed.
    place = {r.id: stored_address(ir, snapshot, r.address) for r in ir.resources.values()}
    orphans = snapshot.addresses - set(place.values()) - ir.foreign.keys() - ir.unselected.keys()
    frozen = {i for i in held if place[i] in snapshot.addresses}
    # What is not selected of a joined root module is there all the same, in its files.
    unselected = ir.unselected.keys() & (snapshot.addresses | ir.foreign.keys())
    unselected |= select.strays(ir, (i.address for i in snapshot.instances))
    exclude = {place[i] for i in frozen.difference(first)} | (left_out & snapshot.addresses) | unselected
    needed = orphans & graph.closure(exclude, snapshot.dependencies)
    # What an unselected one depends on stays as long as that is not touched.
    unselected |= orphans & graph.closure(unselected, snapshot.dependencies)
    if ir.groups:
        exclude |= orphans
    above = {k: {r.resource for r in references(dict(p.config))} for k, p in ir.providers.items()}
    sources = {
        full_source(p.source, at.kind) for k, p in ir.providers.items() if k in pending_providers or above[k] & held
    }
    # An orphan cannot be destroyed by a provider whose configuration is not known yet.
    exclude |= {a for a in orphans if snapshot.providers.get(a) in sources}
    needed -= exclude
    return Cut(
        include=frozenset(ir.resources.keys() - held),
        held=frozenset(held),
        frozen=frozenset(frozen),
        exclude=frozenset(exclude | needed),
        pending_providers=frozenset(pending_providers),
        orphans=frozenset(orphans),
        needed=frozenset(needed),
        left_out=frozenset(left_out),
        unselected=frozenset(unselected),
        first=frozenset(frozen.intersection(first)),
    )


def creates_first(ir: IR, snapshot: Snapshot) -> set[str]:
    """Ids that are created before they are destroyed, by their own setting or because of a dependant.

    The engine forces it on everything upstream of such a resource. In a phase that leaves the dependant out it cannot
    see that, so it has to be told. Orphans count, and what the old objects depended on: with one that is still ordered
    so in the state the engine would find a cycle.
    """
    known = ir.by_address
    gone = snapshot.creates_first - known.keys()
    start = gone | {r.address for r in ir.managed if r.meta.create_before_destroy}
    if not start:
        return set()
    edges = graph.addresses(ir)
    for address in start:
        old = snapshot.dependencies.get(stored_address(ir, snapshot, address), ())
        edges[address] = {*edges.get(address, ()), *old}
    found = graph.closure(start, edges)
    return {known[a].id for a in found if a in known}


def wanted_to_destroy(ir: IR) -> set[str]:
    """Ids whose configuration a destroy needs, because they or their modules may have provisioners."""
    start = {r.id for r in ir.resources.values() if "provisioner" in {*r.config, *r.meta.other} or r.mode == "module"}
    # What the text of an expression in a provider's configuration names cannot be made a literal.
    texts = graph.named([dict(p.config) for p in ir.providers.values()])
    start |= {ir.by_address[name].id if name in ir.by_address else name for name in texts}
    # Blocks of a joined root module are there, and what they refer to has to be.
    return graph.closure(ir.resources if ir.foreign else start, graph.edges(ir)) & ir.resources.keys()


def stored_address(ir: IR, snapshot: Snapshot, address: str) -> str:
    """The address of a resource in the state; an old one until a rename is applied."""
    return next((a for a in (address, *ir.moved.get(address, ())) if a in snapshot.addresses), address)


def managed(ir: IR, snapshot: Snapshot) -> frozenset[str]:
    """Addresses of the resources of a configuration: declared in the flake, or made by a joined root module's files
    or by module calls, which only the state tells."""
    calls = {a for a, r in ir.by_address.items() if r.mode == "module"} | ir.foreign.keys()
    made = (i for i in snapshot.instances if i.mode == "managed" and owner(i) in calls)
    return frozenset(r.address for r in ir.managed) | {f"{i.module}.{i.type}.{i.name}".removeprefix(".") for i in made}


def above(ir: IR, snapshot: Snapshot, ids: Iterable[str]) -> dict[str, set[str]]:
    """id -> addresses it depends on, directly or not, by the IR and by what the state recorded."""
    edges = graph.addresses(ir)
    for address, targets in snapshot.dependencies.items():
        edges.setdefault(address, set()).update(targets)
    return {i: graph.closure(edges.get(ir.resources[i].address, ()), edges) for i in ids}
