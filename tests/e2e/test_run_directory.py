"""The engine runs in the project: what files, paths and provisioners mean is what they mean without nivis."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e.project import Project, wait_for

pytestmark = [pytest.mark.engine, pytest.mark.nix]

KINDS = ("tofu", "terraform")
MAIN = """
variable "step" { default = 1 }
locals { here = basename(path.cwd) }
module "part" { source = "./part" }
resource "terraform_data" "paths" {
  input = [local.here, basename(abspath(".")), path.root, path.module, file("img/logo.txt"), file("${path.module}/../up.txt")]
}
# Makes ./id_rsa, replaces it with each step, and takes it away in the end.
resource "terraform_data" "key" {
  triggers_replace = [var.step]
  provisioner "local-exec" { command = "basename $PWD > id_rsa; echo ${var.step} >> id_rsa; mkdir -p made; echo x > made/${var.step}" }
  provisioner "local-exec" {
    when    = destroy
    command = "rm -r id_rsa made"
  }
}
# Replaces a file that is there from the beginning, and deletes another one.
resource "terraform_data" "edit" {
  input = var.step
  provisioner "local-exec" { command = "echo edited > new && mv new old.txt; rm -f gone.txt; rm -rf olddir" }
}
output "found" { value = sort(fileset(path.root, "img/*")) }
output "part" { value = module.part.where }
"""
PART = """
resource "terraform_data" "part" {
  input = [basename(path.cwd), path.module, file("${path.module}/note.txt")]
  provisioner "local-exec" {
    command     = "echo made > by-part.txt"
    working_dir = path.module
  }
}
output "where" { value = terraform_data.part.output }
"""


def write(infra: Path, main: str = MAIN) -> None:
    (infra / "part").mkdir(parents=True)
    (infra / "img").mkdir()
    (infra / "olddir").mkdir()
    (infra / "olddir/x").write_text("x")
    for name, text in {
        "main.tf": main,
        "part/main.tf": PART,
        "part/note.txt": "note",
        "img/logo.txt": "logo",
        "old.txt": "old",
        "gone.txt": "gone",
        "../up.txt": "up",
    }.items():
        (infra / name).write_text(text)


def files(directory: Path) -> dict[str, str]:
    """Every file of the user's: what is nivis' and the engine's own is left out."""
    own = re.compile(r"(\.nivis|\.terraform.*|flake\..*|.*tfstate.*|nivis\.state.*)(/|$)")
    found = {str(p.relative_to(directory)): p for p in directory.rglob("*") if p.is_file() or p.is_symlink()}
    return {n: p.read_text() for n, p in found.items() if not own.match(n) and ".nivis/" not in n}


def values(state: Path) -> dict[str, object]:
    """Address -> input and output of every object."""
    document = json.loads(state.read_text())
    found: dict[str, object] = {}
    for resource in document["resources"]:
        for instance in resource["instances"]:
            name = f"{resource.get('module', '')}.{resource['name']}"
            found[name] = [instance["attributes"].get(a) for a in ("input", "output", "triggers_replace")]
    return found


class Twin:
    """Two directories of one name with equal content: one for stock `tofu`, one for nivis."""

    def __init__(self, base: Path, engine: Path, main: str = MAIN) -> None:
        self.engine = engine
        self.stock, self.ours = base / "stock" / "infra", base / "ours" / "infra"
        for infra in (self.stock, self.ours):
            infra.mkdir(parents=True)
            write(infra, main)
        self.project = Project(self.ours, engine)
        self.run("init")

    def run(self, *args: str) -> str:
        argv = [str(self.engine), *args]
        done = subprocess.run(argv, cwd=self.stock, env=self.project.env, capture_output=True, text=True, check=True)
        return done.stdout

    def apply(self, step: int) -> None:
        """Apply on both sides, then compare everything."""
        self.run("apply", "-auto-approve", f"-var=step={step}")
        self.project.run("apply", "--yes", f"-var=step={step}").ok()
        self.same(step)

    def same(self, step: int) -> None:
        assert files(self.stock) == files(self.ours)
        state = next(p for p in (self.ours / "terraform.tfstate", self.ours / "nivis.state.json") if p.exists())
        assert values(self.stock / "terraform.tfstate") == values(state)
        self.project.run("plan", "-detailed-exitcode", f"-var=step={step}").ok()


