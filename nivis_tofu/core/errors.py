"""Typed errors. Only the command line turns them into text and an exit code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import IntEnum
from typing import Any, Literal, Self, TypeVar

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.run_result import RunResult


class ExitCode(IntEnum):
    """Exit codes of every verb (contract: usage errors are 1, 2 is only for -detailed-exitcode)."""

    OK = 0
    ERROR = 1
    CHANGES = 2
    NOT_CONVERGED = 3
    INTERRUPTED = 130
    TERMINATED = 143


class NivisError(Exception):
    """Something the user can act on: one or more diagnostics and an exit code."""

    exit_code: ExitCode = ExitCode.ERROR

    def __init__(self, *diagnostics: Diagnostic, raw: str = "") -> None:
        super().__init__("; ".join(d.summary for d in diagnostics))
        self.diagnostics = diagnostics
        self.raw = raw
        """Text of a foreign tool, shown whole and last."""
        self.run_result: RunResult | None = None
        """How far the run came, if it had begun to change something."""

    def __reduce__(self) -> tuple[Any, ...]:
        """It comes out of other processes whole."""
        return _again, (type(self), str(self), vars(self))

    def with_(self, *diagnostics: Diagnostic) -> Self:
        """The same error with other diagnostics."""
        return _again(type(self), "; ".join(d.summary for d in diagnostics), vars(self) | {"diagnostics": diagnostics})

    def with_run_result(self, result: RunResult) -> Self:
        """The same error, which says how far the run came."""
        return _again(type(self), str(self), vars(self) | {"run_result": result})

    def with_hint(self, hint: str) -> Self:
        """The same error with advice where it has none of its own."""
        return self.with_(*(d if d.hint else replace(d, hint=hint) for d in self.diagnostics))

    @classmethod
    def of(cls, summary: str, detail: str = "", hint: str = "", *, address: str = "", raw: str = "") -> Self:
        return cls(Diagnostic(summary, detail, hint, address=address), raw=raw)


_Error = TypeVar("_Error", bound=NivisError)


def _again(of: type[_Error], text: str, has: Mapping[str, Any]) -> _Error:
    """An error of any kind, made of what another one has."""
    error = of.__new__(of, text)
    vars(error).update(has)
    return error


class Cancelled(NivisError):
    """The user was asked, and did not say yes."""


@immutable(slots=True)
class VariableFault:
    """What the library finds wrong with a variable: nothing is given, not its type, or no JSON."""

    what: Literal["missing", "refused", "unreadable"]
    name: str
    type: str
    """As declared; empty if it is not known."""


class NixError(NivisError):
    """Nix refused to evaluate; `raw` is its own text, whole."""

    def __init__(self, *diagnostics: Diagnostic, raw: str = "", fault: VariableFault | None = None) -> None:
        super().__init__(*diagnostics, raw=raw)
        self.fault = fault


class NoAttributeError(NixError):
    """The flake does not have the attribute that is asked for."""


class IRError(NivisError):
    """The IR that the flake returned is not well-formed."""


class EngineError(NivisError):
    """The engine failed; diagnostics are its own."""


class GuardError(NivisError):
    """A phase would do something that was not announced; nothing was applied."""


class PlanStale(NivisError):
    """The state has changed since the plan was made; nothing was applied."""


class ProjectLocked(NivisError):
    """Another run of the same project is in progress; nothing was done."""


class NotConverged(NivisError):
    """The run cannot reach a state where nothing is pending."""

    exit_code = ExitCode.NOT_CONVERGED


class Interrupted(NivisError):
    """A signal, or a caller (`signal` 0), ended the run after the engine had written its state."""

    def __init__(self, *diagnostics: Diagnostic, signal: int = 2) -> None:
        super().__init__(*diagnostics)
        self.signal = signal
        self.exit_code = ExitCode.TERMINATED if signal == 15 else ExitCode.INTERRUPTED
