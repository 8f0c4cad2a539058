"""Every verb as a person runs it: in a terminal, with the screen read back."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import typer

from nivis_tofu.authoring.scaffold import ABOUT
from nivis_tofu.cli.app import application
from nivis_tofu.cli.completion_scripts import verbs
from nivis_tofu.cli.opentofu import PASSING
from nivis_tofu.system.locate import find_engine
from tests.e2e.project import Project
from tests.support.http_state import http_state
from tests.support.terminal import SGR, Terminal
from tools.steps import output_of

pytestmark = [pytest.mark.engine, pytest.mark.nix]

A, B, C = (f"terraform.terraform_data.{name}" for name in "abc")
GO_ON, VALUE, TEMPLATE = "? [y/N] ", "Value of the variable ", "Template [minimal]: "
SPINNER = "[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]"
EXIT = {"^C": 130, "^D": 1}

Talk = tuple[str, str]
"""A question, and what is typed or pressed when it is seen."""


def seen(project: Project, line: str, *talk: Talk, code: int = 0, **how: Any) -> Terminal:
    """One command to its end; nothing broken may be left on the screen."""
    with Terminal(project, *shlex.split(line), **how) as terminal:
        for question, answer in talk:
            terminal.wait_for(question.rstrip(), seconds=20)
            (terminal.press if answer in EXIT else terminal.type)(answer)
        assert terminal.finish(120) == code
        tidy(terminal)
    return terminal


def tidy(terminal: Terminal) -> None:
    for wrong in ("Traceback", "bug in nivis", "\x1b", "\ufffd"):
        assert wrong not in terminal.text
    assert not re.search(SPINNER, terminal.text), "the live region is still there"
    assert terminal.at_rest


def shows(project: Project, line: str, expected: str, *talk: Talk, **how: Any) -> Terminal:
    """A command whose whole screen is this."""
    terminal = seen(project, line, *talk, **how)
    assert read(terminal) == block(expected).splitlines()
    return terminal


def block(text: str) -> str:
    """A text that begins on a line of its own has the indentation of the code around it."""
    return dedent(text).strip("\n") if text.startswith("\n") else text


UUID = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


def read(terminal: Terminal) -> list[str]:
    """The lines of the screen; how long something took, and what the engine calls it, is not what a test is about."""
    text = re.sub(r" after \d+s$", " after 0s", UUID.sub("UUID", terminal.text), flags=re.M)
    return re.sub(r"^(\w+ (?:in|after)) \d+ s: ", r"\1 0 s: ", text, flags=re.M).splitlines()


def applied_chain(parent: Path, tofu: Path) -> Project:
    """Two applied resources, in a directory that several tests use."""
    (parent / "a projéct").mkdir()
    project = Project(parent / "a projéct", tofu).chain()
    project.run("apply").ok()
    return project


def region(terminal: Terminal) -> list[str]:
    """The live rows, now."""
    rows = terminal.screen
    return rows[next(n for n, row in enumerate(rows) if re.match(SPINNER, row)) :]


SLOW = """
  slow = seconds: name: input: lib.mkResource {
    provider = "terraform"; type = "terraform_data"; inherit name; config = { inherit input; };
    meta.provisioner = [ { local-exec = { command = "exec sleep ${seconds}"; }; } ];
  };
