"""state rm, mv, pull, push, replace-provider, taint, untaint, import, force-unlock, as a user runs them."""

from __future__ import annotations

import json
import stat
import subprocess
from pathlib import Path

import pytest

from tests.e2e.project import NIVIS, Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]

A, B = "terraform.terraform_data.a", "terraform.terraform_data.b"


@pytest.fixture
def applied(project: Project) -> Project:
    project.chain().run("apply").ok()
    return project


def in_state(project: Project) -> set[str]:
    return {r["name"] for r in json.loads(project.state)["resources"]}


def beside(project: Project) -> set[str]:
    return {p.name for p in project.directory.iterdir()} - {".nivis", "flake.nix", "flake.lock"}


def test_rm_forgets_by_id_address_and_glob(applied: Project) -> None:
    applied.run("state", "rm", "no.such.thing").fails('no state for "no.such.thing"')
    done = applied.run("state", "rm", A).ok()
    assert done.stdout == f"Removed 1 resource(s) from the state:\n x {A}\n"
    assert in_state(applied) == {"b"}
    applied.run("apply").ok()
    assert json.loads(applied.run("state", "rm", "terraform.*", "--json").ok().stdout) == {
        "version": 1,
        "removed": [A, B],
    }
    assert in_state(applied) == set()
    # The engine's backups are below .nivis, never beside the state.
    assert beside(applied) == {"nivis.state.json"}
    assert list((applied.directory / ".nivis/backups").iterdir())


def test_a_typo_is_met_with_the_near_name(applied: Project) -> None:
    applied.run("state", "rm", "terraform.terraform_data.aa").fails(f"Did you mean `{A}`?")


def test_mv_renames_without_a_change_to_come(applied: Project) -> None:
    old = applied.attributes("terraform_data.b")["id"]
    applied.flake(
        """ir [ a c ] { outputs.b = c.refAttr "output"; }""",
        let="""a = data "a" "one"; c = data "c" (lib.str [ "from " (a.refAttr "id") ]);""",
    )
    done = applied.run("state", "mv", B, "terraform.terraform_data.c").ok()
    assert done.stdout == f" > terraform.terraform_data.c  from {B}\n"
    assert applied.attributes("terraform_data.c")["id"] == old
    assert applied.run("plan").ok().stdout.startswith("No changes.")


def test_dry_runs_change_nothing(applied: Project) -> None:
    before = applied.state
    done = applied.run("state", "rm", "-dry-run", "terraform.*").ok()
    assert done.stdout == f"Would remove 2 resource(s) from the state:\n x {A}\n x {B}\n"
    done = applied.run("state", "mv", "-dry-run", B, "terraform.terraform_data.c").ok()
    assert done.stdout == f" > terraform.terraform_data.c  from {B} (not done)\n"
    document = json.loads(applied.run("state", "rm", "--dry-run", "--json", A).ok().stdout)
    assert document == {"version": 1, "would_remove": [A]}
    applied.run("state", "mv", "--dry-run", B, A).fails()
    assert applied.state == before


def test_taint_has_a_resource_replaced_and_untaint_takes_it_back(applied: Project) -> None:
    assert applied.run("taint", A).ok().stdout == f"{A} is tainted: the next apply replaces it.\n"
    assert f" -/+ {A}" in applied.run("plan").ok().stdout
    applied.run("untaint", "terraform_data.a").ok()
    assert applied.run("plan").ok().stdout.startswith("No changes.")
    assert beside(applied) == {"nivis.state.json"}


def test_pull_and_push_round_trip(applied: Project) -> None:
    text = applied.run("state", "pull").ok().stdout
    assert json.loads(text) == json.loads(applied.state)
    file = applied.directory / "saved.json"
    file.write_text(text)
    applied.run("state", "rm", B).ok()
    applied.run("state", "push", "saved.json").fails("serial")
    applied.run("state", "push", "-force", "saved.json").ok()
    assert in_state(applied) == {"a", "b"}
    applied.run("state", "push", "nowhere.json").fails("No such state file")


def test_replace_provider_names_what_it_changed(applied: Project) -> None:
    builtin = "terraform.io/builtin/terraform"
    done = applied.run("state", "replace-provider", "--yes", builtin, "registry.opentofu.org/acme/other").ok()
    assert done.stdout == f"Replaced the provider of 2 resource(s):\n ~ {A}\n ~ {B}\n"
    assert "acme/other" in applied.run("state", "pull").ok().stdout
    none = applied.run("state", "replace-provider", builtin, "registry.opentofu.org/acme/other").ok()
    assert none.stdout == "Replaced the provider of 0 resource(s).\n"


def test_import_takes_over_a_declared_resource(applied: Project) -> None:
    applied.run("state", "rm", A).ok()
    assert applied.run("import", A, "an-id-of-its-own").ok().stdout == f" < {A}\n"
    assert applied.attributes("terraform_data.a")["id"] == "an-id-of-its-own"
    assert applied.run("state", "list").ok().stdout.splitlines() == [A, B]
    applied.run("import", "terraform.terraform_data.zz", "x").fails("Resource not declared", "terraform_data.zz")


def test_import_of_a_resource_that_has_to_wait_says_so(project: Project) -> None:
    project.chain().run("import", B, "x").fails("This resource cannot be imported yet", "nivis apply")


