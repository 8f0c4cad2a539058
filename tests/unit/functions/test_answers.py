"""What the engine is answered: once for each question, with unknown parts, and never twice differently."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from nivis_tofu.core.errors import NivisError, NixError
from nivis_tofu.functions.answers import Answers, Pins, WaitingError, refines
from nivis_tofu.functions.values import UNKNOWN
from nivis_tofu.ir.calls import attribute
from nivis_tofu.ir.values import Call, Ref

OTHER = Call("c.input", ("resource", "c", "config", "input"), (Ref("b", ("id",)),))
CALL = Call("b.input", ("resource", "b", "config", "input"), (Ref("a", ("id",)), Ref("a", ("n", 0))))


class Nix:
    """Answers with what it is given, and remembers what it was asked."""

    def __init__(self, reply: Callable[[Any], Any]) -> None:
        self.reply, self.seen, self.times = reply, list[Any](), 0

    def __call__(self, questions: list[Any]) -> list[Any]:
        self.seen += questions
        self.times += 1
        return [self.answer(given) for _, given, _ in questions]

    def answer(self, given: Any) -> Any:
        try:
            return self.reply(given)
        except NivisError as error:
            return error


def answers(reply: Callable[[Any], Any], **more: Any) -> tuple[Answers, Nix]:
    nix = Nix(reply)
    return Answers({CALL.leaf: CALL}, nix, **more), nix


def test_a_question_is_asked_once() -> None:
    found, nix = answers(lambda given: {"value": given[0]["value"]})
    assert [found(CALL.leaf, ["x", 1]) for _ in range(3)] == ["x"] * 3
    assert nix.seen == [
        (
            ("resource", "b", "config", "input"),
            [
                {"resource": "a", "path": ["id"], "value": "x", "unknown": None, "inexact": []},
                {"resource": "a", "path": ["n", 0], "value": 1, "unknown": None, "inexact": []},
            ],
            "b.input",
        )
    ]
    assert found(CALL.leaf, ["x", True]) == "x"
    assert len(nix.seen) == 2, "a boolean is no number"


def test_what_an_evaluation_has_told_is_not_asked() -> None:
    found, nix = answers(lambda _: {"value": "other"})
    assert found.learn(CALL.leaf, ["x", 1], "told") is None
    assert found(CALL.leaf, ["x", 1]) == "told"
    assert not nix.seen
    error = found.learn(CALL.leaf, ["x", 1], "now this")
    assert error is not None
    assert "`b.input`" in error.diagnostics[0].detail


def test_unknown_parts_both_ways() -> None:
    tree = {
        "set": {
            "a": None,
            "b": {"value": [1]},
            "c": {"list": [None, {"value": "v"}]},
            "d": {"value": {"__literal": {"__ref": 1}}},
        }
    }
    found, nix = answers(lambda _: {"partly": tree})
    assert found(CALL.leaf, [UNKNOWN, {"k": UNKNOWN, "l": 2}]) == {
        "a": UNKNOWN,
        "b": [1],
        "c": [UNKNOWN, "v"],
        "d": {"__ref": 1},
    }
    given = nix.seen[0][1]
    assert [(g["value"], g["unknown"]) for g in given] == [(None, True), ({"k": None, "l": 2}, {"k": True})]


def test_numbers_that_nix_cannot_hold_are_named() -> None:
    found, nix = answers(lambda _: {"value": 1})
    found(CALL.leaf, ["x", {"n": Decimal("0.1234567890123456789"), "big": 2**70}])
    assert nix.seen[0][1][1]["value"] == {"n": None, "big": None}
    assert {(tuple(e["path"]), e["text"]) for e in nix.seen[0][1][1]["inexact"]} == {
        (("n",), "0.1234567890123456789"),
        (("big",), str(2**70)),
    }


def test_files_that_nix_builds_are_there_when_they_are_named() -> None:
    built: list[Any] = []
    found, _ = answers(
        lambda _: {"value": [{"__build": {"path": "/nix/store/none", "drv": "/nix/store/x.drv"}}]}, build=built.append
    )
    assert found(CALL.leaf, ["x", 1]) == ["/nix/store/none"]
    assert built == [["/nix/store/x.drv"]]


def test_values_without_any_input_are_asked_for_together() -> None:
    found, nix = answers(lambda given: {"partly": {"value": len(given)}})
    found.calls = {CALL.leaf: CALL, OTHER.leaf: OTHER}
    assert found(CALL.leaf, [UNKNOWN, UNKNOWN]) == 2
    assert found(OTHER.leaf, [UNKNOWN]) == 1
    assert (nix.times, len(nix.seen)) == (1, 2)


def test_values_with_the_same_inputs_are_asked_for_together_and_one_that_fails_is_left_out() -> None:
    def reply(given: Any) -> Any:
        if not failed:
            failed.append(given)
            raise NixError.of("Nix could not compute a value", "`b.input`: boom")
        return {"value": given[0]["value"]}

    failed: list[Any] = []
    found, nix = answers(reply)
    twin = Call("b.tags", ("resource", "b", "config", "tags"), CALL.refs)
    found.calls = {CALL.leaf: CALL, twin.leaf: twin}
    names = [attribute(CALL.leaf), attribute(twin.leaf)]
    assert found.shared(names, ["x", 1]) == {names[1]: "x"}
    assert list(found.failures) == [f'"{names[0]}"'], "the words of an engine that misses an attribute"
    assert (nix.times, [name for *_, name in nix.seen]) == (1, [CALL.leaf, twin.leaf])
    assert found.shared(names, ["x", 1]) == dict.fromkeys(names, "x")
    assert nix.times == 2, "what was answered is known"
    assert found.shared(["none"], ["x", 1]) == {}


def test_the_check_that_an_engine_begins_with_costs_nix_nothing() -> None:
    found, nix = answers(lambda given: {"partly": {"value": len(given)}})
    found.calls = {CALL.leaf: CALL, OTHER.leaf: OTHER}
    names, nothing = [attribute(CALL.leaf)], [UNKNOWN, UNKNOWN]
    found.engine_starts()
    assert found.shared(names, nothing) == {names[0]: UNKNOWN}
    assert found(OTHER.leaf, [UNKNOWN]) is UNKNOWN
    assert not nix.seen
    assert found.shared(names, nothing) == {names[0]: 2}, "then it plans"
    assert found(OTHER.leaf, [UNKNOWN]) == 1
    found.engine_starts()
    assert found(CALL.leaf, [UNKNOWN, 1]) == 2, "something is known: no check"


def test_a_value_that_needs_more_than_its_inputs_waits() -> None:
    found, _ = answers(lambda _: {"missing": ["c.id"]})
    with pytest.raises(WaitingError, match="A value waits for a phase") as caught:
        found(CALL.leaf, ["x", 1])
    assert "c.id" in caught.value.diagnostics[0].detail
    assert found.unanswered == {CALL.leaf}


def test_errors_are_kept_by_what_the_engine_was_told() -> None:
    def fail(_: Any) -> Any:
        raise NixError.of("Nix could not compute a value", "`b.input`: boom")

    found, nix = answers(fail)
    for _ in range(2):
        with pytest.raises(NixError):
            found(CALL.leaf, ["x", 1])
    assert list(found.failures) == ["`b.input`: boom"]
    assert len(nix.seen) == 2, "an error is not remembered as an answer"


@pytest.mark.parametrize(("leaf", "inputs"), [("c.input", ["x", 1]), ("b.input", ["x"])])
def test_a_call_of_another_configuration(leaf: str, inputs: list[Any]) -> None:
    found, nix = answers(lambda _: {"value": 1})
    with pytest.raises(NivisError, match="No such value"):
        found(leaf, inputs)
    assert not nix.seen


def test_what_was_known_at_plan_stays() -> None:
    replies = iter([{"partly": {"set": {"a": {"value": 1}, "b": None}}}, {"value": {"a": 2, "b": 3}}])
    found, _ = answers(lambda _: next(replies))
    found(CALL.leaf, [UNKNOWN, 1])
    with pytest.raises(NivisError, match="A value that is computed differently each time"):
        found(CALL.leaf, ["x", 1])


def test_other_inputs_may_have_other_answers() -> None:
    replies = iter([{"partly": {"value": 1}}, {"value": 2}])
    found, _ = answers(lambda _: next(replies))
    assert found(CALL.leaf, [UNKNOWN, 1]) == 1
    assert found(CALL.leaf, ["x", 2]) == 2


def test_answers_of_a_saved_plan() -> None:
    first, _ = answers(lambda given: {"value": given[0]["value"]})
    first(CALL.leaf, ["secret", 1])
    pins = Pins.of(b"key", first.known.values())
    assert "secret" not in str(pins.answers)
    again, _ = answers(lambda given: {"value": given[0]["value"]}, pinned=pins)
    assert again(CALL.leaf, ["secret", 1]) == "secret"
    assert again(CALL.leaf, ["new", 1]) == "new"
    other, _ = answers(lambda _: {"value": "time"}, pinned=pins)
    with pytest.raises(NivisError) as caught:
        other(CALL.leaf, ["secret", 1])
    assert "when the plan was made" in caught.value.diagnostics[0].detail
    assert other(CALL.leaf, ["new", 1]) == "time"


@pytest.mark.parametrize(
    ("value", "earlier", "fits"),
    [
        (1, UNKNOWN, True),
        ([1, 2], [UNKNOWN, 2], True),
        ({"a": 1}, {"a": UNKNOWN}, True),
        ({"a": 1, "b": 2}, {"a": UNKNOWN}, False),
        ([1], [UNKNOWN, UNKNOWN], False),
        (UNKNOWN, 1, False),
        (1, True, False),
        (1, Decimal("1.0"), True),
        ("x", ["x"], False),
    ],
)
def test_refinement(value: Any, earlier: Any, fits: bool) -> None:
    assert refines(value, earlier) is fits
