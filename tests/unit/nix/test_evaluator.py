"""Questions and answers between nivis and one Nix process, which is played here; tests/integration asks the real one."""

from __future__ import annotations

import itertools
import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core.errors import NivisError, NixError
from nivis_tofu.nix import evaluator
from nivis_tofu.nix.evaluate import Nix
from nivis_tofu.nix.evaluator import UNASKED, Evaluator, HangingError, UnaskedError
from nivis_tofu.system import notes

Reply = Callable[[Any], str]


def told(message: str) -> str:
    return "@nix " + json.dumps({"action": "msg", "level": 0, "msg": message})


class Playing:
    """Nix as the evaluator sees it: it waits at a bell, reads a question, tells an answer or ends."""

    reply: Reply
    started: list[Playing]

    def __init__(self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> None:
        self.directory = Path(next(a for a in argv if a.startswith("nivis-ledger=")).removeprefix("nivis-ledger="))
        self.ended = False
        self.closed = False
        self.number = 0
        self.said: list[str] = []
        self.bell = self.wait()
        self.started.append(self)

    def wait(self) -> int:
        return os.open(self.directory / f"bell-{self.number}", os.O_RDONLY | os.O_NONBLOCK)

    def line(self, timeout: float) -> str | None:
        if not self.said and not self.ended:
            question = json.loads((self.directory / f"question-{self.number}").read_text())
            text = self.reply(question)
            self.said = [told("warning: the user's own trace"), *text.replace("NUMBER", str(self.number)).splitlines()]
            os.close(self.bell)
            self.number += 1
            self.bell = self.wait()
            self.ended = text.count("nivis-answer") < len(question["all"])
        return self.said.pop(0) if self.said else None

    def close(self) -> None:
        self.ended = self.closed = True
        os.close(self.bell)


def echo(question: Any) -> str:
    return "\n".join(answered({**q, "given": question["given"][q["given"]]}) for q in question["all"])


def answered(answer: Any) -> str:
    return told(f"trace: nivis-answer NUMBER {json.dumps(answer)}")


def ask(asked: Evaluator, name: str = "o", given: Any = ()) -> Any:
    return only(asked.ask([(["output", "o"], given, name)]))


def only(found: list[Any]) -> Any:
    (answer,) = found
    if isinstance(answer, NivisError):
        raise answer
    return answer


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Evaluator]:
    monkeypatch.setattr(evaluator, "KeptProcess", Playing)
    monkeypatch.setattr(Playing, "reply", staticmethod(echo), raising=False)
    monkeypatch.setattr(Playing, "started", [], raising=False)
    (tmp_path / "flake.nix").write_text("{ }")
    nix = Nix(tmp_path / "nix", ".", "nivis.plan", tmp_path, notes.work_directory(tmp_path), env={})
    found = Evaluator(nix, {"phase": 1}, seconds=0.2)
    yield found
    found.close()
    assert all(process.closed for process in Playing.started)


def test_one_process_answers_one_question_after_the_other(asked: Evaluator) -> None:
    assert ask(asked, given=[{"value": "é"}]) == {"at": ["output", "o"], "given": [{"value": "é"}]}
    assert asked.ask([(["a"], [], "a"), (["b"], [{}], "b")]) == [
        {"at": ["a"], "given": []},
        {"at": ["b"], "given": [{}]},
    ]
    assert (asked.asked, len(Playing.started)) == (2, 1)


def test_nix_reads_the_flake_before_it_is_asked(asked: Evaluator, monkeypatch: pytest.MonkeyPatch) -> None:
    asked.start()
    assert len(Playing.started) == 1
    assert ask(asked)
    assert len(Playing.started) == 1
    asked.close()
    monkeypatch.setattr(evaluator, "KeptProcess", lambda *_, **__: (_ for _ in ()).throw(OSError("no Nix")))
    asked.start()
    with pytest.raises(OSError, match="no Nix"):
        ask(asked)


