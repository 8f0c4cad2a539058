"""Local state files as text: damaged ones included."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from nivis_tofu.project import state_file

DEEP = "[" * 100_000


@pytest.mark.parametrize(
    ("text", "something"),
    [
        (None, False),
        ("", False),
        ("{}", False),
        ('{"resources": []}', False),
        ('{"resources": [{}]}', True),
        ('{"encrypted_data": "x"}', True),
        ("{", True),
        ("[]", True),
        (DEEP, True),
    ],
    ids=str,
)
def test_what_cannot_be_read_counts_as_something(tmp_path: Path, text: str | None, something: bool) -> None:
    if text is not None:
        (tmp_path / "s").write_text(text)
    assert state_file.has_resources(tmp_path / "s") is something


@pytest.mark.parametrize(
    ("text", "lineage"),
    [(None, ""), ('{"lineage": "l"}', "l"), ("{}", ""), ('{"lineage": null}', ""), ("{", ""), ("[]", ""), (DEEP, "")],
    ids=str,
)
def test_lineage(tmp_path: Path, text: str | None, lineage: str) -> None:
    if text is not None:
        (tmp_path / "s").write_text(text)
    assert state_file.lineage(tmp_path / "s") == lineage


def test_half_a_file_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "s"
    file.write_text('{"a": ')

    def finish() -> None:
        time.sleep(0.02)
        file.write_text('{"a": 1}\n')

    writer = threading.Thread(target=finish)
    writer.start()
    assert state_file.read_whole(file) == '{"a": 1}\n'
    writer.join()


@pytest.mark.parametrize(
    ("there", "older"),
    [
        ({"lineage": "l", "serial": 3}, True),
        ({"lineage": "l", "serial": 2}, True),
        ({"lineage": "l", "serial": 4}, False),
        ({"lineage": "m", "serial": 2}, False),
        ({"serial": 2}, False),
        ([], False),
        ({"lineage": "l", "serial": "2"}, False),
    ],
    ids=str,
)
def test_is_older(tmp_path: Path, there: object, older: bool) -> None:
    (tmp_path / "s").write_text(json.dumps(there))
    assert state_file.is_older(tmp_path / "s", '{"lineage": "l", "serial": 3}') is older
    assert not state_file.is_older(tmp_path / "none", '{"lineage": "l", "serial": 3}')
