"""What is said of many stacks."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.core import json_text
from nivis_tofu.core.errors import ExitCode
from nivis_tofu.stacks.order import Order
from nivis_tofu.stacks.outcome import Result, State
from nivis_tofu.tofu.raw_state import RawOutput
from nivis_tofu.views import stacks
from nivis_tofu.views.human import Style

ORDER = Order({"net": frozenset(), "a-b": frozenset({"net"}), "ab": frozenset({"net", "a-b"})})


def plan(*actions: str, outputs: dict[str, str] | None = None) -> dict[str, Any]:
    return {"changes": [{"action": a} for a in actions], "outputs": outputs or {}}


def ended(*states: tuple[State, dict[str, Any]], verb: str = "plan", exit_code: bool = False) -> Any:
    return stacks.ended(
        {f"s{n}": Result(f"s{n}", state, 0, document) for n, (state, document) in enumerate(states)},
        verb,
        exit_code=exit_code,
    )


@pytest.mark.parametrize(
    ("result", "verb", "said"),
    [
        (Result("a", "done", 0, plan("noop", "read")), "plan", "no changes"),
        (Result("a", "done", 0, plan("create", "replace", "update")), "plan", "2 to add, 1 to change, 1 to destroy"),
        (Result("a", "done", 0, plan("import", "forget")), "plan",
         "1 to import, 0 to add, 0 to change, 0 to destroy, 1 to forget"),
        (Result("a", "done", 0, plan(outputs={"x": "update"})), "plan", "0 to add, 0 to change, 0 to destroy"),
        (Result("a", "done", 0, {"steps": [{"action": "create"}, {"action": "delete"}]}), "apply",
         "1 added, 0 changed, 1 destroyed"),
        (Result("a", "done", 0, {"steps": [], "outputs_changed": False}), "apply", "no changes"),
        (Result("a", "done", 0, {"steps": [], "outputs_changed": True}), "apply", "outputs changed"),
        (Result("a", "failed", 1, {"diagnostics": [{"severity": "warning", "summary": "w"},
                                                   {"severity": "error", "summary": "e"}]}), "apply", "failed: e"),
        (Result("a", "failed", 1, narrative=("error: oops", "  at x")), "plan", "failed: oops"),
        (Result("a", "failed", -9), "plan", "failed: signal 9 ended it, its engine may be at work yet"),
        (Result("a", "not started", because=("net", "db")), "apply", "not started, waits for net, db"),
        (Result("a", "not started"), "apply", "not started"),
    ],
)  # fmt: skip
def test_one_line_of_each(result: Result, verb: str, said: str) -> None:
    assert stacks.told(result, verb) == said


@pytest.mark.parametrize(
    ("states", "exit_code", "code"),
    [
        ([("done", plan())], True, ExitCode.OK),
        ([("done", plan("create"))], False, ExitCode.OK),
        ([("done", plan("create")), ("done", plan())], True, ExitCode.CHANGES),
        ([("done", plan("create")), ("failed", {})], True, ExitCode.ERROR),
        ([("unknown", {})], False, ExitCode.ERROR),
        ([("waits", {}), ("not started", {})], False, ExitCode.NOT_CONVERGED),
    ],
)
def test_the_exit_code_is_that_of_one(states: list[Any], exit_code: bool, code: ExitCode) -> None:
    assert ended(*states, exit_code=exit_code).code is code


@pytest.mark.parametrize("code", [ExitCode.INTERRUPTED, ExitCode.TERMINATED])
def test_a_signal_is_what_counts(code: ExitCode) -> None:
    results = {"a": Result("a", "failed", 1), "b": Result("b", "failed", int(code)), "c": Result("c", "not started")}
    assert stacks.ended(results, "apply").code is code


def test_what_each_printed_stands_below_its_name() -> None:
    page = stacks.ended({"a": Result("a", "done", 0, plan(), "No changes.\n")}, "plan")
    assert page.text(Style()) == "a:\nNo changes.\n\n ✓ a: no changes\n"


def test_marks_are_coloured_and_names_are_made_visible() -> None:
    page = stacks.ended({"a": Result("a", "failed", 1, narrative=("error: \x1b[31mred",))}, "plan")
    assert page.text(Style(colour=True)) == " \x1b[31m✗\x1b[0m a: failed: \\u001b[31mred\n"


def test_the_document_has_all_of_it() -> None:
    found = json_text.loads(ended(("done", plan("create")), ("failed", {})).document())
    assert [(s["stack"], s["state"]) for s in found["stacks"]] == [("s0", "done"), ("s1", "failed")]
    assert found["stacks"][0]["result"]["changes"] == [{"action": "create"}]


def test_drawings_name_each_stack_and_go_with_time() -> None:
    def rows(form: str) -> list[str]:
        return stacks.graph(ORDER, form).text(Style()).splitlines()

    assert rows("text") == ["net", "a-b <- net", "ab <- a-b, net"]
    assert '  "net" -> "a-b";' in rows("dot")
    assert "  s_net --> s_a__b" in rows("mermaid")
    assert len({row for row in rows("mermaid") if "[" in row}) == 3


def test_the_list() -> None:
    page = stacks.listed(ORDER, ORDER.names, {}, {"net": "backend s3"})
    assert page.text(Style()) == "net\na-b (uses net)\nab (uses a-b, net)\n"
    first = json_text.loads(page.document())["stacks"][0]
    assert (first["name"], first["used_by"], first["state"]) == ("net", ["a-b", "ab"], "backend s3")


@pytest.mark.parametrize(
    ("every", "plans", "asked"),
    [
        (False, [plan("create", "update")], ""),
        (True, [plan("create", "update")], "Add 1 and change 1 resources in s0?"),
        (False, [plan("create"), plan("delete", "replace", "delete")], "Destroy 2 and replace 1 resources in s1?"),
        (True, [plan(outputs={"x": "update"})], "Change outputs?"),
        (False, [plan("replace")], "Replace 1 resource in s0?"),
        (True, [plan()], ""),
    ],
)
def test_the_question(every: bool, plans: list[dict[str, Any]], asked: str) -> None:
    results = {f"s{n}": Result(f"s{n}", "done", 0, p) for n, p in enumerate(plans)}
    assert stacks.question(results, every=every) == asked


def test_outputs_without_secrets_for_people() -> None:
    page = stacks.outputs({"net": {"k": RawOutput("hush", "string", True)}, "web": {}})
    assert page.text(Style()) == "net:\nk = (sensitive)\n\nweb:\nNo outputs declared.\n"
    assert json_text.loads(page.document())["net"]["k"]["value"] == "hush"
