"""A project of modules for nixpkgs' module system, as a user runs it, with nixpkgs' own lib or with a stand-in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.project import Project
from tests.nixlib.test_nix_modules import NIXPKGS, STAND_IN

pytestmark = [pytest.mark.engine, pytest.mark.nix]

FLAKE = """{
  inputs.nivis.url = "github:wearetechnative/nivis";
  inputs.nixpkgs.url = "path:@lib@";
  outputs = { self, nivis, nixpkgs }: {
    nivis.plan = ledger: nivis.lib.toModuleIR {
      inherit (nixpkgs) lib;
      modules = [ ./modules/net.nix ./modules/app.nix ];
      specialArgs.vars = nivis.lib.mkVars { cidr = { type = "str"; default = "10.1"; }; } ledger.vars;
      inherit ledger;
    };
  };
}
"""
NET = """{ config, lib, nivis, vars, ... }:
let
  cfg = config.net;
in
{
  options.net = {
    enable = lib.mkOption { type = lib.types.bool; default = false; };
    id = lib.mkOption { type = nivis.types.orRef lib.types.str; };
    tags = lib.mkOption { type = lib.types.attrsOf nivis.types.value; default = { }; };
  };
  config = lib.mkMerge [
    { net.tags.from = "net"; }
    (lib.mkIf cfg.enable {
      resource.terraform_data.net = {
        input = { cidr = lib.mkDefault vars.cidr; inherit (cfg) tags; };
        lifecycle.create_before_destroy = true;
      };
      net.id = config.resource.terraform_data.net.refAttr "id";
    })
  ];
}
"""
APP = """{ config, nivis, ... }:
{
  net.enable = true;
  net.tags.app = nivis.str [ "app-" (config.resource.terraform_data.base.refAttr "id") ];
  resource.terraform_data.base = { };
  resource.terraform_data.app = {
    input = { net = config.net.id; text = "in \\${terraform_data.net.id}"; json = nivis.jsonencode [ config.net.id ]; };
    provisioner.local-exec.command = "echo ran > \\${self.input.text == \\"\\" ? 1 : \\"ran\\"}";
    depends_on = [ "terraform_data.base" ];
  };
  resource.terraform_data.many = { count = 2; input = "\\${count.index}"; };
  locals.greeting = "hello \\${terraform_data.base.id}";
  output.greeting.value = "\\${local.greeting}";
  output.net.value = config.net.id;
}
"""


def flake_of(lib: Path, directory: Path) -> Path:
    """A flake with this lib and nothing else."""
    flake = directory / "nixpkgs"
    shutil.copytree(lib, flake / "lib", copy_function=shutil.copyfile)
    (flake / "flake.nix").write_text("{ outputs = { self }: { lib = import ./lib; }; }")
    return flake


def test_the_template(project: Project, tmp_path: Path) -> None:
    project.run("init", "--template", "nixpkgs").ok()
    flake = project.directory / "flake.nix"
    text = flake.read_text()
    assert 'description = "a projéct";' in text
    flake.write_text(text.replace("github:nix-community/nixpkgs.lib", f"path:{flake_of(STAND_IN, tmp_path)}"))
    assert "Applied 2 resource(s) across 2 phase(s)" in project.run("apply").ok().stdout
    service = project.attributes("terraform_data.service")["input"]["value"]
    network = project.attributes("terraform_data.network")
    assert network["input"]["value"] == {"cidr": "10.1.0.0/16"}
    assert service == {
        "network": f"in {network['id']}",
        "policy": f'{{"Resource":"{network["id"]}"}}',
        "name": f"service-{network['id'][:8]}",
    }
    assert project.run("plan").ok().stdout.startswith("No changes.")


@pytest.mark.parametrize("nixpkgs", [NIXPKGS, STAND_IN], ids=["nixpkgs", "stand-in"])
def test_from_the_first_plan_to_the_end(project: Project, nixpkgs: Path, tmp_path: Path) -> None:
    if not nixpkgs.is_dir():
        pytest.skip(f"there is no lib of nixpkgs in {nixpkgs}")
    (project.directory / "modules").mkdir()
    (project.directory / "modules/net.nix").write_text(NET)
    (project.directory / "modules/app.nix").write_text(APP)
    (project.directory / "flake.nix").write_text(FLAKE.replace("@lib@", str(flake_of(nixpkgs, tmp_path))))
    done = project.run("apply").ok()
    assert "Applied 5 resource(s) across 2 phase(s)" in done.stdout
    net = project.attributes("terraform_data.net")
    base = project.attributes("terraform_data.base")["id"]
    assert net["input"]["value"] == {"cidr": "10.1", "tags": {"app": f"app-{base}", "from": "net"}}
    app = project.attributes("terraform_data.app")["input"]["value"]
    assert app == {"net": net["id"], "text": f"in {net['id']}", "json": f'["{net["id"]}"]'}
    assert (project.directory / "ran").is_file()
    assert project.run("output").ok().stdout == f"greeting = hello {base}\nnet = {net['id']}\n"
    assert project.run("plan").ok().stdout.startswith("No changes.")
    if nixpkgs == NIXPKGS:
        return  # each evaluation copies that lib
    assert project.run("plan", "--var", "cidr=10.2").ok().stdout.startswith(" ~ terraform.terraform_data.net ")
    (project.directory / "modules/app.nix").write_text(
        APP.replace("= { };", "= { lifecycle.prevent_destory = true; };")
    )
    project.refused("Unknown lifecycle argument", "modules/app.nix:5")
    (project.directory / "modules/app.nix").write_text(APP.replace("= { };", "= { inptu = 1; };"))
    project.refused("Unsupported argument", "modules/app.nix:5", "Did you mean `input`?")
    (project.directory / "modules/app.nix").write_text(APP.replace("net.enable = true;", "net.enable = 5;"))
    project.refused("`net.enable' is not of type `boolean'", "In `modules/app.nix': 5", "at modules/app.nix:3")
    (project.directory / "modules/app.nix").write_text(APP)
    assert "Destroyed 5 resource(s)" in project.run("destroy").ok().stdout
