"""Everything in one plan and one apply, as a user runs it."""

from __future__ import annotations

import json
import signal
import time

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]

CHAIN = """
a = data "a" (ledger.vars.a or "one");
b = data "b" (lib.str [ "from " (a.refAttr "id") ]);
c = data "c" (lib.derived { inputs = [ (b.refAttr "output") (a.refAttr "output") ]; render = xs: { text = builtins.head xs; known = 1; list = [ 0.5 null (builtins.elemAt xs 1) ]; }; });
"""
GROWS = """
a = data "a" ledger.vars.a;
m = data "m" ledger.vars.m;
e = data "e" (lib.derived { inputs = [ (m.refAttr "output") ]; render = xs: { ${builtins.head xs} = a.refAttr "id"; }; });
g = lib.whenKnown { inputs = [ (m.refAttr "output") ]; name = "g"; resources = xs: [ (data "g" (builtins.head xs)) ]; };
"""
PLAN = """ir [ a b c ] { outputs.c = lib.str [ "c is " (c.refAttr "id") ]; }"""
HANGS = "builtins.seq (builtins.stringLength (builtins.head xs)) (builtins.foldl' (a: b: a + b) 0 (builtins.genList (i: i) 1000000000))"


@pytest.mark.parametrize("changed", ["a", "m", "a m"])
def test_a_saved_plan_knew_less_than_an_evaluation_of_the_state(project: Project, changed: str) -> None:
    """To Nix the output that a group waits for was unknown then; it is known from the state when the plan is applied."""
    project.flake("ir [ a m e g ] { }", let=GROWS)

    def given(*, later: str = "") -> list[str]:
        return [w for n in ("a", "m") for w in ("--var", f"{n}={'new' if n in later.split() else 'old'}")]

    project.run("apply", *given()).ok()
    project.run("plan", "--one-plan", *given(later=changed), "-out", "F").ok()
    project.run("apply", "F").ok()
    project.run("apply", "--one-plan", *given(later=changed)).ok()
    a, word = project.attributes("terraform_data.a")["id"], "new" if "m" in changed else "old"
    assert project.attributes("terraform_data.e")["output"]["value"] == {word: a}
    for mode in ("--one-plan", "--one-plan=off"):
        project.run("plan", mode, *given(later=changed), "-detailed-exitcode").ok()


def derived(body: str) -> str:
    return f"""bad = data "bad" (lib.derived {{ inputs = [ (a.refAttr "id") ]; render = xs: {body}; }});"""


def test_one_plan_one_apply_and_the_state_is_an_ordinary_one(project: Project) -> None:
    project.flake(PLAN, let=CHAIN)
    planned = project.run("plan", "--one-plan", "--diff").ok()
    assert "known = 1" in planned.stdout
    assert "3 resource(s) to resolve" in planned.stdout
    done = project.run("apply", "--one-plan", "--log-level", "debug").ok()
    assert done.stdout.startswith("Applied 3 resource(s) across 1 phase(s):\n")
    assert [c for c in done.engine if c in ("plan", "apply", "show")] == ["apply"]
    made = project.attributes("terraform_data.a")["id"]
    assert project.attributes("terraform_data.c")["input"]["value"] == {
        "text": f"from {made}",
        "known": 1,
        "list": [0.5, None, "one"],
    }
    assert b"nivis::" not in project.state
    assert b"nivis.invalid" not in project.state
    # Nothing that only a run answers stays behind: other verbs, the other mode and the stock engine go on.
    work = (project.directory / ".nivis/work/main.tf.json").read_text()
    assert "nivis::eval" not in work
    for line in (["plan"], ["plan", "--one-plan"], ["apply"], ["apply", "--one-plan"]):
        assert project.run(*line).ok().stdout == "No changes. 3 resource(s) up to date.\n", line
    assert project.run("state", "list").ok().stdout.count("\n") == 3
    assert project.run("output", "c").ok().stdout.startswith("c is ")
    assert project.run("why", "terraform.terraform_data.b.input").code == 0
    assert project.run("refresh").ok().stdout.startswith("Refreshed 3")
    project.run("render", "--out", "out").ok()
    assert "nivis::" not in (project.directory / "out/main.tf.json").read_text()
    assert project.engine("state", "list", "-state=nivis.state.json").count("\n") == 3
    assert project.run("destroy", "--yes").ok().stdout.startswith("Destroyed 3 resource(s):")


