"""Questions: what counts as an answer."""

from __future__ import annotations

import io

import pytest

from nivis_tofu.cli import ask


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


@pytest.mark.parametrize(
    ("text", "approved", "affirmed"),
    [
        ("yes\n", True, True),
        ("yes \n", True, True),
        ("y\n", False, True),
        ("Y\n", False, True),
        ("YES\n", False, True),
        (" yes\n", False, True),
        ("no\n", False, False),
        ("\n", False, False),
        ("yes", False, False),  # input ended before the line did
        ("", False, False),
    ],
)
def test_answers(monkeypatch: pytest.MonkeyPatch, text: str, approved: bool, affirmed: bool) -> None:
    answer(monkeypatch, text)
    assert ask.approved("Go?") is approved
    answer(monkeypatch, text)
    assert ask.affirmed("Go?") is affirmed


def test_a_name_is_typed_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, right in (("prod\n", True), ("pro\n", False), ("", False)):
        answer(monkeypatch, text)
        assert ask.named("Which?", "prod") is right


def test_questions_are_on_stderr_and_command_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, "a b \n")
    assert ask.question("Value of \x1b[2J: ") == "a b "
    out, err = capsys.readouterr()
    assert (out, err) == ("", "Value of \\u001b[2J: \n")


def test_a_secret_is_not_read_from_where_it_would_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getpass", lambda text: f"hidden {text}")
    assert ask.question("P: ", secret=True) == "hidden P: "

    def ended(_: str) -> str:
        raise EOFError

    monkeypatch.setattr("getpass.getpass", ended)
    assert ask.question("P: ", secret=True) is None


def test_a_signal_begins_a_row_of_its_own(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class Broken(io.StringIO):
        def readline(self, *_: object) -> str:  # type: ignore[override]  # it reads nothing
            raise KeyboardInterrupt

    monkeypatch.setattr("sys.stdin", Broken())
    with pytest.raises(KeyboardInterrupt):
        ask.question("Go? ")
    assert capsys.readouterr().err == "Go? \n"


class View:
    def __init__(self) -> None:
        self.seen: list[str] = []

    def __enter__(self) -> object:
        self.seen.append("there")
        return self

    def __exit__(self, *_: object) -> None:
        self.seen.append("away")


def test_the_live_region_is_away_meanwhile_and_after_an_error() -> None:
    view = View()
    with ask.paused(view):
        view.seen.append("asked")
    assert view.seen == ["away", "asked", "there"]
    view = View()
    with pytest.raises(KeyError), ask.paused(view):
        raise KeyError
    assert view.seen == ["away"]
