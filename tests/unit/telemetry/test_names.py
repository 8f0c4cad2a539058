"""What of a command line becomes a name, and when something was."""

from __future__ import annotations

import pytest

from nivis_tofu.telemetry import names


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (("tofu", "plan", "-json", "-var=password=hunter2"), "plan"),
        (("tofu", "state", "pull"), "state pull"),
        (("tofu", "state", "rm", "t.secret"), "state rm"),
        (("tofu", "import", "t.a", "hunter2"), "import"),
        (("tofu", "providers", "schema", "-json"), "providers schema"),
        (("tofu", "workspace", "select", "hunter2"), "workspace select"),
        (("tofu", "state", "-lock=x", "hunter2"), "state"),
        (("tofu", "force-unlock", "-force", "id"), "force-unlock"),
        (("nix", "eval"), "eval"),
        (("nix-store", "--realise"), "--realise"),
        (("check",), ""),
        (("tofu", "Hunter2!"), ""),
    ],
)
def test_only_what_says_what_is_done(words: tuple[str, ...], command: str) -> None:
    assert names.command(words) == command


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("1970-01-01T00:00:01.000002Z", 1_000_002_000),
        ("2026-11-23T13:29:57.365191+02:00", 1_795_433_397_365_191_000),
        ("", None),
        ("yesterday", None),
        ("2026-11-23T11:29:57", None),
    ],
)
def test_when_it_was(moment: str, expected: int | None) -> None:
    assert names.nanoseconds(moment) == expected