def test_who_wants_it(project: Project) -> None:
    project.flake(PLAN.replace("outputs.c", "settings.onePlan = true; outputs.c"), let=CHAIN)
    for args, env, whole in (
        ([], {}, True),
        ([], {"NIVIS_ONE_PLAN": "0"}, False),
        (["--no-one-plan"], {"NIVIS_ONE_PLAN": "1"}, False),
        (["--one-plan=careful"], {"NIVIS_ONE_PLAN": "0"}, True),
        (["-one-plan"], {}, True),
    ):
        found = json.loads(project.run("plan", "--json", *args, env=env).ok().stdout)
        assert found["complete"] is whole, (args, env)
    project.run("plan", env={"NIVIS_ONE_PLAN": "perhaps"}).fails("Unknown NIVIS_ONE_PLAN", "`perhaps`")
    project.run("plan", "--one-plan=perhaps").fails("perhaps")


def test_a_saved_plan_is_pinned_to_the_flake(project: Project) -> None:
    project.flake(PLAN, let=CHAIN)
    project.run("plan", "--one-plan", "-out", "F").ok()
    shown = json.loads(project.run("show", "--json", "F").ok().stdout)
    assert shown["complete"] is True
    assert shown["deferred_changes"] == []
    flake = project.directory / "flake.nix"
    text = flake.read_text()
    flake.write_text(text.replace('"from "', '"out of "'))
    before = project.state
    project.run("apply", "F").fails("The flake is not the one that was planned", "nivis plan --one-plan -out F")
    assert project.state == before
    flake.write_text("# only a remark\n" + text)
    done = project.run("apply", "F", "--log-level", "debug").ok()
    assert done.engine.count("apply") == 1
    assert "The run is complete." in done.stdout + done.stderr
    for mode in ("--one-plan", "--no-one-plan"):
        assert project.run("plan", mode).ok().stdout == "No changes. 3 resource(s) up to date.\n"


def test_what_waits_for_a_phase_and_the_run_goes_on(project: Project) -> None:
    project.flake(
        """ir [ a b c g choice counted ] { }""",
        let=CHAIN
        + """
        g = lib.whenKnown { name = "members"; inputs = [ (a.refAttr "id") ]; resources = xs: [ (data "member" (builtins.head xs)) ]; };
        choice = data "choice" (lib.derived { inputs = [ (a.refAttr "output") ]; render = xs: b.refAttr "id"; });
        counted = lib.mkResource { provider = "terraform"; type = "terraform_data"; name = "counted"; config = { count = lib.derived { inputs = [ (a.refAttr "id") ]; render = xs: 2; }; input = lib.str [ "x" (a.refAttr "id") ]; }; };
        """,
    )
    planned = project.run("plan", "--one-plan").ok()
    assert " ? members (waits for terraform.terraform_data.a.id)" in planned.stdout
    assert "how many there are waits for terraform.terraform_data.a.id" in planned.stdout
    project.run("apply", "--one-plan").ok()
    made = {key: project.attributes(f"terraform_data.{key}") for key in ("a", "b", "member", "choice", "counted")}
    assert made["choice"]["input"]["value"] == made["b"]["id"]
    assert made["member"]["input"]["value"] == made["a"]["id"]
    for mode in ("--one-plan", "--no-one-plan"):
        assert project.run("plan", mode).ok().stdout.startswith("No changes.")


