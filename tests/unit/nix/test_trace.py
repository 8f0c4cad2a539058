"""Structured lines of Nix, of old and new versions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core.diagnostics import Position
from nivis_tofu.nix.trace import Failure, TraceReader, remarks, separated, whole

STORE = "/nix/store/x-source/flake.nix"


def own(file: Path) -> Path | None:
    return Path("flake.nix") if file == Path(STORE) else None


WORK = Path("/p/.nivis")


def parse(stderr: str, words: Callable[[str], str] = str) -> Failure | None:
    return TraceReader(words, own, WORK).failure(stderr)


def said(*what: Any, ledger: str = "/p/.nivis/eval/ledger.json") -> dict[str, Any]:
    """A step of the library's."""
    return step(f"nivis-step {json.dumps([ledger, *what])}")


def step(text: str, line: int = 0, file: str = STORE) -> dict[str, Any]:
    return {"raw_msg": text, **({"file": file, "line": line, "column": 3} if line else {})}


def failure(*steps: dict[str, Any], line: int | None = None, message: str = "no") -> str:
    at = {"file": STORE if line else None, "line": line, "column": 1 if line else None}
    lines = [
        {"action": "start", "id": 1},
        {"action": "msg", "level": 1, "msg": "\x1b[35mwarning:\x1b[0m old"},
        {"action": "msg", "level": 0, "msg": "error: …", "raw_msg": message, "trace": list(steps), **at},
    ]
    return "".join(f"@nix {json.dumps(x)}\n" for x in lines) + "@nix {broken\nplain\n"


LIBRARY = "/nix/store/y-source/internal/check.nix"
ENTERED, CALLED = "while evaluating '\x1b[35mhelp\x1b[0m'", "from call site\x1b[0m"


@pytest.mark.parametrize("suffix", ["", ":7:3"])
def test_the_innermost_place_of_the_users_own(suffix: str) -> None:
    text = failure(
        step("while calling 'throw'", 1, LIBRARY), step("while evaluating x", 7, STORE + suffix), step(CALLED, 9)
    )
    found = parse(text)
    assert found
    assert (found.message, found.place) == ("no", Position("flake.nix", 7, 3))


def test_the_place_that_the_message_names_comes_first() -> None:
    found = parse(failure(step("x", 7), line=5))
    assert found
    assert found.place == Position("flake.nix", 5, 1)


def test_what_the_library_noted() -> None:
    noted = said("doing", "reading", "'p.t.b', config.input", [STORE, 6, 5])
    found = parse(failure(step("in the library", 1, LIBRARY), noted, step(CALLED, 9)))
    assert found
    assert found.place == Position("flake.nix", 6, 5)
    assert (found.doing, found.subject) == ("reading 'p.t.b', config.input", "'p.t.b', config.input")
    found = parse(
        failure(
            said("argument", "a", [LIBRARY, 6, 5]), said("argument", "b", None), said("argument", "c", [STORE, 8, 1])
        )
    )
    assert found
    assert (found.place, found.doing) == (Position("flake.nix", 8, 1), "")


@pytest.mark.parametrize(
    "message", ["nivis.f: no", "two\nlines", 'quotes " and \x1b[1mcolours\x1b[0m and %1% and ${x}']
)
def test_an_error_of_our_own(message: str) -> None:
    details = {"name": "a", "known": ["b"]}
    found = parse(failure(step("while calling the 'throw' builtin"), said("error", message, details), message=message))
    assert found
    assert found.about == details


def test_an_error_in_what_our_own_is_about_is_none() -> None:
    found = parse(failure(said("error", "nivis.f: got x", {}), message="of the flake"))
    assert found
    assert found.about is None


LOOKALIKES = [
    said("doing", "reading", "mine", [STORE, 6, 5], ledger="/elsewhere/ledger.json"),
    said("error", "no", {}, ledger="/p/.nivis2/ledger.json"),
    said("variable", "missing", "x", "str", ledger=""),
    step("nivis-step"),
    step("nivis-step []"),
    step("nivis-step {}"),
    step("nivis-step 5"),
    step("nivis-step [5]"),
    step("nivis-step [null"),
    step('nivis-step ["/p/.nivis/x"]'),
    said("doing"),
    said("doing", "reading"),
    said("doing", "reading", "x"),
    said("doing", "reading", "x", [STORE, 6]),
    said("doing", "reading", "x", [STORE, 0, -1]),
    said("doing", "reading", "x", [STORE, "6", 5]),
    said("doing", "reading", 5, None),
    said("argument", "a", "b", "c"),
    said("variable", "missing", "x"),
    said("error", "no"),
    said("error", "no", None),
    said("error", "no", {"name": "x"}),
    said("error", "no", {"name": "x", "known": [1]}),
    said("error", "no", {"problems": "x"}),
    said("error", "no", {"problems": [{"text": "t"}]}),
    said("error", "no", {"problems": [{"text": "t", "at": [[STORE, 1]]}]}),
    said("error", "no", {"problems": [{"text": "t", "at": [[STORE, 0, 0]]}]}),
    said("of nobody", "x"),
    step("while reading 'p.t.b', config.input (written at /nix/store/x-source/flake.nix:6:5)"),
    step("while computing the derived value of x"),
    step("nivis: mine"),
]


