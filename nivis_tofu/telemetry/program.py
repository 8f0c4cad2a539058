"""The trace of one command line: begun by the environment, ended and sent with the exit code."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nivis_tofu import __version__
from nivis_tofu.core.errors import NivisError
from nivis_tofu.telemetry import carrier
from nivis_tofu.telemetry.redaction import Redaction
from nivis_tofu.telemetry.sending import Sending
from nivis_tofu.telemetry.spans import SCOPE, Spans


class Program:
    """`began`: when, in nanoseconds since 1970. `forks`: it will, so no thread of ours may run meanwhile.

    Raises NivisError, or ImportError where a package is missing.
    """

    def __init__(self, env: Mapping[str, str], began: int, *, forks: bool = False) -> None:
        redaction = Redaction()
        self._sending = Sending(env, redaction, at_end=forks)
        tracer = self._sending.provider.get_tracer(SCOPE, __version__)
        self.spans = Spans(
            tracer,
            SCOPE,
            parent=carrier.received(env),
            began=began,
            redaction=redaction,
            for_engine=self._sending.for_engine,
        )

    def end(self, code: int, hurry: Callable[[], int] = lambda: 0) -> NivisError | None:
        """Send what is left; the error where something was lost. `hurry` as in `Sending.end`."""
        self.spans.end(code)
        return self._sending.end(hurry)
