"""What spans and their attributes are called. Nothing of a command line but the words that say what it does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from nivis_tofu.core.regex import regex

VERB = "nivis.verb"
PHASE = "nivis.phase"
PHASES = "nivis.phases"
STAGE = "nivis.stage"
STACK = "nivis.stack"
STATE = "nivis.stack.state"
COMMAND = "nivis.process.command"
ANSWERS = "nivis.answers"
PROVIDERS = "nivis.process.providers"
RESOURCE = "nivis.resource.id"
ACTION = "nivis.resource.action"
DONE = "nivis.done."
"""Then an action: how many resources it was done to."""
FAILED = "nivis.failed"
TIMES = "nivis.signal.times"
MESSAGE = "nivis.message"
# Of OpenTelemetry's conventions.
PROGRAM = "process.executable.name"
EXIT_CODE = "process.exit.code"
ERROR_TYPE = "error.type"
EXCEPTION_TYPE = "exception.type"
EXCEPTION_MESSAGE = "exception.message"

_GROUPS = {"state", "workspace", "providers", "metadata", "flake", "stacks"}
_WORD = regex("-{0,2}[a-z][a-z-]*")


def command(words: Sequence[str]) -> str:
    """The words behind a program's name that say what it does: `plan`, `state pull`, `--realise`."""
    taken = words[1 : 3 if words[1:2] and words[1] in _GROUPS else 2]
    found = [word for word in taken if _WORD.fullmatch(word)]
    return " ".join(word for n, word in enumerate(found) if n == 0 or not word.startswith("-"))


def nanoseconds(moment: str) -> int | None:
    """An RFC 3339 time since 1970; None if it is none."""
    try:
        whole = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return int(whole.timestamp()) * 10**9 + whole.microsecond * 1000 if whole.tzinfo else None
