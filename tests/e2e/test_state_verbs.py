"""state rm, mv, pull, push, replace-provider, taint, untaint, import, force-unlock, as a user runs them."""

from __future__ import annotations

import json

import pytest

from tests.e2e.project import Project

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
    assert json.loads(applied.run("state", "rm", "terraform.*", "--json").ok().stdout) == {"removed": [A, B]}
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
    done = applied.run("state", "replace-provider", builtin, "registry.opentofu.org/acme/other").ok()
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
    project.chain().run("import", B, "x").fails("cannot be imported yet", "nivis apply")


def test_force_unlock_passes_on_what_the_engine_says(applied: Project) -> None:
    applied.run("force-unlock", "0000-1111").fails("Failed to unlock state")
