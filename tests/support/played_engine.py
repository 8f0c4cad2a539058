"""An engine played in this process: it plans and applies modules of one made-up type and keeps a real state file.

`p.t.NAME` has `v` and `force` (another one replaces the object) to configure, and computes `id` (`id-NAME-1`; a new
object has another number), `out` (`v` with an exclamation mark) and the secret `pw`. It speaks what nivis reads: command
lines, streams, documents, files. Expressions are those that nivis writes; one that it does not know fails the test.
"""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.played_module import UNKNOWN, Attributes, Module

SOURCE = "registry.opentofu.org/x/p"


_STRING = {"type": "string"}
SCHEMAS = {
    SOURCE: {
        "provider": {"version": 0, "block": {"attributes": {"region": {**_STRING, "optional": True}}}},
        "resource_schemas": {
            "t": {
                "version": 0,
                "block": {
                    "attributes": {
                        "id": {**_STRING, "computed": True},
                        "v": {**_STRING, "optional": True},
                        "force": {**_STRING, "optional": True},
                        "out": {**_STRING, "computed": True},
                        "pw": {**_STRING, "computed": True, "sensitive": True},
                    }
                },
            }
        },
    }
}


@dataclass
class Change:
    address: str
    action: str
    before: Attributes | None
    after: Attributes | None
    forces: bool = False

    def document(self) -> dict[str, Any]:
        actions = {"replace": ["delete", "create"], "noop": ["no-op"]}.get(self.action, [self.action])
        after: Attributes = {}
        unknown: Attributes = {}
        for name, value in (self.after or {}).items():
            (unknown if value is UNKNOWN else after)[name] = True if value is UNKNOWN else value
        change = {
            "actions": actions, "before": self.before, "after": None if self.after is None else after, "after_unknown": unknown,
            "before_sensitive": {"pw": True}, "after_sensitive": {"pw": True},
            **({"replace_paths": [["force"]]} if self.forces else {}),
        }  # fmt: skip
        reason = {"action_reason": "replace_because_cannot_update"} if self.forces else {}
        return {**_identity(self.address), **reason, "change": change}


def _identity(address: str) -> dict[str, Any]:
    return {"address": address, "mode": "managed", "type": "t", "name": address[2:], "provider_name": SOURCE}


