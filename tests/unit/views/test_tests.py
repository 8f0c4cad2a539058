"""Results of tests as lines, as one document, as XML."""

from __future__ import annotations

import json
from xml.etree import ElementTree

from nivis_tofu.core.errors import ExitCode, NivisError
from nivis_tofu.testing.case import Case, Check, Report, Verdict
from nivis_tofu.views.human import Style
from nivis_tofu.views.page import Page
from nivis_tofu.views.tests import junit, page

GOOD = Verdict(Case("a"), 0, checks=(Check("one", True), Check("two", True)), converged=True, phases=2)
BAD = Verdict(Case("b"), 0, checks=(Check("x", False, "got \x1b\n2"),), converged=True)
PLAIN = Verdict(Case("c"), 0, converged=True)
BROKEN = Verdict(Case("d"), 0, error=NivisError.of("It swings", "Because.", "Hold it."))
WILD = tuple(
    Verdict(Case("c"), seed, True, (Check("y", seed != 8, "no"),), converged=True, values={"i.id": f'"{seed}'})
    for seed in range(7, 10)
)


def text(found: Page) -> list[str]:
    return found.text(Style()).splitlines()


def same(value: str) -> str:
    return value


def test_a_line_for_each_check_then_the_count() -> None:
    found = page(Report((GOOD, PLAIN)), same)
    assert text(found) == [" ✓ a: one", " ✓ a: two", " ✓ c: converges", "3 passed"]
    assert found.code == ExitCode.OK


def test_what_fails_says_why() -> None:
    found = page(Report((BAD, BROKEN)), same)
    assert text(found) == [
        " ✗ b: x",
        "   got \\u001b",
        "   2",
        " ✗ d: converges",
        "   error: It swings",
        "     Because.",
        "   hint: Hold it.",
        "0 passed, 2 failed",
    ]
    assert found.code == ExitCode.ERROR


def test_random_runs_of_a_test_are_one_line_or_their_failures() -> None:
    assert text(page(Report((PLAIN, *WILD)), same)) == [
        " ✓ c: converges",
        " ✗ c: y",
        "   no",
        '   i.id = "\\"8"',
        "   1 of 3 random runs failed; `nivis test c --seed 8` repeats this one",
        "1 passed, 1 failed",
    ]
    assert text(page(Report((PLAIN, WILD[0], WILD[2])), same))[1:] == [" ✓ c: 2 random runs", "2 passed"]


def test_secrets_are_taken_out_everywhere() -> None:
    report = Report((BAD, BROKEN, *WILD))

    def redact(value: str) -> str:
        return value.replace("got", "***").replace("Because", "***").replace('"8', "***").replace('\\"8', "***")

    shown = page(report, redact)
    for found in ("\n".join(text(shown)), shown.document(), junit(report, redact)):
        assert not [secret for secret in ("got", "Because", '"8"') if secret in found]


def test_the_document() -> None:
    found = json.loads(page(Report((GOOD, BROKEN, *WILD)), same).document())
    assert (found["version"], found["passed"], found["failed"], found["phases"]) == (1, 2, 2, {"a": 2, "d": 0})
    one, _, broken, wild = found["checks"]
    assert one == {"test": "a", "name": "one", "ok": True, "message": ""}
    assert broken["errors"][0]["summary"] == "It swings"
    assert (wild["seed"], wild["runs"], wild["failures"], wild["values"]) == (8, 3, 1, {"i.id": '"8'})


def test_junit_as_continuous_integration_reads_it() -> None:
    root = ElementTree.fromstring(junit(Report((GOOD, BAD, BROKEN), 1.5), same))
    suite = root[0]
    assert [child.tag for child in suite] == ["properties", *["testcase"] * 4, "system-out", "system-err"]
    assert {n: suite.attrib[n] for n in ("tests", "failures", "errors", "time")} == {
        "tests": "4", "failures": "1", "errors": "1", "time": "1.500",
    }  # fmt: skip
    failure, error = suite.find(".//failure"), suite.find(".//error")
    assert failure is not None
    assert error is not None
    assert failure.attrib == {"message": "got \\u001b", "type": "failure"}
    assert (error.text or "").startswith("error: It swings")
    assert [case.attrib["classname"] for case in suite.iter("testcase")] == ["a", "a", "b", "d"]


def test_what_xml_cannot_hold_is_replaced() -> None:
    odd = Verdict(Case("a\x00"), 0, checks=(Check("\ufffe\ud800", True),), converged=True)
    case = next(ElementTree.fromstring(junit(Report((odd,)), same)).iter("testcase"))
    assert case.attrib["classname"] == "a\ufffd"
    assert case.attrib["name"] == "\ufffd\ufffd"