"""


# Looking at what is there, two resources in their final state, changes nothing.

LOOKING = {
    "plan": "No changes. 2 resource(s) up to date.",
    "plan --all": f" = {A} (terraform_data)\n = {B} (terraform_data)\n\nNo changes. 2 resource(s) up to date.",
    "plan --diff": "No changes. 2 resource(s) up to date.",
    "apply": "No changes. 2 resource(s) up to date.",
    "validate": "The configuration is valid.",
    "refresh": "Refreshed 2 resource(s).",
    "init": "Initialised. State: backend `local`.",
    "output": "b = from @a",
    "output b": "from @a",
    "state list": f"{A}\n{B}",
    f"state show {A}": " id = @a\n input = one\n output = one\n triggers_replace = <nil>",
    "show": f"""
        {A}
         id = @a
         input = one
         output = one
         triggers_replace = <nil>

        {B}
         id = @b
         input = from @a
         output = from @a
         triggers_replace = <nil>

        Outputs
         b = from @a
        """,
    "providers": f"terraform  terraform.io/builtin/terraform  built in\n   {A}\n   {B}",
    f"why {B}.input": f"""
        {B}.input = from @a
           at flake.nix:LINE
           computed by Nix, known in phase 2, from:
              {A}.id = @a
                 at flake.nix:LINE
                 decided by the provider, known after phase 1
        """,
    f"""eval --raw 'ledger.outputs."{A}".id'""": "@a",
    "eval 'map (r: r.id) ir.resources'": f'[\n  "{A}",\n  "{B}"\n]',
    "render --out rendered": "rendered/main.tf.json\nrendered/terraform.tf.json",
    "gen terraform.io/builtin/terraform --out gen": (
        "Wrote 1 resource(s) and 1 data source(s) of terraform.io/builtin/terraform to gen."
    ),
    "workspace list": "* default",
    "workspace show": "default",
}


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory, tofu_exe: Path) -> Project:
    return applied_chain(tmp_path_factory.mktemp("applied"), tofu_exe)


@pytest.mark.parametrize("line", LOOKING)
def test_looking_shows_the_result_and_nothing_else(applied: Project, line: str, tmp_path: Path) -> None:
    expected = block(LOOKING[line]) + "\n"
    for name in "ab":
        expected = expected.replace(f"@{name}", applied.attributes(f"terraform_data.{name}")["id"])
    # Of another engine than OpenTofu there is one line, which is talk.
    note = find_engine(None, applied.env, output_of).note
    note = note and note + "\n"
    screen = seen(applied, line, columns=200).text
    assert screen.startswith(note)
    result = screen.removeprefix(note)
    assert re.sub(r"(?<=flake\.nix:)\d+:\d+", "LINE", result) == expected
    # The same bytes in a pipe, and in a file of a person who looks at the talk meanwhile.
    assert applied.run(*shlex.split(line)).ok().stdout == result
    talk = seen(applied, line, stdout=tmp_path / "kept", columns=200).text
    assert (tmp_path / "kept").read_text() == result
    assert talk == note


def test_output_that_is_long_or_does_not_end_its_line(applied: Project) -> None:
    for line in ("completion bash", "completion fish", "graph", "state pull", "state --help", "apply --help"):
        assert (
            seen(applied, line, columns=80).raw.replace("\r\n", "\n").endswith(applied.run(*line.split()).ok().stdout)
        )
    with Terminal(applied, "output", "--raw", "b") as terminal:
        assert terminal.finish() == 0
        assert terminal.raw.endswith(applied.attributes("terraform_data.b")["output"]["value"])


def test_doctor_ticks_off_what_is_there(applied: Project) -> None:
    terminal = seen(applied, "doctor")
    for what in ("nivis", "Python", "Nix", "engine", "Nix library", "git", "flake"):
        assert re.search(f"^ ✓ {what}: ", terminal.text, re.M)
    assert terminal.screen[-1] == "Everything needed is there."
    assert terminal.colours["✓"] == "green"


def test_a_picture_is_kept_from_the_terminal(applied: Project, tmp_path: Path) -> None:
    dot = tmp_path / "dot"
    dot.write_text("""#!/bin/sh\nprintf '\\211PNG\\r\\n\\032\\n\\033[2J' > "$3"\n""")
    dot.chmod(0o755)
    path = {"PATH": f"{tmp_path}:{applied.env['PATH']}"}
    terminal = seen(applied, "graph --format png", code=1, env=path)
    assert terminal.screen[0] == "error: A picture cannot be shown on a terminal"
    assert "--out graph.png" in terminal.text
    assert "PNG" not in terminal.raw
    shows(applied, "graph --format png --out g.png", "", env=path)
    assert (applied.directory / "g.png").read_bytes().startswith(b"\x89PNG")


def test_an_engine_that_cannot_be_downloaded(project: Project, tmp_path: Path) -> None:
    nowhere = {"NIVIS_TOFU_MIRROR": "file:///nowhere", "NIVIS_CACHE": str(tmp_path / "cache")}
    terminal = seen(project, "setup", code=1, env=nowhere, columns=200)
    assert "error: OpenTofu could not be downloaded" in terminal.screen
    assert "`nivis setup --from " in terminal.text


def test_no_verb_and_a_wrong_one(applied: Project) -> None:
    terminal = seen(applied, "", code=1)
    assert terminal.screen[0] == "Usage: nivis [OPTIONS] COMMAND [ARGS]..."
    for verb in ("plan", "apply", "state", "completion"):
        assert re.search(f"^  {verb} +[A-Z]", terminal.text, re.M)
    usage = "Usage: nivis [OPTIONS] COMMAND [ARGS]...\nerror: No such command 'plam'. Did you mean 'plan'?"
    shows(applied, "plam", usage, code=1)


# Planning and applying.

PLAN = f"""
 + {A} (terraform_data)
 + {B} (terraform_data)
 ~ output.b

2 resource(s) to resolve across phases (+ create, ~ change). Run `nivis apply`.
Plan: 2 to add, 0 to change, 0 to destroy, in 2 phases.
phase 1: {A}
phase 2: {B}, waits for {A}.id
"""
ENDS = f"""
{A}: created after 0s
{B}: created after 0s
"""
APPLIED = f"""
Applied 2 resource(s) across 2 phase(s):
 ✓ {A}
 ✓ {B}
Applied in 0 s: 2 added, 0 changed, 0 destroyed; phases 1 + 1.
Outputs:
 b = from UUID
"""


def test_the_first_run_and_a_change_in_place_ask_nothing(project: Project) -> None:
    shows(project.chain(), "plan", PLAN)
    diff = f"""
         + {A} (terraform_data)
             + input = "one"
             + 2 more known after apply
         + {B} (terraform_data)
             + input = "from " + {A}.id (computed in Nix, known after phase 1)
             + 2 more known after apply
         + output.b
             + {B}.output (known after phase 2)

        2 resource(s) to resolve across phases (+ create, ~ change). Run `nivis apply`.
        Plan: 2 to add, 0 to change, 0 to destroy, in 2 phases.
        phase 1: {A}
        phase 2: {B}, waits for {A}.id
        """
    shows(project, "plan --diff", diff, columns=200)
    shows(project, "apply", APPLIED)
    changed = f"""
        Applied 1 resource(s) across 1 phase(s):
         ✓ {A}  updated
        Applied in 0 s: 0 added, 1 changed, 0 destroyed; 1 phase.
        Outputs:
         b = from UUID
        """
    shows(project.chain("two"), "apply", changed)


