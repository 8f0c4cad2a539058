"""IR -> the generated root module: byte-stable `.tf.json` plus the values that must not stand in it.

Data: IR, the ids in this phase, and a way to write derived values -> one JSON document and a table of secrets.
What is left out of a phase, and why, is decided in `run/decide/held`; this module only writes what it is told to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import field, replace
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.immutable import immutable, mutable
from nivis_tofu.hcl import quoting
from nivis_tofu.ir import graph
from nivis_tofu.ir.calls import FUNCTION_NAMES, FUNCTION_SOURCE, calls, shared
from nivis_tofu.ir.engine_name import encode_name, module_output
from nivis_tofu.ir.model import IR, Resource
from nivis_tofu.ir.providers import local_names
from nivis_tofu.ir.schema import BlockSchema
from nivis_tofu.ir.values import Call, Derived, Ref, Value, leaves, references
from nivis_tofu.render import departing, expressions, shapes
from nivis_tofu.render.extra_blocks import ExtraWriter
from nivis_tofu.render.meta_arguments import MetaWriter
from nivis_tofu.render.shared_calls import SharedCalls
from nivis_tofu.render.values import DerivedWriter, Taint, ValueWriter

UNKNOWN = "nivis_unknown"
"""Name of the resource whose id is unknown in a preview; its output is null, which is known."""

_SECRET = {"type": "any", "sensitive": True, "description": "A sensitive value of the flake."}
_PRIVATE = {"type": "any", "description": "A value in which there is a secret."}


@immutable
class Module:
    """A generated root module: the document, and sensitive values by variable name."""

    document: Mapping[str, Any]
    secrets: Mapping[str, Any] = field(default_factory=dict)
    before: Mapping[str, Any] = field(default_factory=dict)
    """What outputs were, by variable name; only a preview has them."""
    private: Mapping[str, Any] = field(default_factory=dict)
    """What has a secret in it that nobody has marked, by variable name."""
    override: Mapping[str, Any] = field(default_factory=dict)
    """What has to win over the files of a joined root module."""
    left_out: frozenset[str] = frozenset()
    """Names in a joined root module whose blocks are not in this phase."""
    absent: frozenset[str] = frozenset()
    """Addresses that are not in this phase."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """Values of the root module's own input variables."""

    @property
    def text(self) -> str:
        return file_text(self.document)

    @property
    def secrets_text(self) -> str:
        return f"{json_text.dumps(private)}\n" if (private := {**self.secrets, **self.before, **self.private}) else ""

    @property
    def digest(self) -> str:
        """A digest of the module, secrets included."""
        found = hashlib.sha256()
        for piece in file_pieces(self.document):
            found.update(piece.encode())
        for text in (self.secrets_text, *sorted(self.left_out), json_text.dumps(self.given)):
            found.update(text.encode())
        return found.hexdigest()


def file_text(document: Mapping[str, Any]) -> str:
    """The text of a file for a document."""
    return "".join(file_pieces(document))


def file_pieces(document: Mapping[str, Any]) -> Iterator[str]:
    """The same in pieces."""
    for piece in json_text.pieces(document, 3, indent=2):
        # The one control character that JSON allows as it is, and YAML readers of scanners do not.
        yield piece.replace("\x7f", "\\u007f")
    yield "\n"


