"""An engine that fails without a diagnostic: its own words, where it has any."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import EngineError
from nivis_tofu.core.redactor import Redactor
from nivis_tofu.system.process import Completed
from nivis_tofu.tofu import messages as m
from nivis_tofu.tofu.failures import failure, redacted, warnings
from nivis_tofu.tofu.results import LOCK_SUMMARY, Collector, LockHeldError

BOX = """\x1b[31m╷\x1b[0m\x1b[0m
\x1b[31m│\x1b[0m \x1b[0m\x1b[1m\x1b[31mError: \x1b[0m\x1b[0m\x1b[1mInvalid workspace name\x1b[0m
\x1b[31m│\x1b[0m \x1b[0m
\x1b[31m│\x1b[0m \x1b[0m\x1b[0mThe workspace name "hunter2 b" is not allowed. The name must contain only URL
\x1b[31m│\x1b[0m \x1b[0msafe characters, and no path separators.
\x1b[31m╵\x1b[0m\x1b[0m

"""


def failed(stderr: str, code: int = 1, *messages: m.Message) -> EngineError:
    collector = Collector()
    for message in messages:
        collector.add(message)
    done = Completed(("tofu", "workspace", "list"), code, "", stderr)
    return failure("tofu", done, collector, Redactor(["hunter2"]), datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))


def test_the_box_becomes_a_diagnostic() -> None:
    error = failed(BOX)
    assert error.diagnostics == (
        Diagnostic(
            "Invalid workspace name",
            'The workspace name "(sensitive) b" is not allowed. The name must contain only URL\n'
            "safe characters, and no path separators.",
        ),
    )
    assert error.raw == ""


@pytest.mark.parametrize(
    ("stderr", "summary", "detail"),
    [
        ("╷ something went wrong\n", "something went wrong", ""),
        ("one\ntwo\n\nthree\n", "one", "two\n\nthree"),
        ("\nWarning: old\n\nError: new\n\n why\n", "new", " why\n\nWarning: old"),
    ],
)
def test_the_first_line_is_the_summary(stderr: str, summary: str, detail: str) -> None:
    assert failed(stderr).diagnostics == (Diagnostic(summary, detail),)


def test_an_error_in_the_stream_that_is_no_diagnostic() -> None:
    error = failed("", 1, m.Text("info", "hello"), m.Text("error", 'Workspace "x" already exists'))
    assert error.diagnostics == (Diagnostic('Workspace "x" already exists'),)


def test_without_a_word_there_is_a_hint() -> None:
    (found,) = failed("\n").diagnostics
    assert found.summary == "OpenTofu failed without a diagnostic"
    assert "'workspace list' ended with exit code 1" in found.detail
    assert "TF_LOG" in found.hint


def test_a_crash_stays_one_and_is_told_whole() -> None:
    error = failed("panic: x\ngoroutine 1", 11)
    assert error.diagnostics == (
        Diagnostic("OpenTofu crashed", "The command 'workspace list' ended with exit code 11."),
    )
    assert error.raw == "panic: x\ngoroutine 1"


def test_diagnostics_of_its_own_stand() -> None:
    found = Diagnostic("No such bucket")
    error = failed("noise", 1, m.DiagnosticMessage(found))
    assert error.diagnostics == (found,)
    assert error.raw == "noise"


LOCK = "state locked\n\nLock Info:\n  ID:        1234\n  Path:      s\n  Who:       ann@desk\n  Created:   {}\n\n\nmore"


@pytest.mark.parametrize(
    ("created", "known"),
    [
        ("2026-01-02 03:04:04.999999999 +0000 UTC", True),
        ("2026-01-01 00:00:00 +0000 UTC", True),
        ("2025-12-31T23:59:59Z", True),
        ("2026-01-02 03:04:05.000000001 +0000 UTC", False),
        ("2026-01-02 03:04:06 +0000 UTC", False),
        ("", True),
        ("yesterday", True),
    ],
)
def test_a_lock_that_is_younger_than_the_command_is_its_own_wish(created: str, known: bool) -> None:
    """Where it cannot read who holds the lock, the engine shows the lock that it asked for itself."""
    error = failed("", 1, m.DiagnosticMessage(Diagnostic(LOCK_SUMMARY, LOCK.format(created))))
    assert isinstance(error, LockHeldError)
    assert (error.lock.id, error.lock.who) == (("1234", "ann@desk") if known else ("", ""))
    assert ("force-unlock 1234" in error.diagnostics[0].hint) == known


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (m.Text("info", "x hunter2"), m.Text("info", "x (sensitive)")),
        (m.Noise("hunter2"), m.Noise("(sensitive)")),
        (
            m.ProvisionerLine("a.hunter2", "p", "progress", "hunter2"),
            m.ProvisionerLine("a.hunter2", "p", "progress", "(sensitive)"),
        ),
        (m.RefreshStart("a.b", "hunter2"), m.RefreshStart("a.b", "(sensitive)")),
        (m.Planned("a.hunter2", "create"), m.Planned("a.hunter2", "create")),
    ],
)
def test_redaction_takes_text_and_leaves_addresses(message: m.Message, shown: m.Message) -> None:
    assert redacted(message, Redactor(["hunter2"])) == shown


def test_a_lock_is_one_where_the_engine_speaks_to_people_only() -> None:
    boxed = "\n".join(f"│ {line}" for line in f"Error: {LOCK_SUMMARY}\n\n{LOCK.format('')}".split("\n"))
    error = failed(f"╷\n{boxed}\n╵", 1)
    assert isinstance(error, LockHeldError)
    assert error.lock.who == "ann@desk"
    assert "force-unlock 1234" in error.diagnostics[0].hint


def test_a_flag_that_this_version_does_not_have() -> None:
    refusal = Diagnostic("Failed to parse command-line flags", "flag provided but not defined: -new")
    (told,) = failed("", 1, m.DiagnosticMessage(refusal)).diagnostics
    assert told == Diagnostic(
        refusal.summary,
        refusal.detail,
        "This OpenTofu does not have it. Leave it out, or run a version that has it (--tofu, NIVIS_TOFU).",
    )


def test_warnings_of_a_command_that_speaks_to_people_only() -> None:
    loud = 'Deleted workspace "dev"!\nWARNING: "dev" was non-empty.\nIts objects may exist.\n\n'
    boxed = BOX.replace("Error: ", "Warning: ").replace("hunter2 ", "")
    assert list(warnings(f"{loud}{boxed}{BOX}Released.\n")) == [
        Diagnostic(
            "Invalid workspace name",
            'The workspace name "b" is not allowed. The name must contain only URL\nsafe characters, and no path separators.',
            severity="warning",
        ),
        Diagnostic('"dev" was non-empty.\nIts objects may exist.', severity="warning"),
    ]
    assert not list(warnings("Renamed 1 object.\n"))