def test_colours_are_there_by_default(project: Project) -> None:
    assert shows(project.chain(), "plan", PLAN).colours == {"+": "green", "~": "brown"}
    assert shows(project, "apply", APPLIED).colours == {"✓": "green"}


@pytest.mark.parametrize(("flag", "env"), [("", {"NO_COLOR": "1"}), ("--color never", {}), ("-no-color", {})])
def test_without_colours_the_words_are_the_same(project: Project, flag: str, env: dict[str, str]) -> None:
    for line, screen in ((f"plan {flag}", PLAN), (f"apply {flag}", APPLIED)):
        assert not SGR.search(shows(project.chain(), line, screen, env=env).raw)


def test_a_terminal_that_can_do_little_gets_plain_lines(project: Project) -> None:
    terminal = shows(project.chain(), "apply", ENDS + APPLIED[1:], env={"TERM": "dumb"})
    assert "\x1b" not in SGR.sub("", terminal.raw)
    assert "\r" not in terminal.raw.replace("\r\n", "")


def test_json_lines_stay_whole(project: Project, tmp_path: Path) -> None:
    kinds = ["apply_complete", "apply_complete", "result"]

    def found(lines: list[str]) -> list[str]:
        return [kind for kind in (json.loads(line)["type"] for line in lines) if kind in kinds]

    with Terminal(project.chain(), "apply", "--json", columns=1000) as terminal:
        assert terminal.finish() == 0
        assert found([line for line in terminal.screen if line.startswith("{")]) == kinds
    events = tmp_path / "events"
    talk = seen(project, "destroy --json --yes", stdout=events).text
    assert found(events.read_text().splitlines()) == kinds
    assert "{" not in talk


LATER = "Later phases remain: make the next plan with `nivis plan -out FILE` and apply it."


def test_a_saved_plan(project: Project) -> None:
    project.chain().run("apply").ok()
    project.run("taint", A).ok()
    shown = [f" -/+ {A} (terraform_data)", f" ~ {B} (terraform_data)"]
    assert seen(project, "plan -out p.tfplan").screen[:2] == shown
    terminal = seen(project, "show p.tfplan")
    assert [line.removesuffix("  (later phase)") for line in terminal.screen[:2]] == shown
    assert terminal.colours["-/+"] == "red"
    # Who applies a plan has seen it: no question. And nobody has touched the flake since.
    replaced = f"""
        Applied 1 resource(s) across 1 phase(s):
         ✓ {A}  replaced

        {LATER}
        Applied in 0 s: 1 added, 0 changed, 1 destroyed; 1 phase.
        Outputs:
         b = from UUID
        """
    shows(project, "apply p.tfplan", replaced)


def test_a_saved_first_plan_shows_what_any_plan_shows(project: Project) -> None:
    shows(project.chain(), "plan -out p.tfplan", PLAN.replace("nivis apply", "nivis apply p.tfplan"))
    created = f"Applied 1 resource(s) across 1 phase(s):\n ✓ {A}\n\n{LATER}"
    created += "\nApplied in 0 s: 1 added, 0 changed, 0 destroyed; 1 phase.\nOutputs:\n b = <nil>"
    shows(project, "apply p.tfplan", created)


def test_the_plan_of_a_destroy(project: Project) -> None:
    project.chain().run("apply").ok()
    terminal = seen(project, "plan --destroy -out gone.tfplan")
    assert terminal.screen[:2] == [f" - {A} (terraform_data)", f" - {B} (terraform_data)"]
    assert (project.directory / "gone.tfplan").exists()
    # An apply would not do what is shown.
    assert "Run `nivis apply`." not in terminal.text


def test_a_result_is_the_same_but_for_its_colours(repository: Project, tmp_path: Path) -> None:
    repository.run("apply").ok()
    repository.chain("two").run("plan", "-out", "p.tfplan").ok()
    talk = tmp_path / "talk"
    for line in ("plan --diff", "doctor", "diff HEAD", "show p.tfplan"):
        raw = seen(repository, line, stderr=talk).raw.replace("\r\n", "\n")
        assert SGR.search(raw)
        piped = repository.run(*line.split()).ok()
        assert (SGR.sub("", raw), SGR.sub("", talk.read_text())) == (piped.stdout, piped.stderr)


# Questions.


@pytest.fixture(scope="module")
def doomed(tmp_path_factory: pytest.TempPathFactory, tofu_exe: Path) -> Project:
    """The next apply replaces `a` and destroys `b`."""
    project = applied_chain(tmp_path_factory.mktemp("doomed"), tofu_exe)
    project.run("taint", A).ok()
    return project.flake("ir [ a ] { }", let='a = data "a" "one";')


