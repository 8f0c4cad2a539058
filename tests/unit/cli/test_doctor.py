"""doctor: the report, and the exit code that a script can ask."""

from __future__ import annotations

import pytest

from nivis_tofu.insight import doctor
from nivis_tofu.insight.doctor import Finding
from tests.support.played import Play, document


@pytest.mark.parametrize(("verdict", "code", "last"), [
    ("ok", 0, "Everything needed is there."), ("warning", 0, "Everything needed is there."),
    ("missing", 1, "Something that is needed is missing."),
])  # fmt: skip
def test_the_report(play: Play, monkeypatch: pytest.MonkeyPatch, verdict: doctor.Verdict, code: int, last: str) -> None:
    monkeypatch.setattr(doctor, "examine", lambda _: [Finding("Nix", verdict, "2.8.1\x1b[2J", "do this")])
    said = play(lambda _: document()).nivis("doctor")
    assert said.code == code
    assert said.out.endswith(f"     fix: do this\n{last}\n")
    assert "\x1b" not in said.out


def test_the_project_above_is_the_one_that_is_looked_at(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[doctor.Patient] = []
    monkeypatch.setattr(doctor, "examine", lambda patient: bool(seen.append(patient)) or [])  # type: ignore[func-returns-value]
    played = play(lambda _: document())
    (played.directory / ".git").mkdir()
    (played.directory / "below").mkdir()
    monkeypatch.chdir(played.directory / "below")
    assert played.nivis("doctor", "--json", "--tofu=mine").json["ok"]
    assert (seen[0].project, seen[0].tofu) == (played.directory, "mine")
