"""plan, apply, destroy: what goes to which stream, in which form, and with which exit code."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from tests.support.played import Play, Played, computed, document, ref, thing


def chain(v: str = "x", **more: Any) -> Any:
    return lambda ledger: document(
        thing("a", v, **more), thing("b", computed(ledger, "a")), outputs={"o": {"value": ref("b", "out")}}
    )


@pytest.fixture
def played(play: Play) -> Played:
    return play(chain())


def test_the_words_of_a_first_plan_and_apply_and_of_the_next(played: Played) -> None:
    plan = played.nivis("plan")
    assert plan.out == (
        " + p.t.a (t)\n + p.t.b (t)\n ~ output.o\n\n"
        "2 resource(s) to resolve across phases (+ create, ~ change). Run `nivis apply`.\n"
    )
    assert "Plan: 2 to add, 0 to change, 0 to destroy, in 2 phases.\n" in plan.err
    apply = played.nivis("apply")
    assert (apply.code, apply.out) == (0, "Applied 2 resource(s) across 2 phase(s):\n ✓ p.t.a\n ✓ p.t.b\n")
    assert "2 added, 0 changed, 0 destroyed; phases 1 + 1." in apply.err
    for verb in ("plan", "apply"):
        again = played.nivis(verb)
        assert (again.code, again.out) == (0, "No changes. 2 resource(s) up to date.\n")


@pytest.mark.parametrize(
    ("flags", "does"),
    [
        (["--one-plan"], "nivis apply --one-plan"),
        (["--one-plan=careful"], "nivis apply --one-plan=careful"),
        (["--no-one-plan"], "nivis apply --no-one-plan"),
        (["--no-one-plan", "-out", "p"], "nivis apply p"),
    ],
)
def test_a_plan_names_the_command_that_does_the_same(played: Played, flags: list[str], does: str) -> None:
    played.flake = lambda _: document(thing("a", "x"))
    assert f"Run `{does}`." in played.nivis("plan", *flags).out


def test_a_destroy(played: Played) -> None:
    played.applied()
    assert played.nivis("plan", "--destroy").out.endswith("Run `nivis destroy`.\n")
    assert played.nivis("destroy").out == "Destroyed 2 resource(s):\n - p.t.b\n - p.t.a\n"
    assert played.nivis("apply", "--destroy").out == "Nothing to destroy.\n"


@pytest.mark.parametrize("flag", ["--detailed-exitcode", "-detailed-exitcode"])
def test_the_exit_code_tells_on_wish_whether_something_changes(played: Played, flag: str) -> None:
    assert (played.nivis("plan").code, played.nivis("plan", flag).code) == (0, 2)
    played.applied()
    assert played.nivis("plan", flag).code == 0


def test_one_document_of_a_plan_and_lines_of_an_apply(played: Played) -> None:
    plan = played.nivis("plan", "--json")
    assert [(c["id"], c["action"], c["phase"]) for c in plan.json["changes"]] == [
        ("p.t.a", "create", 1),
        ("p.t.b", "create", 2),
    ]
    apply = played.nivis("apply", "--json")
    assert apply.lines[0]["type"] == "version"
    assert [line["type"] for line in apply.lines].count("apply_complete") == 2
    result = apply.lines[-1]
    assert (result["type"], result["ok"], result["phases"]) == ("result", True, 2)
    report = json.loads((played.directory / ".nivis/report.json").read_text())
    assert report == result


def test_lines_go_to_a_file_beside_the_text(played: Played) -> None:
    said = played.nivis("apply", "--json-into=r.jsonl")
    assert said.out.startswith("Applied 2")
    lines = [json.loads(line) for line in (played.directory / "r.jsonl").read_text().splitlines()]
    assert (lines[0]["type"], lines[-1]["type"]) == ("version", "result")
    (played.directory / "note").write_text("mine")
    refused = played.nivis("plan", "--json-into=note")
    assert (refused.code, (played.directory / "note").read_text()) == (1, "mine")


def test_a_failure_says_what_was_done_and_ends_with_1(played: Played) -> None:
    played.engine.fails = {"t.b"}
    said = played.nivis("apply")
    assert said.code == 1
    assert said.out.startswith("Applied 1 resource(s)")
    assert "t.b cannot be made" in said.err


def test_a_plan_in_a_file_is_applied_as_it_is(played: Played) -> None:
    plan = played.nivis("plan", "-out=a plan")
    assert plan.out.endswith("Run `nivis apply 'a plan'`.\n")
    assert played.nivis("apply", "a plan", "--require-complete").code == 3, "later phases remain"
    assert set(played.engine.objects()) == {"t.a"}
    stale = played.nivis("apply", "a plan")
    assert (stale.code, "The plan is stale" in stale.err) == (1, True)


def test_a_plan_file_says_what_is_done_whatever_flags_say(played: Played) -> None:
    played.nivis("plan", "-out=F")
    assert played.nivis("apply", "-destroy", "-refresh-only", "F").code == 0
    assert set(played.engine.objects()) == {"t.a"}
    refused = played.nivis("apply", "F", "-state-out=other.json")
    assert (refused.code, "A saved plan has its own state" in refused.err) == (1, True)


SAME, OTHER, GONE = chain(force="1"), chain(force="2"), lambda _: document()


@pytest.mark.parametrize(
    ("line", "again"),
    [*((line, OTHER) for line in (
        "plan", "plan -out F", "plan --no-destroy", "plan -destroy -out F", "plan -refresh-only -out F", "apply",
        "apply --no-destroy", "apply --stop-after-phase 1", "apply --check false", "apply --var", "refresh",
        "validate", "destroy", "destroy --check false", "plan --check false")),
     ("plan", SAME), ("apply", SAME), ("apply", GONE)],
)  # fmt: skip
def test_no_plan_is_left(played: Played, line: str, again: Any) -> None:
    """All values are in it, and no later run needs it; what a killed one left goes with the next."""
    played.applied(SAME)
    played.flake = again
    (played.directory / ".nivis/phase.tfplan").write_text("of a killed run")
    said = played.nivis(*line.split())
    assert "Traceback" not in said.err
    assert played.session().workdir.plan_file.exists() == (line == "apply --var")  # nothing was begun


def test_a_document_tells_a_change_of_outputs_from_none(played: Played) -> None:
    played.applied(lambda _: document(thing("a")))
    played.flake = lambda _: document(thing("a"), outputs={"o": {"value": "x"}})
    assert [played.nivis("apply", "--json").lines[-1]["outputs_changed"] for _ in range(2)] == [True, False]


def test_a_run_stops_where_it_is_told_to(played: Played) -> None:
    assert played.nivis("apply", "--stop-after-phase=1", "--require-complete").code == 3
    assert set(played.engine.objects()) == {"t.a"}
    assert played.nivis("apply", "--require-complete").code == 0


@pytest.mark.parametrize("verb", ["plan", "apply"])
def test_what_destroys_is_refused_on_wish(played: Played, verb: str) -> None:
    played.applied(chain(force="1"))
    played.flake = chain(force="2")
    said = played.nivis(verb, "--no-destroy")
    assert said.code == 1
    assert not played.engine.said("apply")


def test_where_questions_are_forbidden_an_apply_needs_its_answer(played: Played) -> None:
    said = played.nivis("apply", "-input=false")
    assert (said.code, "-auto-approve" in said.err, played.engine.calls) == (1, True, [])
    assert played.nivis("apply", "-input=false", "-auto-approve").code == 0


def test_asked_through_a_pipe_only_yes_counts(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    for answer, code in (("no\n", 1), ("", 1), ("yes\n", 0)):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(answer.encode())))
        said = played.nivis("apply", "--ask")
        assert said.code == code, said.err
        assert bool(played.engine.objects()) is (code == 0)
    assert "p.t.b" in said.err, "everything is shown first"


def test_quiet_says_nothing_but_the_result(played: Played) -> None:
    said = played.nivis("apply", "--log-level=quiet")
    assert (said.err, said.out.startswith("Applied 2")) == ("", True)


def test_attributes_and_secrets_on_wish(played: Played) -> None:
    played.applied()
    played.flake = chain("y")
    assert "x" in played.nivis("plan", "--diff").out
    assert '"x" -> "y"' in played.nivis("plan", "--style=diff").out
    assert "secret-of" not in played.nivis("plan", "--style=full", "--destroy").out
    assert "secret-of-id-a-1" in played.nivis("plan", "--style=full", "--destroy", "--show-sensitive").out


def test_a_document_for_a_pull_request(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = played.directory.parent / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    said = played.nivis("plan", "--markdown")
    assert "2 to add" in said.out
    assert summary.read_text().strip() == said.out.strip()
    played.engine.refuses["plan"] = "No such thing"
    assert played.nivis("plan").code == 1
    assert "No such thing" in summary.read_text()


def test_drift_alone(played: Played) -> None:
    played.applied()
    assert played.nivis("plan", "-refresh-only", "-detailed-exitcode").code == 0
    played.engine.real["t.a"] = {**played.engine.objects()["t.a"], "v": "other"}
    said = played.nivis("plan", "-refresh-only", "-detailed-exitcode")
    assert (said.code, "1 drifted:\n ~ p.t.a" in said.out) == (2, True)
    assert not played.engine.said("apply")
    assert played.nivis("apply", "-refresh-only").code == 0
    assert played.engine.said("apply")


def test_configuration_is_never_generated_over_a_file(played: Played) -> None:
    (played.directory / "g.tf").write_text("mine")
    said = played.nivis("plan", "-generate-config-out=g.tf")
    assert (said.code, "The file for generated configuration exists" in said.err) == (1, True)
    assert not played.engine.said("plan")


@pytest.mark.parametrize("verb", ["plan", "apply", "destroy"])
def test_a_file_for_json_is_relative_to_the_flake_from_wherever(
    play: Play, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    played = play(lambda _: document(thing("a", "x")))
    monkeypatch.chdir(played.directory.parent)
    assert played.nivis(verb, "--flake", played.directory.name, "--json-into=r.json").code == 0
    assert (played.directory / "r.json").stat().st_size