@pytest.mark.parametrize("lookalike", LOOKALIKES, ids=lambda x: x["raw_msg"].replace("/p/.nivis/eval/ledger.json", ""))
def test_what_the_flake_says_itself_is_not_taken_for_ours(lookalike: dict[str, Any]) -> None:
    """Nor is what is not whole."""
    found = parse(failure(lookalike, step("while evaluating x", 7)))
    assert found
    assert (found.about, found.doing, found.steps[1].tag) == (None, "", ())
    assert found.steps[1].text == lookalike["raw_msg"]
    assert found.place == Position("flake.nix", 7, 3)


def test_what_the_library_says_is_shown_in_words_too() -> None:
    hushed = said("error", "nivis: hush", {"name": "x", "known": ["hush"]})
    found = parse(
        failure(hushed, said("doing", "reading", "hush", None), message="nivis: hush"),
        lambda t: t.replace("hush", "***"),
    )
    assert found
    assert found.about == {"name": "x", "known": ["***"]}
    assert "hush" not in f"{found}"


def test_a_helper_is_named_with_its_call() -> None:
    found = parse(failure(step("x", 7), step(ENTERED, 6), step(CALLED, 20), step("y", 22)))
    assert found
    assert found.place == Position("flake.nix", 7, 3)
    assert found.calls == (("help", Position("flake.nix", 6, 3), Position("flake.nix", 20, 3)),)


@pytest.mark.parametrize("thrown", [[], [step("while calling the 'throw' builtin", 7)]])
def test_a_helper_that_throws_is_told_at_its_call(thrown: list[dict[str, Any]]) -> None:
    found = parse(failure(*thrown, step(ENTERED, 6), step(CALLED, 20)))
    assert found
    assert found.place == Position("flake.nix", 20, 3)


def test_a_call_by_others_is_none_of_the_users() -> None:
    found = parse(failure(step(ENTERED, 6), step(CALLED, 3, LIBRARY), step(CALLED, 20)))
    assert found
    assert (found.calls, found.place) == ((), Position("flake.nix", 6, 3))


def test_words_hide_what_is_secret() -> None:
    found = parse(failure(step("with hush", 3), message="not hush"), lambda text: text.replace("hush", "***"))
    assert found
    assert "hush" not in f"{found}"


def test_remarks_and_nothing_at_all() -> None:
    assert remarks(failure()) == ["warning: old"]
    assert parse("Killed\n") is None


def test_warnings_and_traces_with_the_lines_that_belong_to_them() -> None:
    said = "copying x\ntrace: one\nmore\n\nwarning: not writing modified lock file of flake 'x':\n• Added\n"
    said += "evaluation warning: old\ntrace: one\n"
    assert separated(said) == [
        "trace: one\nmore",
        "warning: not writing modified lock file of flake 'x':\n• Added",
        "evaluation warning: old",
        "trace: one",
    ]
    assert separated("") == separated("copying x\n") == []


def test_all_that_is_said_of_a_failure() -> None:
    assert whole(failure(message="no")) == "error: …"
    assert whole("no structured line") == "no structured line"


def test_all_that_is_said_is_told_in_words() -> None:
    steps = [
        said("doing", "reading", "'p.t.b', config.x", ["/f.nix", 6, 5]),
        said("argument", "a", None),
        said("variable", "missing", "zone", "str"),
        said("error", "no \n [x]", {}),
        step("nivis-step [5"),
        step("nivis-step [5]"),
    ]
    text = "error: no\n\n" + "".join(f"       … {s['raw_msg']}\n" for s in steps)
    found = whole(f"@nix {json.dumps({'action': 'msg', 'msg': text, 'raw_msg': 'no'})}\n")
    assert [row.strip(" …") for row in found.splitlines()[2:]] == [
        "while reading 'p.t.b', config.x (written at /f.nix:6:5)",
        "while checking the argument 'a'",
        "while taking variable 'zone'",
        "while the library refused this",
        "nivis-step [5",
        "nivis-step [5]",
    ]
