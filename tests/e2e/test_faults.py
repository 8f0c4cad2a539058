"""What happens when a run dies: killed, interrupted, disk full, damaged files; the next run goes on."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e.project import Project, wait_for

pytestmark = [pytest.mark.engine, pytest.mark.nix]

# Each takes a moment to be made, as real things do.
SLOW = """
  slow = name: input: lib.mkResource {
    provider = "terraform"; type = "terraform_data"; inherit name;
    config = { inherit input; };
    meta.provisioner = [ { local-exec = { command = "sleep 0.15; echo ${name} >> ../../made"; }; } ];
  };
  wrap = r: lib.derived { inputs = [ (r.refAttr "output") ]; render = xs: "<${builtins.elemAt xs 0}>"; };
  a = slow "a" "@"; b = slow "b" (wrap a); c = slow "c" (wrap b); x = slow "x" "x"; y = slow "y" (wrap x);
"""
NAMES = ["a", "b", "c", "x", "y"]


def slow(project: Project, text: str = "one") -> Project:
    return project.flake("ir [ a b c x y ] { }", let=SLOW.replace("@", text))


def inputs(project: Project) -> dict[str, str]:
    state = json.loads((project.directory / "nivis.state.json").read_text())
    return {
        r["name"]: i["attributes"]["input"]["value"]
        for r in state["resources"]
        for i in r["instances"]
        if "attributes" in i
    }


def expected(text: str) -> dict[str, str]:
    return {"a": text, "b": f"<{text}>", "c": f"<<{text}>>", "x": "x", "y": "<x>"}


def children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(p) for p in path.read_text().split()] if path.exists() else []


def read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def finish(project: Project, text: str) -> None:
    """Run until it comes through; every failure on the way must be one that says what to do."""
    for _ in range(5):
        done = project.run("apply", "--lock-timeout", "30s")
        if done.code == 0:
            break
        assert "bug in nivis" not in done.stderr, done.stderr
        assert "hint:" in done.stderr or "error:" in done.stderr
    assert done.code == 0, done.stderr
    assert inputs(project) == expected(text)
    assert project.run("plan").ok().stdout == "No changes. 5 resource(s) up to date.\n"


@pytest.mark.parametrize("victim", ["nivis", "engine"])
def test_killed_at_random_moments_the_next_run_finishes_the_job(project: Project, victim: str) -> None:
    rng = random.Random(victim)
    began = time.monotonic()
    slow(project).run("apply").ok()
    whole = 1.2 * (time.monotonic() - began)  # a process of its own starts a little later
    for path in (project.directory / ".nivis", project.directory / "nivis.state.json"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    text = "one"
    for turn in range(15):
        if turn % 5 == 4:
            text = f"t{turn}"
        process = slow(project, text).start("apply", "--lock-timeout", "30s")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(rng.uniform(0.1, whole))
        targets = [process.pid] if victim == "nivis" else children(process.pid)
        for pid in targets:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        _, err = process.communicate(timeout=120)
        assert "bug in nivis" not in err, err
        if turn % 5 == 2:
            finish(project, text)
    finish(slow(project, text), text)


def test_killed_run_says_what_it_cannot_know(project: Project) -> None:
    process = slow(project).start("apply")
    deadline = time.monotonic() + 30
    journal = project.directory / ".nivis" / "journal.jsonl"
    while not (journal.exists() and '"start"' in journal.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in [*children(process.pid), process.pid]:
        os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=60)
    done = project.run("apply", "--lock-timeout", "30s").ok()
    assert "may exist without being in the state" in done.stderr
    assert "nivis import terraform.terraform_data." in done.stderr
    assert inputs(project) == expected("one")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupt_stops_in_order_and_tells_what_was_done(project: Project, number: int, code: int) -> None:
    process = slow(project).start("apply")
    wait_for(
        lambda: '"id":"terraform.terraform_data.b"' in read(project.directory / ".nivis" / "journal.jsonl"), process
    )
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert "stopping" in err
    if out:
        assert out.startswith("Applied ")
    assert "not started: terraform.terraform_data.c" in err
    assert "terraform.terraform_data.a" in out
    finish(project, "one")


def test_damaged_files_of_ours_are_rebuilt_silently(project: Project) -> None:
    slow(project).run("apply").ok()
    for path in (project.directory / ".nivis").glob("*"):
        if path.is_file() and path.suffix in (".json", ".jsonl", ".zip"):
            path.write_bytes(b'{"half')
    assert project.run("plan").ok().stdout == "No changes. 5 resource(s) up to date.\n"
    shutil.rmtree(project.directory / ".nivis")
    assert project.run("plan").ok().stdout == "No changes. 5 resource(s) up to date.\n"
    assert project.run("state", "list").ok().stdout.split() == [f"terraform.terraform_data.{n}" for n in NAMES]


def test_damaged_state_is_named_and_kept(project: Project) -> None:
    slow(project).run("apply").ok()
    path = project.directory / "nivis.state.json"
    path.write_text(path.read_text()[:200])
    broken = path.read_text()
    done = project.run("apply").fails("state")
    assert "hint:" in done.stderr
    assert path.read_text() == broken


@pytest.mark.skipif(os.geteuid() != 0, reason="a small file system can be mounted by root only")
def test_full_disk_loses_nothing(project: Project, tmp_path: Path) -> None:
    """The state's own file system is full: the engine leaves the state where it can, and we say so."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)], check=False)
    if mounted.returncode != 0:
        pytest.skip("mounting is not allowed here")
    try:
        state = small / "state.json"
        big = 'data "big" (builtins.concatStringsSep "" (builtins.genList (i: "0123456789abcdef") 8000))'
        project.flake("ir [ big ] { }", let=f"big = {big};")
        done = project.run("apply", "--state", str(state))
        assert done.code == 1
        rescued = project.directory / "errored.tfstate"
        assert rescued.exists(), done.stderr
        assert "could not save the state" in done.stderr
        again = project.run("apply", "--state", str(state)).fails("could not save the state")
        assert "state push errored.tfstate" in again.stderr
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_what_is_to_run_when_something_is_destroyed_runs(project: Project) -> None:
    (project.directory / "m").mkdir()
    block = """provisioner "local-exec" {\n    when = destroy\n    command = "echo module >> '@/gone'"\n  }\n"""
    text = f'resource "terraform_data" "in" {{\n  {block}}}\n'
    (project.directory / "m/x.tf").write_text(text.replace("@", str(project.directory)))
    project.flake(
        'ir [ a b c ] { modules = [ (lib.mkModule { source = "./m"; name = "m"; }) ]; }',
        let=f"""a = data "a" "one"; c = data "c" "three";
      b = lib.mkResource {{
        provider = "terraform"; type = "terraform_data"; name = "b";
        config = {{
          input = lib.str [ "of " (a.refAttr "id") ];
          provisioner = [ {{ local-exec = [ {{ when = "destroy"; command = "echo \\${{self.input}} >> '{project.directory}/gone'"; }} ]; }} ];
        }};
      }};""".replace('command = "echo \\', 'command = lib.expr "echo \\'),
    )
    project.run("apply").ok()
    a = project.attributes("terraform_data.a")["id"]
    project.run("destroy").ok()
    assert sorted((project.directory / "gone").read_text().splitlines()) == ["module", f"of {a}"]