@dataclass
class PlayedEngine:
    """Answers command lines. What goes wrong is told it beforehand."""

    state_file: Path
    calls: list[list[str]] = field(default_factory=list)
    """Every command line, without the program."""
    fails: set[str] = field(default_factory=set)
    """Addresses of which an apply fails."""
    refuses: dict[str, str] = field(default_factory=dict)
    """Command -> what it is refused with."""
    dies: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Command -> exit code and number of its lines: the next one ends like this, and no state is written."""
    environments: list[Mapping[str, str]] = field(default_factory=list)
    """Of each call."""
    lock: str = ""
    """The lock file that `init` writes."""
    workspaces: list[str] = field(default_factory=lambda: ["default"])
    real: dict[str, Attributes | None] = field(default_factory=dict)
    """Address -> what somebody else made of the object; None: it is gone."""
    made: Counter[str] = field(default_factory=Counter)

    def said(self, *words: str) -> list[list[str]]:
        """The command lines that begin with these words."""
        return [call for call in self.calls if tuple(call[: len(words)]) == words]

    def run(self, argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> tuple[int, list[str]]:
        """The exit code, and the lines of stdout."""
        self.calls.append(list(argv))
        self.environments.append(env)
        kept = self.state_file.read_text() if self.state_file.exists() else None
        code, lines = self._run(argv, cwd, env)
        if argv[0] not in self.dies:
            return code, lines
        if kept is None:
            self.state_file.unlink(missing_ok=True)
        else:
            self.state_file.write_text(kept)
        code, said = self.dies.pop(argv[0])
        return code, lines[:said]

    def _run(self, argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> tuple[int, list[str]]:
        if summary := self.refuses.get(argv[0]):
            return 1, [_error(summary)]
        flags = {a for a in argv if a.startswith("-")}
        words = [a for a in argv if not a.startswith("-")]
        match words:
            case ["version"]:
                return 0, [json.dumps({"terraform_version": "1.12.6"}) if "-json" in flags else "OpenTofu v1.12.6"]
            case ["init"]:
                data = cwd / env.get("TF_DATA_DIR", ".terraform")
                data.mkdir(exist_ok=True, parents=True)
                if "-backend=false" not in flags:
                    (data / "terraform.tfstate").write_text(json.dumps({"version": 3, "backend": {"type": "local"}}))
                if self.lock:
                    (cwd / ".terraform.lock.hcl").write_text(self.lock)
                return 0, [_line("version", tofu="1.12.6", ui="1.2")]
            case ["providers", "schema"]:
                wanted = _read(cwd, argv).sources
                known = {s: schemas for s, schemas in SCHEMAS.items() if s in wanted}
                return 0, [json.dumps({"format_version": "1.0", "provider_schemas": known})]
            case ["validate"]:
                return 0, [json.dumps({"valid": True, "diagnostics": []})]
            case ["show", file]:
                with zipfile.ZipFile(file) as archive:
                    return 0, [archive.read("shown").decode()]
            case ["state", "pull"]:
                return 0, self.state_file.read_text().splitlines() if self.state_file.exists() else []
            case ["plan"]:
                return self._plan(_read(cwd, argv), flags)
            case ["apply"]:
                module = _read(cwd, argv)
                return self._apply(module, self._changes(module, flags), not _scoped(flags))
            case ["apply", file]:
                with zipfile.ZipFile(file) as archive:
                    told = json.loads(archive.read("told"))
                module = Module(told["module"], told["variables"])
                return self._apply(module, self._changes(module, set(told["flags"])), not _scoped(set(told["flags"])))
            case ["workspace", "list"]:
                return 0, [f"* {self.workspaces[0]}", *(f"  {name}" for name in self.workspaces[1:])]
            case ["state", "rm", *addresses]:
                self.save({a: o for a, o in self.objects().items() if a not in addresses})
            case ["state", "mv", old, new]:
                self.save({(new if a == old else a): o for a, o in self.objects().items()})
            case ["import", address, id_]:
                self.save({**self.objects(), address: {"id": id_, "v": None, "force": None, "out": "!", "pw": "s"}})
        return 0, []

    # The state.

    def raw(self) -> dict[str, Any]:
        if not self.state_file.exists() or not (text := self.state_file.read_text()):
            return {
                "version": 4,
                "terraform_version": "1.12.6",
                "serial": 0,
                "lineage": "l",
                "outputs": {},
                "resources": [],
            }
        found: dict[str, Any] = json.loads(text)
        return found

    def objects(self) -> dict[str, Attributes]:
        return {f"t.{r['name']}": r["instances"][0]["attributes"] for r in self.raw()["resources"]}

    def save(self, objects: Mapping[str, Attributes], depends: Mapping[str, list[str]] = {}, **more: Any) -> None:
        raw = self.raw()
        old = {f"t.{r['name']}": r["instances"][0].get("dependencies", []) for r in raw["resources"]}
        changed = {**raw, **more, "resources": [
            {"mode": "managed", "type": "t", "name": a[2:], "provider": f'provider["{SOURCE}"]',
             "instances": [{"schema_version": 0, "attributes": o, "dependencies": depends.get(a, old.get(a, []))}]}
            for a, o in objects.items()
        ]}  # fmt: skip
        if changed != raw or not self.state_file.exists():
            self.state_file.write_text(json.dumps({**changed, "serial": raw["serial"] + 1}))

    # Plans.

    def _found(self, flags: set[str]) -> dict[str, Attributes]:
        """What is there, after a refresh if there is one."""
        there = self.objects()
        if "-refresh=false" in flags:
            return there
        seen = {a: self.real.get(a, o) for a, o in there.items()}
        return {a: o for a, o in seen.items() if o is not None}

    def _changes(self, module: Module, flags: set[str]) -> list[Change]:
        there = self._found(flags)
        left = {f.split("=", 1)[1] for f in flags if f.startswith("-exclude=")}
        only = {f.split("=", 1)[1] for f in flags if f.startswith("-target=")}
        left |= ({*there, *module.resources} - only) if only else set()
        gone = [Change(a, "delete", o, None) for a, o in there.items() if a not in module.resources and a not in left]
        if "-destroy" in flags:
            return [Change(a, "delete", o, None) for a, o in reversed(list(there.items())) if a not in left]
        if "-refresh-only" in flags:
            return []
        planned, changes = dict(there), []
        for address in (a for a in module.ordered if a not in left):
            change = self._change(module, address, planned, f"-replace={address}" in flags)
            planned[address] = change.after or {}
            changes.append(change)
        return [*gone, *changes]

    def _change(self, module: Module, address: str, objects: Mapping[str, Attributes], wanted: bool) -> Change:
        body, before = module.resources[address], objects.get(address)
        given = {n: module.value(body.get(n), objects) for n in ("v", "force")}
        if before is None:
            return Change(address, "create", None, {**given, "id": UNKNOWN, "out": UNKNOWN, "pw": UNKNOWN})
        if (forces := before["force"] != given["force"]) or wanted:
            return Change(address, "replace", before, {**given, "id": UNKNOWN, "out": UNKNOWN, "pw": UNKNOWN}, forces)
        if before["v"] != given["v"]:
            return Change(address, "update", before, {**before, **given, "out": UNKNOWN})
        return Change(address, "noop", before, before)

    def _plan(self, module: Module, flags: set[str]) -> tuple[int, list[str]]:
        there, known = self._found(flags), self.objects()
        changes = self._changes(module, flags)
        drift = [
            Change(a, "update" if a in there else "delete", o, there.get(a))
            for a, o in known.items()
            if there.get(a) != o
        ]
        lines = [_line("version", tofu="1.12.6", ui="1.2")]
        lines += [_planned("resource_drift", c) for c in drift]
        lines += [_planned("planned_change", c) for c in changes if c.action != "noop"]
        lines.append(_ended("plan"))
        outputs = self._output_changes(module, changes, flags)
        if outputs:
            lines.append(
                _line(
                    "outputs",
                    outputs={n: {"action": c["actions"][0].replace("no-op", "noop")} for n, c in outputs.items()},
                )
            )
        file = next((Path(f.split("=", 1)[1]) for f in flags if f.startswith("-out=")), None)
        if file:
            shown = {
                "format_version": "1.2", "terraform_version": "1.12.6", "output_changes": outputs,
                "resource_changes": [c.document() for c in changes], "resource_drift": [c.document() for c in drift],
                "prior_state": {"values": {"root_module": {"resources": [
                    {**_identity(a), "values": o, "sensitive_values": {"pw": True}} for a, o in there.items()
                ]}}},
            }  # fmt: skip
            told = {"module": module.document, "variables": module.variables, "flags": sorted(flags)}
            refreshed = {**self.raw()}
            refreshed["resources"] = [
                {**r, "instances": [{**r["instances"][0], "attributes": there[f"t.{r['name']}"]}]}
                for r in refreshed["resources"] if f"t.{r['name']}" in there
            ]  # fmt: skip
            with zipfile.ZipFile(file, "w") as archive:
                for name, document in (("tfplan", ""), ("shown", shown), ("told", told), ("tfstate", refreshed)):
                    archive.writestr(name, json.dumps(document))
        return 0, lines

    def _output_changes(self, module: Module, changes: list[Change], flags: set[str]) -> dict[str, Any]:
        if _scoped(flags):
            return {}
        objects = {**self._found(flags), **{c.address: c.after or {} for c in changes}}
        old = {n: o["value"] for n, o in self.raw()["outputs"].items()}
        new = {} if "-destroy" in flags else {n: module.value(o["value"], objects) for n, o in module.outputs.items()}
        found = {}
        for name in sorted({*old, *new}):
            before, after = old.get(name), new.get(name)
            action = (
                "delete"
                if name not in new
                else "create"
                if name not in old
                else "no-op"
                if before == after
                else "update"
            )
            unknown = after is UNKNOWN
            found[name] = {
                "actions": [action],
                "before": before,
                "after": None if unknown else after,
                "after_unknown": unknown,
            }
        return found

    def _apply(self, module: Module, changes: list[Change], whole: bool) -> tuple[int, list[str]]:
        lines, objects, failed = [_line("version", tofu="1.12.6", ui="1.2")], dict(self.objects()), set[str]()
        objects |= {c.address: c.before for c in changes if c.before is not None}
        last = {c.address for c in changes if c.action == "replace" and module.creates_first(c.address)}
        going = [c for c in changes if c.action in ("delete", "replace") and c.address not in last]
        for change in self._dependants_first(going):
            lines += [_hook("apply_start", change.address, "delete"), _hook("apply_complete", change.address, "delete")]
            objects.pop(change.address, None)
        for change in (c for c in changes if c.action in ("create", "replace", "update")):
            if failed & set(module.depends(change.address)):
                failed.add(change.address)
                continue
            action = "update" if change.action == "update" else "create"
            lines.append(_hook("apply_start", change.address, action))
            if change.address in self.fails:
                failed.add(change.address)
                lines += [
                    _hook("apply_errored", change.address, action),
                    _error(f"{change.address} cannot be made", change.address),
                ]
                continue
            objects[change.address] = self._make(module, change, objects)
            lines.append(_hook("apply_complete", change.address, action))
            if change.address in last:
                lines += [_hook(kind, change.address, "delete") for kind in ("apply_start", "apply_complete")]
        outputs = self.raw()["outputs"]
        if whole and not failed:
            values = {
                n: (module.value(o["value"], objects), bool(o.get("sensitive"))) for n, o in module.outputs.items()
            }
            outputs = {
                n: {"value": v, "type": "string", "sensitive": s}
                for n, (v, s) in values.items()
                if v is not UNKNOWN and v is not None
            }
        self.save(objects, {a: module.depends(a) for a in module.resources}, outputs=outputs)
        return (1, lines) if failed else (0, [*lines, _ended("apply")])

    def _dependants_first(self, going: list[Change]) -> list[Change]:
        needs = {f"t.{r['name']}": set(r["instances"][0]["dependencies"]) for r in self.raw()["resources"]}
        found: list[Change] = []
        while left := [c for c in going if c not in found]:
            used = set().union(*(needs.get(c.address, set()) for c in left))
            found += [c for c in left if c.address not in used] or left
        return found

    def _make(self, module: Module, change: Change, objects: Mapping[str, Attributes]) -> Attributes:
        body, name = module.resources[change.address], change.address[2:]
        given = {n: module.value(body.get(n), objects) for n in ("v", "force")}
        if change.action == "update":
            return {**(change.before or {}), **given, "out": f"{given['v']}!"}
        self.made[name] += 1
        id_ = f"id-{name}-{self.made[name]}"
        return {**given, "id": id_, "out": f"{given['v']}!", "pw": f"secret-of-{id_}"}


def _read(cwd: Path, argv: Sequence[str]) -> Module:
    variables: dict[str, Any] = {}
    for file in [a.split("=", 1)[1] for a in argv if a.startswith("-var-file=")]:
        variables |= json.loads((cwd / file).read_text())
    (main,) = cwd.glob("*main.tf.json")
    return Module(json.loads(main.read_text()), variables)


def _scoped(flags: set[str]) -> bool:
    return any(f.startswith(("-exclude", "-target")) for f in flags)


def _line(kind: str, message: str = "", **more: Any) -> str:
    return json.dumps({"@level": "info", "@message": message, "type": kind, **more})


def _planned(kind: str, change: Change) -> str:
    reason = {"reason": "cannot_update"} if change.forces else {}
    return _line(kind, change={"resource": {"addr": change.address}, "action": change.action, **reason})


def _ended(operation: str) -> str:
    return _line("change_summary", changes={"add": 0, "change": 0, "remove": 0, "operation": operation})


def _hook(kind: str, address: str, action: str) -> str:
    return _line(kind, hook={"resource": {"addr": address}, "action": action, "elapsed_seconds": 0})


def _error(summary: str, address: str = "") -> str:
    found = {"severity": "error", "summary": summary, "detail": "", **({"address": address} if address else {})}
    return json.dumps({"@level": "error", "@message": summary, "type": "diagnostic", "diagnostic": found})
