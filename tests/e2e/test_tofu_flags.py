"""Flags and environment of OpenTofu that pipelines use, on the real engine."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.project import STATE, Project
from tests.support.http_state import Shelf, http_state

pytestmark = [pytest.mark.engine, pytest.mark.nix]

JOINED = """lib.toIR { rootModule = "."; providers = {}; resources = []; inherit ledger; }"""
RESOURCE = 'resource "terraform_data" "a" { input = "x" }\n'


def serial(file: Path) -> int:
    return int(json.loads(file.read_text())["serial"])


def stock(project: Project, *args: str) -> str:
    done = subprocess.run(
        [str(project.tofu), *args], cwd=project.directory, env=project.env, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_raw_is_for_what_has_a_raw_form(project: Project) -> None:
    outputs: dict[str, tuple[str, str | None]] = {
        "text": ('"a\\nb"', "a\nb"),
        "number": ("1000000", "1000000"),
        "fraction": ("0.5", "0.5"),
        "yes": ("true", "true"),
        "list": ('[ "a" ]', None),
        "empty": ("[ ]", None),
        "map": ('{ a = "b"; }', None),
        "nothing": ("null", None),
    }
    declared = " ".join(f"outputs.{name} = {value};" for name, (value, _) in outputs.items())
    project.flake(f'ir [ (data "a" 1) ] {{ {declared} }}').run("apply").ok()
    for name, (_, raw) in outputs.items():
        done = project.run("output", "-raw", name)
        if raw is None:
            done.fails("No raw form of this output", f"`nivis output --json {name}`")
            assert done.stdout == ""
        else:
            assert done.ok().stdout == raw
    project.run("output", "-raw").fails("the name of one output")
    project.run("output", "-raw", "-json", "text").fails("one form of output")


def test_backup(project: Project) -> None:
    project.chain().run("apply", "-backup=first.backup").ok()
    assert not (project.directory / "first.backup").exists()  # there was nothing to keep
    before = project.state
    # Several phases, and the backup is what was there before the first of them.
    project.chain("two").refused("kept", args=("apply", "-backup=kept/second.backup", "-replace=terraform_data.a"))
    (project.directory / "kept").mkdir()
    project.run("apply", "-backup=kept/second.backup", "-replace=terraform_data.a").ok()
    assert json.loads((project.directory / "kept/second.backup").read_text()) == json.loads(before)
    for verb in ("taint terraform_data.a", "untaint terraform_data.a", "state mv terraform_data.b terraform_data.c",
                 "state rm terraform_data.c", "refresh", "destroy"):  # fmt: skip
        file = project.directory / "a backup"
        file.unlink(missing_ok=True)
        now = project.state
        project.run(*verb.split(), "-backup=a backup").ok()
        assert not file.exists() if project.state == now else json.loads(file.read_text()) == json.loads(now), verb
    names = {path.name for path in project.directory.iterdir()}
    assert names == {"flake.nix", "flake.lock", ".nivis", STATE, "kept", "a backup"} & names


def test_state_out(project: Project) -> None:
    project.chain().run("apply").ok()
    before = project.state
    out = project.directory / "new.json"
    project.run("apply", "-state-out=new.json").ok()
    assert not out.exists()  # nothing happened
    project.chain("two").run("apply", "-state-out=new.json").ok()
    assert project.state == before
    assert '"two"' in out.read_text()
    assert serial(out) > serial(project.directory / STATE)
    # Again: it is a state that the old one has become. Another one is in nobody's way.
    project.run("destroy", "-auto-approve", "-state-out=new.json").ok()
    assert project.state == before
    assert json.loads(out.read_text())["resources"] == []
    out.write_text(out.read_text().replace(json.loads(before)["lineage"], "11111111-2222-3333-4444-555555555555"))
    project.refused("Another state is in the way", args=("apply", "-state-out=new.json"))
    project.run("plan", "-out=F").ok()
    project.refused("A saved plan has its own state", args=("apply", "-state-out=other.json", "F"))


def test_allow_missing(project: Project) -> None:
    project.chain().run("apply").ok()
    for verb, word in (("taint", "tainted"), ("untaint", "untainted")):
        project.run(verb, "terraform_data.nope").fails("nope")
        done = project.run(verb, "-allow-missing", "terraform_data.nope").ok()
        assert done.stdout == f"Nothing was {word}.\n"
        assert "warning" in done.stderr
        assert json.loads(project.run(verb, "-json", "-allow-missing", "terraform_data.nope").ok().stdout) == {
            "version": 1,
            word: None,
        }
        project.run(verb, "-allow-missing", "terraform_data.a").ok()


def test_state_list_by_id(project: Project) -> None:
    project.chain().run("apply").ok()
    for name in ("a", "b"):
        found = project.attributes(f"terraform_data.{name}")["id"]
        assert project.run("state", "list", f"-id={found}").ok().stdout == f"terraform.terraform_data.{name}\n"
    assert project.run("state", "ls", "-id=nope").ok().stdout == "No resources in state.\n"


def test_generated_configuration(project: Project) -> None:
    block = '{ to = "terraform_data.found"; id = "some-id"; }'
    project.flake(f"""ir [ (data "a" 1) ] {{ extra.import = [ {block} ]; }}""")
    done = project.run("plan", "-generate-config-out=found.tf").ok()
    assert "nivis convert" in done.stderr
    text = (project.directory / "found.tf").read_text()
    assert 'resource "terraform_data" "found"' in text
    project.refused("The file for generated configuration exists", args=("plan", "-generate-config-out=found.tf"))
    assert (project.directory / "found.tf").read_text() == text


def test_show_sensitive(project: Project) -> None:
    secret = "correct horse"
    project.flake(
        'ir [ (data "a" v.pw) ] { outputs.pw = { value = v.pw; sensitive = true; }; }',
        let='v = lib.mkVars { pw = { type = "str"; sensitive = true; }; } ledger.vars;',
    )
    given = ("-var", f"pw={secret}")
    for args in (("plan", "--diff"), ("plan", "-json"), ("apply",), ("apply", "-show-sensitive"), ("show",), ("plan",)):
        done = project.run(*args, *given).ok()
        assert secret not in done.stdout + done.stderr, args
    other = ("-var", "pw=battery staple")
    assert secret in project.run("plan", "--diff", "-show-sensitive", *other).ok().stdout
    for verb in ("show", "output", "state show terraform_data.a"):
        assert secret not in project.run(*verb.split()).ok().stdout
        assert secret in project.run(*verb.split(), "-show-sensitive").ok().stdout, verb


def test_forgotten_objects(project: Project) -> None:
    """An engine that can forget objects has a flag about them."""
    (project.directory / "main.tf").write_text(
        'resource "terraform_data" "a" {\n  input = "x"\n  lifecycle {\n    destroy = false\n  }\n}\n'
    )
    project.flake(JOINED)
    if not project.engine_has("apply", "-suppress-forget-errors"):
        project.run("apply", "-auto-approve").fails("Unsupported argument", "at main.tf:4", '"destroy" is not expected')
        (project.directory / "main.tf").write_text(RESOURCE)
        project.run("apply", "-auto-approve").ok()
        project.refused(
            "flag provided but not defined: -suppress-forget-errors",
            "does not have it. Leave it out",
            args=("destroy", "-auto-approve", "-suppress-forget-errors"),
        )
        return
    project.run("apply", "-auto-approve").ok()
    project.run("destroy", "-auto-approve").fails("forgotten")
    project.run("apply", "-auto-approve").ok()
    project.run("destroy", "-auto-approve", "-suppress-forget-errors").ok()


def test_data_directory(project: Project, tmp_path: Path) -> None:
    """Providers, modules and the selected workspace lie where TF_DATA_DIR says, as with the engine alone."""
    project.chain()
    for place in ("elsewhere", str(tmp_path / "out of here")):
        project.env["TF_DATA_DIR"] = place
        data = project.directory / place
        project.run("apply").ok()
        assert (data / "terraform.tfstate").exists()
        project.run("workspace", "new", data.name.replace(" ", "-")).ok()
        assert (data / "environment").read_text() == data.name.replace(" ", "-")
        assert project.run("state", "list").ok().stdout == "No resources in state.\n"
    project.env["TF_DATA_DIR"] = "elsewhere"
    assert project.run("workspace", "show").ok().stdout == "elsewhere\n"
    del project.env["TF_DATA_DIR"]
    assert project.run("workspace", "show").ok().stdout == "default\n"
    assert len(project.run("state", "list").ok().stdout.splitlines()) == 2


@pytest.mark.parametrize("first", ["show", "list"])
def test_the_workspace_is_right_at_once(project: Project, first: str) -> None:
    (project.directory / "main.tf").write_text(RESOURCE)
    stock(project, "init")
    stock(project, "workspace", "new", "dev")
    project.flake(JOINED)
    told = project.run("workspace", first).ok().stdout
    assert told == ("dev\n" if first == "show" else "  default\n* dev\n")
    project.env["TF_WORKSPACE"] = "other"
    assert project.run("workspace", "show").ok().stdout == "other\n"
    del project.env["TF_WORKSPACE"]
    project.run("workspace", "select", "default").ok()
    assert project.run("workspace", "show").ok().stdout == "default\n"


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with http_state() as found:
        yield found


def block(kind: str, **settings: Any) -> str:
    inner = " ".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
    return f'terraform {{\n  backend "{kind}" {{\n {inner} }}\n}}\n'


def test_a_backend_that_opentofu_remembers_otherwise(project: Project) -> None:
    """The block was edited after the last `tofu init`: the state that was made there is not left behind."""
    main = project.directory / "main.tf"
    main.write_text(block("local", path="one.tfstate") + RESOURCE)
    stock(project, "init")
    stock(project, "apply", "-auto-approve")
    state = (project.directory / "one.tfstate").read_bytes()
    project.flake(JOINED)
    main.write_text(block("local", path="two.tfstate") + RESOURCE)
    for verb in ("init", "plan", "apply -auto-approve", "destroy -auto-approve"):
        project.run(*verb.split()).fails("The state lies elsewhere", "one.tfstate", "two.tfstate")
    assert (project.directory / "one.tfstate").read_bytes() == state
    project.run("init", "-migrate-state").ok()
    assert "No changes" in project.run("plan", "-detailed-exitcode").ok().stdout
    assert json.loads((project.directory / "two.tfstate").read_text())["resources"]


def test_a_backend_that_only_opentofu_remembers(project: Project, shelf: Shelf) -> None:
    """`-backend-config` was given to `tofu init`, once; nobody has to give it again."""
    main = project.directory / "main.tf"
    main.write_text(block("http", retry_max=0) + RESOURCE)
    given = {"address": f"{shelf.url}/one", "username": "nivis", "password": shelf.password}
    stock(project, "init", *(f"-backend-config={name}={value}" for name, value in given.items()))
    stock(project, "apply", "-auto-approve")
    project.flake(JOINED)
    assert "No changes" in project.run("plan", "-detailed-exitcode").ok().stdout
    assert project.run("state", "list").ok().stdout == "terraform_data.a\n"
    main.write_text(block("http", retry_max=0) + RESOURCE.replace("x", "y"))
    project.run("apply", "-auto-approve").ok()
    assert b'"y"' in shelf.states["/one"]
    written = [
        p for p in (project.directory / ".nivis").rglob("*") if p.is_file() and shelf.password in p.read_text("latin1")
    ]
    assert all(p.stat().st_mode & 0o077 == 0 for p in written)
    # A flake that says that the state is in a file does not leave the remote one behind either.
    main.write_text(RESOURCE)
    project.run("init").fails("The state lies elsewhere", "the backend `http`")


def test_a_flake_after_opentofu(project: Project) -> None:
    """A project was converted: its flake says nothing of the backend that OpenTofu used there."""
    main = project.directory / "main.tf"
    main.write_text(block("local", path="old.tfstate") + RESOURCE)
    stock(project, "init")
    stock(project, "apply", "-auto-approve")
    main.unlink()
    project.chain().run("apply").fails("The state lies elsewhere", "old.tfstate")
    project.run("init", "-reconfigure").ok()
    project.run("apply").ok()
    assert (project.directory / "old.tfstate").exists()
