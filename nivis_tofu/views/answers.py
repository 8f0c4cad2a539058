"""What verbs that explain have found: where values come from, what differs, what depends on what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nivis_tofu.core import json_text
from nivis_tofu.core.outcome import Line
from nivis_tofu.insight.why import Origin, Use
from nivis_tofu.views import diff, human, origin
from nivis_tofu.views.jsonl import FORMAT_VERSION
from nivis_tofu.views.page import Page, lines, report

if TYPE_CHECKING:
    from nivis_tofu.insight.graph_picture import Drawing


def why(what: str, found: Sequence[Origin]) -> Page:
    """One value, or all those that are configured of a resource."""
    if len(found) == 1:
        return report(origin.document(found[0]), lines(origin.text(found[0])))
    body = {"what": what, "attributes": [origin.document(x) for x in found]}
    return report(body, lines(*map(origin.text, found) if found else [f"{what}: nothing is configured."]))


def used_by(what: str, found: Sequence[Use]) -> Page:
    """Where a value, or a resource, is used."""
    return report({"what": what, "used_by": list(map(origin.use, found))}, lines(*origin.uses(what, found)))


def value(found: Any, *, raw: bool) -> Page:
    """The value of an expression as JSON; `raw`: a string as it is."""
    text = json_text.dumps(found, indent=2)
    return Page(lambda: text, lines(found if raw and isinstance(found, str) else text))


def graph(found: Drawing) -> Page:
    """The page of a graph; a picture is written to a file."""
    nodes, edges = [asdict(n) for n in found.nodes], [asdict(e) for e in found.edges]
    return report({"nodes": nodes, "edges": edges, "phases": max(found.phases, default=0)}, lines())


def differences(found: Sequence[Line]) -> Page:
    """What differs between two revisions of a configuration."""
    body = {"format_version": FORMAT_VERSION, "changes": list(_changes(found))}
    return report(body, lambda style: human.differences(found, style, diff.attributes))


def _changes(found: Iterable[Line]) -> Iterable[dict[str, Any]]:
    for x in found:
        attributes = [diff.document(a) for a in x.attributes]
        yield {"id": x.id, "type": x.type, "action": x.action, "attributes": attributes}