@pytest.mark.parametrize("answer", ["n", "", "yep", "^C", "^D"])
@pytest.mark.parametrize(("line", "mark"), [("apply", "-/+"), ("destroy", "-")])
def test_anything_but_yes_changes_nothing(doomed: Project, line: str, mark: str, answer: str) -> None:
    before = doomed.state
    terminal = seen(doomed, line, (GO_ON, answer), code=EXIT.get(answer, 1))
    typed = "" if answer == "^D" else answer
    also, why, gone, work = [], "", "", "Destroy 2"
    if line == "apply":
        also, why, work = [" ~ output.b"], "  # it is tainted", "Destroy 1 and replace 1"
        gone = "  # it is no longer in the configuration"
    assert terminal.screen[: 4 + len(also)] == [
        *also,
        f" {mark} {A} (terraform_data){why}",
        f" - {B} (terraform_data){gone}",
        f"{work} resources in nivis.state.json{GO_ON}{typed}".rstrip(),
        "error: Interrupted" if answer == "^C" else "Cancelled. Nothing was changed.",
    ]
    assert doomed.state == before


@pytest.mark.parametrize("line", ["apply --no-destroy", "destroy --no-destroy"])
def test_no_destroy_refuses_before_it_asks(doomed: Project, line: str) -> None:
    before = doomed.state
    terminal = seen(doomed, line, code=1)
    assert terminal.screen[0] == "error: The plan destroys something"
    assert f"`{B}` (delete)" in terminal.text
    assert GO_ON not in terminal.text
    assert doomed.state == before


def test_yes_goes_on(project: Project) -> None:
    project.chain().run("apply").ok()
    project.run("taint", A).ok()
    replaced = f"""
         ~ {B} (terraform_data)
         ~ output.b
         -/+ {A} (terraform_data)  # it is tainted
        Replace 1 resource in nivis.state.json{GO_ON}y
        Applied 2 resource(s) across 2 phase(s):
         ✓ {A}  replaced
         ✓ {B}  updated
        Applied in 0 s: 1 added, 1 changed, 1 destroyed; phases 1 + 1.
        Outputs:
         b = from UUID
        """
    shows(project, "apply", replaced, (GO_ON, "y"))
    destroyed = f"""
         - {A} (terraform_data)
         - {B} (terraform_data)
        Destroy 2 resources in nivis.state.json{GO_ON}YES
        Destroyed 2 resource(s):
         - {B}
         - {A}
        Destroyed in 0 s: 2 destroyed.
        """
    assert shows(project, "destroy", destroyed, (GO_ON, "YES")).colours["-"] == "red"
    shows(project, "destroy", "Nothing to destroy.")


@pytest.mark.parametrize("flag", ["--yes", "-auto-approve", "-auto-approve -input=false"])
def test_nothing_is_asked_that_was_answered_beforehand(project: Project, flag: str) -> None:
    project.chain().run("apply").ok()
    terminal = seen(project, f"destroy {flag}")
    assert GO_ON not in terminal.text
    assert read(terminal)[-3:] == [f" - {B}", f" - {A}", "Destroyed in 0 s: 2 destroyed."]


FLAKE = [".gitignore", "flake.nix"]
CHOICES = "".join(rf" {n}  {name} +\w.*\n" for n, name in enumerate(ABOUT, 1))


@pytest.mark.parametrize(
    ("answer", "made"),
    [("", FLAKE), ("multi-phase", FLAKE), ("4", [*FLAKE, "modules/network.nix", "modules/service.nix"])],
)
def test_init_asks_which_template(project: Project, answer: str, made: list[str]) -> None:
    terminal = seen(project, "init", (TEMPLATE, answer))
    assert re.match(CHOICES, terminal.text)
    assert terminal.screen[len(ABOUT) :] == [
        f"{TEMPLATE}{answer}".rstrip(),
        *(f" + {name}" for name in made),
        "",
        "Next: `nivis plan`.",
    ]
    assert all((project.directory / name).is_file() for name in made)


@pytest.mark.parametrize(
    ("answer", "error"), [("nope", "No such template"), ("9", "No such template"), ("^C", "Interrupted"), ("^D", "")]
)
def test_init_makes_nothing_of_no_answer(project: Project, answer: str, error: str) -> None:
    screen = seen(project, "init", (TEMPLATE, answer), code=EXIT.get(answer, 1)).screen
    assert screen[len(ABOUT)] == f"{TEMPLATE}{'' if answer == '^D' else answer}".rstrip()
    assert screen[len(ABOUT) + 1].startswith(f"error: {error}")
    assert list(project.directory.iterdir()) == []


def test_init_asks_nothing_when_told_so(project: Project) -> None:
    with Terminal(project, "init", "--no-input") as terminal:
        assert terminal.finish(5) == 0
        assert terminal.screen == [" + .gitignore", " + flake.nix", "", "Next: `nivis plan`."]


@pytest.fixture
def asking(project: Project) -> Project:
    return project.flake(
        'ir [ (data "a" { inherit (vars) zone; pw = vars.db_password; }) ] { outputs.zone = vars.zone; }',
        let='vars = lib.mkVars { zone.type = "str"; db_password = { type = "str"; sensitive = true; }; } ledger.vars;',
    )


