"""What is right for Nix and the engine and still hardly meant: warnings about an IR. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.values import Value


def warnings(ir: IR) -> Iterator[Diagnostic]:
    """A warning for each argument or output that is the id of a resource where a reference was meant."""
    for owner, attribute, value in _values(ir):
        for id_ in sorted(set(_strings(value)) & ir.resources.keys()):
            yield Diagnostic(
                "The id of a resource in the flake is used as a value",
                f"`{attribute or owner}`{f' of `{owner}`' if attribute else ''} is the text `{id_}`, by which the "
                "flake names that resource; the cloud does not know it.",
                f'Refer to an attribute of it: `….refAttr "id"` in place of `….id` (or `lib.ref "{id_}" "id"`).',
                severity="warning",
                address=owner,
                attribute=attribute,
            )


def _values(ir: IR) -> Iterator[tuple[str, str, Value]]:
    for resource in ir.resources.values():
        yield from ((resource.id, name, value) for name, value in resource.config.items())
    for key, provider in ir.providers.items():
        yield from ((f"provider.{key}", name, value) for name, value in provider.config.items())
    yield from ((f"output.{output.name}", "", output.value) for output in ir.outputs.values())


def _strings(value: Value) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _strings(item)
        case dict():
            for item in value.values():
                yield from _strings(item)
