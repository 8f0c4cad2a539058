"""The engine's `-json` stream, line by line, as values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Literal, cast, get_args

from nivis_tofu.core import json_text
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import EngineError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.tofu import wire

Action = Literal["create", "update", "delete", "replace", "read", "noop", "move", "import", "forget", "open", "unknown"]
"""`unknown`: an action this program has no name for; never treat it as harmless."""

KNOWN_UI_MAJOR = "1"


@immutable(slots=True)
class Planned:
    """A change of one resource instance in the plan."""

    addr: str
    action: Action
    reason: str = ""
    previous_addr: str = ""
    importing_id: str = ""


@immutable(slots=True)
class Drift:
    """The refresh found that an object was changed or deleted (`delete`) since the last apply."""

    addr: str
    action: Action
    previous_addr: str = ""


@immutable(slots=True)
class ApplyStart:
    addr: str
    action: Action
    moment: str = ""
    """When the engine says that it was, as RFC 3339; here and below."""


@immutable(slots=True)
class ApplyProgress:
    addr: str
    action: Action
    elapsed_s: Decimal


@immutable(slots=True)
class ApplyComplete:
    addr: str
    action: Action
    elapsed_s: Decimal
    id_value: str = ""
    moment: str = ""


@immutable(slots=True)
class ApplyErrored:
    addr: str
    action: Action
    elapsed_s: Decimal
    moment: str = ""


@immutable(slots=True)
class RefreshStart:
    addr: str
    id_value: str = ""
    moment: str = ""


@immutable(slots=True)
class RefreshComplete:
    addr: str
    id_value: str = ""
    moment: str = ""


@immutable(slots=True)
class ProvisionerLine:
    """What a provisioner prints, and its start and end (then `output` is empty)."""

    addr: str
    provisioner: str
    event: Literal["start", "progress", "complete", "errored"]
    output: str = ""


@immutable(slots=True)
class OutputChange:
    """An output value: in a plan with an action, after an apply with a value (none if sensitive)."""

    name: str
    action: Action | None
    sensitive: bool
    value: Any = None


@immutable(slots=True)
class Outputs:
    changes: tuple[OutputChange, ...]


@immutable(slots=True)
class ChangeSummary:
    add: int
    change: int
    remove: int
    import_: int
    forget: int
    operation: str


@immutable(slots=True)
class DiagnosticMessage:
    diagnostic: Diagnostic


@immutable(slots=True)
class Version:
    tool: str
    version: str
    ui: str


@immutable(slots=True)
class Text:
    """A line for people: a message without a type, or of an unknown type."""

    level: str
    message: str


@immutable(slots=True)
class Noise:
    """A line that is not a message."""

    line: str


_OfPlan = Planned | Drift | Outputs | ChangeSummary
_OfObject = ApplyStart | ApplyProgress | ApplyComplete | ApplyErrored | RefreshStart | RefreshComplete | ProvisionerLine
Message = _OfPlan | _OfObject | DiagnosticMessage | Version | Text | Noise


def decode(line: str) -> Message:
    """Decode one line of the stream. Tolerates unknown types; raises EngineError for unknown versions and changes."""
    try:
        raw = json_text.loads(line)
    except ValueError:
        return Noise(line)
    if not isinstance(raw, dict) or "@message" not in raw:
        return Noise(line)
    decoder = _DECODERS.get(str(raw.get("type")))
    if decoder is None:
        return Text(str(raw.get("@level", "info")), str(raw["@message"]))
    try:
        return decoder(raw)
    except (KeyError, TypeError, AttributeError, ValueError, ArithmeticError, RecursionError) as error:
        # A change that cannot be read could be a destroy; anything else is only narrative.
        if raw["type"] == "planned_change":
            raise wire.unreadable("a planned change in the engine's stream", "It is malformed.") from error
        return Noise(line)


def _planned(raw: Mapping[str, Any]) -> Message:
    change = raw["change"]
    importing = change.get("importing") or {}
    # An import by identity has no id; what the engine shows then is the identity.
    imported = importing.get("id") or (str(importing["identity"]) if "identity" in importing else "")
    return Planned(
        addr=_addr(change),
        action=action_of(change["action"]),
        reason=str(change.get("reason", "")),
        previous_addr=str((change.get("previous_resource") or {}).get("addr", "")),
        importing_id=str(imported),
    )


def _drift(raw: Mapping[str, Any]) -> Message:
    change = raw["change"]
    previous = (change.get("previous_resource") or {}).get("addr", "")
    return Drift(_addr(change), action_of(change["action"]), str(previous))


def _apply_start(raw: Mapping[str, Any]) -> Message:
    return ApplyStart(_addr(raw["hook"]), action_of(raw["hook"]["action"]), _moment(raw))


def _apply_progress(raw: Mapping[str, Any]) -> Message:
    hook = raw["hook"]
    return ApplyProgress(_addr(hook), action_of(hook["action"]), Decimal(hook["elapsed_seconds"]))


def _apply_complete(raw: Mapping[str, Any]) -> Message:
    hook = raw["hook"]
    elapsed = Decimal(hook.get("elapsed_seconds", 0))
    id_value = str(hook.get("id_value", ""))
    return ApplyComplete(_addr(hook), action_of(hook["action"]), elapsed, id_value, _moment(raw))


def _apply_errored(raw: Mapping[str, Any]) -> Message:
    hook = raw["hook"]
    elapsed = Decimal(hook.get("elapsed_seconds", 0))
    return ApplyErrored(_addr(hook), action_of(hook["action"]), elapsed, _moment(raw))


def _refresh(raw: Mapping[str, Any]) -> Message:
    told = RefreshStart if raw["type"] == "refresh_start" else RefreshComplete
    return told(_addr(raw["hook"]), str(raw["hook"].get("id_value", "")), _moment(raw))


def _provision(raw: Mapping[str, Any]) -> Message:
    hook = raw["hook"]
    event = cast(Literal["start", "progress", "complete", "errored"], raw["type"].removeprefix("provision_"))
    return ProvisionerLine(_addr(hook), str(hook["provisioner"]), event, str(hook.get("output", "")))


def _outputs(raw: Mapping[str, Any]) -> Message:
    return Outputs(
        tuple(
            OutputChange(
                name,
                action_of(output["action"]) if "action" in output else None,
                bool(output.get("sensitive")),
                output.get("value"),
            )
            for name, output in raw["outputs"].items()
        )
    )


def _summary(raw: Mapping[str, Any]) -> Message:
    changes = raw["changes"]
    add, change, remove, imported, forget = (
        int(changes.get(key, 0)) for key in ("add", "change", "remove", "import", "forget")
    )
    return ChangeSummary(add, change, remove, imported, forget, str(changes.get("operation", "")))


def _diagnostic(raw: Mapping[str, Any]) -> Message:
    return DiagnosticMessage(wire.diagnostic(raw["diagnostic"]))


def _version(raw: Mapping[str, Any]) -> Message:
    tool = "tofu" if "tofu" in raw else "terraform"
    message = Version(tool, str(raw.get(tool, "")), str(raw["ui"]))
    if message.ui.split(".")[0] != KNOWN_UI_MAJOR:
        raise EngineError(
            Diagnostic(
                "Engine is too new",
                f"{tool} {message.version} speaks version {message.ui} of the message format; "
                f"this program understands version {KNOWN_UI_MAJOR}.",
                "Use an older engine (--tofu) or a newer nivis.",
            )
        )
    return message


def action_of(name: str) -> Action:
    """The action by the stream's name for it; `remove` means forgotten, not destroyed."""
    if name == "remove":
        return "forget"
    return cast(Action, name) if name in get_args(Action) else "unknown"


def _addr(raw: Mapping[str, Any]) -> str:
    return str(raw["resource"]["addr"])


def _moment(raw: Mapping[str, Any]) -> str:
    return str(raw.get("@timestamp", ""))


_DECODERS: dict[str, Callable[[Mapping[str, Any]], Message]] = {
    "version": _version,
    "planned_change": _planned,
    "resource_drift": _drift,
    "apply_start": _apply_start,
    "apply_progress": _apply_progress,
    "apply_complete": _apply_complete,
    "apply_errored": _apply_errored,
    "refresh_start": _refresh,
    "refresh_complete": _refresh,
    **dict.fromkeys(("provision_start", "provision_progress", "provision_complete", "provision_errored"), _provision),
    "outputs": _outputs,
    "change_summary": _summary,
    "diagnostic": _diagnostic,
}
