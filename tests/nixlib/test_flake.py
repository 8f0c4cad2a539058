"""The library as flakes and the rest of Nivis meet it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from nivis_tofu import __version__
from nivis_tofu.ir import decode

from . import harness

pytestmark = pytest.mark.nix
ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "nivis_tofu" / "nixlib"

TUTORIAL = """
{
  inputs.nivis.url = "github:wearetechnative/nivis";
  outputs = { self, nivis }: let lib = nivis.lib; in {
    nivis.plan = ledger: let
      bucket = lib.mkResource { provider = "aws"; type = "aws_s3_bucket"; name = "demo"; };
      note = lib.mkResource {
        provider = "aws"; type = "aws_s3_object"; name = "note";
        config.content = lib.str [ "stored in " (bucket.refAttr "id") ];
      };
    in lib.toIR {
      providers.aws = lib.mkProvider { source = "hashicorp/aws"; };
      resources = [ bucket note ];
      inherit ledger;
    };
  };
}
"""

EVERYTHING = f"""
let
  lib = import {LIBRARY};
  aws = type: name: config: lib.mkResource {{ provider = "aws"; inherit type name config; }};
  a = aws "t" "a" {{ x.__ref = 1; }};
  waiting = lib.ref "aws.t.b" "unknown";
in lib.toIR {{
  providers.aws = lib.mkProvider {{ source = "hashicorp/aws"; version = "~> 5.0"; }};
  resources = [
    a
    (aws "t" "b" {{
      native = a.refPath [ "l" 0 ];
      secret = lib.sensitive (a.refAttr "id");
      text = lib.str [ (a.refAttr "id") (lib.sensitive "s") ];
      template = lib.expr [ "x" (lib.str [ (a.refAttr "id") ]) (lib.sensitive 5) ];
    }} // {{ meta = {{ dependsOn = [ a ]; lifecycle.replaceTriggeredBy = [ a ]; }}; }})
    (lib.mkData {{ provider = "aws"; type = "d"; name = "c"; config.x = lib.str [ waiting ]; }})
    (lib.mkModule {{ source = "./m"; name = "m"; providers.aws = "aws"; }})
    (lib.whenKnown {{ inputs = [ (a.refAttr "id") ]; resources = _: [ (aws "t" "member" {{ }}) ]; }})
    (lib.whenKnown {{ inputs = [ waiting ]; resources = _: [ ]; }})
  ];
  outputs.o = {{ value = a.refAttr "id"; sensitive = true; }};
  backend = {{ type = "local"; }};
  extra.moved = [ {{ from = "t.old"; to = a; }} ];
  ledger.outputs."aws.t.a".id = "A";
}}
"""


def test_version_is_that_of_the_package() -> None:
    assert harness.value(f"(import {LIBRARY}).version") == __version__


def test_top_flake_offers_the_library_and_the_templates() -> None:
    found = harness.value(
        f'let f = (import {ROOT}/flake.nix).outputs {{ self = {{ }}; nixpkgs = throw "nobody needs it here"; }}; in '
        "{ inherit (f.lib) version; t = builtins.mapAttrs "
        "(_: t: { inherit (t) description; path = toString t.path; }) f.templates; }"
    )
    assert found["version"] == __version__
    templates = ROOT / "templates"
    present = {p.name for p in templates.iterdir() if p.is_dir()} if templates.is_dir() else set()
    assert set(found["t"]) - {"default"} == present
    assert all(t["description"] and Path(t["path"]).is_dir() for t in found["t"].values())


def test_an_unchanged_flake_is_bound_to_this_library(tmp_path: Path) -> None:
    (tmp_path / "flake.nix").write_text(TUTORIAL)
    command = [
        "nix", "eval", "--impure", "--json", "--no-write-lock-file",
        "--override-input", "nivis", f"path:{LIBRARY}",
        "path:.#nivis.plan", "--apply", "f: f { phase = 1; outputs = { }; vars = { }; }",
    ]  # fmt: skip
    env = os.environ | {"NIX_CONFIG": "experimental-features = nix-command flakes"}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    ir = decode.decode(json.loads(done.stdout))
    assert list(ir.resources) == ["aws.aws_s3_bucket.demo", "aws.aws_s3_object.note"]
    assert [r.pending for r in ir.resources.values()] == [False, True]
    assert not (tmp_path / "flake.lock").exists()


def test_everything_the_library_writes_is_read_back() -> None:
    ir = decode.decode(harness.value(EVERYTHING))
    assert sorted(ir.resources) == ["aws.t.a", "aws.t.b", "aws.t.member", "data.aws.d.c", "module.m"]
    assert ir.resources["aws.t.a"].config == {"x": {"__ref": 1}}
    assert [str(r) for r in ir.resources["aws.t.member"].given] == ["aws.t.a.id"]
    assert [d.sensitive for d in ir.resources["aws.t.b"].derived] == [False, True, True]
    assert [g.name for g in ir.groups] == ["aws.t.b.unknown"]
    assert ir.resources["aws.t.b"].meta.depends_on == ("aws.t.a",)
