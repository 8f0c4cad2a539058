"""Projects of the older nivis: its flakes run unchanged, its state is taken over, its command lines go on working."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from tests.e2e.project import STATE, Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]

LET = """
  a = data "a" { text = "one"; list = [ 1 true null ]; };
  b = data "b" (lib.str [ "b of " (a.refAttr "id") ]);
  odd = lib.mkResource { provider = "terraform"; type = "terraform_data"; name = "with.dots"; config = { input = 5; }; };
"""
IDS = ["terraform.terraform_data.a", "terraform.terraform_data.b", "terraform.terraform_data.with.dots"]


def plain(value: Any) -> Any:
    """A value of the state without the type that is written with it where a schema leaves that open."""
    return value["value"] if isinstance(value, dict) and value.keys() == {"value", "type"} else value


def as_the_older_one(project: Project, attributes: Callable[[dict[str, Any]], dict[str, Any]] = dict) -> dict[str, Any]:
    """Turn the project into one of the older nivis: its form of state, none of our files. Returns that state."""
    ids = json.loads(project.run("state", "list", "--json").ok().stdout)["resources"]
    stored = json.loads(project.state)["resources"]
    names = {i: i.split(".", 2)[1:] for i in ids}
    found = {}
    for i, (kind, name) in names.items():
        own = next(r for r in stored if r["type"] == kind and r["name"].startswith(name.split(".")[0]))
        found[i] = attributes({k: plain(v) for k, v in own["instances"][0]["attributes"].items()})
    resources = {i: {"id": i, "type": names[i][0], "attrs": attrs} for i, attrs in found.items()}
    for name in (".nivis", ".terraform"):
        shutil.rmtree(project.directory / name, ignore_errors=True)
    (project.directory / STATE).write_text(json.dumps({"resources": resources}, indent=2))
    return {"resources": resources}


def test_a_state_is_taken_over_and_nothing_changes(project: Project) -> None:
    project.flake('ir [ a b odd ] { outputs.b = b.refAttr "output"; }', let=LET).run("apply").ok()
    ids = {name: project.attributes(f"terraform_data.{name}")["id"] for name in ("a", "b")}
    before = as_the_older_one(project)
    for verb in ("plan", "apply", "state list"):
        project.run(*verb.split()).fails("This is a state of the older nivis", "`nivis state migrate` takes it over")
    done = project.run("state", "migrate").ok()
    assert done.stdout == (
        "Moved the state from the older nivis (nivis.state.json) to the local file nivis.state.json:\n"
        " > default  3 resource(s)\n"
    )
    assert json.loads((project.directory / f"{STATE}.older").read_text()) == before
    assert project.run("plan", "-detailed-exitcode").ok().stdout == "No changes. 3 resource(s) up to date.\n"
    assert project.run("state", "list").ok().stdout.splitlines() == IDS
    assert {name: project.attributes(f"terraform_data.{name}")["id"] for name in ("a", "b")} == ids
    assert project.run("output", "b").ok().stdout == f"b of {ids['a']}\n"
    # The order is known as well: what is gone from the flake goes before what it was made of.
    project.flake("ir [ odd ] { }", let=LET)
    assert project.run("apply").ok().stdout.splitlines()[1:] == [f" ✓ {i}  destroyed" for i in (IDS[1], IDS[0])]


def test_what_cannot_be_taken_over_leaves_everything_as_it_was(project: Project) -> None:
    project.flake("ir [ a b odd ] { }", let=LET).run("apply").ok()
    before = as_the_older_one(project)
    before["resources"]["gone.gone_thing.x"] = {"id": "gone.gone_thing.x", "type": "gone_thing", "attrs": {"id": "1"}}
    before["resources"]["terraform.no_such.y"] = {"id": "terraform.no_such.y", "type": "no_such", "attrs": {}}
    (project.directory / STATE).write_text(json.dumps(before))
    project.refused(
        "`gone.gone_thing.x`: its provider `gone` is not declared",
        "`terraform.no_such.y`: its provider has no resource type `no_such`",
        args=("state", "migrate"),
    )
    assert not (project.directory / f"{STATE}.older").exists()


def test_a_state_goes_to_the_declared_backend(project: Project) -> None:
    project.flake("ir [ a b odd ] { }", let=LET).run("apply").ok()
    as_the_older_one(project)
    (project.directory / STATE).rename(project.directory / "downloaded.json")
    project.flake('ir [ a b odd ] { backend = { type = "local"; path = "kept/x.tfstate"; }; }', let=LET)
    assert "3 resource(s)" in project.run("state", "migrate", "--from", "downloaded.json").ok().stdout
    assert (project.directory / "downloaded.json").exists()
    project.run("plan", "-detailed-exitcode").ok()


def test_both_directions_of_a_move(project: Project) -> None:
    remote = '{ backend = { type = "local"; path = "remote/x.tfstate"; }; }'
    project.flake("ir [ a b odd ] { }", let=LET).run("apply").ok()
    project.flake(f"ir [ a b odd ] {remote}", let=LET)
    assert "default  3 resource(s)" in project.run("state", "migrate", "--to-remote").ok().stdout
    assert not (project.directory / STATE).exists()
    moved = project.run("state", "migrate", "--from-remote").ok().stdout
    assert moved.startswith("Moved the state from the local file remote/x.tfstate to the local file nivis.state.json:")
    assert not (project.directory / "remote/x.tfstate").exists()
    project.run("plan", "--backend", "local", "-detailed-exitcode").ok()
    project.flake("ir [ a b odd ] { }", let=LET).run("plan", "-detailed-exitcode").ok()
    project.run("state", "migrate", "--from-remote", "--to-remote").fails("Two directions at once")


def test_its_settings_of_the_s3_backend(project: Project, aws_provider_env: dict[str, str], moto: str) -> None:
    project.env |= {k: v for k, v in aws_provider_env.items() if k.startswith("AWS_")}
    cloud = boto3.client(
        "s3", endpoint_url=moto, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    cloud.create_bucket(Bucket="older-states")
    settings = f'bucket = "older-states"; key = "app.json"; region = "us-east-1"; endpoint = "{moto}"; sseAlgorithm = "AES256";'
    project.flake(f'ir [ a b odd ] {{ backend = {{ type = "s3"; {settings} }}; }}', let=LET)
    project.run("apply").ok()
    assert cloud.head_object(Bucket="older-states", Key="app.json")["ServerSideEncryption"] == "AES256"
    project.run("plan", "-detailed-exitcode").ok()
