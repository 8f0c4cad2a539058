"""Where the flake declares what an error is about: learnt from every evaluation of a run, for whatever fails later."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import IRError, NivisError
from nivis_tofu.core.packed import Packed
from nivis_tofu.ir import decode
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.positions import Translator


class Locator:
    """Knows the newest IR, as a Redactor knows the secrets: of both a run has one, from its beginning to its end."""

    def __init__(self, home: Path, project: Path, redact: Callable[[str], str]) -> None:
        self._home, self._project, self._redact = home, project, redact
        self._newest = self.translator(IR({}, {}, {}))
        self._read: Sequence[tuple[Packed, IR]] = ()

    def know(self, read: Sequence[tuple[Any, IR]]) -> None:
        """Documents that somebody else has read."""
        self._read = [(Packed.of(document), ir) for document, ir in read]

    def translator(self, ir: IR) -> Translator:
        """Turns an engine's diagnostics on this IR into diagnostics about the flake."""
        return Translator(ir, self._home, self._project, self._redact)

    def read(self, answer: Packed) -> IR:
        """The IR that an evaluation came to, the one before where it is the same answer.

        Raises IRError with positions in the user's files.
        """
        found = next((ir for read, ir in self._read if answer.same(read)), None)
        if found is None:
            try:
                found = decode.decode(answer.read())
            except IRError as error:
                raise error.with_(*map(self.home_of, error.diagnostics)) from error
        self._read, self._newest = [(answer, found)], self.translator(found)
        return found

    def home_of(self, found: Diagnostic) -> Diagnostic:
        """A diagnostic of the IR with its position in the user's file."""
        return self._newest.home_of(found)

    def located(self, error: NivisError) -> NivisError:
        """The error with the flake's file and line where it is about something that the flake declares."""
        return error.with_(*map(self._newest.locate, error.diagnostics))
