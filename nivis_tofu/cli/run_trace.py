"""The OpenTelemetry trace of a command line, where the environment asks for one."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from nivis_tofu.core.errors import NivisError
from nivis_tofu.telemetry.asked import DISABLED, asked
from nivis_tofu.telemetry.current import QUIET, SPANS

if TYPE_CHECKING:
    from nivis_tofu.telemetry.program import Program

_NO_RUNS = ("help", "completion", "lsp")
_EXTRA = "pip install 'nivis-tofu[otel]'"


class RunTrace:
    """`warn` is told once what stands in the way of the trace; whatever that is, the verb is run."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], warn: Callable[[NivisError], None]) -> None:
        self._warn = _nobody if QUIET.get() else warn
        first = next((word for word in argv if not word.startswith("-")), "")
        self._program = None if first in _NO_RUNS else self._begun(env, forks=first == "stacks")
        self._before = SPANS.set(self._program.spans if self._program else None), QUIET.set(True)

    def _begun(self, env: Mapping[str, str], *, forks: bool) -> Program | None:
        began = time.time_ns()
        try:
            from nivis_tofu.telemetry.program import Program  # slow to load, and not always there

            return Program(env, began, forks=forks)
        except ImportError as error:
            self._warn(_absent(asked(env), error))
        except NivisError as error:
            self._warn(error)
        except Exception as error:  # noqa: BLE001 - of any kind: of a package, and about what the environment says
            self._warn(NivisError.of("There are no traces", f"{type(error).__name__}: {str(error).rstrip('.')}."))
        return None

    def call(self, verb: Callable[[], int]) -> int:
        """Run the verb; what it raises is what the run failed of."""
        if self._program is None:
            return verb()
        with self._program.spans.whole():
            return verb()

    def end(self, code: int) -> None:
        """Send what is left, in a bounded time."""
        SPANS.reset(self._before[0])
        QUIET.reset(self._before[1])
        if self._program and (lost := self._program.end(code)):
            self._warn(lost)


def _nobody(_: NivisError) -> None:
    """Somebody else has said it, or will."""


def _absent(variable: str, error: ImportError) -> NivisError:
    return NivisError.of(
        "There are no traces",
        f"{variable} asks for traces, and the packages that make them are not there ({error}).",
        f"{_EXTRA}, or switch traces off with {DISABLED}=true.",
    )
