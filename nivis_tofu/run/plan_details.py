"""The attributes of a forecast: which plan tells each line's, and in which phase what is unknown becomes known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.masks import Pattern
from nivis_tofu.core.outcome import Attribute, Line, Preview, Provenance
from nivis_tofu.ir import provenance
from nivis_tofu.ir.attributes import Path, Reader
from nivis_tofu.ir.ledger import Ledger
from nivis_tofu.ir.model import Output, Resource
from nivis_tofu.ir.values import references
from nivis_tofu.run.decide.phase import Phase
from nivis_tofu.run.decide.position import Position
from nivis_tofu.run.session import Session
from nivis_tofu.tofu.address_syntax import bare
from nivis_tofu.tofu.documents import Change, PlanChange, PlanDocument

REASONS = {
    "replace_because_tainted": "it is tainted",
    "replace_by_request": "asked for by --replace",
    "replace_by_triggers": "replaceTriggeredBy",
    "delete_because_no_resource_config": "it is no longer in the configuration",
    "delete_because_no_module": "its module is no longer in the configuration",
    "delete_because_each_key": "its key is no longer in forEach",
    "delete_because_count_index": "its index is beyond count",
    "read_because_config_unknown": "read when its arguments are known",
    "read_because_dependency_pending": "read when what it depends on is done",
}


def add(session: Session, phase: Phase, now: PlanDocument | None, later: PlanDocument | None) -> Preview:
    """`now`: the phase's own plan, the truth for what is in it; `later`: the preview's, for all else."""
    ir, cut, preview = phase.ir, phase.cut, phase.preview
    marked = session.marked(phase.at.ledger, ir)
    known = ir.by_address
    held = {ir.resources[i].address for i in cut.held} | cut.exclude
    when, first = phase.schedule.ids, phase.first
    early = f"its old object goes in phase {phase.at.phase}, before what it depends on"
    changes: dict[str, list[PlanChange]] = {}
    drift: dict[str, list[PlanChange]] = {}
    for plan, of_held in ((now, False), (later, True)):
        for change in plan.changes if plan else ():
            address = bare(change.address)
            if now is None or later is None or (address in held) is of_held:
                changes.setdefault(address, []).append(change)
    for change in now.drift if now else later.drift if later else ():
        drift.setdefault(bare(change.address), []).append(change)

    def detailed(line: Line) -> Line:
        address, owner = line.address, bare(line.address)
        told = _Object(session, known.get(owner), when, _secrets(marked, line.id), address)
        mine = changes.get(owner, [])
        if address != owner:
            mine = [c for c in mine if c.address == address]
        acting = [c for c in mine if c.action != "noop" or c.importing or c.previous_address]
        attributes = tuple(a for c in acting if not c.deposed for a in told.read(c))
        return replace(
            line,
            attributes=attributes,
            # Of what stays as it is, drift is noise: providers fill in what was not there before.
            drift=() if line.action == "noop" else tuple(a for c in drift.get(address, ()) for a in told.read(c)),
            reason=f"{why}; {early}" if (why := reason(line, acting, attributes)) and line.id in first else why,
            unchanged=sum(told.reader(c).unchanged(c) for c in acting if not c.deposed),
        )

    outputs = now if now and cut.whole else later or now
    values = {
        name: _output_reader(ir.outputs.get(name), when, session).value(change)
        for name, change in (outputs.output_changes if outputs else {}).items()
        if change.action != "noop"
    }
    return replace(preview, lines=tuple(map(detailed, preview.lines)), values=values)


def reason(line: Line, acting: Sequence[PlanChange], attributes: Sequence[Attribute]) -> str:
    """Why something is replaced or destroyed, in words."""
    told = next((c.action_reason for c in acting if c.action_reason), "")
    if not told and line.action == "delete":
        told = "delete_because_no_resource_config"  # it waits, so that no plan of the engine tells
    if told != "replace_because_cannot_update":
        return REASONS.get(told, "")
    names = dict.fromkeys(str(path[0]) for change in acting for path in change.replace_paths if path)
    if not names:
        return ""
    late = any(a.forces and a.known_after for a in attributes)
    what = " and ".join(f"`{n}`" for n in names)
    return f"{what} cannot be changed in place{'; it stays if the value comes out equal' if late else ''}"


def removed(session: Session, preview: Preview, at: Position) -> Preview:
    """The attributes of what a destroy removes, as the state has them."""
    ledger = at.ledger
    marked = session.marked(ledger, at.ir)

    def detailed(line: Line) -> Line:
        held = ledger.objects.get(line.id)
        reader = Reader(
            secret=_secrets(marked, line.id), redact=session.redactor.redact, reveal=session.options.show_sensitive
        )
        gone = Change(("delete",), dict(held.attributes) if held else None)
        return replace(line, attributes=reader.changes(gone))

    return replace(preview, lines=tuple(map(detailed, preview.lines)))


def drifted(session: Session, at: Position, change: PlanChange, id_: str) -> tuple[Attribute, ...]:
    """What a refresh found different in one object."""
    resource = at.ir.owner(change.address)
    secret = _secrets(session.marked(at.ledger, at.ir), id_)
    return _Object(session, resource, {}, secret, change.address).read(change)


@immutable
class _Object:
    """What reading the changes of one line needs."""

    session: Session
    resource: Resource | None
    when: Mapping[str, int]
    secret: tuple[Pattern, ...]
    address: str

    def read(self, change: PlanChange) -> tuple[Attribute, ...]:
        return self.reader(change).changes(change)

    def reader(self, change: PlanChange) -> Reader:
        known = Reader.of(change, self.session.workdir.schemas)
        return replace(
            known,
            known_after=self.known_after,
            provenance=self.provenance,
            configured=self.configured,
            secret=self.secret + known.secret,
            redact=self.session.redactor.redact,
            object=change.address.removeprefix(self.address).removeprefix("."),
            reveal=self.session.options.show_sensitive,
        )

    def provenance(self, path: Path) -> Provenance | None:
        return provenance.at(dict(self.resource.config), path) if self.resource else None

    def configured(self, path: Path) -> bool:
        # What stands in the module's own files is none of ours.
        return self.resource is None or self.resource.mode == "module" or path[0] in self.resource.config

    def known_after(self, path: Path) -> int:
        if self.resource is None or self.resource.mode == "module":
            return self.when.get(self.resource.id, 1) if self.resource else 1
        refs = list(references(self.resource.config.get(str(path[0]))))
        own = self.when.get(self.resource.id, 1)
        # What is given to it is known once its inputs are; all else is the provider's to say.
        return max((self.when.get(r.resource, 1) for r in refs), default=own)


def _output_reader(output: Output | None, when: Mapping[str, int], session: Session) -> Reader:
    refs = list(references(output.value)) if output else []
    after = max((when.get(r.resource, 1) for r in refs), default=1)
    return Reader(
        known_after=lambda _: after,
        provenance=lambda path: provenance.at(output.value, path) if output else None,
        redact=session.redactor.redact,
        reveal=session.options.show_sensitive,
    )


def _secrets(ledger: Ledger, id_: str) -> tuple[Pattern, ...]:
    held = ledger.objects.get(id_)
    return (*ledger.marks.get(id_, ()), *(held.sensitive if held else ()))
