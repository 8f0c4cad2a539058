"""Closed, broken and narrow standard streams: what daemons, pipelines and `| head` make of them."""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Mapping

import pytest

from tests.e2e.project import NIVIS, Project, Result

pytestmark = [pytest.mark.engine, pytest.mark.nix]

VERBS = (
    "plan --all",
    "state list",
    "state show terraform.terraform_data.a",
    "output",
    "validate",
    "why terraform.terraform_data.b",
    "graph",
    "workspace list",
    "doctor",
    "apply",
    "refresh",
    "--version",
    "--help",
    "state show nothing",
    "plan --no-such-flag",
    "__complete",
)
CLOSED = ("<&-", "2>&-", ">&-", "<&- >&- 2>&-")


def shell(project: Project, redirection: str, *args: str, env: Mapping[str, str] | None = None) -> Result:
    """nivis with redirections as a shell makes them."""
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" "$@" {redirection}', NIVIS, *args],
        cwd=project.directory,
        env={**project.env, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
    )
    return Result(done.stdout.decode(), done.stderr.decode(), done.returncode)


def test_closed_streams_change_nothing_else(project: Project) -> None:
    project.chain("öne").run("apply").ok()
    for verb in VERBS:
        usual = project.run(*verb.split())
        for redirection, lost in (("<&- 2>&-", ("stderr",)), ("<&- >&-", ("stdout",))):
            done = shell(project, redirection, *verb.split())
            assert done.code == usual.code, (verb, redirection, done)
            assert done.stdout == ("" if "stdout" in lost else usual.stdout), (verb, redirection)
            assert done.stderr == ("" if "stderr" in lost else usual.stderr), (verb, redirection)
    assert not (project.directory / ".nivis/bug.log").exists()


@pytest.mark.parametrize("redirection", CLOSED)
def test_a_whole_run_with_closed_streams(project: Project, redirection: str) -> None:
    """The files that it opens get the numbers of the streams, if nothing keeps them."""
    project.chain()
    for verb, left in (("apply", 2), ("destroy", 0)):
        assert shell(project, redirection, verb).code == 0
        assert project.run("plan", "--all").ok().stdout.count(" = ") == left
        assert len(project.run("state", "list").ok().stdout.split("\n")) == (3 if left else 2)


@pytest.mark.parametrize(
    "env",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LANG": "C", "LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LANG": "", "LC_ALL": "", "PYTHONIOENCODING": "latin-1:strict"},
    ],
    ids=lambda env: " ".join(f"{k}={v}" for k, v in env.items()),
)
def test_whatever_the_encoding_the_bytes_are_the_same(project: Project, env: dict[str, str]) -> None:
    project.chain("öne ✓")
    assert shell(project, "", "apply", env=env).ok().stdout.endswith(" ✓ terraform.terraform_data.b\n")
    assert "output = öne ✓" in shell(project, "", "state", "show", "terraform.terraform_data.a", env=env).ok().stdout
    for verb in ("plan --all", "doctor", "state show ö"):
        assert shell(project, "", *verb.split(), env=env) == project.run(*verb.split())
    assert shell(project, "", "destroy", env=env).ok().stdout.startswith("Destroyed 2 resource(s):\n")


def slow(project: Project) -> Project:
    """Three phases with something to say in each."""
    return project.flake(
        "ir [ a b c ] { }",
        let="""slow = name: input: lib.mkResource { provider = "terraform"; type = "terraform_data"; inherit name;
          config = { inherit input; provisioner = [ { local-exec = [ { command = "echo said; sleep 0.3; echo said"; } ]; } ]; };
        };
        a = slow "a" "one"; b = slow "b" (lib.str [ "of " (a.refAttr "id") ]);
        c = slow "c" (lib.str [ "of " (b.refAttr "id") ]);""",
    )


DONE = """Applied 3 resource(s) across 3 phase(s):
 ✓ terraform.terraform_data.a
 ✓ terraform.terraform_data.b
 ✓ terraform.terraform_data.c
"""


@pytest.mark.parametrize("level", ["info", "debug"])
def test_a_reader_of_stderr_that_goes_away_stops_no_apply(project: Project, level: str) -> None:
    process = slow(project).start("apply", "--log-level", level)
    assert process.stderr
    assert process.stderr.readline()
    process.stderr.close()
    assert process.stdout
    assert process.stdout.read() == DONE
    process.stdout.close()
    assert process.wait(timeout=60) == 0
    assert project.run("plan").ok().stdout.startswith("No changes.")


@pytest.mark.parametrize("verb", ["apply", "plan", "state show nothing", "plan --no-such-flag", "destroy"])
def test_a_stderr_that_is_broken_from_the_beginning(project: Project, verb: str) -> None:
    slow(project)
    for target in (os.open("/dev/full", os.O_WRONLY), broken_pipe()):
        done = subprocess.run(
            [NIVIS, *verb.split()], cwd=project.directory, env=project.env, stdout=subprocess.PIPE, stderr=target,
            stdin=subprocess.DEVNULL, text=True, timeout=120,
        )  # fmt: skip
        os.close(target)
        assert done.returncode == (1 if "no" in verb else 0)
        assert bool(done.stdout) is ("no" not in verb)


def broken_pipe() -> int:
    reading, writing = os.pipe()
    os.close(reading)
    return writing


def test_a_stderr_that_does_not_block_loses_nothing(project: Project) -> None:
    """A program that shares the pipe may have made it so; it is full before its reader comes."""
    big = "a line\n" * 20_000
    project.flake(f'builtins.throw "{big}"')
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETFL, os.O_NONBLOCK)
    process = subprocess.Popen(
        [NIVIS, "plan"], cwd=project.directory, env=project.env, stdin=subprocess.DEVNULL, stderr=writing
    )
    os.close(writing)
    with os.fdopen(reading) as pipe:
        assert pipe.read().count("a line") >= 20_000
    assert process.wait(timeout=60) == 1


def test_a_reader_of_json_lines_that_goes_away_stops_no_apply(project: Project) -> None:
    process = slow(project).start("apply", "--json")
    assert process.stdout
    assert process.stdout.readline()
    process.stdout.close()
    assert process.stderr
    process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == 1
    assert project.run("plan").ok().stdout.startswith("No changes.")


def test_json_lines_that_cannot_be_kept_stop_no_apply(project: Project) -> None:
    lines = project.directory / "lines"
    lines.symlink_to("/dev/full")
    done = slow(project).run("apply", "--json-into", "lines").fails("No space left on device")
    assert "hint: Free some space" in done.stderr
    assert project.run("plan").ok().stdout.startswith("No changes.")
