"""Readers of files: what people write, what the engine and Nix leave, and the notes below `.nivis/`."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from nivis_tofu.api import options, target_files
from nivis_tofu.authoring import adopted_blocks
from nivis_tofu.authoring.convert import convert
from nivis_tofu.cli import complete_ids
from nivis_tofu.core import json_text
from nivis_tofu.core.diagnostics import Diagnostic, Position
from nivis_tofu.core.errors import NivisError
from nivis_tofu.hcl import lockfile
from nivis_tofu.insight import doctor
from nivis_tofu.ir.decode import decode
from nivis_tofu.ir.positions import Translator
from nivis_tofu.ir.schema import BlockSchema
from nivis_tofu.ir.values import Ref
from nivis_tofu.manage import migrate
from nivis_tofu.nix import allowed_uris, diagnose, generated
from nivis_tofu.nix.variable_files import read_file
from nivis_tofu.nix.variables import texts
from nivis_tofu.project import (
    engine_init,
    legacy,
    plan_state,
    provider_mirror,
    root_files,
    root_module,
    run_directory,
    state_file,
    stock_data,
)
from nivis_tofu.project.backends import Backend, Memory, recall
from nivis_tofu.project.early_values import early_values
from nivis_tofu.project.links import SETTINGS
from nivis_tofu.project.memory import Remembered
from nivis_tofu.project.own_files import is_ours
from nivis_tofu.project.run_directory import RunDirectory
from nivis_tofu.project.schema_cache import Schemas
from nivis_tofu.release import install
from nivis_tofu.release.pinned import Release
from nivis_tofu.run import export, siblings, sidecar
from nivis_tofu.run.decide.announce import Announced
from nivis_tofu.run.sidecar import Calls, Sidecar
from nivis_tofu.system import destination, locate, notes, process
from nivis_tofu.system.journal import Journal
from nivis_tofu.system.project_lock import _holder
from tests.fuzz.documents import KNOWN, SCHEMA, SCHEMAS, STATE
from tests.fuzz.reader import of_file, scratch, seeds
from tests.support import rendering

TF = b"""terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5" }
  }
  backend "s3" {
    bucket = "b"
    key    = "k/${terraform.workspace}"
  }
}
variable "x" {
  type    = map(object({ a = optional(string, "d"), b = list(number) }))
  default = { k = { a = "v", b = [1, -2.50, 1e3] } }
}
locals {
  l = [for k, v in var.x : upper(k) if v != null]
  m = { (var.y) = "%{ if true }a%{ else }b%{ endif }", "q.r" : <<-EOT
    text ${aws_s3_bucket.a["k"].id} $${no}
      %%{no} "quoted"
    EOT
  }
}
/* a comment { */ # another "
resource "aws_s3_bucket" "a" {
  for_each = toset(["k"]) // why
  bucket   = "name-${each.key}-\\u00e9\\n"
  provider = aws.east
  dynamic "rule" {
    for_each = local.l
    content { v = rule.value }
  }
  lifecycle {
    prevent_destroy = true
    ignore_changes  = [tags["x"], all]
  }
  depends_on = [data.aws_region.here, module.m]
}
data "aws_region" "here" {}
module "m" {
  source    = "./m"
  providers = { aws = aws.east }
  v         = a ? b.c[0].d : b.*.e
}
provider "aws" {
  alias = "east"
}
output "o" {
  value     = aws_s3_bucket.a["k"].arn
  sensitive = true
}
moved {
  from = aws_s3_bucket.b
  to   = aws_s3_bucket.a["k"]
}
"""
ENCRYPTED = b'terraform {\n  encryption {\n    x = [var.x, var.c]\n  }\n}\nvariable "x" {}\nvariable "c" {}\n'
TF_JSON = {
    "terraform": [{"backend": {"s3": {"bucket": "b"}}, "required_providers": {"aws": {"source": "hashicorp/aws"}}}],
    "resource": {"aws_s3_bucket": {"a": [{"bucket": "${var.x}", "provider": "aws.east", "depends_on": ["module.m"]}]}},
    "locals": {"l": "${aws_s3_bucket.a.id}"}, "variable": {"x": {"type": "list(string)"}}, "output": {"o": {"value": 1}},
    "module": {"m": {"source": "./m", "providers": {"aws": "aws.east"}}}, "provider": {"aws": [{"alias": "east"}]},
}  # fmt: skip
TFVARS = b'a = "x\\n$${y}"\nb = [1, -2.50, true, null]\nc = { k = "v", "q.r" = <<-E\n  t\n  E\n}\n# end\n'
YAML = b"a: 1.50\nb: [x, ~, yes, 0o17, 1:30, 2020-01-01]\nc: {k: x, 'l': 'y'}\nm: |\n  text\nd: &x [1]\ne: *x\n"
LOCK = b"""provider "registry.opentofu.org/hashicorp/aws" {
  version     = "5.100.0"
  constraints = "~> 5"
  hashes = [
    "h1:abc=",
    "zh:012",
  ]
}
"""
FLAKE_LOCK = {
    "root": "root", "version": 7,
    "nodes": {"root": {"inputs": {"nivis": "nivis", "made": "made"}},
              "nivis": {"locked": {"type": "github", "owner": "o", "repo": "r", "rev": "0"}},
              "made": {"locked": {"type": "path", "path": "/nix/store/" + "0" * 32 + "-source", "dir": "hashicorp/aws/5.1.0"}},
              "git": {"locked": {"type": "git", "url": "https://x/y"}}, "far": {"locked": {"url": "https://x/y.tar"}}},
}  # fmt: skip
FLAKE = b"""{
  inputs.nivis.url = "github:wearetechnative/nivis";
  inputs.made = { type = "path"; path = "/nix/store/00000000000000000000000000000000-source"; dir = "hashicorp/aws/5.1.0"; };
  outputs = { self, nivis, made }: { nivis.plan = ledger: nivis.lib.toIR { resources = [ ]; inherit ledger; }; };
}
"""
PLACE = {"type": "s3", "settings": {"bucket": "b"}, "secret": {}, "given": ["x=1", "f"], "file": "", "folder": ""}


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[Path]:
    """A directory with this file only."""
    place = scratch() / "alone"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    try:
        os.link(path, place / path.name, follow_symlinks=False)
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _root(path: Path) -> None:
    """A root module of one file: joined, converted and adopted."""
    with _alone(path) as place:
        root = root_module.read(place)
        assert root.edges is not None
        assert root.terraform is not None
        root.argument("x", "[1]")
        assert convert(root, place).text
        found = next((file for file, blocks in root.blocks.items() if blocks), None)
        if found:
            root_files.filtered(found, list(root.blocks[found])[:1])
        adopted_blocks.flake(adopted_blocks.survey(root), ".")


def _variables(path: Path) -> None:
    found = read_file(path)
    texts(found)
    with contextlib.suppress(NivisError):  # Python has values that files have not, and the other way round
        options.variables(found)


def _state(path: Path) -> None:
    state_file.has_resources(path)
    state_file.lineage(path)
    with mock.patch.object(state_file, "STEP", 0):
        legacy.read(text := state_file.read_whole(path))
    with mock.patch.object(state_file, "LARGE", 0):
        # Piece by piece, values may lie a little deeper.
        if found := state_file.large(path):
            with contextlib.suppress(json_text.TooDeepError):
                assert found == (state_file.digest_of(path), json_text.loads(text))
    state_file.is_older(path, json.dumps(STATE))
    destination.is_json(path)
    is_ours(path)
    state_file._is_whole(path)


def _rendered(path: Path) -> None:
    """A module that an earlier run left below `.nivis/` or where somebody had it rendered."""
    (path.parent / SETTINGS).write_text("{}")
    export._is_rendered(path.parent)
    found = Diagnostic("s", position=Position(path.name, 3))
    Translator(decode(rendering.document(rendering.data("a", 1))), path.parent, path.parent)(found, path)
    with contextlib.suppress(ValueError, TypeError):  # nivis has written it a moment ago
        run_directory._marking(path)
    root = SimpleNamespace(
        workdir=SimpleNamespace(root=path.parent / "m", work=path.parent), tofu=SimpleNamespace(env={})
    )
    with contextlib.suppress(ValueError, TypeError, AttributeError, OSError), migrate._at(root, Backend("local")):  # type: ignore[arg-type]
        pass


def _sidecar(path: Path) -> None:
    plan = path.with_name(path.name.removesuffix(".nivis.json"))
    plan.write_bytes(b"PK\x03\x04" + b"\0" * 26 + b"tfplan")
    sidecar.is_sidecar(path)
    found = sidecar.find(plan)
    if found:
        found.write(plan)
        assert sidecar.read(plan) == found


def good_sidecars() -> Sequence[bytes]:
    plan = scratch() / "good"
    plan.write_bytes(b"PK\x03\x04" + b"\0" * 26 + b"tfplan")
    later = sidecar.deferred_change({"action": "update", "id": "x.y.z"}, "y.z", "r/x/x", "resource_config_unknown")
    announced = Announced({"a.b": "create"}, frozenset({"a.c"}), strict=True)
    plain = Sidecar(
        sidecar.digest(plan),
        "seal",
        "f",
        "lineage",
        3,
        False,
        announced,
        (later,),
        variables={"x": 1},
        sealed={"s": "y"},
    )
    calls = Calls("d", {"letter": "l", "meaning": "m"}, ("a",), ("b",), {"q": "r"}, {"l": (Ref("x.y.z", ("id", 0)),)})
    found = []
    for one in (
        plain,
        Sidecar(sidecar.digest(plan), "seal", "f", "l", 0, True, announced, ids={"a": "b"}, calls=calls),
    ):
        one.write(plan)
        found.append(sidecar.beside(plan).read_bytes())
    return found


def _zipped(**members: bytes) -> Callable[[], Sequence[bytes]]:
    def made() -> Sequence[bytes]:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return [out.getvalue()]

    return made


def _cached(path: Path) -> None:
    schemas = Schemas(path)
    for provider in schemas.providers():
        schemas.types(provider, "resource")
    schemas.block("p", "resource", "t")
    schemas.block("x", "resource", "y")


def cached_schemas() -> Sequence[bytes]:
    place = scratch() / "cached.zip"
    Schemas(place).store(SCHEMAS)
    return [
        place.read_bytes(),
        *_zipped(**{"p/resource/t.json": json.dumps(SCHEMA).encode(), "x/resource/y.json": b"{}"})(),
    ]


def _member(path: Path) -> None:
    """One schema, as it is in an archive that is whole."""
    place = path.with_suffix(".zip")
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("p/resource/t.json", path.read_bytes())
    found = Schemas(place).block("p", "resource", "t")
    assert isinstance(found, BlockSchema)
    tuple(found.sensitive)


def _linked(path: Path, name: Path) -> None:
    if path.is_file():
        os.link(path, name)


def _noted(path: Path) -> None:
    """A note below `.nivis/`, whatever its name says that it is: what cannot be read counts as absent."""
    root = path.parent
    for name in ("ids", "outputs", "attributes", "stacks", "tests", "workspaces", "names"):
        notes.clear(root / f"{name}.json")
        _linked(path, root / f"{name}.json")
    kept = Remembered(root)
    assert all(isinstance(k, str) and isinstance(v, str) for k, v in kept.ids().items())
    assert all(isinstance(n, str) for n in (*kept.outputs(), *kept.stacks(), kept.attribute("default:")))
    project = root.parent
    for offer in {*complete_ids._OF_OPTION.values(), *complete_ids._OF_VERB.values()}:
        assert all(name.isprintable() for name in offer(project, "a"))
    notes.damaged(root)
    memory = Memory.read(path)
    for body in (memory.now, memory.previous):
        if body:
            recall(body, project)
    stock_data.workspace(root)
    locate._read_kinds(path)
    assert isinstance(_holder(path), str)
    process.outlived(root)
    notes.read(path)
    at_ = SimpleNamespace(root=root, data=root, project=project)
    for name in (engine_init._STAMP, "plugin_path"):
        notes.clear(root / name)
        _linked(path, root / name)
    assert isinstance(engine_init._stamped(at_), dict)  # type: ignore[arg-type]
    assert all(isinstance(place, str) for place in engine_init._plugin_dirs(at_))  # type: ignore[arg-type]
    engine_init.without_backend(root)
    here = RunDirectory(project, root / "work", root / "terraform", linked=True)
    here.path.mkdir(parents=True, exist_ok=True)
    notes.clear(here._note)
    _linked(path, here._note)
    here.clear()


def _recorded(path: Path) -> None:
    found = stock_data.backend(path.parent.parent)
    stock_data.workspace(path.parent.parent)
    notes.damaged(path.parent)
    if found:
        assert found.may_have_state in (True, False)
        found.remembered(path.parent)
        found.missing_in(recall(PLACE, path.parent))


def _journal(path: Path) -> None:
    found = Journal(path).interruption()
    assert found is None or all(isinstance(i, str) for i in (*found.made, *found.unheard))


def _flake(path: Path) -> None:
    with _alone(path) as place:
        tuple(generated.inputs(place))
        diagnose.words_in_flake(place)
        tuple(allowed_uris.locked(place / "flake.lock"))
        if (place / "flake.nix").exists():
            tuple(doctor._named_in(place, "flake.nix"))


def _early(path: Path) -> None:
    module = scratch() / "encrypted"
    module.mkdir(exist_ok=True)
    (module / "main.tf").write_bytes(ENCRYPTED)
    early_values(module, (path,))


def _release(path: Path) -> None:
    """Only an archive that is the pinned one is looked into."""
    pinned = scratch() / "pinned.zip"
    pinned.write_bytes(archive()[0])
    install.unpack(path, Release("1.12.6", "linux_amd64", install.digest(pinned), "https://x"), scratch() / "exe")


@functools.cache
def archive() -> Sequence[bytes]:
    return _zipped(tofu=b"x")()


_PIECES = tuple(word.encode() for word in (
    'resource "a" "b" {', "locals {", "}", 'x = "', "<<E\n", "\nE\n", "${", "%{ if x }", "for k in v :", "...", "?", "=>",
    "count = 1", "dynamic", "null", "[*]", ".*", "\\u00e", "\\x", "provider::a::b(", "-", "!", "&&",
))  # fmt: skip
_YAML = tuple(word.encode() for word in (
    "? ", ": ", "- ", "|\n", ">-\n", "&a ", "*a", "!!set ", "!!python/name:x ", "<<: *a", ".inf", ".nan", "1_000", "0b1",
    "%YAML 1.1\n---\n", "---\n", "...\n", "~", "\t", "@", "`", "!!int x", "!!float x", "!!binary x", "!!timestamp x", "190:20:30",
))  # fmt: skip

FILES = (
    of_file("values for an older engine", "given/nivis.auto.tfvars.json", _early, seeds({"x": [1, {"b": "${x}"}], "c": None}), json=True),
    of_file("documents of plans", "plans/net.json", lambda path: siblings.told(str(path.parent)), seeds({"changes": [], "outputs": {"vpc": "update"}}), json=True),
    of_file(".tf files", "tf/main.tf", _root, seeds(TF), _PIECES, weight=8),
    of_file(".tf.json files", "tf/main.tf.json", _root, seeds(TF_JSON), json=True, weight=2),
    of_file("variables, .tfvars", "x.tfvars", _variables, seeds(TFVARS), _PIECES),
    of_file("variables, .json", "x.auto.json", _variables, seeds({"a": [1, {"b": "x"}], "c": "[1]"}), json=True),
    of_file("variables, .yaml", "x.yaml", _variables, seeds(YAML), _YAML),
    of_file(".terraform.lock.hcl", "l/.terraform.lock.hcl", lambda p: (lockfile.read(p), provider_mirror.unlocked(p.read_text(errors="replace"), ())),
           seeds(LOCK)),
    of_file("flake.lock", "flake.lock", _flake, seeds(FLAKE_LOCK), json=True),
    of_file("flake.nix", "flake.nix", _flake, seeds(FLAKE), weight=2),
    of_file("module of an earlier run", "module/main.tf.json", _rendered, seeds(
        {"terraform": {"backend": {"local": {"path": "x"}}}, "resource": {"terraform_data": {"a": {"input": 1}}}, "//": "x"}), json=True, weight=2),
    of_file("state file", "s.json", _state, seeds(STATE), json=True),
    of_file("sidecar of a plan", "F.nivis.json", _sidecar, good_sidecars, json=True),
    of_file("plan file", "plan.bin", lambda p: plan_state.refreshed(p, KNOWN), _zipped(tfstate=json.dumps(STATE).encode(), tfplan=b"x")),
    of_file("schemas, archive", "schema.zip", _cached, cached_schemas),
    of_file("schemas, one of them", "member", _member, seeds(SCHEMA), json=True),
    of_file("journal", ".nivis/journal.jsonl", _journal, seeds(
        b'{"event":"phase","phase":2}\n{"event":"due","create":{"a":"","c":"0123"}}\n{"event":"start","id":"a","action":"create"}\n{"event":"done","id":"a"}\n'
        b'{"event":"failed","id":"b"}\n{"event":"end"}\n', '{"event":"phase","phase":1}'), json=False, raises=()),
    of_file("notes below .nivis", ".nivis/engine.json", _noted, seeds(
        {"aws_x.a": "aws.aws_x.a"}, ["a", "b"], {"ids": {"a.b.c": "b"}, "attributes": {"b": ["id"]}, "variables": ["v"], "providers": ["p"]},
        {"pid": 1, "born": "0"}, {"mark": "m", "now": PLACE, "previous": {}, "accepted": False},
        {"command": "apply", "pid": 1, "user": "u", "host": "h", "since": "s"}, {"version": 1, "run": {"home": "."}}), json=True, raises=()),
    of_file("OpenTofu's own notes", ".terraform/terraform.tfstate", _recorded, seeds(
        {"version": 3, "backend": {"type": "local", "config": {"path": "s", "workspace_dir": None}, "hash": 1}},
        {"version": 3, "backend": {"type": "s3", "config": {"bucket": "b", "key": "k"}}}), json=True),
    of_file("file of targets", "targets", lambda p: tuple(target_files.named_in([p])), seeds(b'a.b # c\nx.y["#"]\n\n')),
    of_file("CLI configuration", "tofurc", lambda p: provider_mirror.cli_config(scratch() / "rc", scratch(), (), {"TF_CLI_CONFIG_FILE": str(p)}),
           seeds(b'provider_installation {\n  direct {}\n}\nplugin_cache_dir = "x"\n')),
    of_file("archive of OpenTofu", "tofu.zip", _release, archive),
)  # fmt: skip
