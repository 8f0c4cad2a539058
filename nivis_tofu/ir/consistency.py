"""What a configuration must be as a whole: whatever it refers to is declared, and is there when the engine reads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.ir.model import IR, Resource
from nivis_tofu.ir.values import Derived, Value, leaves, references


def problems(ir: IR) -> Iterator[Diagnostic]:
    """Everything that does not fit together, each with the id or name of its owner as the address."""
    for resource in ir.resources.values():
        yield from _providers(ir, resource)
        yield from dangling(ir, resource.id, resource.uses)
    for output in ir.outputs.values():
        yield from dangling(ir, f"output.{output.name}", {r.resource for r in references(output.value)})
    for provider in ir.providers.values():
        yield from dangling(ir, f"provider.{provider.key}", {r.resource for r in references(dict(provider.config))})
    yield from dangling(ir, "extra", {r.resource for r in references(dict(ir.extra))})
    for name, value in (ir.backend or {}).items():
        yield from _too_early(f"backend.{name}", value, "backend")
    yield from _too_early("extra.terraform", ir.extra.get("terraform"), "extra.terraform")
    variables = ir.extra.get("variable")
    for name, body in variables.items() if isinstance(variables, dict) else ():
        derived = [leaf for leaf in leaves(body) if isinstance(leaf, Derived)]
        default = body.get("default") if isinstance(body, dict) else body
        yield from _too_early(f"extra.variable.{name}", [*derived, default], "extra.variable")


def dangling(ir: IR, owner: str, wanted: Iterable[str]) -> Iterator[Diagnostic]:
    """The ids of these that are not declared."""
    if ir.groups:
        return  # members of a pending whenKnown group are not there yet; the graph holds who names them
    for target in sorted({name for name in wanted if name not in ir.resources}):
        yield Diagnostic(
            "Reference to something that is not declared",
            f"`{owner}` refers to `{target}`, which is not among resources, dataSources or modules.",
            "Add it to `resources` in `lib.toIR`.",
            address=owner,
        )


def _providers(ir: IR, resource: Resource) -> Iterator[Diagnostic]:
    for key in resource.provider_keys:
        if key not in ir.providers:
            known = ", ".join(sorted(ir.providers)) or "none"
            yield Diagnostic(
                "Undeclared provider",
                f"`{resource.id}` names the provider `{key}`, which `providers` does not declare (declared: {known}).",
                f"Add `providers.{key} = lib.mkProvider {{ source = …; }};`.",
                address=resource.id,
            )


def _too_early(owner: str, value: Value, address: str) -> Iterator[Diagnostic]:
    """Outputs of resources in values that the engine reads before any resource exists."""
    for ref in dict.fromkeys(references(value)):
        yield Diagnostic(
            "A value that comes too late",
            f"`{owner}` uses `{ref}`, but the engine reads it before there is any resource.",
            "Write a value that does not depend on outputs, or one from a variable (`lib.mkVars`); a backend also "
            "takes `-backend-config`.",
            address=address,
        )