def test_what_many_are_given_is_written_once(asked: Evaluator) -> None:
    seen: list[Any] = []

    def reply(question: Any) -> str:
        seen.append(question)
        return echo(question)

    Playing.reply = staticmethod(reply)
    same = [{"value": 1}]
    asked.ask([(["a"], same, "a"), (["b"], [{"value": 1}], "b"), (["c"], same, "c")])
    assert seen[0]["given"] == [same, same]
    assert [q["given"] for q in seen[0]["all"]] == [0, 1, 0]


@pytest.mark.parametrize("hangs", [True, False])
def test_one_of_many_that_fails_is_named_and_the_others_are_answered(
    asked: Evaluator, hangs: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def line(playing: Playing, timeout: float) -> str | None:
        if (found := plain(playing, timeout)) is None and hangs:
            raise TimeoutError
        return found

    def reply(question: Any) -> str:
        good = itertools.takewhile(lambda q: q["at"] != ["b"], question["all"])
        return "\n".join([*(answered(q["at"]) for q in good), "" if hangs else told("error: boom")])

    plain = Playing.line
    monkeypatch.setattr(Playing, "line", line)
    Playing.reply = staticmethod(reply)
    found = asked.ask([([name], [], name) for name in "abc"])
    assert [found[0], found[2]] == [["a"], ["c"]]
    assert isinstance(found[1], HangingError if hangs else NixError)
    assert "`b`: " in found[1].diagnostics[0].detail
    assert len(Playing.started) == 2


def test_only_private_files_hold_what_is_asked_and_they_go(asked: Evaluator) -> None:
    seen: set[int] = set()

    def look(question: Any) -> str:
        seen.update(stat.S_IMODE(path.stat().st_mode) for path in Playing.started[0].directory.iterdir())
        return echo(question)

    Playing.reply = staticmethod(look)
    ask(asked)
    directory = Playing.started[0].directory
    assert seen == {0o600}
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert sorted(path.name for path in directory.iterdir()) == ["bell-1", "ledger"]
    asked.close()
    assert not directory.exists()


def test_an_error_ends_nix_and_the_next_question_starts_another(asked: Evaluator) -> None:
    Playing.reply = staticmethod(lambda _: told("error: no such thing"))
    with pytest.raises(NixError, match="Nix could not compute a value") as caught:
        ask(asked, "a.b.c.input")
    assert "`a.b.c.input`: " in caught.value.diagnostics[0].detail
    assert "no such thing" in caught.value.diagnostics[0].detail
    Playing.reply = staticmethod(echo)
    assert ask(asked)
    assert [process.closed for process in Playing.started] == [True, False]


def test_a_plan_of_another_library_answers_nothing(asked: Evaluator) -> None:
    Playing.reply = staticmethod(lambda _: f'error: "{UNASKED}"')
    with pytest.raises(UnaskedError, match="No single values can be asked for") as caught:
        ask(asked)
    assert "--one-plan" in caught.value.diagnostics[0].hint


def test_a_value_that_never_comes_is_named_and_nix_stopped(asked: Evaluator) -> None:
    def hang(_: Any) -> str:
        raise TimeoutError

    Playing.reply = staticmethod(hang)
    with pytest.raises(HangingError, match="Nix does not answer") as caught:
        ask(asked, "a.b.c.input")
    assert "`a.b.c.input`: Nix has been computing this value for 0.2 s" in caught.value.diagnostics[0].detail
    assert not Playing.started[0].directory.exists()


def test_what_a_killed_run_left_is_removed(asked: Evaluator, tmp_path: Path) -> None:
    left = tmp_path / ".nivis/eval/asking"
    left.mkdir(parents=True)
    (left / "ledger").write_text("old")
    os.mkfifo(left / "bell-0")
    ask(asked)
    assert json.loads((left / "ledger").read_text()) == {"phase": 1}


@pytest.mark.parametrize("told", ["x", "0", "-1", "inf", "nan"])
def test_a_time_that_is_none(told: str) -> None:
    with pytest.raises(NivisError, match="NIVIS_NIX_TIMEOUT"):
        evaluator.seconds({evaluator.TIMEOUT: told})


def test_how_long_nix_may_take() -> None:
    assert evaluator.seconds({}) == 120
    assert evaluator.seconds({evaluator.TIMEOUT: "1.5"}) == 1.5
