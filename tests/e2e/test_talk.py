"""stderr and summaries: colours where they are wanted, failures on the summary page, nothing left where nothing is."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]

RED = "\x1b[1;31merror\x1b[0m: "
CYAN = "\x1b[36mhint\x1b[0m: "


@pytest.mark.parametrize(
    ("words", "env", "coloured"),
    [
        (("plan",), {}, False),
        (("plan",), {"CLICOLOR_FORCE": "1"}, True),
        (("plan", "--no-such-flag", "--color=always"), {}, True),
        (("no-such-verb",), {"CLICOLOR_FORCE": "1"}, True),
    ],
)
def test_errors_are_coloured(project: Project, words: tuple[str, ...], env: dict[str, str], coloured: bool) -> None:
    done = project.run(*words, env=env)
    assert done.code == 1
    assert (RED in done.stderr) is coloured
    assert ("\x1b" in done.stderr) is coloured
    if coloured:
        plain = project.run(*words, env={"NO_COLOR": "1"}) if "--color" not in "".join(words) else None
        assert plain is None or done.stderr.replace(RED, "error: ").replace(CYAN, "hint: ") == plain.stderr


def test_a_failed_apply_and_warnings_are_coloured(project: Project) -> None:
    project.flake(
        "ir [ a ] { }",
        let="""a = lib.mkResource { provider = "terraform"; type = "terraform_data"; name = "a";
          config = { provisioner = [ { local-exec = [ { command = "exit 3"; } ]; } ]; }; };""",
    )
    done = project.run("apply", "--color=always", "--var", "unread=1")
    assert RED in done.stderr
    assert "\x1b[1;33mwarning\x1b[0m: " in done.stderr
    assert "\x1b" not in project.run("apply").stderr


@pytest.mark.parametrize("verb", ["plan", "apply", "destroy"])
def test_a_failure_is_on_the_summary_page(project: Project, verb: str, tmp_path: Path) -> None:
    page = tmp_path / "summary.md"
    env = {"GITHUB_STEP_SUMMARY": str(page)}
    project.flake('builtins.throw "no <b>plan</b> today"').run(verb, env=env).fails("no <b>plan</b> today")
    text = page.read_text()
    head = "It failed." if verb == "plan" else "0 resource(s) across 0 phase(s)."
    # What Nix quotes is text in it, and no tag.
    assert text.startswith(f"### nivis {verb}\n\n{head}\n\n> **no \\<b\\>plan\\</b\\> today**\n")
    assert "> Nix could not evaluate the plan." in text


def test_what_the_engine_refuses_is_on_the_summary_page_once(project: Project, tmp_path: Path) -> None:
    page = tmp_path / "summary.md"
    project.env["GITHUB_STEP_SUMMARY"] = str(page)
    project.flake("ir [ a ] { }", let="""a = data "a" (lib.expr "\\${file(\\"/nonexist\\")}");""")
    for verb in ("plan", "apply"):
        page.write_text("")
        project.run(verb).fails("/nonexist")
        assert "Invalid function argument" in page.read_text()
        assert page.read_text().startswith(f"### nivis {verb}\n")
        assert page.read_text().count("### nivis") == 1
    project.chain().run("apply").ok()
    page.write_text("")
    project.chain().run("plan", "-destroy", "--no-destroy").fails()
    assert page.read_text().count("### nivis plan") == 2


def test_a_summary_that_cannot_be_written_hides_no_result(project: Project) -> None:
    done = project.chain().run("apply", env={"GITHUB_STEP_SUMMARY": "/nonexist/page"}).ok()
    assert done.stdout.startswith("Applied 2 resource(s)")
    assert "warning: the summary was not written: /nonexist/page: No such file or directory" in done.stderr


@pytest.mark.parametrize(
    "verb",
    ["plan", "apply", "destroy", "state list", "output", "validate", "graph", "refresh", "workspace list", "eval 1"],
)
def test_nothing_is_left_where_there_is_no_flake(project: Project, verb: str) -> None:
    project.run(*verb.split()).fails("No flake in this directory", "hint: Run `nivis init`")
    assert list(project.directory.iterdir()) == []


DAMAGED = (
    "",
    "{",
    '{"version": 4, "resources": 3}',
    "3",
    "[]",
    "null",
    '"x"',
    "[" * 100_000,
    "\udcff\udcfe",
    '{"version": 4}',
)


def test_a_damaged_state_is_called_that(project: Project) -> None:
    project.chain().run("apply").ok()
    state = project.directory / "nivis.state.json"
    good = state.read_bytes()
    for text in DAMAGED:
        state.write_bytes(os.fsencode(text))
        for verb in ("plan", "apply", "state list"):
            done = project.run(*verb.split()).fails("nivis.state.json", "hint: ")
            assert done.stderr.startswith("error: The state cannot be read\n"), (text[:20], done.stderr)
            assert state.read_bytes() == os.fsencode(text)
    state.write_bytes(good)
    assert project.run("plan").ok().stdout.startswith("No changes.")


def test_the_log_of_a_pipeline_folds_each_phase(project: Project) -> None:
    chain = ["terraform.terraform_data.a", "terraform.terraform_data.b"]
    env = {"GITHUB_ACTIONS": "true", "NIVIS_TIMESTAMPS": "1"}
    done = project.chain().run("apply", env=env).ok()
    assert done.stdout == "Applied 2 resource(s) across 2 phase(s):\n" + "".join(f" ✓ {name}\n" for name in chain)
    assert re.sub(r"\d", "0", done.stderr).splitlines()[:6] == [
        row
        for name in chain
        for row in ("::group::phase 0/0", f"0000-00-00T00:00:00Z {name}: created after 0s", "::endgroup::")
    ]
    plain = project.run("destroy", "--no-timestamps", env={"GITLAB_CI": "true", "NIVIS_TIMESTAMPS": "1"}).ok().stderr
    begun, title, *rows, ended, _ = plain.splitlines()[:6]  # a carriage return ends a line for Python
    assert re.fullmatch(r"\x1b\[0Ksection_start:\d+:nivis_destroy_\d+_phase_1", begun)
    assert title == "\x1b[0Kphase 1"
    assert rows == [f"{name}: destroyed after 0s" for name in reversed(chain)]
    assert ended.split(":")[0::2] == ["\x1b[0Ksection_end", begun.split(":")[2]]
