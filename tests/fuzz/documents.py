"""Readers of documents: what Nix, the engine and its providers say, as values and on to what is made of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from nivis_tofu.authoring import constructors
from nivis_tofu.authoring.from_state import Guess
from nivis_tofu.core import json_text, masks
from nivis_tofu.core.errors import NixError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.packed import Packed
from nivis_tofu.core.redactor import Redactor
from nivis_tofu.insight import eval as insight_eval
from nivis_tofu.ir import calls, consistency, graph, lint, phases, snapshot, suspicious
from nivis_tofu.ir.attributes import Reader as AttributeReader
from nivis_tofu.ir.decode import decode
from nivis_tofu.ir.ledger import Ledger
from nivis_tofu.ir.names import Names
from nivis_tofu.ir.schema import BlockSchema, Kind
from nivis_tofu.manage import migrate
from nivis_tofu.nix import evaluator
from nivis_tofu.nix.diagnose import Diagnosis
from nivis_tofu.nix.evaluate import Nix
from nivis_tofu.nix.watch import Watch
from nivis_tofu.project import legacy
from nivis_tofu.run import siblings
from nivis_tofu.stacks import survey
from nivis_tofu.stacks.executor import Ended
from nivis_tofu.stacks.run import result
from nivis_tofu.system.process import Completed
from nivis_tofu.testing.flake import Flake
from nivis_tofu.tofu.client import Tofu
from nivis_tofu.tofu.site import Site
from nivis_tofu.views import stacks as stacks_view
from nivis_tofu.views.engine_lines import EngineLines
from tests.fuzz.reader import Reader, scratch, seeds, text
from tests.support import rendering
from tests.unit.tofu.test_documents import PLAN

HERE = Path(__file__).resolve().parents[1]
SCHEMA = {
    "version": 1,
    "attributes": {
        "id": {"type": "string", "computed": True},
        "input": {"type": "dynamic", "optional": True},
        "secret": {"type": ["list", "string"], "optional": True, "sensitive": True, "description": "*x* `y`"},
        "in": {"nested_type": {"nesting_mode": "list", "attributes": {"a": {"type": ["map", "dynamic"]}}}},
        "old": {"type": ["list", ["object", {"b": "number"}]], "deprecated": True, "required": True},
    },
    "block_types": {"rule": {"nesting_mode": "set", "min_items": 1, "max_items": 2,
                             "block": {"attributes": {"p": {"type": ["tuple", ["bool", "number"]]}}}}},
}  # fmt: skip
SCHEMAS = {
    "format_version": "1.0",
    "provider_schemas": {
        "registry.opentofu.org/hashicorp/x": {
            "provider": {"version": 0, "block": SCHEMA},
            "resource_schemas": {"x_y": {"version": 1, "block": SCHEMA}},
            "data_source_schemas": {"x_z": {"block": {}}},
        }
    },
}
STATE = {
    "version": 4, "terraform_version": "1.12.6", "serial": 3, "lineage": "l", "check_results": None,
    "outputs": {"o": {"value": ["x", 1], "type": ["tuple", ["string", "number"]], "sensitive": True},
                "nivis_module_net": {"value": {"v": {"id": "x"}, "s": {"id": True}}, "type": "dynamic"}},
    "resources": [
        {"mode": "managed", "type": "x_y", "name": "a", "provider": 'provider["registry.opentofu.org/hashicorp/x"].w',
         "instances": [{"schema_version": 0, "attributes": {"id": "i", "input": {"value": {"k": 1}, "type": "dynamic"},
                                                            "secret": ["s"], "rule": [{"p": [True, 1]}], "in": [{"a": {}}]},
                        "sensitive_attributes": [[{"type": "get_attr", "value": "secret"},
                                                  {"type": "index", "value": {"value": 0, "type": "number"}}]],
                        "dependencies": ["x_y.b"], "create_before_destroy": True}]},
        {"mode": "data", "module": 'module.m["k"]', "type": "x_z", "name": "b", "provider": "provider[\"a/b/x\"]",
         "instances": [{"index_key": "k", "attributes": {"id": "j"}, "status": "tainted", "deposed": "00"}]},
    ],
}  # fmt: skip
SHOWN = {
    "format_version": "1.0",
    "values": {"outputs": {"o": {"value": 1, "sensitive": False, "type": "number"}},
               "root_module": {"resources": [{"address": "x_y.a", "mode": "managed", "type": "x_y", "name": "a", "index": 0,
                                              "values": {"id": "i"}, "sensitive_values": {"id": True}, "depends_on": ["x_y.b"]}],
                               "child_modules": [{"resources": []}]}},
}  # fmt: skip
OLDER = {
    "resources": {
        "x.x_y.a": {"id": "x.x_y.a", "type": "x_y", "attrs": {"id": "i", "secret": "s", "rule": {"p": [True]}}}
    }
}
IR = rendering.document(
    rendering.data("a", {"__derived": {"inputs": [], "refs": [], "value": [1, "x", {"__ref": rendering.ref("b")}]}}),
    rendering.data("b", {"__expr": ["${", {"__ref": rendering.ref("c", "output", "k", 0)}, "}"]},
                   meta={"dependsOn": [rendering.DATA + "c"], "lifecycle": {"preventDestroy": True, "ignoreChanges": ["input"],
                         "replaceTriggeredBy": [{"__ref": rendering.ref("c")}]}}, pos={"": {"file": "flake.nix", "line": 3}}),
    rendering.data("c", {"m": {"__sensitiveRef": rendering.ref("d")}, "n": [1.5, None, True], "__x": "$${y}"}),
    rendering.data("d", {"__literal": {"__ref": "x"}}),
    rendering.data("e", 1, groups=["g"], given=[rendering.ref("c")]),
    dataSources=[], modules=[{"id": "module.m", "name": "m", "source": "./m", "config": {"x": 1}, "providers": {"p": "terraform"}}],
    outputs={"o": {"value": {"__ref": rendering.ref("a")}, "sensitive": True, "description": "d"}},
    pending=[{"name": "g2", "inputs": [rendering.DATA + "a.id"]}], groups=[{"name": "g", "refs": [rendering.ref("c")]}],
    backend={"type": "local", "path": "s"}, extra={"moved": [{"from": "terraform_data.z", "to": "terraform_data.a"}]},
    settings={"ask": "always", "checks": ["c"]}, nixConsumers=[], positions={"output.o": {"": {"file": "flake.nix", "line": 9}}},
)  # fmt: skip
PLANNED = {**PLAN, "resource_changes": [*PLAN["resource_changes"], rendering_change := {  # type: ignore[misc]
    "address": "x_y.a", "mode": "managed", "type": "x_y", "name": "a", "provider_name": "registry.opentofu.org/hashicorp/x",
    "change": {"actions": ["update"], "before": {"id": "i", "secret": ["s"], "rule": [{"p": [True, 1]}, {"p": []}]},
               "after": {"secret": ["t"], "rule": [{"p": [False, 2]}], "input": {"k": [1, 2]}},
               "after_unknown": {"id": True, "input": {"k": [False, True]}}, "before_sensitive": {"secret": True},
               "after_sensitive": {"rule": [{"p": True}]}}}]}  # fmt: skip
CHECKS = {"name": "t", "ok": True, "message": "m"}
TEST = {
    "wrong": "",
    "vars": {},
    "outputs": {"a.b.c": {"id": "x"}},
    "stack": "",
    "plan": False,
    "check": True,
    "names": ["check"],
}


class _Known:
    """One type, whatever is asked for."""

    def block(self, provider: str, kind: Kind, type_name: str = "") -> BlockSchema | None:
        return BlockSchema(SCHEMA)


KNOWN = _Known()
KINDS: tuple[Kind, ...] = ("resource", "data")


def ir_documents() -> Sequence[bytes]:
    valid = [path.read_bytes() for path in sorted((HERE / "golden" / "ir" / "valid").glob("*.json"))]
    cases = [json.loads(path.read_text())["ir"] for path in sorted((HERE / "golden" / "render").glob("*.case.json"))]
    return [json.dumps(IR).encode(), *valid, *(json.dumps(case).encode() for case in cases)]


def _module(made: bytes) -> None:
    """An IR, and all that is made of it before an engine is asked."""
    ir = decode(json_text.loads(made))
    consistency.problems(ir)
    graph.check_acyclic(ir)
    tuple(suspicious.warnings(ir))
    lint.check(ir, lambda *_: BlockSchema(SCHEMA))
    calls.calls(ir)
    for resource in ir.resources.values():
        phases.phase_refs(ir, resource)
    json_text.dumps(Ledger().document(1, {}))
    assert rendering.render(ir, include=set(ir.resources) - graph.held(ir, set())).text
    assert Names.of(ir, snapshot.Snapshot())


def _stream(made: str) -> None:
    """A stream of an engine that ends well, as a plan and as an apply."""
    view = EngineLines(lambda _: None, "plan", lambda: "1")

    def stream(argv: Sequence[str], *, on_line: Callable[[str], None], **__: object) -> Completed:
        end = {"type": "change_summary", "@message": "", "changes": {"operation": argv[1]}}
        for line in (*made.splitlines(), json_text.dumps(end)):
            on_line(line)
        return Completed(("tofu", "plan"), 0, "", "")

    tofu = Tofu(Path("tofu"), "tofu", Site.alone(scratch()), {}, Redactor(["hush!"]), on_raw=view.engine)
    with mock.patch("nivis_tofu.system.process.stream", stream):
        tofu.plan()
        tofu.apply_direct()


def _state(made: str) -> None:
    found = snapshot.read(made, KNOWN)
    for cached in (
        found.addresses,
        found.managed,
        found.dependencies,
        found.deposed,
        found.creates_first,
        found.providers,
        found.current,
    ):
        assert cached is not None
    ledger = Ledger(Names.of(decode(rendering.document()), found).keyed(found.objects))
    json_text.dumps(ledger.document(1, {}))
    list(ledger.secrets())
    stacks_view.outputs({"network": found.outputs}).document()
    Guess(found, lambda _: BlockSchema(SCHEMA), {}).text()


def twice(answer: Packed) -> object:
    """The second time it is what was packed."""
    answer.read()
    return answer.read()


def answering(said: str, call: Callable[[Tofu], object]) -> object:
    """An engine that says this, whatever it is asked."""
    done = Completed(("tofu", "x"), 0, said, "")
    tofu = Tofu(Path("tofu"), "tofu", Site.alone(scratch()), {})
    with mock.patch("nivis_tofu.system.process.run", return_value=done):
        return call(tofu)


def _plan(tofu: Tofu) -> None:
    plan, _ = tofu.show_plan(Path("F"))
    for change in (*plan.changes, *plan.drift):
        reader = AttributeReader.of(change, KNOWN)
        reader.changes(change)
        reader.unchanged(change)
    for output in plan.output_changes.values():
        tuple(masks.mask_paths(output.after_sensitive))


def _schemas(tofu: Tofu) -> None:
    from nivis_tofu.project.schema_cache import Schemas

    kept = Schemas(scratch() / "schemas" / "schema.zip")
    kept.store(tofu.providers_schema())
    for provider in kept.providers():
        for kind in KINDS:
            for name in kept.types(provider, kind):
                block = kept.block(provider, kind, name)
                assert block is not None
                _walk(block)
                constructors.constructor(provider, kind, name, block)


def _walk(block: BlockSchema) -> None:
    assert isinstance(block.version, int)
    tuple(block.sensitive)
    block.unwrap({name: [{"x": {"value": 1, "type": "number"}}] for name in block.names})
    for attribute in block.attributes.values():
        assert isinstance(attribute.is_collection, bool)
        if attribute.objects:
            _walk(attribute.objects.block)
    for nested in block.blocks.values():
        _walk(nested.block)


def nix(said: str, call: Callable[[Nix], object], stderr: str = "") -> object:
    """A Nix that says this, whatever it is asked."""
    project = scratch() / "flake"
    project.mkdir(exist_ok=True)
    (project / "flake.nix").write_text("{ }")
    done = Completed(("nix",), 0, said, stderr)
    with mock.patch("nivis_tofu.system.process.run", return_value=done):
        return call(Nix(Path("nix"), ".", "nivis.plan", project, project / ".nivis"))


@immutable
class _Given(Nix):
    """Nix that has computed this already."""

    found: Any = None
    source = (Path(), ".")

    def apply(self, function: str, given: Any, *_: Any) -> Any:
        return ["t"] if given is None else [self.found]


def _tests(made: bytes) -> object:
    """What users write in a test; of it all Nix has seen that `vars` and `outputs` are attribute sets."""
    written = json_text.loads(made)
    if not isinstance(written, dict):
        return None
    sets = {k: v for k in ("vars", "outputs") if isinstance(v := written.get(k, {}), dict)}
    names = [str(name) for name in written if name not in ("wrong", "names")]
    found = {**TEST, **sets, "stack": written.get("stack", ""), "names": names}
    return Flake(_Given(Path("nix"), ".", "nivis.plan", Path(), Path(), found=found), "nivis.tests").cases()


def _asked(made: str) -> object:
    """The process that answers for the engine's calls."""
    lines = iter([f"@nix {json.dumps({'action': 'msg', 'msg': f'{evaluator.MARK}0 {made}'})}", None])
    process = SimpleNamespace(line=lambda _: next(lines), close=lambda: None, end=lambda: None)
    asking = evaluator.Evaluator(Nix(Path("nix"), ".", "nivis.plan", scratch(), scratch()), {})
    place = scratch() / "asking"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    with mock.patch.object(evaluator, "_ring"), mock.patch.object(evaluator.Evaluator, "_running", return_value=(process, place)), \
         mock.patch.object(evaluator.Evaluator, "_failure", return_value=NixError()), mock.patch.object(evaluator.Evaluator, "_end"):  # fmt: skip
        return asking.ask([(["resources"], [], "a.b.c")])


