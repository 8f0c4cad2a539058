"""What the tab key offers from now on: names, noted where a run stands, because the tab key starts nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nivis_tofu.ir.model import Resource
from nivis_tofu.ir.schema import BlockSchema
from nivis_tofu.project.memory import Completions
from nivis_tofu.run.decide.position import Position


def names(at: Position, variables: Iterable[str], schema: Callable[[Resource], BlockSchema | None]) -> Completions:
    """Names of what is declared or in the state. `variables`: those of the flake."""
    ir = at.now.full
    kinds: dict[str, str] = {}
    attributes: dict[str, set[str]] = {}
    for resource in ir.resources.values():
        kind = kinds[resource.id] = _kind(resource.id)
        if kind not in attributes:
            found = schema(resource)
            attributes[kind] = set(found.names) if found else set()
        attributes[kind] |= resource.config.keys()
    for id_, held in at.ledger.objects.items():
        kind = kinds[id_] = _kind(id_)
        attributes.setdefault(kind, set()).update(held.attributes)
    return Completions(
        ids=dict(sorted(kinds.items())),
        attributes={kind: sorted(attributes[kind]) for kind in sorted(attributes)},
        variables=sorted({*variables, *ir.engine_variables}),
        providers=sorted({provider.source for provider in ir.providers.values()}),
    )


def _kind(id_: str) -> str:
    """Objects of one resource type have the same attributes; the outputs of a module call are its own."""
    head, *rest = id_.split(".")
    if head == "data":
        return f"data.{_kind('.'.join(rest))}"
    return id_ if head == "module" else rest[0] if len(rest) > 1 else head
