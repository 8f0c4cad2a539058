"""What OpenTelemetry's packages log when something goes wrong, kept instead of written to stderr."""

from __future__ import annotations

import contextlib
import logging

_LOGGERS = ("opentelemetry", "urllib3", "requests", "grpc")


class Complaints(logging.Handler):
    """The first one in `text`, or the first that has a cause; empty as long as there is none."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.text, self._caused = "", False
        for name in _LOGGERS:
            logger = logging.getLogger(name)
            logger.handlers, logger.propagate = [self], False

    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(Exception):
            args = record.args if isinstance(record.args, tuple) else ()
            cause = next((_cause(found) for found in args if isinstance(found, BaseException)), "")
            if not self.text or (cause and not self._caused):
                self.text, self._caused = cause or record.getMessage(), bool(cause)


def _cause(error: BaseException) -> str:
    """What an error of the network comes from, without all that was wrapped around it."""
    for _ in range(10):
        inner = (error.__cause__, getattr(error, "reason", None), *error.args)
        found = next((one for one in inner if isinstance(one, BaseException)), None)
        if found is None:
            break
        error = found
    return (isinstance(error, OSError) and error.strerror) or str(error)