def test_replaced_for_want_of_a_value(project: Project) -> None:
    let = (
        CHAIN
        + """t = lib.mkResource { provider = "terraform"; type = "terraform_data"; name = "t"; config.triggers_replace = lib.derived { inputs = [ (a.refAttr "output") ]; render = xs: builtins.stringLength (builtins.head xs); }; };"""
    )
    project.flake("ir [ a b c t ] { }", let=let)
    project.run("apply", "--one-plan").ok()
    before = project.attributes("terraform_data.t")["id"]
    planned = project.run("plan", "--one-plan", "--var", "a=two").ok().stdout
    assert " -/+ terraform.terraform_data.t (terraform_data)  for want of a value" in planned
    assert "replace, unless the value comes out equal" in planned
    project.run("apply", "--one-plan=careful", "--var", "a=two").ok()
    assert project.attributes("terraform_data.t")["id"] == before, "three letters are three letters"
    assert project.run("apply", "--one-plan", "--var", "a=six").ok().stdout.count("replaced") == 1
    assert project.attributes("terraform_data.t")["id"] != before


def test_create_before_destroy_upstream_of_a_computed_value(project: Project) -> None:
    let = """
    up = lib.mkResource { provider = "terraform"; type = "terraform_data"; name = "up"; config.triggers_replace = ledger.vars.a or "one"; meta.lifecycle.createBeforeDestroy = true; };
    down = data "down" (lib.str [ "uses " (up.refAttr "id") ]);
    """
    project.flake("ir [ up down ] { }", let=let)
    project.run("apply", "--one-plan").ok()
    done = project.run("apply", "--one-plan", "--var", "a=two", "--yes", "--json").ok()
    order = [
        (e["action"], e["id"].rsplit(".", 1)[-1])
        for e in map(json.loads, done.stdout.splitlines())
        if e.get("type") == "apply_complete"
    ]
    assert order == [("create", "up"), ("update", "down"), ("delete", "up")]
    assert project.run("plan", "--var", "a=two").ok().stdout.startswith("No changes.")


def test_secrets_stay_secret(project: Project) -> None:
    let = """
    vars = lib.mkVars { pw = { sensitive = true; }; } ledger.vars;
    a = data "a" "x";
    s = data "s" (lib.str [ vars.pw "-" (a.refAttr "id") ]);
    t = data "t" (lib.derived { inputs = [ (s.refAttr "output") ]; render = xs: { v = "${builtins.head xs}!"; }; });
    """
    project.flake('ir [ a s t ] { outputs.o = { value = t.refAttr "output"; sensitive = true; }; }', let=let)
    for verb in (["plan", "--diff"], ["plan", "-out", "F"], ["apply", "--log-level", "debug"]):
        done = project.run(*verb, "--one-plan", env={"NIVIS_VAR_pw": "hunter22"}).ok()
        assert "hunter22" not in done.stdout + done.stderr
    assert "hunter22" not in (project.directory / "F.nivis.json").read_text()
    assert b"hunter22" in project.state
    for name in ("s", "t"):
        marks = next(r for r in json.loads(project.state)["resources"] if r["name"] == name)["instances"][0]
        assert [m[0]["value"] for m in marks["sensitive_attributes"]] == ["input"]
    left = [p for p in (project.directory / ".nivis").rglob("*") if p.is_file() and b"hunter22" in p.read_bytes()]
    assert [p.name for p in left] == ["secrets.auto.tfvars.json"] or all(
        "work" in p.parts or "backup" in p.name for p in left
    )
    assert project.run("plan", env={"NIVIS_VAR_pw": "hunter22"}).ok().stdout.startswith("No changes.")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('throw "no network ${builtins.head xs}"', ("Nix could not compute a value", "no network", "flake.nix:")),
        (HANGS, ("Nix does not answer", "terraform.terraform_data.bad.input")),
    ],
)
def test_a_value_that_nix_cannot_compute_ends_the_run_and_loses_nothing(
    project: Project, body: str, said: tuple[str, ...]
) -> None:
    project.flake("ir [ a b c bad ] { }", let=CHAIN + derived(body))
    project.env["NIVIS_NIX_TIMEOUT"] = "2"
    project.run("apply", "--one-plan").fails(*said)
    assert project.attributes("terraform_data.c")["id"], "what did not need it is there"
    project.flake("ir [ a b c bad ] { }", let=CHAIN + derived('"fine"'))
    assert "Applied 1 resource(s)" in project.run("apply", "--one-plan").ok().stdout
    assert project.run("plan").ok().stdout.startswith("No changes.")


