"""An IR in a test: from a short description to a rendered module in a directory where the engine works."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.ir import decode as irdecode
from nivis_tofu.ir import snapshot as state
from nivis_tofu.ir.ledger import Ledger, Object, Taint
from nivis_tofu.ir.model import IR, Resource
from nivis_tofu.ir.names import Names
from nivis_tofu.ir.providers import full_source
from nivis_tofu.ir.schema import BlockSchema
from nivis_tofu.project.schema_cache import Schemas
from nivis_tofu.render.module import Module, Renderer
from nivis_tofu.render.preview import PreviewWriter
from nivis_tofu.tofu.client import Tofu
from nivis_tofu.tofu.env import engine_env
from nivis_tofu.tofu.site import Site

BUILTIN = {"terraform": {"source": "terraform.io/builtin/terraform", "config": {}}}
DATA = "terraform.terraform_data."


def data(name: str, value: Any, **more: Any) -> dict[str, Any]:
    """One `terraform_data` whose input is a value in the IR's form."""
    entry = {"id": DATA + name, "provider": "terraform", "type": "terraform_data", "name": name}
    return {**entry, "config": {"input": value}, **more}


def ref(name: str, *path: str | int) -> dict[str, Any]:
    return {"resource": DATA + name, "path": list(path or ("id",))}


def derived(value: Any, *names: str, sensitive: bool = False) -> dict[str, Any]:
    body: dict[str, Any] = {"inputs": [f"{DATA}{n}.id" for n in names], "refs": [ref(n) for n in names], "value": value}
    return {"__derived": {**body, **({"sensitive": True} if sensitive else {})}}


def document(*resources: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"schemaVersion": 1, "providers": BUILTIN, "resources": list(resources), "edges": [], **more}


def decode(raw: Any) -> IR:
    """Through text, as a real one comes."""
    return irdecode.decode(json_text.loads(json_text.dumps(raw)))


def render(
    ir: IR,
    *,
    include: Collection[str] | None = None,
    ledger: Ledger | None = None,
    schemas: Mapping[str, BlockSchema] | None = None,
    backend: Mapping[str, Any] | None = None,
    preview: PreviewWriter | None = None,
    creates_first: Collection[str] = (),
    providers: Collection[str] | None = None,
    calls_only: bool = False,
    finds_secret: Callable[[str], bool] = lambda _: False,
) -> Module:
    """Everything is in the phase unless `include` says otherwise; `schemas` by resource type."""

    def schema(resource: Resource) -> BlockSchema | None:
        return (schemas or {}).get(resource.type)

    taint = Taint(ledger or Ledger(), ir)
    module = Renderer(
        ir=ir,
        include=ir.resources if include is None else include,
        taint=taint,
        backend=backend or {},
        schema=schema,
        preview=preview,
        creates_first=creates_first,
        providers=providers,
        calls_only=calls_only,
        finds_secret=finds_secret,
    ).module()
    if preview and preview.locals_:
        document = dict(module.document)
        document["locals"] = {**document.get("locals", {}), **preview.locals_}
        module = replace(module, document=document)
    return module


@dataclass
class Workbench:
    """A directory with the real engine in it."""

    tofu: Tofu

    @classmethod
    def at(cls, directory: Path, exe: Path, env: Mapping[str, str] | None = None) -> Workbench:
        directory.mkdir(parents=True, exist_ok=True)
        clean = {k: v for k, v in (os.environ if env is None else env).items() if env or not k.startswith("AWS_")}
        return cls(Tofu(exe, "tofu", Site.alone(directory), engine_env(clean)))

    def write(self, module: Module) -> None:
        (self.tofu.directory / "main.tf.json").write_text(module.text, encoding="utf-8")
        (self.tofu.directory / "nivis.auto.tfvars.json").write_text(module.secrets_text or "{}", encoding="utf-8")

    def schemas(self) -> Schemas:
        found = Schemas(self.tofu.directory / "schema.zip")
        if not found.known:
            found.store(self.tofu.providers_schema())
        return found

    def snapshot(self) -> state.Snapshot:
        return state.read(self.tofu.state_pull(), self.schemas())

    def ledger(self, ir: IR) -> Ledger:
        objects: dict[str, Object] = Names.of(ir, self.snapshot()).keyed(self.snapshot().objects)
        return Ledger(objects)


def schema_of(ir: IR, schemas: Schemas, resource: Resource) -> BlockSchema | None:
    source = full_source(ir.providers[resource.provider].source)
    return schemas.block(source, "data" if resource.mode == "data" else "resource", resource.type)
