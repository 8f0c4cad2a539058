"""Damage below `.nivis/`, which is a cache: whatever a real run left there is broken in every way.

The next run is right, or it names the file and the way out; and nothing that lies elsewhere changes.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import stat
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.project import Project, Result, wait_for
from tests.support.damage import DIRECTORIES, FILES, remove

pytestmark = [pytest.mark.engine, pytest.mark.nix]

LET = """a = data "a" "one"; b = data "b" (lib.str [ "from " (a.refAttr "id") ]);
  c = lib.mkResource { provider = "terraform"; type = "terraform_data"; name = "c"; config = {
    input = secret.value;
    provisioner = [ { local-exec = [ { command = "test -e '@/quick' || sleep 60"; } ]; } ];
  }; };
  secret = lib.mkVars { value = { type = "str"; sensitive = true; default = "hidden"; }; } ledger.vars;"""
FIRST = 'ir [ a b ] { outputs.b = b.refAttr "output"; modules = [ m ]; }'
SECOND = FIRST.replace("a b", "a b c")
MODULE = """m = lib.mkModule { source = "./m"; name = "m"; };"""


CENTRAL = ("init.json", "backend.json", "schema.zip", "terraform.tfstate", "modules.json", "environment", "ids.json")
"""Files on which it depends where the state is and what it means."""
TELLING = ("truncated", "deep", "fifo")


@dataclass(frozen=True)
class Broken:
    """A project whose last run was killed, to be had again and again."""

    project: Project
    kept: Path
    files: tuple[Path, ...]
    """Below the project."""
    directories: tuple[Path, ...]
    plan: str

    @property
    def directory(self) -> Path:
        return self.project.directory

    def again(self) -> None:
        shutil.rmtree(self.directory)
        shutil.copytree(self.kept, self.directory, symlinks=True)

    def elsewhere(self) -> dict[str, tuple[int, bytes]]:
        """Everything but what a run is for: mode and content."""
        found = {}
        for top in (self.directory, self.directory.parent / "outside"):
            for path in (top, *top.rglob("*")):
                below = path.relative_to(self.directory.parent)
                own = "nivis.state" in path.name or path.name.startswith("nivis_main.")  # the killed run's module goes
                if not own and ".nivis" not in below.parts and ".terraform" not in below.parts:
                    text = path.read_bytes() if path.is_file() else b""
                    found[str(below)] = (stat.S_IMODE(path.lstat().st_mode), text)
        return found

    def check(self, *named: Path) -> None:
        """A plan, then an apply: right, or one of the files is named with what to do, and doing that helps."""
        before = self.elsewhere()
        done = self.project.run("plan")
        if done.code:
            done = self._mended(done, named, "plan")
        assert done.ok().stdout == self.plan
        (self.directory / "quick").write_text("")
        self._looked_at("apply", named)
        (self.directory / "quick").unlink()
        assert self.elsewhere() == before
        text = (self.directory / "nivis.state.json").read_text()
        names = [r["name"] for r in json.loads(text)["resources"]]
        assert sorted(names) == ["a", "b", "c", "in"], text
        assert '"hidden"' in text

    def _looked_at(self, verb: str, named: tuple[Path, ...]) -> Result:
        done = self.project.run(verb)
        return (self._mended(done, named, verb) if done.code else done).ok()

    def _mended(self, done: Result, named: tuple[Path, ...], verb: str) -> Result:
        """The user does what the hints say, again and again; each step takes at least one of the files away."""
        before = self.elsewhere()
        for _ in range(len(named) + 1):
            if done.code == 0:
                break
            done.fails("hint: ")
            assert any(str(self.directory / path) in done.stderr for path in named), done.stderr
            for place in re.findall(r"hint: .*\brm (?:-r )?(.*)", done.stderr):
                for name in named:
                    if str(self.directory / name) in place:
                        remove(self.directory / name)
            assert self.elsewhere() == before
            done = self.project.run(verb)
        return done


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory, tofu_exe: Path) -> Broken:
    top = tmp_path_factory.mktemp("damage")
    directory = top / "a projéct"
    for place in (directory / "m", top / "outside"):
        place.mkdir(parents=True)
    (directory / "m/x.tf").write_text('resource "terraform_data" "in" {}\n')
    for file in (directory / "own", top / "outside/file"):
        file.write_text("of somebody")
        file.chmod(0o644)
    project = Project(directory, tofu_exe)
    let = (LET + MODULE).replace("@", str(directory))
    project.flake(FIRST, let=let).run("apply").ok()
    project.run("workspace", "new", "other").ok()
    project.run("workspace", "select", "default").ok()
    project.flake(SECOND, let=let)
    killed(project)
    kept = top / "kept"
    shutil.copytree(directory, kept, symlinks=True)
    found = sorted(p.relative_to(directory) for p in (directory / ".nivis").rglob("*"))
    # Links lead to the user's files, the state among them.
    found = [p for p in found if not any((directory / q).is_symlink() for q in (p, *p.parents))]
    files = tuple(p for p in found if (directory / p).is_file())
    directories = tuple(p for p in found if (directory / p).is_dir())
    plan = project.run("plan").ok().stdout
    assert " + terraform.terraform_data.c" in plan
    return Broken(project, kept, files, directories, plan)


def killed(project: Project) -> None:
    """An apply that dies with its engine while something is made."""
    process = project.start("apply")
    journal = project.directory / ".nivis/journal.jsonl"
    wait_for(lambda: '"id":"terraform.terraform_data.c"' in journal.read_text(), process)
    family = [process.pid]
    for pid in family:
        family += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    for pid in family:
        os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=60)


def test_what_a_run_leaves_is_what_is_damaged(broken: Broken) -> None:
    names = {p.name for p in broken.files}
    assert {*CENTRAL, "journal.jsonl", "lock.json", "main.tf.json", "nivis.auto.tfvars.json"} <= names


@pytest.mark.parametrize("kind", FILES)
def test_all_files_at_once(broken: Broken, kind: str) -> None:
    broken.again()
    for path in broken.files:
        FILES[kind](broken.directory / path)
    broken.check(*broken.files)


@pytest.mark.parametrize("kind", DIRECTORIES)
def test_all_directories_at_once(broken: Broken, kind: str) -> None:
    broken.again()
    for path in broken.directories:
        if (broken.directory / path).is_dir() and not (broken.directory / path).is_symlink():
            shutil.rmtree(broken.directory / path)
            if (broken.directory / path.parent).is_dir():
                DIRECTORIES[kind](broken.directory / path)
    broken.check(*broken.directories)


@pytest.mark.parametrize("name", CENTRAL)
def test_a_central_file(broken: Broken, name: str) -> None:
    (path,) = (p for p in broken.files if p.name == name)
    for kind in TELLING:
        broken.again()
        FILES[kind](broken.directory / path)
        before = broken.elsewhere()
        done = broken.project.run("plan")
        if done.code:
            done.fails(str(path.relative_to(".nivis")), "hint: ")
        else:
            assert done.stdout == broken.plan, kind
        assert broken.elsewhere() == before


@pytest.mark.long
@pytest.mark.parametrize("kind", FILES)
def test_every_file(broken: Broken, kind: str) -> None:
    for path in broken.files:
        broken.again()
        FILES[kind](broken.directory / path)
        broken.check(path)


@pytest.mark.long
@pytest.mark.parametrize("kind", DIRECTORIES)
def test_every_directory(broken: Broken, kind: str) -> None:
    for path in broken.directories:
        broken.again()
        shutil.rmtree(broken.directory / path)
        DIRECTORIES[kind](broken.directory / path)
        broken.check(path)


@pytest.mark.parametrize(
    ("verb", "place"),
    [
        *((verb, ".nivis") for verb in ("state list", "output", "validate", "refresh", "destroy", "doctor", "init")),
        ("destroy", ".nivis/work"),
        ("state list", ".nivis/ids.json"),
    ],
)
def test_no_verb_follows_a_link(broken: Broken, verb: str, place: str) -> None:
    broken.again()
    path = broken.directory / place
    remove(path)
    path.symlink_to(broken.directory.parent / "outside" / ("file" if path.suffix == ".json" else ""))
    before = broken.elsewhere()
    done = broken.project.run(*verb.split())
    if verb != "doctor":
        done.fails(
            "A symbolic link in the work directory",
            f"hint: Remove the link; what it leads to stays: rm {shlex.quote(str(path))}",
        )
    assert broken.elsewhere() == before
    assert path.is_symlink()