def _marks(made: str) -> None:
    watch = Watch({"x": "flag"})
    watch.declare(made, {"x": "hush"})
    watch.learn(made, IR, {"outputs": {}})


_X = {**rendering.document(), "providers": {"x": {"source": "a/x"}}}


def _migrated(made: str) -> None:
    if legacy.read(made) is not None:
        legacy.state(legacy.read(made) or {}, decode(_X), lambda *_: BlockSchema(SCHEMA), "tofu")
    else:
        migrate._objects(made)


DOCUMENTS = (
    Reader("IR document", lambda made: decode(json_text.loads(made)), ir_documents, json=True, raises=(ValueError, RecursionError)),
    Reader("IR to module", _module, ir_documents, json=True, raises=(ValueError, RecursionError)),
    Reader("engine's stream", text(_stream), lambda: [
        line for path in sorted((HERE / "fakes" / "streams").glob("*.jsonl")) for line in path.read_bytes().splitlines()
    ], json=True),
    Reader("state, raw", text(_state), seeds(STATE), json=True),
    Reader("state, shown", text(lambda t: answering(t, Tofu.show_state)), seeds(SHOWN), json=True),
    Reader("plan, shown", text(lambda t: answering(t, _plan)), seeds(json_text.dumps(PLANNED)), json=True),
    Reader("provider schemas", text(lambda t: answering(t, _schemas)), seeds(SCHEMAS), json=True),
    Reader("outputs, version", text(lambda t: answering(t, lambda e: (e.output(), e.version()))), seeds({"o": {"value": 1}}), json=True),
    Reader("validation", text(lambda t: answering(t, Tofu.validate)), seeds(
        {"valid": True, "diagnostics": []},
        {"valid": False, "diagnostics": [{"severity": "error", "summary": "s", "detail": "d", "address": "a.b",
         "range": {"filename": "main.tf.json", "start": {"line": 1, "column": 2}}, "snippet": {"code": "x", "start_line": 1}}]}
    ), json=True),
    Reader("lists for people", text(lambda t: answering(t, lambda e: (e.workspace_list(), e.state_list()))), seeds("* default\n  x\n")),
    Reader("answer of Nix", text(lambda t: nix(t, lambda n: twice(n.evaluate({"vars": {}})))), seeds(IR), json=True, weight=4),
    Reader("names that Nix answers", text(lambda t: nix(t, lambda n: (Diagnosis(n)._names("x"), n.names()))), seeds(["network", "app"]), json=True, weight=3),
    Reader("answer of Nix to eval", text(lambda t: nix(t, lambda n: insight_eval.evaluate(n, Ledger(), {}, "x"))), seeds(["x"]), json=True, weight=4),
    Reader("marks of the library", text(_marks), seeds(
        'trace: nivis-read ["names",["x"]]\ntrace: nivis-read ["declared","x",true]\ntrace: nivis-read ["plan"]\n'
        'trace: nivis-read ["vars","x"]\ntrace: nivis-read ["outputs"]\n')),
    Reader("answer of Nix to a call", text(_asked), seeds(["x", {"__ref": {"resource": "a.b.c", "path": ["id"]}}]), json=True, weight=3),
    Reader("tests of a flake", _tests, seeds(TEST), json=True, raises=(ValueError, RecursionError)),
    Reader("state of the older nivis", text(_migrated), seeds(OLDER, STATE), json=True),
    Reader("result of a stack", text(lambda t: result(Ended("s", 0, t, t, ("x",)))), seeds({"version": 1, "summary": {"add": 1}}), json=True),
    Reader("changing outputs of stacks", text(siblings.told), seeds({"network": ["vpc"]}), json=True, raises=()),
    Reader("places of stacks", lambda made: survey._plain(dict(decode(json_text.loads(made)).backend or {})), ir_documents, json=True, raises=(ValueError, RecursionError)),
)  # fmt: skip
