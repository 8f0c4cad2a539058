"""The OpenTelemetry trace of a command line, where the environment asks for one."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from nivis_tofu.core.errors import Interrupted, NivisError
from nivis_tofu.system.signals import noted
from nivis_tofu.telemetry.asked import DISABLED, asked
from nivis_tofu.telemetry.current import QUIET, SPANS

if TYPE_CHECKING:
    from nivis_tofu.telemetry.program import Program

_NO_RUNS = ("help", "completion", "lsp")
_EXTRA = "pip install 'nivis-tofu[otel]'"


class RunTrace:
    """`warn` is told once what stands in the way of the trace; whatever that is, the verb is run."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], warn: Callable[[NivisError], None]) -> None:
        self._env, self._warn = env, _nobody if QUIET.get() else warn
        self._verb = next((word for word in argv if not word.startswith("-")), "")
        self._program: Program | None = None

    def call(self, verb: Callable[[], int]) -> int:
        """Run the verb; what it raises is what the run failed of."""
        self._program = None if self._verb in _NO_RUNS else self._begun()
        before = SPANS.set(self._program.spans if self._program else None), QUIET.set(True)
        try:
            with self._program.spans.whole() if self._program else contextlib.nullcontext():
                return verb()
        finally:
            SPANS.reset(before[0])
            QUIET.reset(before[1])

    def _begun(self) -> Program | None:
        began = time.time_ns()
        try:
            from nivis_tofu.telemetry.program import Program  # slow to load, and not always there

            return Program(self._env, began, forks=self._verb == "stacks")
        except Interrupted:
            raise
        except ImportError as error:
            self._warn(_absent(asked(self._env), error))
        except NivisError as error:
            self._warn(error)
        except Exception as error:  # noqa: BLE001 - of any kind: of a package, and about what the environment says
            text = f"{type(error).__name__}: {str(error).rstrip('.')}."
            self._warn(NivisError.of("There are no traces", text))
        return None

    def end(self, code: int) -> None:
        """Send what is left, in a bounded time, which a signal shortens and a second one ends.

        A signal raises nothing here. The second of two that stop a run often comes when the run has just ended, and
        a run that was stopped is one whose trace is wanted.
        """
        if self._program is None:
            return
        signals: list[int] = []
        with noted(signals):
            if lost := self._program.end(code, lambda: len(signals)):
                self._warn(lost)


def _nobody(_: NivisError) -> None:
    """Somebody else has said it, or will."""


def _absent(variable: str, error: ImportError) -> NivisError:
    return NivisError.of(
        "There are no traces",
        f"{variable} asks for traces, and the packages that make them are not there ({error}).",
        f"{_EXTRA}, or switch traces off with {DISABLED}=true.",
    )
