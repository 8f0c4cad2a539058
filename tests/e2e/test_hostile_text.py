"""Names and values that would command a terminal, or look like lines of nivis: every verb shows what they are."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]

EVIL = "x\x1b[2J\x9b\u202e`|<b>\n ✓ forged\n\n# forged\nerror: forged\r"
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
FORGED = re.compile(r"^(?: ✓ |# |error: )forged", re.M)


def evil(project: Project) -> Project:
    (project.directory / "evil.json").write_text(json.dumps(EVIL))
    return project.flake(
        """ir [ a b made group ] { outputs = { text = made.refAttr "output"; "out" = a.refAttr "input"; }; }""",
        let="""evil = builtins.fromJSON (builtins.readFile ./evil.json);
        res = name: config: lib.mkResource {
          provider = "terraform"; type = "terraform_data"; tofuName = builtins.hashString "md5" ("n" + name); inherit name config;
        };
        a = res evil { input = evil; };
        b = res "b${evil}" {
          input = lib.str [ (a.refAttr "id") evil ];
          provisioner = [ { local-exec = [ { command = "cat '${./evil.json}'; printf 'a\\\\033[2Jb\\\\rc\\\\n'"; } ]; } ];
        };
        made = lib.mkResource { provider = "terraform"; type = "terraform_data"; name = "made"; config = { input = evil; }; };
        group = lib.whenKnown { name = "g${evil}"; inputs = [ (a.refAttr "id") ]; resources = _: [ (res "in${evil}" { }) ]; };
        """,
    )


def shown(project: Project, *args: str, code: int = 0, values: bool = False) -> str:
    done = project.run(*args)
    assert done.code == code, done
    text = done.stdout + done.stderr
    assert not RAW.search(text), (args, text)
    if not values:
        assert not FORGED.search(text), (args, text)
    return text


def test_no_verb_lets_it_through(project: Project, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    project.env["GITHUB_STEP_SUMMARY"] = str(summary)
    evil(project)
    assert "x\\u001b[2J\\u009b\\u202e`|<b>\\n ✓ forged\\n" in shown(project, "plan")
    shown(project, "plan", "--diff", "--all")
    assert "✓ terraform.terraform_data.x\\u001b[2J" in shown(project, "apply", "--log-level", "debug")
    for line in (
        "plan --all",
        "state list",
        "refresh",
        "graph",
        "graph --format mermaid",
        "providers",
        "doctor",
        "validate",
    ):
        shown(project, *line.split())
    for line in (
        "output",
        "output text",
        "state show terraform.terraform_data.made",
        "show",
        "why terraform.terraform_data.made.input",
    ):
        assert "\\u001b[2J" in shown(project, *line.split(), values=True)
    address = "terraform_data." + next(
        r["name"] for r in json.loads(project.state)["resources"] if r["name"] not in ("made",)
    )
    shown(project, "taint", address)
    shown(project, "plan")
    shown(project, "untaint", address)
    shown(project, "state", "rm", "--dry-run", address)
    shown(project, "state", "show", EVIL, values=True)  # the end of an id will do
    shown(project, "state", "show", f"{EVIL}?", code=1)
    shown(project, "plan", f"--{EVIL}", code=1)
    shown(project, EVIL, code=1)
    shown(project, "apply", "--target", f"{EVIL}?", code=1)
    shown(project, "destroy", "--log-level", "debug")
    assert not RAW.search(page := summary.read_text())
    assert not FORGED.search(page)
    # Our own headings are bold; else only code may hold a tag.
    assert "<b>" not in re.sub(r"(`+).*?\1|<b>Phase \d+</b>", "", page, flags=re.DOTALL)


def test_raw_and_json_are_not_touched(project: Project) -> None:
    evil(project).run("apply").ok()
    assert project.run("output", "--raw", "text").ok().stdout == EVIL.replace("\r", "\n")  # as Python reads lines
    assert json.loads(project.run("output", "--json").ok().stdout)["text"]["value"] == EVIL
    assert (
        f"terraform.terraform_data.{EVIL}"
        in json.loads(project.run("state", "list", "--json").ok().stdout)["resources"]
    )


def test_errors_of_others(project: Project) -> None:
    (project.directory / "evil.json").write_text(json.dumps(EVIL))
    project.flake("builtins.throw (builtins.fromJSON (builtins.readFile ./evil.json))")
    assert "\\u009b" in shown(project, "plan", code=1, values=True)  # Nix itself leaves out the rest
    project.flake(
        "ir [ a ] { }",
        let="""a = lib.mkResource { provider = "terraform"; type = "terraform_data"; name = "a";
          config = { provisioner = [ { local-exec = [ { command = "printf 'a\\\\033[2Jb' >&2; exit 3"; } ]; } ]; }; };""",
    )
    assert "\\u001b[2J" in shown(project, "apply", code=1)