def test_a_missing_variable_is_asked_for_and_a_secret_is_not_echoed(asking: Project) -> None:
    answered = f"""
        {VALUE}db_password:
        {VALUE}zone: eu
        Applied 1 resource(s) across 1 phase(s):
         ✓ {A}
        Applied in 0 s: 1 added, 0 changed, 0 destroyed; 1 phase.
        Outputs:
         zone = eu
        """
    terminal = shows(asking, "apply", answered, (f"{VALUE}db_password:", "hush-hush"), (f"{VALUE}zone:", "eu"))
    assert "hush" not in terminal.raw
    assert b"hush-hush" in asking.state


@pytest.mark.parametrize("answer", ["^C", "^D"])
@pytest.mark.parametrize("name", ["zone", "db_password"])
def test_a_question_that_nobody_answers(asking: Project, name: str, answer: str) -> None:
    given = {"NIVIS_VAR_zone": "eu", "NIVIS_VAR_db_password": "hush-hush"}
    asking.run("apply", env=given).ok()
    del given[f"NIVIS_VAR_{name}"]
    with Terminal(asking, "plan", env=given) as terminal:
        terminal.wait_for(f"{VALUE}{name}:")
        terminal.press(answer)
        # Asked once: an answer that does not come now will not come later.
        assert terminal.finish(5) == EXIT[answer]
        tidy(terminal)
        assert re.fullmatch(rf"{VALUE}{name}:( \^C)?", terminal.screen[0])
        assert terminal.screen[1].startswith("error: ")
        assert terminal.text.count(VALUE) == 1


def test_without_questions_the_error_says_what_to_do(asking: Project) -> None:
    terminal = seen(asking, "plan --no-input", code=1, columns=400)
    assert "hint: Set it with `--var db_password=…`" in terminal.text
    assert terminal.text.count("required variable 'db_password' is not set") == 1


# While it runs.


def test_the_live_region_tells_what_runs_and_goes_away(project: Project) -> None:
    let = 'a = slow "2" "a" "x"; b = slow "2" "b" (lib.str [ "x" (a.refAttr "id") ]);'
    with Terminal(project.flake("ir [ a b ] { }", let=SLOW + let), "apply") as terminal:
        for n, name in enumerate((A, B)):
            terminal.wait_for(f"   {name}: creating, 1s\n")
            stage, *done, resource = region(terminal)
            assert re.fullmatch(rf"{SPINNER} phase {n + 1}/2: applying, {n}/2 done, [123]s", stage)
            assert [row.split(":")[0] for row in done] == [f" ✓ {A}"][:n]
            assert resource == f"   {name}: creating, 1s"
        assert terminal.finish() == 0
        tidy(terminal)
        ran = 'Executing: ["/bin/sh" "-c" "exec sleep 2"]'
        assert read(terminal) == [
            f"{A}: {ran}",
            f"{B}: {ran}",
            "Applied 2 resource(s) across 2 phase(s):",
            f" ✓ {A}",
            f" ✓ {B}",
            "Applied in 0 s: 2 added, 0 changed, 0 destroyed; phases 1 + 1.",
        ]


def test_the_live_region_of_a_destroy(project: Project) -> None:
    """Destroy-time provisioners run, as they do in OpenTofu, and the region says what is going on."""
    wait = '[ { local-exec = { when = "destroy"; command = "sleep 2; echo gone > gone"; }; } ]'
    let = f'a = lib.mkResource {{ provider = "terraform"; type = "terraform_data"; name = "a"; meta.provisioner = {wait}; }};'
    project.flake("ir [ a ] { }", let=let).run("apply").ok()
    with Terminal(project, "destroy", "--yes") as terminal:
        terminal.wait_for(f"  {A}: destroying, 1s\n", seconds=20)
        assert re.fullmatch(rf"{SPINNER} destroying, 0/1 done, \ds", terminal.screen[-2])
        assert terminal.finish() == 0
        tidy(terminal)
    assert (project.directory / "gone").exists()


def test_interrupt_is_acknowledged_at_once_and_tells_what_was_done(project: Project) -> None:
    let = """
      a = data "a" "x"; b = slow "60" "b" (lib.str [ "x" (a.refAttr "id") ]);
      c = data "c" (lib.str [ "x" (b.refAttr "id") ]);
    """
    with Terminal(project.flake("ir [ a b c ] { }", let=SLOW + let), "apply") as terminal:
        terminal.wait_for(f"  {B}: creating, 1s\n")
        terminal.press("^C")
        terminal.wait_for("stopping: the engine was asked to finish what is in flight", seconds=2)
        assert terminal.finish(20) == 130
        tidy(terminal)
        told = read(terminal)
        assert told[told.index("Applied 1 resource(s) across 1 phase(s):") :] == [
            "Applied 1 resource(s) across 1 phase(s):",
            f" ✓ {A}",
            "error: Interrupted",
            "  SIGINT was received; the running command was asked to stop and has ended.",
            f"failed: {B}",
            f"not started: {C}",
            "Stopped after 0 s: 1 added, 0 changed, 0 destroyed; 1 phase.",
            "next: to keep what did not come up whole, instead of having it replaced:",
            f"  nivis untaint {B}",
            "next: `nivis apply` goes on from here.",
        ]
    shows(project, "state list", f"{A}\n{B}")


