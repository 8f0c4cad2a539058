"""Checks of a plan: what they get, what they say, and what becomes of it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from nivis_tofu.core.events import Told
from nivis_tofu.core.redactor import Redactor
from nivis_tofu.ir.model import IR, Settings
from nivis_tofu.run import policy
from nivis_tofu.run.decide.options import Options
from nivis_tofu.run.session import Session
from nivis_tofu.system.around import unwatched

RAW = {"format_version": "1.2", "resource_changes": [{"address": "t.a"}]}


def session(tmp_path: Path, *checks: str, of_flake: tuple[str, ...] = ()) -> tuple[Session, list[Any]]:
    events: list[Any] = []
    redactor = Redactor()
    redactor.add(["hush-hush"])
    work = tmp_path / ".nivis"
    work.mkdir(exist_ok=True)
    found = SimpleNamespace(
        options=Options(checks=checks),
        ir=IR({}, {}, {}, settings=Settings(checks=of_flake)),
        tofu=SimpleNamespace(show_plan=lambda _: (None, RAW)),
        workdir=SimpleNamespace(root=work, project=tmp_path),
        nix=SimpleNamespace(env={"PATH": "/usr/bin:/bin"}, stop=None, around=unwatched, on_command=lambda *_: None),
        redactor=redactor,
        emit=events.append,
    )
    return cast(Session, found), events


def run(found: Session) -> tuple[policy.Refusal, ...]:
    return policy.refusals(found, Path("plan"), [{"reason": "later"}], whole=False)


def test_none_costs_nothing(tmp_path: Path) -> None:
    found, events = session(tmp_path)
    found.tofu.show_plan = None  # type: ignore[method-assign,assignment]
    assert run(found) == ()
    assert events == []


def test_those_of_the_flake_come_first_and_none_can_be_left_out(tmp_path: Path) -> None:
    found, _ = session(tmp_path, "b", "a", of_flake=("a", "c"))
    assert policy.wanted(found) == ("a", "c", "b")


def test_the_plan_is_on_stdin_and_in_a_file_that_goes_again(tmp_path: Path) -> None:
    found, events = session(tmp_path, "cat > got.json", 'cmp got.json "$NIVIS_PLAN" && stat -c %a "$NIVIS_PLAN"')
    assert run(found) == ()
    text = (tmp_path / "got.json").read_text()
    assert '"address":"t.a"' in text
    assert '"deferred_changes":[{"reason":"later"}]' in text
    assert '"complete":false' in text
    assert Told("600", "verbose") in events
    assert not list((tmp_path / ".nivis").iterdir())


def test_each_that_refuses_says_why_without_secrets(tmp_path: Path) -> None:
    found, _ = session(tmp_path, "echo no; echo hush-hush >&2; exit 3", "true", "exit 1")
    first, second = run(found)
    assert (first.code, second.code) == (3, 1)
    assert first.text.startswith("no\n")
    assert "hush" not in first.text
    error = policy.refused((first, second), late=True)
    assert [d.summary for d in error.diagnostics] == ["A check refuses the plan"] * 2
    assert "Nothing more was changed." in error.diagnostics[0].detail
    assert "It said nothing" in error.diagnostics[1].hint
    assert error.raw.startswith("no\n")


@pytest.mark.parametrize("command", ["nosuchprogram", "kill -9 $$", "exit 2", "false"])
def test_what_does_not_work_refuses(tmp_path: Path, command: str) -> None:
    """Nobody finds out later that the policy was never looked at."""
    assert len(run(session(tmp_path, command)[0])) == 1


def test_a_check_that_does_not_read_its_stdin_is_fine(tmp_path: Path) -> None:
    assert run(session(tmp_path, "true")[0]) == ()


@pytest.mark.parametrize("stream", ["", " >&2"])
def test_colours_of_a_check_are_not_shown(tmp_path: Path, stream: str) -> None:
    found, _ = session(tmp_path, rf"printf '\033[31mFAIL\033[0m - no\n'{stream}; exit 1")
    assert run(found)[0].text == "FAIL - no"
