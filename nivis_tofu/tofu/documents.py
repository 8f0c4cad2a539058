"""What `show -json` says about a plan and a state, typed. Values stay plain JSON with exact numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from nivis_tofu.core.immutable import immutable
from nivis_tofu.tofu import wire
from nivis_tofu.tofu.address_syntax import Address as Address
from nivis_tofu.tofu.address_syntax import InstanceKey, Mode
from nivis_tofu.tofu.messages import Action
from nivis_tofu.tofu.raw_state import RawInstance as RawInstance
from nivis_tofu.tofu.raw_state import RawOutput as RawOutput
from nivis_tofu.tofu.raw_state import RawState as RawState
from nivis_tofu.tofu.raw_state import read_raw_state as read_raw_state

_ACTIONS: dict[tuple[str, ...], Action] = {
    ("no-op",): "noop",
    ("create",): "create",
    ("read",): "read",
    ("update",): "update",
    ("delete",): "delete",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("forget",): "forget",
    ("open",): "open",
}


@immutable(slots=True)
class Change:
    """Before and after of one object; `after_unknown` and the sensitivity masks are `true` or nested."""

    actions: tuple[str, ...]
    before: Any = None
    after: Any = None
    after_unknown: Any = None
    before_sensitive: Any = None
    after_sensitive: Any = None

    @property
    def action(self) -> Action:
        return _ACTIONS.get(self.actions, "unknown")

    @property
    def create_before_destroy(self) -> bool:
        return self.actions == ("create", "delete")


@immutable(slots=True)
class PlanChange(Change):
    """The change of one resource instance (of one deposed object, if `deposed` is set)."""

    address: str = ""
    mode: Mode = "managed"
    type: str = ""
    name: str = ""
    index: InstanceKey = None
    provider: str = ""
    action_reason: str = ""
    previous_address: str = ""
    importing: Mapping[str, Any] | None = None
    replace_paths: tuple[tuple[str | int, ...], ...] = ()
    deposed: str = ""


@immutable(slots=True)
class StateOutput:
    value: Any
    sensitive: bool
    type: Any = None


@immutable(slots=True)
class StateResource:
    """One resource instance in a state; `sensitive` is a mask of `true` in the shape of `values`."""

    address: str
    mode: Mode
    type: str
    name: str
    index: InstanceKey
    provider: str
    values: Mapping[str, Any]
    sensitive: Any
    depends_on: tuple[str, ...] = ()
    tainted: bool = False


@immutable(slots=True)
class StateDocument:
    resources: tuple[StateResource, ...] = ()
    outputs: Mapping[str, StateOutput] | None = None


@immutable(slots=True)
class PlanDocument:
    """`complete` is Terraform's; OpenTofu does not say."""

    changes: tuple[PlanChange, ...]
    drift: tuple[PlanChange, ...]
    output_changes: Mapping[str, Change]
    prior_state: StateDocument
    errored: bool = False
    complete: bool | None = None


def read_plan(raw: Mapping[str, Any]) -> PlanDocument:
    """Read the document of `show -json PLAN`."""
    wire.check_format(raw, "the saved plan")
    with wire.reading("the saved plan"):
        outputs = wire.table(raw.get("output_changes"))
        return PlanDocument(
            changes=tuple(_plan_change(item) for item in wire.sequence(raw.get("resource_changes"))),
            drift=tuple(_plan_change(item) for item in wire.sequence(raw.get("resource_drift"))),
            output_changes={name: Change(**_change(item)) for name, item in outputs.items()},
            prior_state=_state(wire.table(raw.get("prior_state"))),
            errored=bool(raw.get("errored")),
            complete=raw.get("complete"),
        )


def read_state(raw: Mapping[str, Any]) -> StateDocument:
    """Read the document of `show -json`; that of an empty state has no values."""
    wire.check_format(raw, "the state")
    with wire.reading("the state"):
        return _state(raw)


def _state(raw: Mapping[str, Any]) -> StateDocument:
    values = wire.table(raw.get("values"))
    outputs = {
        name: StateOutput(item.get("value"), bool(item.get("sensitive")), item.get("type"))
        for name, item in wire.table(values.get("outputs")).items()
    }
    resources = tuple(_resources(wire.table(values.get("root_module"))))
    return StateDocument(resources, outputs)


def _resources(module: Mapping[str, Any]) -> Iterator[StateResource]:
    for item in wire.sequence(module.get("resources")):
        yield StateResource(
            **_identity(item),
            values=wire.table(item.get("values")),
            sensitive=item.get("sensitive_values") or {},
            depends_on=wire.texts(item.get("depends_on")),
            tainted=bool(item.get("tainted")),
        )
    for child in wire.sequence(module.get("child_modules")):
        yield from _resources(child)


def _plan_change(item: Mapping[str, Any]) -> PlanChange:
    change = item["change"]
    for side in ("before", "after"):
        wire.table(change.get(side))
    return PlanChange(
        **_change(change),
        **_identity(item),
        action_reason=str(item.get("action_reason", "")),
        previous_address=str(item.get("previous_address", "")),
        importing=None if change.get("importing") is None else wire.table(change["importing"]),
        replace_paths=tuple(tuple(path) for path in wire.sequence(change.get("replace_paths"))),
        deposed=str(item.get("deposed", "")),
    )


def _change(change: Mapping[str, Any]) -> dict[str, Any]:
    masks = ("before", "after", "after_unknown", "before_sensitive", "after_sensitive")
    return {"actions": wire.texts(change["actions"]), **{key: change.get(key) for key in masks}}


def _identity(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "address": str(item["address"]),
        "mode": cast(Mode, item["mode"]),
        "type": str(item["type"]),
        "name": str(item["name"]),
        "index": item.get("index"),
        "provider": str(item.get("provider_name", "")),
    }