@pytest.mark.parametrize("flags", [(), ("-force",), ("--yes",)])
def test_force_unlock_passes_on_what_the_engine_says(applied: Project, flags: tuple[str, ...]) -> None:
    applied.run("force-unlock", *flags, "0000-1111").fails("error: Failed to unlock state")


def test_list_takes_ids_addresses_and_globs(applied: Project) -> None:
    def listed(*wanted: str) -> list[str]:
        return applied.run("state", "list", *wanted).ok().stdout.splitlines()

    assert listed(A) == listed("terraform_data.a") == listed("*.a") == [A]
    assert listed(B, "terraform_data.a", "terraform_data.?") == listed("terraform*") == [A, B]
    assert json.loads(applied.run("state", "list", B, "-json").ok().stdout)["resources"] == [B]
    # As with the engine, what is not there is an error.
    assert applied.run("state", "list", A, "terraform_data.zz").fails('no state for "terraform_data.zz"').stdout == ""
    applied.run("state", "list", "x*").fails('no state for "x*"')


def test_list_of_a_resource_has_its_instances(project: Project) -> None:
    module = project.directory / "m"
    module.mkdir()
    (module / "main.tf").write_text('resource "terraform_data" "x" {\n  for_each = toset(["k.1", "l"])\n}\n')
    project.flake('lib.toIR { providers = { }; resources = [ ]; modules = [ (lib.mkModule { source = "./m"; name = "m"; }) ]; inherit ledger; }')  # fmt: skip
    project.run("apply").ok()
    both = project.run("state", "list").ok().stdout
    assert both.count("\n") == 2
    for wanted in ("module.m", "module.m.terraform_data.x"):
        assert project.run("state", "list", wanted).ok().stdout == both
    one = project.run("state", "list", 'module.m.terraform_data.x["k.1"]').ok().stdout
    assert one in both
    assert one.count("\n") == 1


def piped(project: Project, text: str, *args: str) -> str:
    """nivis with this on stdin; its stdout."""
    argv = [str(NIVIS), *args]
    done = subprocess.run(argv, cwd=project.directory, env=project.env, input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_pull_and_push_as_older_scripts_write_them(applied: Project) -> None:
    assert applied.run("state", "pull", "--out", "saved.json").ok().stdout == "Wrote saved.json.\n"
    file = applied.directory / "saved.json"
    assert json.loads(file.read_text()) == json.loads(applied.state)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for args in (("--in", "saved.json", "--yes"), ("--yes", "saved.json"), ("--force", "--in", "saved.json")):
        applied.run("state", "rm", B).ok()
        assert applied.run("state", "push", *args).ok().stdout == "Pushed saved.json.\n"
        assert in_state(applied) == {"a", "b"}
    applied.run("state", "push", "--in", "saved.json", "other.json").fails("FILE and --in exclude each other")
    applied.run("state", "pull", "--out", "no/such/file").fails("No such file or directory", "must exist")
    assert not (applied.directory / "no").exists()


def test_push_reads_stdin(applied: Project) -> None:
    text = applied.state.decode()
    for args in ((), ("-",), ("--in", "-")):
        applied.run("state", "rm", B).ok()
        assert piped(applied, text, "state", "push", "--yes", *args) == "Pushed stdin.\n"
        assert in_state(applied) == {"a", "b"}
    assert "pushed.tfstate" not in {p.name for p in (applied.directory / ".nivis").iterdir()}


def test_a_pushed_file_is_looked_for_in_the_project(applied: Project, tmp_path: Path) -> None:
    (applied.directory / "saved.json").write_bytes(applied.state)
    applied.run("state", "push", "saved.json", "--flake", str(applied.directory), cwd=tmp_path).ok()


def test_json_of_every_verb(applied: Project) -> None:
    def said(*args: str) -> object:
        found = json.loads(applied.run(*args, "--json").ok().stdout)
        assert found.pop("version") == 1
        return found

    assert said("taint", A) == {"tainted": A}
    assert said("untaint", A) == {"untainted": A}
    assert said("state", "mv", A, "terraform.terraform_data.c") == {"from": A, "to": "terraform.terraform_data.c"}
    assert said("state", "rm", "terraform_data.c") == {"removed": ["terraform.terraform_data.c"]}
    assert said("import", A, "an-id") == {"imported": A, "import_id": "an-id"}
    assert said("state", "pull", "--out", "s.json") == {"out": "s.json"}
    assert said("state", "push", "s.json") == {"pushed": "s.json"}
    source, target = "terraform.io/builtin/terraform", "registry.opentofu.org/acme/other"
    changed = {"from": source, "to": target, "changed": [A, B]}
    assert said("state", "replace-provider", "--yes", source, target) == changed


def test_gen_names_its_provider_in_two_ways(applied: Project) -> None:
    builtin = "terraform.io/builtin/terraform"
    text = f"Wrote 1 resource(s) and 1 data source(s) of {builtin} to made.\n"
    assert applied.run("gen", builtin, "--out", "made").ok().stdout == text
    assert applied.run("gen", "--provider", builtin, "--out", "made").ok().stdout == text
    document = {"version": 1, "source": builtin, "resources": 1, "data": 1, "out": "made"}
    assert json.loads(applied.run("gen", "-provider=terraform", "--out", "made", "--json").ok().stdout) == document
    applied.run("gen", "--out", "made").fails("error: No provider is named", "hint: `nivis gen PROVIDER")
    applied.run("gen", builtin, "--provider", "x", "--out", "made").fails("PROVIDER and --provider exclude each other")