def test_a_value_of_the_clock_is_named(project: Project) -> None:
    slow = """slow = lib.mkResource { provider = "terraform"; type = "terraform_data"; name = "slow"; config = { input = bad.refAttr "id"; provisioner = [ { local-exec = [ { command = "sleep 1.5"; } ]; } ]; }; };"""
    project.flake("ir [ a bad slow ] { }", let=CHAIN + derived("builtins.currentTime") + slow)
    project.run("apply", "--one-plan").fails(
        "computed differently each time", "terraform.terraform_data.bad.input", code=3
    )


def test_interrupted_and_killed_while_a_value_is_computed(project: Project) -> None:
    project.flake("ir [ a b c bad ] { }", let=CHAIN + derived(HANGS))
    for number, code in ((signal.SIGINT, 130), (signal.SIGKILL, -9)):
        run = project.start("apply", "--one-plan")
        asking = project.directory / ".nivis/eval/asking"
        until = time.monotonic() + 60
        while not any(asking.glob("question-*")) and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.3)
        project.env["NIVIS_NIX_TIMEOUT"] = "3"
        run.send_signal(number)
        _, said = run.communicate(timeout=200)
        assert run.returncode == code, said
    project.flake("ir [ a b c bad ] { }", let=CHAIN + derived('"fine"'))
    project.run("apply", "--one-plan", "--lock-timeout", "120s").ok()
    assert project.run("plan").ok().stdout.startswith("No changes.")


def test_a_plan_that_is_not_of_this_library_goes_on_in_phases(project: Project) -> None:
    """What `lib.toIR` does not make answers no questions; with a group in it, a plan is a preview alone."""
    derived_ = '{ __derived = { inputs = [ "terraform.terraform_data.a.id" ]; } // (if ledger.outputs ? "terraform.terraform_data.a" then { value = "got ${ledger.outputs."terraform.terraform_data.a".id}"; } else { }); }'
    for pending in (
        "",
        'pending = if ledger.outputs == { } then [ { name = "g"; refs = [ { resource = "terraform.terraform_data.a"; path = [ "id" ]; } ]; } ] else [ ];',
    ):
        (project.directory / "flake.nix").write_text(
            """{ outputs = { self }: { nivis.plan = ledger: {
              schemaVersion = 1; nixConsumers = []; edges = []; providers.terraform = { source = "terraform.io/builtin/terraform"; config = {}; };
              resources = map (x: x // { provider = "terraform"; type = "terraform_data"; }) [
                { id = "terraform.terraform_data.a"; name = "a"; config.input = "x"; }
                { id = "terraform.terraform_data.b"; name = "b"; config.input = DERIVED; } ]; PENDING }; }; }
            """.replace("DERIVED", derived_).replace("PENDING", pending)
        )
        said = "going on in phases"
        assert said in project.run("plan", "--one-plan", "--lib", "locked").ok().stderr
        assert said in project.run("apply", "--one-plan", "--lib", "locked").ok().stderr
        made = project.attributes("terraform_data.a")["id"]
        assert project.attributes("terraform_data.b")["input"]["value"] == f"got {made}"
        project.run("destroy", "--yes", "--lib", "locked").ok()