def test_interrupt_while_nix_computes(project: Project) -> None:
    some = "builtins.foldl' (n: _: n + 1) 0 (builtins.genList (x: x) 1000)"
    long = f"builtins.foldl' (n: _: n + {some}) 0 (builtins.genList (x: x) 1000000)"
    with Terminal(project.flake(f'ir [ (data "a" (toString ({long}))) ] {{ }}'), "plan") as terminal:
        terminal.wait_for(" evaluating, 1s\n")
        terminal.press("^C")
        # Nothing can be lost, so there is nothing to wait for.
        assert terminal.finish(5) == 130
        tidy(terminal)
        assert terminal.screen[0] == "error: Interrupted"


def test_who_waits_for_another_run_sees_for_whom(project: Project) -> None:
    project.flake("ir [ a ] { }", let=SLOW + 'a = slow "5" "a" "x";')
    waiting = ("plan", "--lock-timeout", "30s")
    with Terminal(project, "apply") as first:
        first.wait_for(f"  {A}: creating, ")
        with Terminal(project, *waiting) as impatient, Terminal(project, *waiting) as patient:
            refused = seen(project, "plan", code=1)
            assert refused.screen[0] == "error: Another run is in progress"
            assert "held by `nivis apply` (process " in refused.text
            impatient.wait_for("nivis apply", seconds=3)
            impatient.press("^C")
            assert impatient.finish(5) == 130
            tidy(impatient)
            patient.wait_for("nivis apply", seconds=1)
            assert patient.finish() == 0
            tidy(patient)
            assert patient.screen[-1] == "No changes. 1 resource(s) up to date."
        assert first.finish() == 0


def test_a_narrow_and_low_terminal(project: Project) -> None:
    names = [f"a_resource_with_quite_a_long_name_{n}" for n in range(10)]
    long = [f"terraform.terraform_data.{name}" for name in names]
    project.flake(f'ir (map (n: slow "1.2" n n) [ {" ".join(map(json.dumps, names))} ]) {{ }}', let=SLOW)
    small = {"columns": 50, "rows": 12}
    piped = project.run("plan").ok()
    assert seen(project, "plan --no-pager", **small).text == piped.stdout + piped.stderr
    with Terminal(project, "apply", columns=50, rows=12) as terminal:
        terminal.wait_for("applying, 0/10 done, 1s")
        assert terminal.finish() == 0
        tidy(terminal)
        assert sorted(read(terminal)) == sorted(
            [
                *(f'{name}: Executing: ["/bin/sh" "-c" "exec sleep 1.2"]' for name in long),
                "Applied 10 resource(s) across 1 phase(s):",
                *(f" ✓ {name}" for name in long),
                *("Applied in 0 s: 10 added, 0 changed, 0 destroyed;", "1 phase."),
            ]
        )
    asked = seen(project, "destroy", (GO_ON, "n"), code=1, **small).text
    assert asked.startswith("".join(f" - {name} (terraform_data)\n" for name in long))
    assert f"Destroy 10 resources in nivis.state.json{GO_ON}n\nCancelled. Nothing was changed.\n" in asked


# Errors.


def test_errors_stand_alone_on_the_screen(project: Project) -> None:
    missing = seen(project, "plan", code=1, columns=200).screen
    assert missing[0] == "error: No flake in this directory"
    assert missing[-1].startswith("hint: Run `nivis init` to create one")
    project.flake("ir [ nosuch ] { }")
    assert seen(project, "plan", code=1).screen[:4] == [
        "error: undefined variable 'nosuch'",
        "  at flake.nix:13:13",
        "    12 |",
        "    13 |     in ir [ nosuch ] { };",
    ]


def test_a_failure_tells_what_was_done(project: Project) -> None:
    failing = """a = data "a" "x"; b = lib.mkResource {
      provider = "terraform"; type = "terraform_data"; name = "b"; config.input = lib.str [ "x" (a.refAttr "id") ];
      meta.provisioner = [ { local-exec = { command = "echo no luck >&2; exit 3"; }; } ];
    };"""
    terminal = seen(project.flake("ir [ a b ] { }", let=failing), "apply", code=1)
    done = f"\nApplied 1 resource(s) across 1 phase(s):\n ✓ {A}\n"
    for text in (done, "\nerror: local-exec provisioner error\n", "no luck"):
        assert text in terminal.text
    assert read(terminal)[-5:] == [
        f"failed: {B}",
        "Stopped after 0 s: 1 added, 0 changed, 0 destroyed; 1 phase.",
        "next: to keep what did not come up whole, instead of having it replaced:",
        f"  nivis untaint {B}",
        "next: `nivis apply` goes on from here, once the cause is mended.",
    ]


# Long things.