@pytest.fixture(params=KINDS)
def engine(request: pytest.FixtureRequest, tofu_exe: Path) -> Path:
    if request.param == "tofu":
        return tofu_exe
    if (found := shutil.which("terraform")) is None:
        pytest.skip("no Terraform on this machine")
    return Path(found)


def test_a_joined_root_module_leaves_the_same_files_plans_and_states(tmp_path: Path, engine: Path) -> None:
    twin = Twin(tmp_path, engine)
    twin.project.flake('ir [ ] { rootModule = "."; }')
    twin.apply(1)
    assert (twin.ours / "id_rsa").read_text() == "infra\n1\n"
    twin.apply(2)
    shutil.rmtree(twin.ours / ".nivis")
    twin.same(2)
    twin.apply(3)
    # Either goes on where the other one was.
    argv = [str(engine), "plan", "-detailed-exitcode", "-var=step=3"]
    subprocess.run([str(engine), "init"], cwd=twin.ours, env=twin.project.env, check=True, capture_output=True)
    subprocess.run(argv, cwd=twin.ours, env=twin.project.env, check=True, capture_output=True)
    twin.run("destroy", "-auto-approve")
    twin.project.run("destroy", "--yes").ok()
    assert files(twin.stock) == files(twin.ours)
    assert not (twin.ours / "id_rsa").exists()


def test_a_flake_beside_it_changes_nothing(tmp_path: Path, engine: Path) -> None:
    """Blocks that wait for the flake are left out of phases: files have shadows, or the engine runs among links."""
    twin = Twin(tmp_path, engine)
    (twin.ours / "more.tf").write_text('resource "terraform_data" "uses" { input = terraform_data.b.output }\n')
    twin.project.flake(
        'ir [ a b ] { rootModule = "."; }',
        let='a = data "a" (lib.expr "${terraform_data.key.id}"); b = data "b" (lib.str [ "b " (a.refAttr "id") ]);'.replace(
            "${", "\\${"
        ),
    )
    own = {"more.tf"}
    for step in (1, 2):
        twin.run("apply", "-auto-approve", f"-var=step={step}")
        twin.project.run("apply", "--yes", f"-var=step={step}").ok()
        found = files(twin.ours)
        assert files(twin.stock) == {n: t for n, t in found.items() if n not in own}
        assert twin.project.run("plan", "-detailed-exitcode", f"-var=step={step}").code == 0
    state = values(twin.ours / "terraform.tfstate")
    stock = values(twin.stock / "terraform.tfstate")
    # Among links Terraform tells the place of a local module otherwise (docs/decisions/0011).
    skipped = {"module.part.part"} if engine.name == "terraform" else set()
    assert {n: state[n] for n in stock.keys() - skipped} == {n: stock[n] for n in stock.keys() - skipped}
    twin.project.run("destroy", "--yes").ok()
    assert "id_rsa" not in files(twin.ours)
    assert set(files(twin.ours)) == {
        "main.tf",
        "more.tf",
        "part/main.tf",
        "part/note.txt",
        "part/by-part.txt",
        "img/logo.txt",
        "old.txt",
    }


LET = r"""
  sh = command: { local-exec = [ { inherit command; } ]; };
  key = data "key" 1 // { };
  paths = data "paths" (lib.expr "${basename(path.cwd)} ${basename(abspath(\".\"))} ${path.root} ${file(\"img/logo.txt\")}");
  after = lib.mkResource {
    provider = "terraform"; type = "terraform_data"; name = "after";
    config = {
      input = lib.str [ "made for " (paths.refAttr "id") ];
      provisioner = [ { local-exec = [ { command = "echo made > id_rsa; basename \"$PWD\" >> id_rsa"; } ]; } ];
    };
  };
"""


def test_a_flake_alone(project: Project) -> None:
    (project.directory / "img").mkdir()
    (project.directory / "img/logo.txt").write_text("logo")
    project.flake('ir [ paths after ] { outputs.p = paths.refAttr "output"; }', let=LET.replace("${", "\\${"))
    # Files of another configuration beside it are none of its business.
    (project.directory / "stray.tf").write_text('resource "terraform_data" "stray" {}\n')
    (project.directory / "stray.tf.json").write_text('{"output": {"stray": {"value": 1}}}')
    (project.directory / "terraform.tfvars").write_text("nobody = 1\n")
    before = files(project.directory)
    done = project.run("apply").ok()
    assert "undeclared" not in done.stderr
    name = project.directory.name
    assert project.run("output", "p").ok().stdout == f"{name} {name} . logo\n"
    assert files(project.directory) == {**before, "id_rsa": f"made\n{name}\n"}
    shutil.rmtree(project.directory / ".nivis")
    assert "No changes. 2 resource(s) up to date." in project.run("plan").ok().stdout
    assert project.run("state", "list").ok().stdout.count("\n") == 2
    # The rendered module is a directory in which stock OpenTofu reads the state.
    assert "terraform_data.after" in project.engine("state", "list", below=".nivis/work")
    assert "made for" in project.engine("show", "-no-color", below=".nivis/work")