@pytest.mark.parametrize("early", [True, False], ids=["at once", "while it works"])
def test_an_engine_that_outlives_us_saves_what_it_did(project: Project, early: bool) -> None:
    (project.directory / "m").mkdir()
    (project.directory / "m/main.tf").write_text('output "x" { value = 1 }\n')
    slow = '{ provisioner = [ { local-exec = [ { command = "sleep 2"; } ]; } ]; }'
    project.flake(
        "ir [ a b ] { modules = [ m ]; }",
        let=f"""a = data "a" "one"; m = lib.mkModule {{ source = "./m"; name = "m"; config = {{ }}; }};
      b = lib.mkResource {{ provider = "terraform"; type = "terraform_data"; name = "b"; meta.dependsOn = [ a ];
        config = {slow}; }};""",
    )
    process = project.start("apply")
    journal = project.directory / ".nivis/journal.jsonl"
    said = project.directory / ".nivis/engine.out"
    if early:
        wait_for(lambda: said.exists() and said.stat().st_size > 0, process)
    else:
        wait_for(lambda: journal.exists() and '"id":"terraform.terraform_data.b"' in journal.read_text(), process)
    process.kill()
    process.communicate()
    # It speaks again when the provisioner is done: nobody is there to hear it, and it must not die of that.
    deadline = time.monotonic() + 30
    while b'"operation":"apply"' not in said.read_bytes() and time.monotonic() < deadline:
        time.sleep(0.1)
    names = project.run("state", "list").ok().stdout.split()
    assert names == ["terraform.terraform_data.a", "terraform.terraform_data.b"]
    project.run("plan", "-detailed-exitcode").ok()
    # No state tells whether a module was made that has no resources.
    told = project.run("apply").ok().stderr
    assert "The last run broke off" in told
    assert "may exist" not in told