SHOWS = """#!/bin/sh
echo "-- pager, $LESS --"
head -n 3
echo "-- end --"
"""


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_a_long_plan_goes_through_the_pager(project: Project, tmp_path: Path, columns: int) -> None:
    project.flake('ir (builtins.genList (n: data "r${toString n}" "x") 400) { }')
    page = tmp_path / "page"
    page.write_text(SHOWS)
    page.chmod(0o755)
    piped = project.run("plan").ok()
    plain = piped.stdout + piped.stderr
    through = {"NIVIS_PAGER": str(page), "PAGER": "no-such-pager"}
    terminal = seen(project, "plan", columns=columns, env=through)
    # It quits early, and that is the reader's own affair.
    head = [f" + terraform.terraform_data.r{n} (terraform_data)" for n in range(3)]
    assert read(terminal)[:5] == ["-- pager, FRX --", *head, "-- end --"]
    assert terminal.colours["+"] == "green"
    if columns == 80:
        missing = seen(project, "plan", columns=columns, env={"PAGER": "no-such-pager"}).text
        assert missing == f"warning: the pager `no-such-pager` cannot be run; all of it follows\n{plain}"
    if columns == 200:
        for flag, env in (("--no-pager", through), ("", {**through, "CI": "true"}), ("", {"PAGER": "cat"})):
            assert seen(project, f"plan {flag}", columns=columns, env=env).text == plain


# What changes the state by hand.


def test_state_verbs(project: Project) -> None:
    project.chain().run("apply").ok()
    shows(project, f"taint {A}", f"{A} is tainted: the next apply replaces it.")
    assert seen(project, "plan").screen[0] == f" -/+ {A} (terraform_data)"
    shows(project, "untaint terraform_data.a", f"{A} is no longer tainted.")
    shows(project, f"state mv {B} {C}", f" > {C}  from {B}")
    shows(project, f"state mv {C} {B}", f" > {B}  from {C}")
    assert seen(project, "state show no.such.thing", code=1).screen[0] == 'error: no state for "no.such.thing"'
    saved = project.directory / "saved.json"
    shows(project, "state pull", "", stdout=saved)
    assert json.loads(saved.read_text()) == json.loads(project.state)
    shows(project, f"state rm {A}", f"Removed 1 resource(s) from the state:\n x {A}")
    shows(project, f"import {A} its-own-id", f" < {A}")
    assert project.attributes("terraform_data.a")["id"] == "its-own-id"
    refused = seen(project, "state push saved.json", code=1)
    assert refused.screen[0].startswith("error: ")
    assert "serial" in refused.text
    shows(project, "state push -force saved.json", "Pushed saved.json.")
    to = "registry.opentofu.org/acme/other"
    replaced = f"Replaced the provider of 2 resource(s):\n ~ {A}\n ~ {B}"
    shows(project, f"state replace-provider -auto-approve terraform.io/builtin/terraform {to}", replaced)


def test_state_migrate_names_both_places(project: Project) -> None:
    project.chain().run("apply").ok()
    project.flake(
        """ir [ a b ] { backend = { type = "local"; path = "states/moved.tfstate"; }; }""",
        let="""a = data "a" "one"; b = data "b" (lib.str [ "from " (a.refAttr "id") ]);""",
    )
    refused = seen(project, "plan", code=1)
    assert refused.screen[0] == "error: The state lies elsewhere"
    assert "`nivis state migrate`" in refused.text
    moved, *workspaces = seen(project, "state migrate").text.splitlines()
    assert re.fullmatch(r"Moved the state from .*\bnivis\.state\.json to .*\bstates/moved\.tfstate:", moved)
    assert workspaces == [" > default  2 resource(s)"]


def test_workspaces(project: Project) -> None:
    shows(project.chain(), "workspace new dev", "Created and selected workspace dev.")
    shows(project, "workspace list", "  default\n* dev")
    shows(project, "workspace select default", "Selected workspace default.")
    shows(project, "workspace delete dev", "Deleted workspace dev.")
    missing = seen(project, "workspace select dev", code=1).screen
    assert missing[0] == "error: No such workspace"
    assert missing[-1] == "hint: `nivis workspace new dev` creates it."


def test_the_selected_workspace_is_not_deleted(project: Project) -> None:
    project.chain().run("workspace", "new", "dev").ok()
    refused = seen(project, "workspace delete dev", code=1).text
    assert "without a diagnostic" not in refused
    assert "\nhint: `nivis workspace select " in refused


def test_a_lock_that_was_left_behind(project: Project) -> None:
    with http_state() as shelf:
        place = f"{shelf.url}/one"
        project.flake(
            f"""ir [ (data "a" "x") ] {{ backend = {{
              type = "http"; address = "{place}"; lock_address = "{place}"; unlock_address = "{place}"; retry_max = 0;
              username = "nivis"; password = "{shelf.password}";
            }}; }}"""
        )
        project.run("apply").ok()
        shelf.locks["/one"] = {
            "ID": "1234-5678", "Operation": "OperationTypeApply", "Who": "ann@desk", "Version": "1.12.6",
            "Created": "2026-01-02T03:04:05Z", "Info": "", "Path": "",
        }  # fmt: skip
        held = seen(project, "plan", code=1)
        assert held.screen[0] == "error: Error acquiring the state lock"
        for text in ("ann@desk", "2026-01-02", "force-unlock 1234-5678"):
            assert text in held.text
        shows(project, "force-unlock 1234-5678", "The state is unlocked.")
        shows(project, "plan", "No changes. 1 resource(s) up to date.")


