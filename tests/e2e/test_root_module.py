"""An existing root module and a flake in one configuration: files, backend, references both ways, clashes."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]

OLD = """
# What a team has had for years: } ${
variable "zone" { default = "eu" }
locals { prefix = "old-${var.zone}" }
resource "terraform_data" "old" {
  for_each = toset(["a", "b"])
  input    = "${local.prefix}-${each.key}"
}
module "part" {
  source = "./parts/one"
  name   = local.prefix
}
module "shared" {
  source = "../shared"
}
resource "terraform_data" "file" { input = file("${path.module}/motd.txt") }
output "zone" { value = var.zone }
"""
PART = 'variable "name" {}\nresource "terraform_data" "part" { input = var.name }\noutput "id" { value = terraform_data.part.id }\n'


@pytest.fixture
def mixed(project: Project) -> Project:
    infra = project.directory / "infra"
    (infra / "parts/one").mkdir(parents=True)
    (infra / "main.tf").write_text(OLD)
    (infra / "motd.txt").write_text("hello")
    (infra / "parts/one/part.tf").write_text(PART)
    shared = project.directory / "shared"
    shared.mkdir()
    (shared / "x.tf").write_text('resource "terraform_data" "shared" {}\n')
    return project


def tofu(project: Project, *args: str) -> str:
    infra = project.directory / "infra"
    done = subprocess.run([project.tofu, *args], cwd=infra, env=project.env, check=True, capture_output=True, text=True)
    return done.stdout


def add_flake(project: Project, let: str = "", resources: str = "a b", more: str = "") -> None:
    standard = """
      a = data "a" (lib.expr "new beside ${terraform_data.old["a"].output}");
      b = data "b" (lib.str [ "b of " (a.refAttr "id") ]);
    """.replace("${", "\\${").replace('["a"]', '[\\"a\\"]')
    project.flake(f'ir [ {resources} ] {{ rootModule = "infra"; {more} }}', let=let or standard)


def test_a_flake_beside_a_root_module_that_has_a_state(mixed: Project) -> None:
    tofu(mixed, "init")
    tofu(mixed, "apply", "-auto-approve")
    add_flake(mixed)
    plan = mixed.run("plan").ok().stdout
    assert [line for line in plan.splitlines() if line.startswith(" ")] == [
        " + terraform.terraform_data.a (terraform_data)",
        " + terraform.terraform_data.b (terraform_data)",
    ]
    assert "Applied 2 resource(s) across 2 phase(s):" in mixed.run("apply").ok().stdout
    state = json.loads((mixed.directory / "infra/terraform.tfstate").read_text())
    found = {r["name"]: r["instances"][0]["attributes"] for r in state["resources"]}
    assert found["a"]["output"]["value"] == "new beside old-eu-a"
    assert found["b"]["output"]["value"] == f"b of {found['a']['id']}"
    assert not (mixed.directory / "nivis.state.json").exists()
    assert "No changes" in mixed.run("plan").ok().stdout
    names = mixed.run("state", "list").ok().stdout.splitlines()
    assert 'terraform_data.old["a"]' in names
    assert "module.part.terraform_data.part" in names

    # Edits of either side go through either tool's words; instances are told one by one.
    main = mixed.directory / "infra/main.tf"
    main.write_text(main.read_text().replace('["a", "b"]', '["a", "c"]'))
    plan = mixed.run("plan").ok().stdout
    assert ' - terraform_data.old["b"]' in plan
    assert ' + terraform_data.old["c"]' in plan
    applied = mixed.run("apply").ok().stdout
    assert ' ✓ terraform_data.old["c"]' in applied
    assert "No changes" in mixed.run("plan").ok().stdout
    assert mixed.run("output", "zone").ok().stdout == "eu\n"
    mixed.run("destroy").ok()
    assert mixed.run("state", "list").ok().stdout == "No resources in state.\n"


def test_its_blocks_may_use_what_the_flake_makes_in_a_later_phase(mixed: Project) -> None:
    (mixed.directory / "infra/uses.tf").write_text(
        "locals { made = terraform_data.b.output }\n"
        'resource "terraform_data" "uses" { input = "uses ${local.made}" }\n'
        'output "uses" { value = terraform_data.uses.output }\n'
    )
    (mixed.directory / "infra/more.tf.json").write_text(
        json.dumps({"resource": {"terraform_data": {"json": {"input": "${terraform_data.uses.id}"}, "free": {}}}})
    )
    add_flake(mixed)
    assert " + terraform_data.uses (terraform_data)" in mixed.run("plan").ok().stdout
    mixed.run("apply").ok()
    assert mixed.run("output", "uses").ok().stdout.startswith("uses b of ")
    assert "No changes" in mixed.run("plan").ok().stdout
    # While its upstream waits for a new value it is left as it is, then changed in its turn.
    (mixed.directory / "infra/main.tf").write_text(OLD.replace('"eu"', '"us"'))
    flake = mixed.directory / "flake.nix"
    flake.write_text(flake.read_text().replace("b of ", "second b of "))
    mixed.run("apply").ok()
    assert mixed.run("output", "uses").ok().stdout.startswith("uses second b of ")
    assert "No changes" in mixed.run("plan").ok().stdout
    mixed.run("destroy").ok()


def test_an_address_declared_twice(mixed: Project) -> None:
    add_flake(mixed, let='old = data "old" 1;', resources="old", more="outputs.zone = 1;")
    mixed.run("plan").fails("`terraform_data.old` is declared in main.tf", "the output `zone`", "tofuName")


def test_root_option_and_a_backend_of_its_own(mixed: Project) -> None:
    (mixed.directory / "infra/backend.tf").write_text(
        'terraform {\n  backend "local" {\n    path = "st/x.tfstate"\n  }\n}\n'
    )
    add_flake(mixed)
    flake = mixed.directory / "flake.nix"
    flake.write_text(flake.read_text().replace('rootModule = "infra";', ""))
    mixed.run("apply", "--root", "infra").ok()
    assert (mixed.directory / "infra/st/x.tfstate").is_file()
    tofu(mixed, "init")
    assert "terraform_data.b" in tofu(mixed, "state", "list")
    flake.write_text(flake.read_text().replace("ir [ a b ] {", 'ir [ a b ] { backend = { type = "local"; };'))
    mixed.run("plan", "--root", "infra").fails("Both the flake and a file", "declare a backend")


def test_the_project_directory_itself(mixed: Project) -> None:
    infra = mixed.directory / "infra"
    project = Project(infra, mixed.tofu)
    tofu(mixed, "init")
    tofu(mixed, "apply", "-auto-approve")
    add_flake(project)
    flake = infra / "flake.nix"
    flake.write_text(flake.read_text().replace('"infra"', '"."'))
    assert "2 resource(s) to resolve" in project.run("plan").ok().stdout
    project.run("apply").ok()
    assert "No changes" in project.run("plan").ok().stdout


def test_variables_of_the_files_are_given_on_the_command_line(mixed: Project) -> None:
    (mixed.directory / "infra/more.tf").write_text(
        'variable "sizes" { type = list(number) }\n'
        'variable "text" {\n  type = string\n  default = "[1]"\n}\n'
        'resource "terraform_data" "sizes" { input = [var.sizes, var.text, var.zone] }\n'
    )
    (mixed.directory / "infra/x.auto.tfvars").write_text('zone = "auto"\n')
    add_flake(mixed)
    given = ("-var", "sizes=[1, 2]", "-var", "text=[3]", "-var=zone=typed")
    done = mixed.run("apply", *given).ok()
    assert "not used" not in done.stderr
    state = json.loads((mixed.directory / "infra/terraform.tfstate").read_text())
    [found] = [r["instances"][0]["attributes"]["input"]["value"] for r in state["resources"] if r["name"] == "sizes"]
    assert found == [[1, 2], "[3]", "typed"]
    mixed.run("plan", "-detailed-exitcode", *given).ok()
    (mixed.directory / "prod.tfvars").write_text('sizes = [4]\nzone = "typed"\n')
    assert "~ terraform_data.sizes" in mixed.run("plan", "-var-file=prod.tfvars").ok().stdout
    assert "`nosuch`" in mixed.run("plan", "-var", "nosuch=1", *given).ok().stderr


def test_the_workspaces_and_the_selection_of_stock_opentofu_are_found(mixed: Project) -> None:
    tofu(mixed, "init")
    tofu(mixed, "workspace", "new", "prod")
    tofu(mixed, "apply", "-auto-approve")
    assert not (mixed.directory / "infra/terraform.tfstate").exists()
    mixed.flake('ir [ ] { rootModule = "infra"; }')
    mixed.run("plan", "-detailed-exitcode").ok()
    assert mixed.run("workspace", "list").ok().stdout == "  default\n* prod\n"
    mixed.run("workspace", "select", "default").ok()
    assert "to resolve" in mixed.run("plan").ok().stdout


def test_a_backend_that_is_changed_and_changed_back_leaves_nothing_behind(mixed: Project) -> None:
    backend = mixed.directory / "infra/backend.tf"
    backend.write_text('terraform {\n  backend "local" { path = "one.tfstate" }\n}\n')
    mixed.flake('ir [ ] { rootModule = "infra"; }').run("apply").ok()
    backend.write_text(backend.read_text().replace("one", "two"))
    mixed.run("plan").fails("The state lies elsewhere")
    backend.write_text(backend.read_text().replace("two", "one"))
    mixed.run("plan", "-detailed-exitcode").ok()
    mixed.run("destroy").ok()
    mixed.run("plan").ok()


def test_a_plan_is_shown_where_it_was_written(mixed: Project) -> None:
    mixed.flake('ir [ ] { rootModule = "infra"; }')
    up = mixed.directory.parent
    name = mixed.directory.name
    mixed.run(f"-chdir={name}", "plan", "-out=pp", cwd=up).ok()
    json.loads(mixed.run(f"-chdir={name}", "show", "-json", "pp", cwd=up).ok().stdout)
    # A plan file says what is to be done, whatever stands beside it.
    assert "Applied" in mixed.run("apply", "-destroy", "-auto-approve", "pp").ok().stdout
    assert "No changes" in mixed.run("plan").ok().stdout


def test_a_lint_job_needs_no_backend(mixed: Project) -> None:
    (mixed.directory / "infra/backend.tf").write_text(
        'terraform {\n  backend "http" { address = "http://127.0.0.1:9/none" }\n}\n'
    )
    mixed.flake('ir [ ] { rootModule = "infra"; }')
    mixed.run("init", "-backend=false", "-input=false", "-get=true").ok()
    assert mixed.run("validate").ok().stdout == "The configuration is valid.\n"
    mixed.run("plan").fails("127.0.0.1")


def test_states_of_others_are_found(mixed: Project) -> None:
    infra = mixed.directory / "infra"
    (infra / "other.tfstate").write_text(
        '{"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "x", "resources": [],'
        ' "outputs": {"z": {"value": "zed", "type": "string"}}}'
    )
    (infra / "remote.tf").write_text(
        'terraform {\n  backend "local" { path = "own.tfstate" }\n}\n'
        'data "terraform_remote_state" "other" {\n  backend = "local"\n  config  = { path = "other.tfstate" }\n}\n'
        'output "z" { value = data.terraform_remote_state.other.outputs.z }\n'
    )
    (infra / "terraform.tfstate").write_text("{}")
    add_flake(mixed)
    for _ in range(2):
        mixed.run("apply").ok()
        assert mixed.run("output", "z").ok().stdout == "zed\n"
    assert (infra / "own.tfstate").is_file()


def test_ends_of_lines_and_blocks_that_wait(mixed: Project) -> None:
    text = 'resource "terraform_data" "crlf" {\n  input = <<E\nx\n\n\ny\nE\n}\noutput "b" { value = terraform_data.b.id }\n'
    (mixed.directory / "infra/crlf.tf").write_bytes(text.replace("\n", "\r\n").encode())
    add_flake(mixed)
    mixed.run("apply").ok()
    state = json.loads((mixed.directory / "infra/terraform.tfstate").read_text())
    found = {r["name"]: r["instances"][0]["attributes"] for r in state["resources"]}
    assert found["crlf"]["input"]["value"] == "x\r\n\r\n\r\ny\r\n"
    assert "No changes" in mixed.run("plan").ok().stdout


def test_only_the_local_value_that_waits_is_left_out(project: Project) -> None:
    infra = project.directory / "infra"
    infra.mkdir()
    (infra / "main.tf").write_text("""
locals {
  now  = "x" # beside terraform_data.b
  late = "${terraform_data.b.output}!"
}
resource "terraform_data" "old" { input = local.now }
output "late" { value = local.late }
""")
    project.flake(
        'ir [ a b ] { rootModule = "infra"; }',
        let="""
      a = data "a" (lib.expr "\\${terraform_data.old.output}");
      b = data "b" (lib.str [ "b of " (a.refAttr "output") ]);
    """,
    )
    assert "across 2 phase(s)" in project.run("apply").ok().stdout
    assert project.run("output", "late").ok().stdout.strip() == "b of x!"
    assert "No changes" in project.run("plan").ok().stdout
