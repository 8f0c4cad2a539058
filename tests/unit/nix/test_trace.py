"""Structured lines of Nix, of old and new versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core.diagnostics import Position
from nivis_tofu.nix.trace import parse, remarks, separated, whole

STORE = "/nix/store/x-source/flake.nix"


def own(file: Path) -> Path | None:
    return Path("flake.nix") if file == Path(STORE) else None


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
    found = parse(text, str, own)
    assert found
    assert (found.message, found.place) == ("no", Position("flake.nix", 7, 3))


def test_the_place_that_the_message_names_comes_first() -> None:
    found = parse(failure(step("x", 7), line=5), str, own)
    assert found
    assert found.place == Position("flake.nix", 5, 1)


def test_what_the_library_noted() -> None:
    noted = f"while reading 'p.t.b', config.input (written at {STORE}:6:5)"
    found = parse(failure(step("in the library", 1, LIBRARY), step(noted), step(CALLED, 9)), str, own)
    assert found
    assert found.place == Position("flake.nix", 6, 5)
    assert found.steps[2].text == "while reading 'p.t.b', config.input"


def test_a_helper_is_named_with_its_call() -> None:
    found = parse(failure(step("x", 7), step(ENTERED, 6), step(CALLED, 20), step("y", 22)), str, own)
    assert found
    assert found.place == Position("flake.nix", 7, 3)
    assert found.calls == (("help", Position("flake.nix", 6, 3), Position("flake.nix", 20, 3)),)


@pytest.mark.parametrize("thrown", [[], [step("while calling the 'throw' builtin", 7)]])
def test_a_helper_that_throws_is_told_at_its_call(thrown: list[dict[str, Any]]) -> None:
    found = parse(failure(*thrown, step(ENTERED, 6), step(CALLED, 20)), str, own)
    assert found
    assert found.place == Position("flake.nix", 20, 3)


def test_a_call_by_others_is_none_of_the_users() -> None:
    found = parse(failure(step(ENTERED, 6), step(CALLED, 3, LIBRARY), step(CALLED, 20)), str, own)
    assert found
    assert (found.calls, found.place) == ((), Position("flake.nix", 6, 3))


def test_words_hide_what_is_secret() -> None:
    found = parse(failure(step("with hush", 3), message="not hush"), lambda text: text.replace("hush", "***"), own)
    assert found
    assert "hush" not in f"{found}"


def test_remarks_and_nothing_at_all() -> None:
    assert remarks(failure()) == ["warning: old"]
    assert parse("Killed\n", str, own) is None


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
