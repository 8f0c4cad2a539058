from __future__ import annotations

import io
from pathlib import Path

import pytest

from nivis_tofu.cli import setup
from nivis_tofu.cli.common import Common
from nivis_tofu.core.errors import NivisError
from nivis_tofu.views.progress import PlainProgress


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("5m", 300), ("1h", 3600), ("1m30s", 90), ("0s", 0), ("90", 90)]
)
def test_durations_as_the_engine_takes_them(text: str, seconds: float) -> None:
    assert setup.seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "5 minutes", "-5s", "5mx"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(NivisError, match="Malformed duration"):
        setup.seconds_of(text)


def test_only_the_local_backend_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nivis_tofu.cli.tools.found_tools", lambda *_, **__: None)
    with pytest.raises(NivisError, match="Unknown --backend"):
        setup.make_session(Common(backend="s3"), tmp_path, tmp_path, PlainProgress(io.StringIO()), lambda _: None)
