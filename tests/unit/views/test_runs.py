from __future__ import annotations

import json

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import EngineError, ExitCode, NivisError
from nivis_tofu.core.outcome import Applied, Attribute, Line, PlanStyle, Preview, Tally
from nivis_tofu.run.refresh import Refreshed
from nivis_tofu.views import human, runs
from nivis_tofu.views.human import Style

PLAIN = Style()
PREVIEW = Preview((Line("create", "t.x.a", "x", attributes=(Attribute(("k",), "create", None, 1),)),), total=1)


def applied(error: NivisError | None = None) -> Applied:
    tally = Tally(phases=1)
    tally.add("t.x.a", "create", 1.0, 1)
    return Applied(tally, 1, error=error, not_started=("t.x.b",) if error else ())


def test_a_plan_has_its_detail_in_text_and_document_alike() -> None:
    plain, detailed = (
        runs.planned(PREVIEW),
        runs.planned(PREVIEW, runs.Wanted(style=PlanStyle.diff, do="nivis apply F")),
    )
    assert "k = 1" not in plain.text(PLAIN)
    assert "     + k = 1\n" in detailed.text(PLAIN)
    assert "Run `nivis apply F`" in detailed.text(PLAIN)
    assert "attributes" not in json.loads(plain.document())["changes"][0]
    assert json.loads(detailed.document())["changes"][0]["attributes"]


def test_the_exit_code_of_a_plan_tells_changes_only_if_wanted() -> None:
    assert runs.planned(PREVIEW).code is ExitCode.OK
    assert runs.planned(PREVIEW, exit_code=True).code is ExitCode.CHANGES
    assert runs.planned(Preview(()), exit_code=True).code is ExitCode.OK
    assert runs.planned(Preview((), pending=True), exit_code=True).code is ExitCode.CHANGES


def test_the_engines_document_of_a_plan_stays_as_it_is_if_it_is_its_own() -> None:
    raw, beside = {"format_version": "1.2"}, {"complete": False}
    assert json.loads(runs.saved(raw, beside, PREVIEW, own=True).document()) == raw
    assert json.loads(runs.saved(raw, beside, PREVIEW, own=False).document()) == {"version": 1, **raw, **beside}


def test_an_apply_that_succeeded() -> None:
    page = runs.applied(applied(), human.applied, iter(["In 2 s."]))
    assert page.text(PLAIN) == "Applied 1 resource(s) across 1 phase(s):\n ✓ t.x.a\n"
    assert (page.after(PLAIN), page.code) == ("In 2 s.\n", ExitCode.OK)
    assert json.loads(page.document())["ok"] is True


def test_an_apply_that_failed_tells_the_rest_on_stderr() -> None:
    page = runs.applied(applied(EngineError(Diagnostic("It broke", "Badly."))), human.applied, ["not started: t.x.b"])
    assert page.text(PLAIN).endswith(" ✓ t.x.a\n")
    assert page.after(PLAIN) == "error: It broke\n  Badly.\nnot started: t.x.b\n"
    assert page.code is ExitCode.ERROR
    assert json.loads(page.document())["diagnostics"][0]["summary"] == "It broke"


def test_a_refresh_tells_what_drifted_and_what_was_left_alone() -> None:
    drift = {"a": (Attribute(("k",), "update", 1, 2),)}
    page = runs.refreshed(Refreshed(("a", "b"), ("a",), ("b",), ("c\x1b",), drift), ["In 1 s."], wrote=True)
    assert page.after(PLAIN) == "In 1 s.\n"
    assert page.text(PLAIN) == "Refreshed 2 resource(s).\n2 drifted:\n ~ a\n     ~ k = 1 -> 2\n ~ b  gone\n"
    assert page.before(PLAIN) == "left alone: c\\u001b\n"
    assert json.loads(page.document()) == {
        "version": 1,
        "format_version": "1.0",
        "type": "result",
        "ok": True,
        "refreshed": ["a", "b"],
        "changed": ["a"],
        "gone": ["b"],
        "left_alone": ["c\x1b"],
    }
    assert runs.refreshed(Refreshed(("a",)), wrote=False).text(PLAIN) == "Compared 1 resource(s).\n"


def test_validation() -> None:
    page = runs.valid([Diagnostic("Old", severity="warning")])
    assert page.text(PLAIN) == "The configuration is valid.\n"
    assert page.before(PLAIN) == "warning: Old\n"
    assert json.loads(page.document())["warning_count"] == 1
    page = runs.invalid(NivisError.of("Wrong"))
    assert json.loads(page.document())["valid"] is False
    assert page.code is ExitCode.ERROR
