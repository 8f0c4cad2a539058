"""`convert`: a whole root module of `.tf` files -> a flake that stands alone.

Data: blocks -> Nix bindings and the arguments of `toIR`; what cannot be said in Nix goes into `left`, by place
and reason, and into a comment of the flake. Addresses do not change, so the state fits as it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import field
from pathlib import Path
from typing import Any

from nivis_tofu.authoring.block_to_nix import Writer, as_text
from nivis_tofu.core.immutable import mutable
from nivis_tofu.hcl import reader
from nivis_tofu.hcl.blocks import Block
from nivis_tofu.hcl.reader import Body, Source, Traversal
from nivis_tofu.nix import syntax
from nivis_tofu.nix.syntax import Raw
from nivis_tofu.project.root_module import RootModule, is_override

_META = {"provider", "depends_on"}
_MODULE_META = {"source", "version", "providers", "depends_on"}
_LIFECYCLE = {
    "prevent_destroy": "preventDestroy",
    "create_before_destroy": "createBeforeDestroy",
    "ignore_changes": "ignoreChanges",
    "replace_triggered_by": "replaceTriggeredBy",
}
_LABELS = {"resource": 2, "data": 2, **dict.fromkeys(("module", "provider", "variable", "output", "check"), 1)}
_TYPES = {"string": "str", "list": "list", "set": "list", "tuple": "list", "map": "attrs", "object": "attrs"}


def _below(project: Path, directory: Path) -> str:
    """The way to a directory from the project; empty for the project itself."""
    return "" if directory.resolve() == project.resolve() else os.path.relpath(directory, project)


@mutable
class Converted:
    """The flake, and what was left out of it as (place, reason)."""

    text: str = ""
    left: list[tuple[str, str]] = field(default_factory=list)
    secret: frozenset[str] = frozenset()
    """Variables that are marked sensitive: their values stay outside."""


def convert(root: RootModule, project: Path) -> Converted:
    """The flake for a root module; relative paths in it are relative to `project`."""
    return _Conversion(root, project).run()


class _Conversion:
    def __init__(self, root: RootModule, project: Path) -> None:
        self.root, self.project = root, project
        self.done = Converted()
        self.bodies: dict[int, Body] = {}
        self.blocks: list[Block] = []
        for path, block in root.all:
            place = f"{path.name}: {' '.join((block.kind, *block.labels))}"
            if is_override(path):
                self.leave(place, "overrides what other files declare; put it into what was made of that")
                continue
            if path.name.endswith(".json"):
                self.leave(place, "declared in JSON")
                continue
            if len(block.labels) != _LABELS.get(block.kind, len(block.labels)):
                self.leave(place, "a block of this kind has other labels")
                continue
            try:
                self.bodies[id(block)] = reader.body(reader.inside(block.text))
                self.blocks.append(block)
            except (ValueError, IndexError, RecursionError):
                self.leave(place, "its text is more than this reader understands")
        taken = {"ir", "vars"}
        declared = [b for b in self.blocks if b.kind in ("resource", "data", "module")]
        self.names = {b.names[0]: syntax.variable(b.labels[-1], taken) for b in declared}
        # A reference of the library begins with an attribute; one to an instance stays an expression of the engine.
        single = {b.names[0] for b in declared if not self.bodies[id(b)].attributes.keys() & {"count", "for_each"}}
        self.writer = Writer(
            {a: n for a, n in self.names.items() if a in single},
            _below(project, root.directory),
        )
        self.keys: dict[tuple[str, str], str] = {}
        """(local name, alias) -> key of `providers`."""

    def leave(self, place: str, reason: str) -> None:
        self.done.left.append((place, reason))

    def of(self, *kinds: str) -> Iterator[tuple[Block, Body]]:
        return ((b, self.bodies[id(b)]) for b in self.blocks if b.kind in kinds)

    def run(self) -> Converted:
        providers = self.providers()
        lets: list[tuple[str, Any]] = [self.variables_let()] if any(self.of("variable")) else []
        lets += [(self.names[b.names[0]], Raw(self.declaration(b, body))) for b, body in self.of("resource", "data")]
        lets += [(self.names[b.names[0]], Raw(self.module(b, body))) for b, body in self.of("module")]
        arguments: dict[str, Any] = {"providers": providers}
        for name, kind in (("resources", "resource"), ("dataSources", "data"), ("modules", "module")):
            arguments[name] = [Raw(self.names[b.names[0]], simple=True) for b, _ in self.of(kind)]
        arguments["outputs"] = self.outputs()
        extra = self.extra()
        arguments |= {k: v for k, v in (("backend", self.backend()), ("extra", extra)) if v}
        arguments = {k: v for k, v in arguments.items() if v or k in ("providers", "resources")}
        if self.writer.uses_path:
            self.leave("path.module", f"was written as {self.writer.place}, where the module lies in the project")
        for block, _ in self.of("ephemeral"):
            self.leave(block.names[0], "an ephemeral resource")
        left = [f"  {place}: {' '.join(reason.split())}" for place, reason in self.done.left]
        notes = ["Not converted, or to be looked at:", *left] if left else []
        self.done.text = syntax.flake(dict(lets), arguments, notes)
        return self.done

    def providers(self) -> dict[str, Any]:
        required = self.root.terraform.get("required_providers", {})
        used = {self.provider_name(b, body) for b, body in self.of("resource", "data")}
        configured: dict[tuple[str, str], Body] = {}
        for block, body in self.of("provider"):
            alias = str(body.attributes.get("alias") or "")
            configured[block.labels[0], alias] = body
        wanted = {*configured, *used, *((n, "") for n in required if not any(n == c for c, _ in configured))}
        found: dict[str, Any] = {}
        for name, alias in sorted(wanted):
            key = alias or name
            if key in found:
                key = f"{name}_{alias}"
            self.keys[name, alias] = key
            entry = required.get(name, {})
            entry = {"version": entry} if isinstance(entry, str) else entry if isinstance(entry, dict) else {}
            default = "terraform.io/builtin/terraform" if name == "terraform" else f"hashicorp/{name}"
            arguments: dict[str, Any] = {"source": entry.get("source", default)}
            config = self.writer.body(configured.get((name, alias), Body({}, [])))
            config.pop("alias", None)
            version = config.pop("version", None) or entry.get("version")
            arguments |= {k: v for k, v in (("version", version), ("config", config)) if v}
            found[key] = Raw(f"lib.mkProvider {syntax.value(arguments, 4)}")
        return found

    def provider_name(self, block: Block, body: Body) -> tuple[str, str]:
        match body.attributes.get("provider"):
            case Traversal(steps=[str(name), str(alias)]):
                return name, alias
            case Source(text) | Traversal(_, text):
                return text, ""
            case _:
                return block.labels[0].split("_")[0], ""

    def declaration(self, block: Block, body: Body) -> str:
        kind, name = block.labels
        function = "mkData" if block.kind == "data" else "mkResource"
        plain = body.without(*_META, "lifecycle")
        arguments: dict[str, Any] = {
            "provider": self.keys[self.provider_name(block, body)],
            "type": kind,
            "name": name,
            "config": self.writer.body(plain),
        }
        if meta := self.meta(block, body):
            if block.kind == "data":
                self.leave(block.names[0], f"{', '.join(sorted(meta))}: a data source has no meta in Nix")
            else:
                arguments["meta"] = meta
        return f"lib.{function} {syntax.value(arguments, 3)}"

    def meta(self, block: Block, body: Body) -> dict[str, Any]:
        out: dict[str, Any] = {}
        where = block.names[0]
        if needs := body.attributes.get("depends_on"):
            out["dependsOn"] = self.objects(needs, f"{where}: depends_on")
        for kind, _, inner in body.blocks:
            if kind != "lifecycle":
                continue
            cycle: dict[str, Any] = self.writer.body(Body({}, inner.blocks))
            for name, value in inner.attributes.items():
                match name:
                    case "ignore_changes":
                        value = value.text if isinstance(value, Source) else [getattr(v, "text", v) for v in value]
                    case "replace_triggered_by":
                        value = self.objects(value, f"{where}: {name}")
                    case _ if name not in _LIFECYCLE or not isinstance(value, bool):
                        self.leave(where, f"`{name}` in `lifecycle`")
                        continue
                cycle[_LIFECYCLE[name]] = value
            if cycle:
                out["lifecycle"] = cycle
        return out

    def objects(self, values: Any, where: str) -> list[Raw]:
        """Resources by their bindings, or references to their attributes."""
        found = []
        for value in values if isinstance(values, list) else [values]:
            text = getattr(value, "text", str(value))
            reference = self.writer.traversal(value) if isinstance(value, Traversal) else None
            if text in self.names:
                found.append(Raw(self.names[text], simple=True))
            elif reference is not None:
                found.append(reference)
            else:
                self.leave(where, f"`{text}` is not declared here as a whole")
        return found

    def module(self, block: Block, body: Body) -> str:
        source = body.attributes.get("source")
        if isinstance(source, str) and source.startswith("."):
            path = os.path.relpath(self.root.directory / source, self.project)
            source = path if path.startswith("..") else f"./{path}"
        plain = body.without(*_MODULE_META)
        given = {"source": source, "name": block.labels[0], "version": body.attributes.get("version")}
        arguments: dict[str, Any] = {k: self.writer.value(v) for k, v in given.items() if v is not None}
        arguments["config"] = self.writer.body(plain)
        providers = {}
        handed = body.attributes.get("providers")
        for name, value in handed.items() if isinstance(handed, dict) else ():
            local, _, alias = getattr(value, "text", str(value)).partition(".")
            providers[name] = self.keys.get((local, alias), local)
        if providers:
            arguments["providers"] = providers
        if needs := body.attributes.get("depends_on"):
            arguments["meta"] = {"dependsOn": self.objects(needs, f"{block.names[0]}: depends_on")}
        return f"lib.mkModule {syntax.value(arguments, 3)}"

    def variables_let(self) -> tuple[str, Any]:
        """Variables that are not secret become variables of Nix, whose values are the defaults of the engine's own."""
        declared = {}
        for block, body in self.of("variable"):
            if body.attributes.get("sensitive") is True:
                continue
            kind = getattr(body.attributes.get("type"), "text", str(body.attributes.get("type", "any")))
            entry: dict[str, Any] = {"type": _TYPES.get(kind.split("(")[0], "any")}
            entry |= {k: body.attributes[k] for k in ("default", "description") if k in body.attributes}
            if "default" in entry and (plain := as_text(entry["default"])) != entry["default"]:
                self.leave(block.names[0], "a number that Nix does not hold is the text of it in the default")
                entry["default"] = plain
            declared[block.labels[0]] = {k: self.writer.value(v) for k, v in entry.items()}
        return "vars", Raw(f"lib.mkVars {syntax.value(declared, 3)} ledger.vars")

    def outputs(self) -> dict[str, Any]:
        found = {}
        for block, body in self.of("output"):
            known = {k: self.writer.value(v) for k, v in body.attributes.items()}
            entry = {k: known[k] for k in ("value", "sensitive", "description") if k in known}
            for name in (*(known.keys() - entry.keys()), *(b[0] for b in body.blocks)):
                self.leave(block.names[0], f"`{name}` of an output")
            found[block.labels[0]] = entry["value"] if entry.keys() == {"value"} else entry
        return found

    def backend(self) -> dict[str, Any] | None:
        for _, body in self.of("terraform"):
            for kind, labels, inner in body.blocks:
                if kind == "backend" and labels:
                    return {"type": labels[0], **self.writer.body(inner)}
        return None

    def extra(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for _, body in self.of("terraform"):
            for name, value in body.attributes.items():
                found.setdefault("terraform", {})[name] = self.writer.value(value)
            for kind, labels, inner in body.blocks:
                if kind == "encryption":
                    found.setdefault("terraform", {})[kind] = self.writer.body(inner)
                elif kind not in ("backend", "required_providers"):
                    self.leave(" ".join(("terraform", kind, *labels)), "no such block in `lib.toIR`")
        for block, body in self.of("variable"):
            self.variable(block.labels[0], body, found.setdefault("variable", {}))
        for _, body in self.of("locals"):
            found.setdefault("locals", {}).update(self.writer.body(body))
        for block, body in self.of("check"):
            found.setdefault("check", {})[block.labels[0]] = self.writer.body(body)
        for block, body in self.of("moved", "removed", "import"):
            entry = {
                k: self.address(v) if k in ("from", "to") else self.writer.value(v) for k, v in body.attributes.items()
            }
            entry |= self.writer.body(Body({}, body.blocks))
            found.setdefault(block.kind, []).append(entry)
        return found

    def variable(self, name: str, body: Body, into: dict[str, Any]) -> None:
        entry = self.writer.body(body)
        if "type" in body.attributes:
            entry["type"] = getattr(body.attributes["type"], "text", body.attributes["type"])
        if body.attributes.get("sensitive") is True:
            self.done.secret |= {name}
            self.leave(f"var.{name}", f"sensitive: give its value as TF_VAR_{name}")
        else:
            entry["default"] = Raw(f"vars.{syntax.key(name)}")
        into[name] = entry

    @staticmethod
    def address(value: Any) -> Any:
        return getattr(value, "text", value)
