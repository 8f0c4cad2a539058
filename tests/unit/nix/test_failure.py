"""Failures as diagnostics about the user's own files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core.diagnostics import Diagnostic, Position
from nivis_tofu.nix.failure import FailureTeller, left_out, missing_files, own_remarks_left_out, unknown_to_git
from nivis_tofu.nix.trace import Failure, TraceStep

READING = TraceStep("", tag=("doing", "reading", "'p.t.b', config.x"))
TEXT = "{\n  x = y;\n}\n"


def tell(message: str, *steps: TraceStep, text: str = TEXT, details: Any = None) -> list[Diagnostic]:
    teller = FailureTeller(
        "Nix could not evaluate the plan", lambda m, row: f"{m[:3]}|{row.strip()}", lambda file: text
    )
    return list(teller(Failure(message, steps, details)))


def test_message_place_context_and_hint() -> None:
    place = Position("flake.nix", 2, 7)
    (found,) = tell("undefined\nmore of it", TraceStep("", place), READING)
    assert found.summary == "undefined"
    assert found.detail == "more of it\nNix could not evaluate the plan, while reading 'p.t.b', config.x."
    assert (found.position, found.hint) == (place, "und|x = y;")
    assert found.snippet.splitlines()[2] == "  |       ^"


def test_a_value_is_not_named_twice() -> None:
    (found,) = tell("nivis: 'p.t.b', config.x: no", READING, details={})
    assert (found.detail, found.hint) == ("", "")
    (found,) = tell("nivis: no", READING, details={"name": "nmae", "known": ["name"]})
    assert found.detail == "Nix could not evaluate the plan, while reading 'p.t.b', config.x."
    assert found.hint == "Did you mean `name`?"


@pytest.mark.parametrize("message", ["nivis: mine", "nivis.toIR: mine\n    at flake.nix:2:3", "nivis"])
def test_who_speaks_like_us_is_not_us(message: str) -> None:
    (found,) = tell(message, TraceStep("while reading 'p.t.b', config.x"), TraceStep("while checking the argument 'a'"))
    assert found.detail.splitlines()[-1] == "Nix could not evaluate the plan."
    assert found.hint


def test_problems_of_the_library_one_by_one() -> None:
    first = {
        "text": "nivis.toIR: duplicate resource id 'p.t.a': rename",
        "at": [["flake.nix", 2, 3], ["flake.nix", 3, 1]],
    }
    second = {"text": "'p.t.b' has no provider", "at": []}
    one, two = tell("all of it", text="f = n: n;\na = 1;\nb = 2;\n", details={"problems": [first, second]})
    assert (one.position, one.detail) == (Position("flake.nix", 2, 3), "Also at flake.nix:3:1.")
    assert (two.summary, two.position) == ("'p.t.b' has no provider", None)


def test_no_file_of_the_library_is_named() -> None:
    (found,) = tell("function 'f', at /nix/store/x/internal/nix_modules.nix:3:4 called without required argument 'a'")
    assert "internal" not in found.summary


def test_files_that_nix_does_not_see(tmp_path: Path) -> None:
    (tmp_path / "a b").write_text("")
    message = f"getting status of '{tmp_path}/a b': No such file or directory"
    assert missing_files(message, tmp_path, tmp_path) == ["a b"]
    assert missing_files(message.replace("a b", "c"), tmp_path, tmp_path) == []
    assert missing_files(f"'{tmp_path}/a b' is bad", tmp_path, tmp_path) == []
    assert "git add --force 'a b'" in unknown_to_git("a b", True).diagnostics[0].hint
    assert "kept from Nix" in left_out("x.key").diagnostics[0].summary


def test_remarks_of_our_own_doing() -> None:
    said = [
        "warning: not writing modified lock file of flake",
        "warning: mine",
        "warning: input 'nivis' has an override for a non-existent input 'nixpkgs'",
        "warning: the group 'nixbld' specified in 'build-users-group' does not exist",
        "trace: nivis-read x",
        "trace: seen\n",
    ]
    assert list(own_remarks_left_out(said)) == ["warning: mine", "trace: seen"]
