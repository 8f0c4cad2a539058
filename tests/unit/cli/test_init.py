from __future__ import annotations

import sys

import pytest

from nivis_tofu.cli import init
from nivis_tofu.core.errors import NivisError

ABOUT = {"minimal": "one", "aws": "two"}


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    answers: list[str | None] = []
    for stream in (sys.stdin, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    monkeypatch.setattr(init, "question", lambda _: answers.pop(0))
    return answers


@pytest.mark.parametrize(
    ("answer", "chosen"), [("", "minimal"), (" 2 ", "aws"), ("aws", "aws"), ("3", "3"), ("0", "0")]
)
def test_a_template_by_number_by_name_or_the_default(typed: list[str | None], answer: str, chosen: str) -> None:
    typed.append(answer)
    assert init._ask(ABOUT, "minimal") == chosen


def test_no_answer_is_no_choice(typed: list[str | None]) -> None:
    typed.append(None)
    with pytest.raises(NivisError, match="No template was chosen"):
        init._ask(ABOUT, "minimal")


def test_one_change_of_backend_at_a_time() -> None:
    assert [init._change(*x) for x in ((False, False), (True, False), (False, True))] == ["", "reconfigure", "migrate"]
    with pytest.raises(NivisError, match="--reconfigure and --migrate-state exclude each other"):
        init._change(True, True)