# Coming from elsewhere, and looking back.

MAIN = """
terraform {
  required_providers {
    terraform = { source = "terraform.io/builtin/terraform" }
  }
}
resource "terraform_data" "a" { input = "x" }
resource "terraform_data" "many" {
  count = 2
  input = terraform_data.a.output
  lifecycle {
    replace_triggered_by = [terraform_data.a.id]
  }
}
"""


def test_adopt_and_convert(project: Project) -> None:
    (project.directory / "main.tf").write_text(MAIN)
    project.engine("init")
    project.engine("apply", "-auto-approve")
    assert seen(project, "convert . --out converted", columns=200).screen == [
        "Wrote converted/flake.nix",
    ]
    assert (project.directory / "converted" / "flake.nix").is_file()
    *told, kept = seen(project, "adopt", columns=200).screen
    assert told == [
        "Adopted 1 resource(s) into flake.nix; the plan has no changes:",
        f" = {A}",
        "",
        "1 stay in their .tf files, which are part of the configuration (rootModule):",
        "   terraform_data.many: `replace_triggered_by` in `lifecycle`",
    ]
    assert kept.startswith("The files as they were: ")
    assert seen(project, "convert .", code=1).screen[0].startswith("error: There is a flake")


@pytest.fixture
def repository(project: Project) -> Project:
    """The chain, committed to git."""
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
    project.chain()
    for step in (["init", "-q"], ["add", "flake.nix"], ["commit", "-q", "-m", "one"]):
        subprocess.run([*git, *step], cwd=project.directory, check=True, capture_output=True)
    return project


def test_diff(repository: Project) -> None:
    shows(repository, "diff HEAD", "No differences.")
    differs = f"""
         ~ {A} (terraform_data)
             ~ input = "one" -> "two"

        0 added, 1 changed, 0 removed.
        """
    assert shows(repository.chain("two"), "diff HEAD", differs).colours == {"~": "brown"}
    assert seen(repository, "diff nosuch", code=1).screen[0] == "error: No such revision"


STACKS = """{
  inputs.nivis.url = "github:wearetechnative/nivis";
  outputs = { self, nivis }: let
    lib = nivis.lib;
    stack = name: value: ledger: lib.toIR {
      providers.terraform = lib.mkProvider { source = "terraform.io/builtin/terraform"; };
      resources = [
        (lib.mkResource { provider = "terraform"; type = "terraform_data"; inherit name; config.input = value; })
      ];
      outputs.o = lib.ref "terraform.terraform_data.${name}" "output";
      inherit ledger;
    };
  in { nivis.stacks = { net = stack "vpc" "@v@"; app = stack "web" ((lib.stack "net").refAttr "o"); }; };
}
"""
CHECKED = """{
  inputs.nivis.url = "github:wearetechnative/nivis";
  outputs = { self, nivis }: {
    nivis.plan = ledger: nivis.lib.toIR { inherit ledger; outputs.o = 1; };
    nivis.tests.one.check = { outputs, ... }: [ { name = "o is 1"; ok = outputs.o == 1; message = ""; } ];
  };
}
"""


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_stacks_have_a_row_each_and_one_question(project: Project, columns: int) -> None:
    flake = project.directory / "flake.nix"
    flake.write_text(STACKS.replace("@v@", "one"))
    assert seen(project, "stacks list", columns=columns).screen == ["net", "app (uses net)"]
    assert seen(project, "stacks graph", columns=columns).screen == ["net", "app <- net"]
    assert " ✓ net: 1 added, 0 changed, 0 destroyed" in seen(project, "stacks apply", columns=columns).text
    assert " ✓ app: no changes" in seen(project, "stacks plan", columns=columns).text
    assert seen(project, "stacks output net", columns=columns).screen == ["net:", "o = one"]
    asked = seen(project, "stacks destroy", ("[y/N]", "n"), code=1, columns=columns)
    assert "Destroy all of 2 stacks: app, net? [y/N]" in " ".join(asked.text.split())
    assert (
        " ✓ net: 0 added, 0 changed, 1 destroyed"
        in seen(project, "stacks destroy", ("[y/N]", "y"), columns=columns).text
    )


def test_a_pipeline_and_the_tests_of_a_flake(project: Project) -> None:
    flake = project.directory / "flake.nix"
    flake.write_text(STACKS)
    assert "stages:" in seen(project, "stacks pipeline --for gitlab", rows=200).text
    flake.write_text(CHECKED)
    assert seen(project, "test").screen == [" ✓ one: o is 1", "1 passed"]


def test_every_verb_is_here() -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    every = [verb.words for verb in verbs(typer.main.get_command(application())) if verb.words and not verb.below]
    # The engine itself, typer or an editor talks there.
    every = [words for words in every if words not in (*PASSING, "help", "lsp")]
    assert len(every) > 30
    assert [words for words in every if not re.search(rf'"{words}\b', here)] == []
