"""Pure decisions of a phase: what is held, frozen, excluded; what a plan tells about consumed values.

Data: IR, ledger and snapshot -> Cut (what goes into the phase) -> the engine's plan -> News (what to evaluate
again with) or the guard's verdict. No I/O here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import GuardError, NivisError
from nivis_tofu.core.json_text import same
from nivis_tofu.core.nearest import nearest
from nivis_tofu.ir import graph
from nivis_tofu.ir.ledger import Ledger, Pattern, mask_paths
from nivis_tofu.ir.model import IR, MODULE_OUTPUT, Ref, references, walk
from nivis_tofu.ir.providers import full_source
from nivis_tofu.ir.snapshot import Snapshot, owner
from nivis_tofu.run.decide import select
from nivis_tofu.tofu.address import bare
from nivis_tofu.tofu.documents import Change, PlanChange
from nivis_tofu.tofu.messages import Action, ApplyComplete, Planned

DESTRUCTIVE = frozenset({"delete", "replace", "forget"})


@dataclass(frozen=True)
class Cut:
    """What one phase is about. Addresses are the engine's, without instance keys."""

    include: frozenset[str]
    held: frozenset[str]
    frozen: frozenset[str]
    exclude: frozenset[str]
    waiting: frozenset[str]
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
        """Nothing waits and nothing is left out."""
        return not self.held and self.exclude <= self.unselected and not self.left_out


def cut(ir: IR, ledger: Ledger, snapshot: Snapshot, *, first: Iterable[str] = (), kind: str = "tofu") -> Cut:
    """Decide what is in this phase; `first`: ids whose old object goes in it although they are held."""
    graph.check_acyclic(ir)
    trusted = {ref: ledger.knows(ref) for ref in ir.consumed}
    waiting = graph.pending_providers(ir, trusted)
    waits = graph.held(ir, waiting)
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
    sources = {full_source(p.source, kind) for k, p in ir.providers.items() if k in waiting or above[k] & held}
    # An orphan cannot be destroyed by a provider whose configuration is not known yet.
    exclude |= {a for a in orphans if snapshot.providers.get(a) in sources}
    needed -= exclude
    return Cut(
        include=frozenset(ir.resources.keys() - held),
        held=frozenset(held),
        frozen=frozenset(frozen),
        exclude=frozenset(exclude | needed),
        waiting=frozenset(waiting),
        orphans=frozenset(orphans),
        needed=frozenset(needed),
        left_out=frozenset(left_out),
        unselected=frozenset(unselected),
        first=frozenset(frozen.intersection(first)),
    )


def creates_first(ir: IR, snapshot: Snapshot) -> set[str]:
    """ids that are created before they are destroyed: by their own wish, or because a dependant is.

    The engine forces it on everything upstream of such a resource. In a phase that leaves the dependant out it cannot
    see that, so it has to be told. Orphans count: with one that is still ordered so in the state the engine would
    find a cycle.
    """
    edges = graph.addresses(ir)
    known = ir.by_address
    for address in snapshot.creates_first - known.keys():
        edges[address] = set(snapshot.dependencies.get(address, ()))
    start = {r.address for r in ir.managed if r.meta.create_before_destroy}
    found = graph.closure(start | (snapshot.creates_first - known.keys()), edges)
    return {known[a].id for a in found if a in known}


def wanted_to_destroy(ir: IR) -> set[str]:
    """ids whose configuration a destroy needs: provisioners may run then, and modules may have some."""
    start = {r.id for r in ir.resources.values() if "provisioner" in {*r.config, *r.meta.other} or r.mode == "module"}
    # What the text of an expression in a provider's configuration names cannot be made a literal.
    texts = graph.named([dict(p.config) for p in ir.providers.values()])
    start |= {ir.by_address[name].id if name in ir.by_address else name for name in texts}
    # Blocks of a joined root module are there, and what they refer to has to be.
    return graph.closure(ir.resources if ir.foreign else start, graph.edges(ir)) & ir.resources.keys()


def stored_address(ir: IR, snapshot: Snapshot, address: str) -> str:
    """The address under which the state has a resource: before a rename is applied that is the old one."""
    old = ir.moved.get(address)
    return old if old in snapshot.addresses and address not in snapshot.addresses else address


