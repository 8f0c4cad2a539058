"""A run as OpenTofu's own `-json` tells it: its lines where they are its own, one summary over all phases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import EngineError
from nivis_tofu.core.outcome import Line, Preview
from nivis_tofu.ir.engine_name import module_of
from nivis_tofu.tofu.address_syntax import Address
from nivis_tofu.tofu.raw_state import RawOutput
from nivis_tofu.views.jsonl import engine_form

PREVIEW = "preview"
"""Stands for the command of a plan that is never applied: it tells what later phases are going to do."""
_COUNTED = ("add", "change", "import", "remove", "forget")
_COUNTS = {
    "create": ("add",),
    "update": ("change",),
    "replace": ("add", "remove"),
    "delete": ("remove",),
    "import": ("import",),
    "forget": ("forget",),
}
_STREAM_VERSION = "1.2"


class EngineLines:
    """Takes the lines of every engine process and what the run came to; writes what one process would have said.

    `verb`: whose output is wanted; of `init` each line is. `version` is asked where no engine process has said it yet.
    """

    def __init__(self, write: Callable[[str], None], verb: str, version: Callable[[], str]) -> None:
        self._write, self._verb, self._version = write, verb, version
        self._begun = False
        self._planned: dict[str, Mapping[str, Any]] = {}
        self._drifted: set[str] = set()
        self._outputs: dict[str, Mapping[str, Any]] = {}
        self._counts: Counter[str] = Counter()

    def engine(self, command: str, line: Mapping[str, Any]) -> None:
        """One line of an engine process, without secrets in it."""
        match line.get("type"):
            case "version":
                if not self._begun:
                    self._begun = True
                    self._line(line)
                return
            case "planned_change" if command == PREVIEW:
                self._planned.setdefault(_addr(line), line)
                return
            case "planned_change":
                self._planned[_addr(line)] = line
                if command != "apply":
                    return
            case "change_summary":
                changes = line.get("changes") or {}
                if command == "apply" and changes.get("operation") != "plan":
                    self._counts.update({name: int(changes.get(name, 0)) for name in _COUNTED})
                return
            case "outputs":
                for name, output in (line.get("outputs") or {}).items():
                    self._outputs[name] = output
                return
            case "diagnostic":
                return
            case "resource_drift":
                if _addr(line) in self._drifted:
                    return
                self._drifted.add(_addr(line))
            case None | "output" if command != self._verb:  # OpenTofu 1.10 types what `init` tells people
                return
        if command != PREVIEW:
            self._line(line)

    def plan(self, preview: Preview, secret: Collection[str]) -> None:
        """The last lines of a plan over all phases; `secret`: names of sensitive outputs."""
        counts: Counter[str] = Counter()
        for line in preview.lines:
            counts.update(_COUNTS.get(line.action, ()))
            self._planned_change(line)
        for found in preview.warnings:
            self.diagnostic(found)
        self._summary("plan", counts)
        same = {n: "noop" for n, o in self._outputs.items() if o.get("action") == "noop" and not module_of(n)}
        hidden = {n for n, o in self._outputs.items() if o.get("sensitive")} | set(secret)
        actions = same | dict(preview.outputs)
        outputs = {name: {"sensitive": name in hidden, "action": action} for name, action in actions.items()}
        if outputs:
            self._say(f"Outputs: {len(outputs)}", type="outputs", outputs=outputs)

    def applied(self, operation: str, outputs: Mapping[str, RawOutput]) -> None:
        """The last lines of a successful apply or destroy."""
        self._summary(operation, self._counts)
        self.outputs(outputs)

    def outputs(self, found: Mapping[str, RawOutput]) -> None:
        """The values of outputs, except secret ones."""
        if not found:
            return
        shown = {
            name: {"sensitive": o.sensitive, "type": o.type} | ({} if o.sensitive else {"value": o.value})
            for name, o in sorted(found.items())
        }
        self._say(f"Outputs: {len(shown)}", type="outputs", outputs=shown)

    def diagnostic(self, found: Diagnostic) -> None:
        level = "warn" if found.severity == "warning" else "error"
        head = "Warning" if found.severity == "warning" else "Error"
        self._say(f"{head}: {found.summary}", level, type="diagnostic", diagnostic=engine_form(found))

    def told(self, text: str) -> None:
        """A line without a type, for people."""
        self._say(text)

    def _planned_change(self, line: Line) -> None:
        if line.action == "noop":
            return
        if own := list(self._own(line)):
            for document in own:
                self._line(document)
            return
        try:
            resource = _resource(line.address)
        except EngineError:  # a group, or a module as a whole
            self._say(f"{line.id}: not known yet" + (f", waits for {line.waits_for}" if line.waits_for else ""))
            return
        change = {"resource": resource, "action": "remove" if line.action == "forget" else line.action}
        self._say(f"{line.address}: Plan to {line.action}", type="planned_change", change=change)

    def _own(self, line: Line) -> Iterator[Mapping[str, Any]]:
        """What the engine itself said of a line's object, or of those in its module."""
        kinds = {"import": None, "move": None, "forget": {"remove", "forget"}}.get(line.action, {line.action})
        for address, found in self._planned.items():
            mine = line.address and (address == line.address or address.startswith(f"{line.address}."))
            if mine and (kinds is None or (found.get("change") or {}).get("action") in kinds):
                yield found

    def _summary(self, operation: str, counts: Mapping[str, int]) -> None:
        found = {name: counts.get(name, 0) for name in _COUNTED}
        imported = f"{found['import']} to import, " if found["import"] else ""
        done = f"{found['import']} imported, " if found["import"] else ""
        add, change, remove = found["add"], found["change"], found["remove"]
        text = {
            "plan": f"Plan: {imported}{add} to add, {change} to change, {remove} to destroy.",
            "apply": f"Apply complete! Resources: {done}{add} added, {change} changed, {remove} destroyed.",
            "destroy": f"Destroy complete! Resources: {remove} destroyed.",
        }
        self._say(text[operation], type="change_summary", changes={**found, "operation": operation})

    def _say(self, message: str, level: str = "info", **more: Any) -> None:
        if not self._begun:
            self._begun = True
            version = self._version()
            self._say(f"OpenTofu {version}", type="version", tofu=version, ui=_STREAM_VERSION)
        head = {"@level": level, "@message": message, "@module": "tofu.ui"}
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        self._line({**head, "@timestamp": now, **more})

    def _line(self, document: Mapping[str, Any]) -> None:
        self._write(json_text.dumps(document))


def _addr(line: Mapping[str, Any]) -> str:
    return str(((line.get("change") or {}).get("resource") or {}).get("addr", ""))


def _resource(address: str) -> dict[str, Any]:
    """The object that the engine's lines name a resource instance by."""
    found = Address.parse(address)
    prefix = f"{found.module}." if found.module else ""
    return {
        "addr": address,
        "module": found.module,
        "resource": address.removeprefix(prefix),
        "implied_provider": found.type.split("_")[0],
        "resource_type": found.type,
        "resource_name": found.name,
        "resource_key": found.key,
    }