@pytest.fixture
def slow(project: Project) -> Project:
    project.flake(
        "ir [ slow ] { }",
        let="""slow = lib.mkResource {
          provider = "terraform"; type = "terraform_data"; name = "slow";
          config.provisioner = [ { local-exec = [ { command = "touch started; sleep 2; echo done > finished"; } ]; } ];
        };""",
    )
    return project


def module_beside(project: Project) -> set[str]:
    return {p.name for p in project.directory.iterdir() if p.name.startswith("nivis_")}


def test_a_module_left_behind_is_harmless_and_goes_with_the_next_run(slow: Project) -> None:
    (slow.directory / "stray.tf").write_text('resource "terraform_data" "stray" {}\n')
    run = slow.start("apply")
    wait_for(lambda: (slow.directory / "started").exists(), run)
    assert module_beside(slow) == {"nivis_main.tf.json"}
    assert (slow.directory / "stray.tofu").exists()
    run.send_signal(signal.SIGKILL)
    run.communicate()
    assert module_beside(slow) == {"nivis_main.tf.json"}
    # Stock OpenTofu does nothing with it: not without answers, and not with one typed in.
    env = {**slow.env, "TF_DATA_DIR": str(slow.directory / ".nivis/terraform")}
    for args, answers in (
        (("plan", "-input=false"), ""),
        (("destroy", "-input=false", "-auto-approve"), ""),
        (("apply", "-auto-approve"), "yes\n"),
    ):
        argv = [str(slow.tofu), *args]
        done = subprocess.run(
            argv, cwd=slow.directory, env=env, input=answers, text=True, capture_output=True, check=False
        )
        assert done.returncode == 1, done.stdout
        assert "nivis" in done.stdout + done.stderr
    # The engine ends in its own time.
    deadline = time.monotonic() + 60
    while not (slow.directory / "finished").exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    slow.run("plan", "--lock-timeout", "30s").ok()
    assert module_beside(slow) == set()
    assert not (slow.directory / "stray.tofu").exists()


def test_files_that_are_in_the_way_are_never_touched(project: Project) -> None:
    project.flake('ir [ (data "a" 1) ] { }')
    for name in ("nivis_main.tf.json",):
        path = project.directory / name
        path.write_text("{}")
        project.run("plan").fails("A file is in the way", name)
        assert path.read_text() == "{}"
        path.unlink()
        path.symlink_to("flake.nix")
        project.run("plan").fails("A file is in the way", name)
        assert path.is_symlink()
        path.unlink()
    # A `.tofu` file of the user's cannot be shadowed: the engine runs among links then.
    (project.directory / "own.tofu").write_text('resource "terraform_data" "own" {}\n')
    project.run("apply").ok()
    assert project.run("state", "list").ok().stdout == "terraform.terraform_data.a\n"
    assert (project.directory / "own.tofu").read_text().startswith("resource")


def test_a_copy_of_a_project_has_states_of_its_own(project: Project) -> None:
    project.flake('ir [ (data "a" 1) ] { }').run("apply").ok()
    project.run("workspace", "new", "dev").ok()
    project.run("apply").ok()
    copy = Project(project.directory.parent / "copy", project.tofu)
    shutil.copytree(project.directory, copy.directory, symlinks=True)
    states = [p for p in project.directory.rglob("*") if p.is_file() and "state" in p.name and ".nivis/" not in str(p)]
    before = {p: p.read_bytes() for p in states}
    copy.flake('ir [ (data "a" 1) ] { backend = { type = "local"; path = "other.tfstate"; }; }')
    copy.run("init", "-migrate-state").ok()
    copy.run("destroy", "--yes").ok()
    copy.run("apply").ok()
    assert {p: p.read_bytes() for p in before} == before
    assert project.run("plan", "-detailed-exitcode").code == 0