@dataclass(frozen=True)
class News:
    """What a plan told about values that Nix consumes."""

    unknown: frozenset[Ref] = frozenset()
    planned: Mapping[Ref, Any] = field(default_factory=dict)
    """Reference -> the whole value of its first attribute after the apply."""
    survived: frozenset[Ref] = frozenset()
    marks: Mapping[str, tuple[Pattern, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.unknown or self.planned or self.survived)


def unplanned_look_needed(ir: IR) -> bool:
    """Could a plan on an empty state know a value that Nix waits for (a configured attribute, data)?"""
    for ref in ir.consumed:
        resource = ir.resources.get(ref.resource)
        if resource and (resource.mode == "data" or not ref.path or ref.path[0] in resource.config):
            return True
    return False


def changed_consumed(
    ir: IR, ledger: Ledger, now: Cut, changes: Iterable[Planned], decided: frozenset[Ref], outputs: Iterable[str] = ()
) -> list[Ref]:
    """Undecided consumed references to resources that the plan acts on: their values need a look."""
    acting = [c for c in changes if c.action not in ("noop", "move")]
    imported = {bare(c.addr) for c in acting if c.importing_id}
    touched = {bare(c.addr) for c in acting}
    touched = {a for a in touched if not a.startswith("module.")} | {module_of(name) for name in outputs}
    return [
        r
        for r in _open(ir, now, decided)
        if ir.resources[r.resource].address in touched
        # Of something new a plan knows what was configured; the rest only the apply tells. What is imported was read.
        and (
            ledger.lookup(r)[0]
            or ir.resources[r.resource].address in imported
            or ir.resources[r.resource].mode == "module"
            or r.path[0] in ir.resources[r.resource].config
        )
    ]


def module_of(output: str) -> str:
    """`module.net` for the root output that was generated for its outputs; nothing for others."""
    return "module." + output.removeprefix(MODULE_OUTPUT) if output.startswith(MODULE_OUTPUT) else ""


def module_changes(outputs: Mapping[str, Change]) -> dict[str, PlanChange]:
    """What a plan makes of modules' outputs, as if each module were one object."""
    found = {}
    for name, change in outputs.items():
        if address := module_of(name):
            after, hidden = (
                (x.get("v") if isinstance(x, Mapping) else x) for x in (change.after, change.after_unknown)
            )
            secret = (change.after or {}).get("s", {}) if isinstance(change.after, Mapping) else {}
            found[address] = PlanChange(
                actions=change.actions,
                address=address,
                after=after or {},
                after_unknown=hidden,
                after_sensitive={n: True for n, marked in secret.items() if marked},
            )
    return found


def reads_data(ir: IR, now: Cut) -> bool:
    """Does Nix consume a data source of this phase? Its value is known only after reading."""
    return any(r.resource in now.include and ir.resources[r.resource].mode == "data" for r in ir.consumed)


def look(
    ir: IR,
    ledger: Ledger,
    now: Cut,
    decided: frozenset[Ref],
    changes: Mapping[str, PlanChange],
    refreshed: Snapshot,
) -> News:
    """Compare every consumed value with what the plan makes of it. `changes`: by address, acted on only."""
    unknown: set[Ref] = set()
    planned: dict[Ref, Any] = {}
    survived: set[Ref] = set()
    marks: dict[str, tuple[Pattern, ...]] = {}
    for ref in _open(ir, now, decided):
        resource = ir.resources[ref.resource]
        change = changes.get(resource.address)
        fixed: Mapping[str, Any] | None
        hidden: Any = False
        if change is not None:
            fixed, hidden = change.after, change.after_unknown
            marks[ref.resource] = tuple(mask_paths(change.after_sensitive))
        else:
            held = refreshed.objects.get(resource.address)
            fixed = held.attributes if held else None
            if held and held.sensitive:
                marks[ref.resource] = held.sensitive
        if fixed is None or is_unknown(hidden, ref.path):
            unknown.add(ref)
            continue
        found, value = walk(fixed, ref.path)
        if not found:
            _missing(ref, fixed)
        survived.add(ref)
        known, old = ledger.lookup(ref)
        if not known or not same(old, value):
            base = ledger.objects[ref.resource].attributes if ref.resource in ledger.objects else {}
            name = str(ref.path[0])
            mask = hidden.get(name, False) if isinstance(hidden, Mapping) else hidden
            planned[ref] = _merge(fixed.get(name), mask, base.get(name))
    recovering = ledger.only is not None
    return News(
        unknown=frozenset()
        if recovering
        else frozenset(r for r in unknown if ledger.trusts(r) and ledger.lookup(r)[0]),
        planned=planned,
        survived=frozenset(survived) if recovering else frozenset(),
        marks=marks,
    )


def _open(ir: IR, now: Cut, decided: frozenset[Ref]) -> list[Ref]:
    return sorted(
        (r for r in ir.consumed if r not in decided and r.path and r.resource in now.include),
        key=lambda r: str(r),
    )


def _missing(ref: Ref, attributes: Mapping[str, Any]) -> None:
    if ref.path[0] not in attributes:
        near = nearest(str(ref.path[0]), map(str, attributes))
        raise NivisError.of(
            "No such attribute",
            f"A derived value consumes `{ref}`, but `{ref.resource}` has no attribute `{ref.path[0]}`.",
            f"Did you mean `{near}`?" if near else f"It has: {', '.join(sorted(attributes))}.",
            address=ref.resource,
        )
    raise NivisError.of(
        "No such element",
        f"A derived value consumes `{ref}`, which does not exist in the value that `{ref.resource}` has for "
        f"`{ref.path[0]}`.",
        "Check the path, or guard it in Nix by consuming the whole attribute.",
        address=ref.resource,
    )


def is_unknown(mask: Any, path: tuple[str | int, ...]) -> bool:
    """Is the value at this path, or any part of it, unknown in an `after_unknown` mask?"""
    for step in path:
        if mask is True:
            return True
        found, mask = walk(mask, (step,))
        if not found:
            return False
    return any(True for _ in mask_paths(mask))


def _merge(value: Any, mask: Any, old: Any) -> Any:
    """The planned value; where it is unknown, the old one stays visible."""
    if mask is True:
        return old
    if isinstance(mask, Mapping) and isinstance(value, Mapping | None):
        keys = [*(value or {}), *(k for k in mask if k not in (value or {}) and mask[k])]
        below = old if isinstance(old, Mapping) else {}
        return {k: _merge((value or {}).get(k), mask.get(k, False), below.get(k)) for k in keys}
    if isinstance(mask, list) and isinstance(value, list):
        below_list = old if isinstance(old, list) else []
        return [
            _merge(v, mask[i] if i < len(mask) else False, below_list[i] if i < len(below_list) else None)
            for i, v in enumerate(value)
        ]
    return value


@dataclass(frozen=True)
class Announced:
    """What the user was told: action by address. `open_`: addresses whose existence was a `?`."""

    actions: Mapping[str, str] = field(default_factory=dict)
    open_: frozenset[str] = frozenset()
    strict: bool = False
    """An approved plan file: creations and updates must have been announced as well."""
    groups: bool = False
    """Were there groups whose members nobody could tell?"""
    done: frozenset[str] = frozenset()
    """Addresses on which this run has acted."""

    @property
    def objects(self) -> list[Planned]:
        """What was told of each object; not what was said of resources and modules as a whole."""
        owners = {bare(a) for a in self.actions if bare(a) != a}
        return [Planned(a, cast(Action, x)) for a, x in self.actions.items() if a not in owners]

    def name(self, address: str) -> str:
        """Under which address it was announced: one instance of several by its own."""
        return address if address in self.actions else bare(address)

    def after(self, changes: Iterable[Planned | ApplyComplete]) -> Announced:
        """What is left of it when these changes are done: what was announced is done once.

        Of a replacement whose old object went first, the new one is still to come.
        """
        left = dict(self.actions)
        for change in changes:
            told = left.get(change.addr, left.get(bare(change.addr)))
            left[change.addr] = "create" if told == "replace" and change.action in ("delete", "forget") else "noop"
        return replace(self, actions=left, done=self.done | {c.addr for c in changes})

    def covers(self, address: str, action: str) -> bool:
        told = self.actions.get(address, "noop")
        if address in self.open_ and not (action in DESTRUCTIVE and (self.strict or address in self.done)):
            return True
        match action:
            case "delete" | "forget":
                return told in ("delete", "forget", "replace")
            case "replace":
                return told == "replace"
            case "create":
                return not self.strict or told in ("create", "replace")
            case "update":
                return not self.strict or told in ("update", "replace", "create")
            case _:
                return True


def managed(ir: IR, snapshot: Snapshot) -> frozenset[str]:
    """Addresses of the resources of a configuration: declared in the flake, or made by a joined root module's files
    or by module calls, which only the state tells."""
    calls = {a for a, r in ir.by_address.items() if r.mode == "module"} | ir.foreign.keys()
    made = (i for i in snapshot.instances if i.mode == "managed" and owner(i) in calls)
    return frozenset(r.address for r in ir.managed) | {f"{i.module}.{i.type}.{i.name}".removeprefix(".") for i in made}


def guard(
    ir: IR,
    changes: Iterable[Planned],
    announced: Announced,
    *,
    first: Iterable[str],
) -> None:
    """Refuse a phase that deletes what the IR still has, or does what was not announced."""
    going = {ir.resources[i].address for i in first}
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
    if problems:
        raise GuardError(
            *(
                Diagnostic(
                    "The engine's plan is not what was announced",
                    f"`{name}`: this phase {what}. Nothing of this phase was applied.",
                    "Run `nivis plan` to see what is to be done now, then apply that.",
                    address=name,
                )
                for name, what in problems
            )
        )


def upstream(ir: IR, snapshot: Snapshot, ids: Iterable[str]) -> dict[str, set[str]]:
    """id -> addresses it depends on, directly or not, by the IR and by what the state recorded."""
    edges = graph.addresses(ir)
    for address, targets in snapshot.dependencies.items():
        edges.setdefault(address, set()).update(targets)
    return {i: graph.closure(edges.get(ir.resources[i].address, ()), edges) for i in ids}
