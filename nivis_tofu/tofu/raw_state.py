"""The state file itself (`state pull`), format version 4: what no `show` tells, and without a provider start.

Attributes are as the provider's schema stores them: a dynamically typed one is `{"value", "type"}`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import EngineError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.tofu import wire
from nivis_tofu.tofu.address_syntax import Address, InstanceKey, Mode

VERSION = 4
LARGE = 10_000_000
"""Characters of a state that has long values; many stand in it twice, as input and as output."""

Path = tuple[str | int, ...]


@immutable(slots=True)
class RawOutput:
    value: Any
    type: Any
    sensitive: bool


@immutable(slots=True)
class RawInstance:
    """One object in the state; `deposed` is its key if a replacement left it behind."""

    address: str
    mode: Mode
    module: str
    type: str
    name: str
    index_key: InstanceKey
    provider: str
    """Source address, e.g. `registry.opentofu.org/hashicorp/aws`."""
    attributes: Mapping[str, Any]
    sensitive_paths: tuple[Path, ...]
    dependencies: tuple[str, ...]
    deposed: str
    tainted: bool
    create_before_destroy: bool


@immutable(slots=True)
class RawState:
    lineage: str
    serial: int
    version: int
    outputs: Mapping[str, RawOutput]
    instances: tuple[RawInstance, ...]


def read_raw_state(text: str) -> RawState | None:
    """Read the output of `state pull`; None if it is empty, since there is no state yet."""
    if is_blank(text):
        return None
    return of_document(wire.load_object(text, "the state", large=len(text) > LARGE))


def of_document(raw: Mapping[str, Any]) -> RawState:
    """The same of the object that the text is."""
    version = raw.get("version")
    if not isinstance(version, int) or version < VERSION:
        raise wire.unreadable("the state", f"Its format has version {version!r}; version {VERSION} is needed.")
    if version > VERSION:
        raise EngineError(
            Diagnostic(
                "State is newer than the tool",
                f"The state has format version {version}, written by {raw.get('terraform_version', '?')}; "
                f"this program reads version {VERSION}.",
                "Use the tool that wrote it, or a newer nivis.",
            )
        )
    with wire.reading("the state"):
        return RawState(
            lineage=str(raw.get("lineage", "")),
            serial=int(raw.get("serial", 0)),
            version=version,
            outputs={name: _output(item) for name, item in wire.table(raw.get("outputs")).items()},
            instances=tuple(_instances(wire.sequence(raw.get("resources")))),
        )


def is_blank(text: str) -> bool:
    """Whether nothing is in it; to strip it would copy what is."""
    return not text or text.isspace()


def _output(raw: Mapping[str, Any]) -> RawOutput:
    return RawOutput(raw["value"], raw.get("type"), bool(raw.get("sensitive")))


def _instances(resources: Any) -> Iterator[RawInstance]:
    for resource in resources:
        module, mode = str(resource.get("module", "")), cast(Mode, resource["mode"])
        for item in resource["instances"]:
            address = Address(module, mode, resource["type"], resource["name"], item.get("index_key"))
            # The provider stands at the instance where instances differ in it.
            yield RawInstance(
                address=str(address),
                mode=mode,
                module=module,
                type=address.type,
                name=address.name,
                index_key=address.key,
                provider=_source(item.get("provider") or resource.get("provider") or ""),
                attributes=wire.table(item.get("attributes")),
                sensitive_paths=tuple(_path(path) for path in wire.sequence(item.get("sensitive_attributes"))),
                dependencies=wire.texts(item.get("dependencies")),
                deposed=str(item.get("deposed", "")),
                tainted=item.get("status") == "tainted",
                create_before_destroy=bool(item.get("create_before_destroy")),
            )


def _source(provider: str) -> str:
    """Of `module.m.provider["SOURCE"].alias`."""
    source, closed, _ = provider.partition('provider["')[2].partition('"]')
    return source if closed and '"' not in source else ""


def _path(steps: Any) -> Path:
    """Steps are `get_attr` with a name, or `index` with a typed value."""
    found = tuple(step["value"]["value"] if step["type"] == "index" else step["value"] for step in steps)
    if not all(isinstance(step, str | int) for step in found):
        raise TypeError("not a path")
    return found
