"""One Nix process that answers many questions about single values of a configuration.

Data: question -> a private file -> Nix, which waits in the opening of a FIFO -> one line of its trace -> the answer.
The command line is that of an evaluation, so that library, inputs and what the flake may read are the same. Nix keeps
what it has computed from one question to the next; an error ends it, and the next question starts another one.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NivisError, NixError
from nivis_tofu.core.immutable import mutable
from nivis_tofu.nix import syntax
from nivis_tofu.nix.diagnose import Diagnosis
from nivis_tofu.nix.evaluate import Nix
from nivis_tofu.nix.failure import answer
from nivis_tofu.nix.trace import message
from nivis_tofu.system import notes
from nivis_tofu.system.kept_process import KeptProcess

SECONDS = 120.0
"""How long Nix may compute one value."""
TIMEOUT = "NIVIS_NIX_TIMEOUT"
"""Environment: seconds that Nix may compute one value."""
STEP = 0.001
"""Seconds between two looks whether Nix waits for a question."""
MARK = "trace: nivis-answer "
_LOOP = """
plan: let
  read = name: builtins.readFile (@DIR@ + "/${name}");
  base = builtins.fromJSON (read "ledger");
  found = plan (base // { functions = true; });
  answer = found.functions or (throw "@UNASKED@");
  numbers = start: builtins.genList (i: start + i) 1000;
  each = f: builtins.foldl' (_: i: f i) null;
  one = given: q: answer { inherit (q) at; given = builtins.elemAt given q.given; };
  tell = n: { given, all }: each (q: builtins.trace "nivis-answer ${n} ${builtins.toJSON (one given q)}" null) all;
  ask = n: builtins.seq (read "bell-${n}") (tell n (builtins.fromJSON (read "question-${n}")));
in each (i: each (n: ask (toString n)) (numbers (i * 1000))) (numbers 0)
"""


UNASKED = "nivis: this plan answers no single questions"
Question = tuple[Sequence[Any], Sequence[Mapping[str, Any]], str]
"""Place of a value, what is given of its inputs, and its name in errors."""


class UnaskedError(NivisError):
    """The plan is not what this library's `toIR` returns, which alone answers single questions."""


class HangingError(NixError):
    """Nix did not answer in time."""


@mutable
class Evaluator:
    """Asks for values of the configuration that Nix makes of one ledger; safe to use from several threads."""

    nix: Nix
    ledger: Mapping[str, Any]
    """The document that `nivis.plan` is called with."""
    seconds: float = SECONDS
    asked: int = 0
    answered: int = 0
    """So many questions were answered, also with an error: the first at `began`, the last at `ended`, both in seconds
    since 1970."""
    began: float = 0.0
    ended: float = 0.0
    _process: KeptProcess | None = None
    _directory: Path | None = None
    _number: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, questions: Sequence[Question]) -> list[Any]:
        """What the library answers, in order; many at once cost little more than one. In place of an answer that
        cannot be had stands the NivisError that says why."""
        found: list[Any] = []
        with self._lock:
            self.began = self.began or time.time()
            while len(found) < len(questions):
                self.asked += 1
                found += self._ask(questions[len(found) :])
            self.answered, self.ended = self.answered + len(found), time.time()
        return found

    def start(self) -> None:
        """Have Nix read the flake before the first question, which meets whatever goes wrong here."""
        with self._lock, contextlib.suppress(OSError, NivisError):
            self._running()

    def close(self) -> None:
        with self._lock:
            self._end()

    def _ask(self, questions: Sequence[Question]) -> list[Any]:
        """The answers up to the first that fails, which is an error."""
        process, directory = self._running()
        number, until = self._number, time.monotonic() + self.seconds
        self._number += 1
        os.mkfifo(directory / f"bell-{number + 1}", 0o600)
        file, bell = directory / f"question-{number}", directory / f"bell-{number}"
        _put(file, json_text.dumps(_together(questions)))
        said: list[str] = []
        found: list[Any] = []
        try:
            _ring(bell, process, until)
            while (line := process.line(until - time.monotonic())) is not None:
                if not (text := message(line)).startswith(f"{MARK}{number} "):
                    said.append(line)
                    continue
                found.append(answer(text.removeprefix(f"{MARK}{number} ")))
                until = time.monotonic() + self.seconds
                if len(found) == len(questions):
                    return found
        except TimeoutError:
            self._end()
            return [*found, self._hanging(questions[len(found)][2])]
        finally:
            file.unlink(missing_ok=True)
            bell.unlink(missing_ok=True)
        self._end()
        return [*found, self._failure("\n".join(said), questions[len(found)][2])]

    def _running(self) -> tuple[KeptProcess, Path]:
        if self._process is None or self._directory is None:
            self._end()
            place = self.nix.work / "eval" / "asking"
            notes.clear(place)  # a run that was killed may have left it
            directory = self._directory = notes.directory(place)
            self._number = 0
            os.mkfifo(directory / "bell-0", 0o600)
            _put(directory / "ledger", json_text.dumps(self.ledger))
            cwd, ref = self.nix.source
            loop = _LOOP.replace("@DIR@", syntax.string(str(directory))).replace("@UNASKED@", UNASKED)
            argv = (*self.nix.eval_argv(ref, directory, loop), "--show-trace", "--log-format", "internal-json")
            self._process = KeptProcess(argv, cwd=cwd, env=self.nix.environment)
        return self._process, self._directory

    def _end(self) -> None:
        if self._process is not None:
            self._process.close()
            self._process = None
        if self._directory is not None:
            notes.clear(self._directory)
            self._directory = None

    def _failure(self, stderr: str, name: str) -> NivisError:
        if f'"{UNASKED}"' in stderr:  # the message itself: in an excerpt of the code its quotes are escaped
            return UnaskedError.of(
                "No single values can be asked for",
                "The plan does not come from `lib.toIR` of this nivis, so Nix cannot be asked for one value of it.",
                "Leave `--lib locked` away, or run without `--one-plan`.",
            )
        diagnosis = Diagnosis(self.nix)
        told = diagnosis.told(diagnosis.failure(stderr), stderr, "Nix could not compute a value")
        first = told.diagnostics[0]
        place = f" ({first.position})" if first.position else ""
        detail = "\n".join(filter(None, [f"`{name}`: {first.summary}{place}", first.detail]))
        return NixError.of("Nix could not compute a value", detail, first.hint)

    def _hanging(self, name: str) -> HangingError:
        return HangingError(
            Diagnostic(
                "Nix does not answer",
                f"`{name}`: Nix has been computing this value for {self.seconds:g} s and was stopped.",
                "Look for a recursion that never ends, or for something that is fetched while the value is computed.",
            )
        )


