"""The tools of one run bound together: what is asked, remembered, marked as secret and taken out of texts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nivis_tofu.core.errors import IRError, NivisError, NixError
from nivis_tofu.core.events import Stage
from nivis_tofu.core.outcome import PlanStyle
from nivis_tofu.run.loop import Run
from nivis_tofu.run.session import Session
from nivis_tofu.run.start import start
from nivis_tofu.system import memory
from nivis_tofu.tofu import processes
from tests.support.played import Ledger, Play, ThrowError, computed, document, thing

MISSING = "nivis.mkVars: required variable 'region' is not set (declare a default or pass --var x=...)"


def needs_region(ledger: Ledger) -> dict[str, Any]:
    if "region" not in ledger["vars"]:
        raise ThrowError(MISSING, "variable", "missing", "region", "")
    return document(thing("a", ledger["vars"]["region"]))


def test_a_variable_that_nix_misses_is_asked_for_where_somebody_answers(play: Play) -> None:
    session = play(needs_region).session()
    asked: list[str] = []

    def answer(name: str) -> str:
        asked.append(name)
        return "eu"

    session, at = start(replace(session, ask_variable=answer))
    assert at.ir.resources["p.t.a"].config["v"] == "eu"
    assert (asked, session.options.variables) == (["region"], {"region": "eu"})


def test_where_nobody_answers_the_error_says_what_to_do(play: Play) -> None:
    session = play(needs_region).session()
    with pytest.raises(NixError) as error:
        start(session)
    assert "region" in str(error.value.diagnostics)
    assert "--var" in str(error.value.diagnostics)


def test_what_the_state_marks_is_taken_out_of_all_texts(play: Play) -> None:
    played = play(lambda _: document(thing("a", "x"))).applied()
    session = played.session()
    secret = played.engine.objects()["t.a"]["pw"]
    start(session)
    assert session.redactor.redact(f"it is {secret}!") == "it is (sensitive)!"


def test_an_answer_that_is_no_ir_names_every_problem(play: Play) -> None:
    played = play(lambda _: document({**thing("a", "x"), "provider": "q"}, {**thing("b", "x"), "config": []}))
    with pytest.raises(IRError) as error:
        start(played.session())
    assert len(error.value.diagnostics) == 2


def test_what_schemas_call_sensitive_is_marked_before_it_exists(play: Play) -> None:
    session = play(lambda _: document(thing("a", "x"))).session()
    session, at = start(session)
    assert session.marked(at.ledger, at.ir).marks == {"p.t.a": (("pw",),)}


@pytest.mark.parametrize(
    ("option", "flake", "style", "detail"),
    [(None, "", "list", False), (None, "diff", "diff", True), (PlanStyle.list, "full", "list", False)],
)
def test_how_much_is_shown(play: Play, option: PlanStyle | None, flake: str, style: str, *, detail: bool) -> None:
    session = play(lambda _: document(thing("a", "x"), settings={"style": flake} if flake else {})).session()
    session, _ = start(session.with_options(style=option))
    assert (session.style, session.detail) == (PlanStyle(style), detail)
    assert session.with_options(detail=True).detail


def build(session: Session, drv: str) -> list[list[str]]:
    """What Nix is asked to build for a resource with this derivation."""
    built: list[list[str]] = []
    object.__setattr__(session.nix, "realise", built.append)
    session, at = start(session)
    session.build(at.ir, ["p.t.a", "p.t.b"])
    return built


def test_builds_are_made_at_once_and_only_for_what_comes(play: Play) -> None:
    def file(drv: str) -> dict[str, Any]:
        return {"__build": {"path": "/nix/store/x", "drv": drv}}

    played = play(
        lambda _: document(
            thing("a", file("2.drv")), thing("b", [file("1.drv"), file("2.drv"), file("")]), thing("c", file("3.drv"))
        )
    )
    session = played.session()
    assert build(session, "") == [["1.drv", "2.drv"]]
    assert Stage("building 2 Nix derivation(s)") in played.events
    assert build(played.session(build=False), "") == []


def test_the_backup_is_of_the_state_before_the_run(play: Play) -> None:
    session = play(lambda _: document(thing("a", "x"))).session()
    mine = start(session)[0].with_options(backup="mine.tfstate")
    assert mine.apply_options(first=True).backup == "mine.tfstate"
    usual = mine.apply_options(first=False).backup
    assert usual == mine.workdir.state.backup, "later phases do not write over it"
    none = mine.with_options(backup="-")
    assert [none.apply_options(first=first).backup for first in (True, False)] == ["-", "-"]


def test_ids_are_remembered_for_what_is_no_longer_declared(play: Play) -> None:
    played = play(lambda _: document({**thing("named", "x"), "tofuName": "b"}, thing("a", "x"))).applied()
    played.flake = lambda _: document(thing("a", "x"))
    _, at = start(played.session())
    assert at.ledger.objects.keys() == {"p.t.a", "p.t.named"}


def test_without_one_plan_nothing_goes_back_to_phases(play: Play) -> None:
    session = play(lambda ledger: document(thing("a", "x"), thing("b", computed(ledger, "a")))).session()
    assert not session.back_to_phases(NivisError.of("no"))
    with session.in_one_plan() as inside:
        assert inside.one_plan is not None
        assert inside.without_one_plan().one_plan is None
    assert session.one_plan is None
    with session.with_options(one_plan="off").in_one_plan() as inside:
        assert inside.one_plan is None


@pytest.mark.parametrize(("count", "brief"), [(3, True), (4, False)])
def test_only_plans_of_few_resources_are_brief(
    play: Play, monkeypatch: pytest.MonkeyPatch, count: int, *, brief: bool
) -> None:
    """What else the engine does may last, and would need ever more memory."""
    monkeypatch.setattr(processes, "FEW", 3)
    monkeypatch.setattr(memory, "available", lambda: 1 << 33)
    for name in ("GOGC", "GOMEMLIMIT"):
        monkeypatch.delenv(name, raising=False)
    played = play(lambda _: document(*(thing(f"a{n}", "x") for n in range(count)))).applied()
    played.engine.environments.clear()
    Run(played.session()).plan()
    played.flake = lambda _: document(*(thing(f"a{n}", "y") for n in range(count)))
    Run(played.session()).apply()
    found = {
        (call[0], "GOGC" in env) for call, env in zip(played.engine.calls, played.engine.environments, strict=True)
    }
    assert found == {("plan", brief), ("apply", False)}
