"""What became of the tests of a configuration: a line for each check, as one document, and as JUnit's XML."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.errors import ExitCode, NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.visible import block, line
from nivis_tofu.testing.case import CHECKS, CONVERGES, Report, Verdict
from nivis_tofu.views import envelope, errors, jsonl
from nivis_tofu.views.human import Style
from nivis_tofu.views.page import Page

Redact = Callable[[str], str]


@immutable(slots=True)
class CheckRow:
    """One check of one test; of random runs, how many there were and the first that failed."""

    test: str
    check: str
    ok: bool
    message: str = ""
    error: NivisError | None = None
    seed: int | None = None
    """Of random values."""
    values: Mapping[str, Any] = field(default_factory=dict)
    runs: int = 1
    failed: int = 0
    """How many of them."""


def rows(report: Report) -> list[CheckRow]:
    """A row for each check of each test, then one for its random runs, or one for each check that fails in some."""
    found: list[CheckRow] = []
    for _, group in groupby(report.verdicts, lambda v: v.case.name):
        verdicts = list(group)
        found += [row for v in verdicts if not v.wild for row in _rows(v)]
        if wild := [v for v in verdicts if v.wild]:
            found += _random(wild)
    return found


def _rows(verdict: Verdict) -> Iterator[CheckRow]:
    name, seed = verdict.case.name, verdict.seed if verdict.wild else None
    if verdict.error:
        yield CheckRow(
            name,
            CHECKS if verdict.converged else CONVERGES,
            False,
            error=verdict.error,
            seed=seed,
            values=verdict.values,
        )
    elif not verdict.checks:
        yield CheckRow(name, CONVERGES, True, seed=seed)
    for check in verdict.checks:
        yield CheckRow(name, check.name, check.ok, check.message, seed=seed, values=verdict.values)


def _random(verdicts: list[Verdict]) -> list[CheckRow]:
    failures: dict[str, list[CheckRow]] = {}
    for row in (row for v in verdicts for row in _rows(v) if not row.ok):
        failures.setdefault(row.check, []).append(row)
    runs = len(verdicts)
    if not failures:
        many = f"{runs} random runs" if runs > 1 else "1 random run"
        return [CheckRow(verdicts[0].case.name, many, True, runs=runs)]
    # The one with the least text is the easiest to read.
    first = (min(found, key=lambda r: len(json_text.dumps(dict(r.values)))) for found in failures.values())
    return [
        CheckRow(r.test, r.check, False, r.message, r.error, r.seed, r.values, runs, len(failures[r.check]))
        for r in first
    ]


def page(report: Report, redact: Redact) -> Page:
    """The page of `nivis test`; `redact` takes out what is secret."""
    found = rows(report)
    failed = sum(not row.ok for row in found)
    return Page(
        lambda: envelope.document(_document(report, found, redact)),
        lambda style: "".join(f"{text}\n" for text in _text(found, style, redact)),
        code=ExitCode.ERROR if failed else ExitCode.OK,
        reading=True,
    )


def _text(found: list[CheckRow], style: Style, redact: Redact) -> Iterator[str]:
    for row in found:
        yield f" {style.marker('✓' if row.ok else '✗')} {line(redact(f'{row.test}: {row.check}'))}"
        if not row.ok:
            yield from (f"   {text}".rstrip() for text in _why(row, style, redact))
    failed = sum(not row.ok for row in found)
    yield ", ".join([f"{len(found) - failed} passed", *([f"{failed} failed"] if failed else [])])


def _why(row: CheckRow, style: Style, redact: Redact) -> Iterator[str]:
    """Why a check does not hold; of random values what they were, and how to have them again."""
    if row.error:
        yield from redact(errors.error(row.error, style)).splitlines()
    yield from block(redact(row.message)).splitlines()
    if row.seed is None:
        return
    yield from (f"{line(name)} = {line(redact(_json(value)))}" for name, value in row.values.items())
    many = f"{row.failed} of {row.runs} random runs failed" if row.runs > 1 else "random values"
    yield f"{many}; `nivis test {line(row.test)} --seed {row.seed}` repeats this one"


def _json(value: Any) -> str:
    """JSON on one line, with the letters of all languages as they are."""
    return re.sub(r"\n *", " ", json_text.dumps([value], indent=1))[2:-2]


def _document(report: Report, found: Iterable[CheckRow], redact: Redact) -> dict[str, Any]:
    checks = [_entry(row, redact) for row in found]
    failed = sum(not check["ok"] for check in checks)
    phases = {v.case.name: v.phases for v in report.verdicts if not v.wild}
    return {"passed": len(checks) - failed, "failed": failed, "phases": phases, "checks": checks}


def _entry(row: CheckRow, redact: Redact) -> dict[str, Any]:
    found: dict[str, Any] = {"test": row.test, "name": redact(row.check), "ok": row.ok, "message": redact(row.message)}
    if row.error:
        found["errors"] = [jsonl.diagnostic(d) for d in errors.whole(row.error)]
        found = _redacted(found, redact)
    if row.seed is not None or row.runs > 1:
        found |= {"runs": row.runs, "failures": row.failed}
    if row.seed is not None:
        found |= {"seed": row.seed, "values": _redacted(dict(row.values), redact)}
    return found


def _redacted(value: Any, redact: Redact) -> Any:
    match value:
        case dict():
            return {key: _redacted(item, redact) for key, item in value.items()}
        case list():
            return [_redacted(item, redact) for item in value]
        case str():
            return redact(value)
        case _:
            return value


def junit(report: Report, redact: Redact) -> str:
    """The checks as test cases, in the form that CI systems read."""
    from xml.etree import ElementTree  # slow to load, and seldom wanted

    found = rows(report)
    spent = f"{report.seconds:.3f}"
    suites = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(
        suites,
        "testsuite",
        name="nivis.tests",
        id="0",
        package="nivis",
        timestamp=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}",
        hostname=platform.node() or "localhost",
        tests=str(len(found)),
        failures=str(sum(not r.ok and not r.error for r in found)),
        errors=str(sum(r.error is not None for r in found)),
        time=spent,
    )
    ElementTree.SubElement(suite, "properties")
    for row in found:
        # Nobody measures one alone: all are played at once.
        shared = f"{report.seconds / len(found):.3f}"
        names = {"name": _xml(redact(row.check)), "classname": _xml(row.test)}
        case = ElementTree.SubElement(suite, "testcase", names, time=shared)
        if not row.ok:
            why = [_xml(text) for text in _why(row, Style(), redact)]
            kind = "error" if row.error else "failure"
            problem = ElementTree.SubElement(case, kind, message=why[0] if why else "", type=kind)
            problem.text = "\n".join(why)
    ElementTree.SubElement(suite, "system-out")
    ElementTree.SubElement(suite, "system-err")
    ElementTree.indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(suites, encoding="unicode")}\n'


def _xml(text: str) -> str:
    """Text without characters that XML cannot hold."""
    return "".join(
        c if c in "\t\n" or " " <= c < "\ud800" or "\ue000" <= c not in "\ufffe\uffff" else "\ufffd" for c in text
    )