def _together(questions: Sequence[Question]) -> dict[str, Any]:
    """Questions as Nix reads them: what many are given stands there once."""
    given = {id(values): values for _, values, _ in questions}
    number = {key: n for n, key in enumerate(given)}
    return {
        "given": [list(values) for values in given.values()],
        "all": [{"at": list(at), "given": number[id(values)]} for at, values, _ in questions],
    }


def _put(path: Path, text: str) -> None:
    """A file for nobody else's eyes; it need not survive a crash of the machine."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def _ring(bell: Path, process: KeptProcess, until: float) -> None:
    """Let Nix go on that waits in the opening of this FIFO; nothing if it has ended. Raises TimeoutError."""
    while not process.ended:
        with contextlib.suppress(OSError):  # nobody has it open
            os.close(os.open(bell, os.O_WRONLY | os.O_NONBLOCK))
            return
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(STEP)


def seconds(env: Mapping[str, str]) -> float:
    """What the environment says of how long Nix may take. Raises NivisError."""
    told = env.get(TIMEOUT, "")
    try:
        found = float(told or SECONDS)
    except ValueError:
        found = 0.0
    if not 0 < found < float("inf"):
        raise NivisError.of(f"Malformed {TIMEOUT}", f"{TIMEOUT} is `{told}`.", "Give a number of seconds, e.g. 60.")
    return found
