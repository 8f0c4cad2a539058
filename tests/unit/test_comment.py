"""The comment on a pull request: one, changed by later runs, on both forges."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from comment.comment import main
from tests.support.forge import Forge, forge

SCRIPT = Path(__file__).parents[2] / "comment/comment.py"


@pytest.fixture
def server() -> Iterator[Forge]:
    with forge() as found:
        yield found


def environment(server: Forge, kind: str, tmp_path: Path) -> dict[str, str]:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7}}))
    github = {"GITHUB_ACTIONS": "true", "GITHUB_API_URL": server.url, "GITHUB_REPOSITORY": "o/r"}
    gitlab = {"GITLAB_CI": "true", "CI_API_V4_URL": server.url, "CI_PROJECT_ID": "3", "CI_MERGE_REQUEST_IID": "7"}
    chosen = {**github, "GITHUB_EVENT_PATH": str(event)} if kind == "github" else gitlab
    return {"PATH": os.environ["PATH"], "COMMENT_TOKEN": server.token, **chosen}


@dataclass
class Done:
    code: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The script in this process; `alone`: as a program with nothing but the standard library."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(urllib.request, "_opener", None)  # it keeps the proxies of the first who asks

    def run(env: dict[str, str], text: str, name: str = "nivis", *, alone: bool = False) -> Done:
        (tmp_path / "plan.md").write_text(text)
        if alone:
            argv = [sys.executable, "-I", "-S", str(SCRIPT), name, "plan.md"]
            done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False, timeout=60)
            return Done(done.returncode, done.stdout, done.stderr)
        with monkeypatch.context() as context:
            context.setattr(os, "environ", env)
            code = main([name, "plan.md"])
        return Done(code, *capsys.readouterr())

    return run


@pytest.mark.parametrize("kind", ["github", "gitlab"])
def test_there_is_one_comment_of_a_name_and_it_is_changed(server: Forge, kind: str, tmp_path: Path, run: Run) -> None:
    server.comments = [{"id": n, "body": f"a person's word {n}"} for n in range(100)]
    env = environment(server, kind, tmp_path)
    assert run(env, "first", alone=True).stdout == "comment written\n"
    assert run(env, "second").stdout == "comment updated\n"
    assert run(env, "other", name="staging").stdout == "comment written\n"
    assert server.bodies[100:] == ["<!-- nivis -->\nsecond", "<!-- staging -->\nother"]


def test_what_is_too_long_for_a_comment_is_cut(server: Forge, tmp_path: Path, run: Run) -> None:
    assert run(environment(server, "github", tmp_path), "é" * 100_000).code == 0
    assert len(server.bodies[0]) < 65_536
    assert "cut" in server.bodies[0][-60:]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"COMMENT_TOKEN": "wrong"}, "403 Forbidden; may the token write comments?"),
        ({"COMMENT_TOKEN": ""}, "COMMENT_TOKEN is empty"),
        ({"GITHUB_ACTIONS": ""}, "neither a GitHub workflow nor a GitLab pipeline"),
        ({"GITHUB_API_URL": "http://127.0.0.1:9"}, "refused"),
    ],
)
def test_what_is_wrong_is_said(server: Forge, tmp_path: Path, run: Run, change: dict[str, str], said: str) -> None:
    done = run(environment(server, "github", tmp_path) | change, "text")
    assert done.code == 1
    assert done.stderr.startswith("error: the comment was not written\n")
    assert said in done.stderr
    assert server.bodies == []


def test_outside_a_pull_request_it_says_so(server: Forge, tmp_path: Path, run: Run) -> None:
    env = environment(server, "github", tmp_path)
    Path(env["GITHUB_EVENT_PATH"]).write_text("{}")
    assert "not started by a pull request" in run(env, "text").stderr