@mutable
class Renderer:
    """Renders one phase. `include`: ids to write; `taint`: is a derived value secret?"""

    ir: IR
    include: Collection[str]
    taint: Taint
    backend: Mapping[str, Any]
    schema: Callable[[Resource], BlockSchema | None] = lambda _: None
    preview: DerivedWriter | None = None
    creates_first: Collection[str] = ()
    """ids that are created before they are destroyed."""
    locals_: Mapping[str, str] = field(default_factory=dict)
    providers: Collection[str] | None = None
    """Provider keys to configure; None: all."""
    source: Callable[[str], str] = lambda text: text
    """Turns the source of a module call into one that holds in the module's directory."""
    calls_only: bool = False
    """Write every module call without arguments, which is what `init` needs."""
    leaving: Collection[str] = ()
    """ids whose object goes in this phase: of them only what provisioners do then is written."""
    finds_secret: Callable[[str], bool] = lambda _: False
    """Is there a secret in a text?"""

    def __post_init__(self) -> None:
        self.values = ValueWriter(
            self.ir, self.taint, self.preview, shared=SharedCalls(shared(self.ir)), finds_secret=self.finds_secret
        )
        self.literals = replace(self.values, texts=None)
        """For blocks that are read before there are variables."""
        self._meta = MetaWriter(self.ir, self.include, self.values, self.creates_first, bool(self.preview))
        self._names = local_names(self.ir)
        self._calls = calls(self.ir)
        self.values.functions = self.literals.functions = self._functions
        self._outputs = replace(self.values, no_blocks=True)
        missing = {i for i in self.ir.resources if i not in self.include}
        self.gone = graph.gone(self.ir, missing if self.preview else missing | graph.pending_locals(self.ir))
        """Addresses and names of what is not in this phase."""

    def module(self) -> Module:
        """The whole document."""
        blocks: dict[str, Any] = {}
        for resource in self.ir.resources.values():
            if resource.id in self.include:
                self._put(blocks, resource)
            elif resource.id in self.leaving and (provisioners := departing.provisioners(resource)):
                self._put_leaving(blocks, resource, provisioners)
            elif self.calls_only and resource.mode == "module":
                blocks.setdefault("module", {})[encode_name(resource.tofu_name)] = self._call(resource)
        providers: dict[str, list[Any]] = {}
        for key, provider in self.ir.providers.items():
            local, alias = self._names[key]
            if (body := self._configuration(key, dict(provider.config), alias)) is None:
                continue
            if alias:
                body["alias"] = alias
            if body:
                providers.setdefault(local, []).append(body)
        if providers:
            blocks["provider"] = providers
        outputs = {n: self._output(n) for n in self.ir.outputs if self._complete(self.ir.outputs[n].value)}
        outputs |= self._module_outputs()
        if outputs:
            blocks["output"] = outputs
        if self.preview:
            blocks.setdefault("resource", {}).setdefault("terraform_data", {})[UNKNOWN] = {}
        if self.locals_:
            blocks["locals"] = dict(self.locals_)
        ExtraWriter(self.ir, self.include, self.values, self.literals, self._complete).put(blocks)
        if found := self.values.shared_values():
            blocks.setdefault("locals", {}).update(found)
        declared: dict[str, Any] = {n: dict(_SECRET) for n in (*self.values.secrets, *self.values.before)}
        declared |= {n: dict(_PRIVATE) for n in self.values.private}
        declared |= {n: {"type": "string", "default": text} for n, text in (self.values.texts or {}).items()}
        if declared:
            blocks.setdefault("variable", {}).update(declared)
        blocks["terraform"] = self._terraform(blocks.pop("terraform", {}))
        return Module(blocks, self.values.secrets, self.values.before, self.values.private)

    def _terraform(self, extra: Mapping[str, Any]) -> dict[str, Any]:
        required: dict[str, dict[str, str]] = {}
        for key, provider in self.ir.providers.items():
            entry = required.setdefault(self._names[key][0], {"source": provider.source})
            if provider.version:
                entry["version"] = provider.version
        out: dict[str, Any] = {**extra}
        if self._calls and not self.calls_only:
            required[self._functions] = {"source": FUNCTION_SOURCE}
        if required:
            out["required_providers"] = {**(extra.get("required_providers") or {}), **required}
        if self.backend:
            settings = {k: v for k, v in self.backend.items() if k != "type"}
            out["backend"] = {self.backend["type"]: self.literals.value(settings, "backend")}
        return out

    @property
    def _functions(self) -> str:
        """Local name of the provider that computes what is called."""
        used = {local for local, _ in self._names.values()}
        return next(name for name in FUNCTION_NAMES if name not in used)

    def _put(self, blocks: dict[str, Any], resource: Resource) -> None:
        where = resource.address
        values = self._values(resource)
        meta = self._meta if values is self.values else replace(self._meta, values=values)
        if resource.mode == "module":
            body = {
                **values.body(dict(resource.config), where, None, blocks=False),
                **self._call(resource),
                **meta.arguments(resource),
            }
            blocks.setdefault("module", {})[encode_name(resource.tofu_name)] = body
            return
        body = values.body(dict(resource.config), where, self.schema(resource))
        # What the engine assumes by itself is left out: some scanners drop all of a resource that has it.
        if (provider := self._provider(resource.provider)) != resource.type.split("_")[0]:
            body["provider"] = provider
        body = shapes.without_empty_labels(body | meta.arguments(resource))
        section = "data" if resource.mode == "data" else "resource"
        blocks.setdefault(section, {}).setdefault(resource.type, {})[encode_name(resource.tofu_name)] = body

    def _put_leaving(self, blocks: dict[str, Any], resource: Resource, provisioners: list[Value]) -> None:
        """A resource without instances: the engine destroys the one it has, with its provisioners."""
        where, schema = resource.address, self.schema(resource)
        body = self._values(resource).body(departing.arguments(resource, schema), where, schema)
        body |= {"for_each": {}, "provisioner": self.values.value(provisioners, f"{where}.provisioner")}
        body["provider"] = self._provider(resource.provider)
        blocks.setdefault("resource", {}).setdefault(resource.type, {})[encode_name(resource.tofu_name)] = body

    def _values(self, resource: Resource) -> ValueWriter:
        """To Nix, the values of a group's member are strings like any other, but they may come from its inputs."""
        return self.values.computing if resource.given or resource.groups else self.values

    def _call(self, resource: Resource) -> dict[str, Any]:
        body: dict[str, Any] = {"source": quoting.escape(self.source(resource.source))}
        if resource.version:
            body["version"] = resource.version
        if resource.module_providers:
            body["providers"] = {k: self._provider(v) for k, v in resource.module_providers.items()}
        return body

    def _module_outputs(self) -> dict[str, Any]:
        """`v`: values that Nix consumes; `s`: whether each is sensitive, which the engine tells of no output."""
        wanted: dict[str, set[str]] = {}
        for ref in self.ir.consumed | {ref for call in self._calls.values() for ref in call.refs}:
            if ref.path and ref.resource in self.include and self.ir.resources[ref.resource].mode == "module":
                wanted.setdefault(ref.resource, set()).add(str(ref.path[0]))
        found = {}
        for id_, names in sorted(wanted.items()):
            resource = self.ir.resources[id_]
            refs = {n: expressions.traversal(resource.address, (n,)) for n in sorted(names)}
            value = {
                "v": {n: f"${{{text}}}" for n, text in refs.items()},
                "s": {n: f"${{issensitive(jsonencode({text}))}}" for n, text in refs.items()},
            }
            found[module_output(encode_name(resource.tofu_name))] = {"value": value, "sensitive": True}
        return found

    def _provider(self, key: str) -> str:
        local, alias = self._names[key]
        return f"{local}.{alias}" if alias else local

    def _configuration(self, key: str, config: dict[str, Any], alias: str | None) -> dict[str, Any] | None:
        """The body of a provider's block; None if there is none."""
        wanted = self.providers is None or key in self.providers
        if wanted and self._complete(config):
            return self.values.body(config, f"provider.{key}", None)
        # A module call may name it, and `init` asks no provider for anything.
        return {} if (wanted and self.calls_only) or (alias and self._only_kept(key)) else None

    def _only_kept(self, key: str) -> bool:
        """Is a configuration that cannot be written yet used by nothing but what this phase leaves alone?

        The engine asks for the block of what it excludes, unless it is the default one, and configures nothing then.
        """
        applied = self.providers is not None and not self.preview
        return not applied and not any(self.ir.resources[i].provider == key for i in self.leaving)

    def _complete(self, value: Value) -> bool:
        """Can this output, or extra block, be written now: all it refers to is in this phase, nothing is pending?"""
        for leaf in leaves(value):
            if isinstance(leaf, Ref | Call) and any(r.resource not in self.include for r in references(leaf)):
                return False
            if (
                isinstance(leaf, Derived)
                and not self.preview
                and (leaf.pending or any(r.resource not in self.include for r in leaf.refs))
            ):
                return False
        return self.gone.isdisjoint(graph.named(value))

    def _output(self, name: str) -> dict[str, Any]:
        output = self.ir.outputs[name]
        body: dict[str, Any] = {"value": self._outputs.value(output.value, f"output.{name}")}
        secret = self.taint.value(output.value)
        if output.sensitive or secret:
            body["sensitive"] = True
        if output.description:
            body["description"] = quoting.escape(output.description)
        return body
