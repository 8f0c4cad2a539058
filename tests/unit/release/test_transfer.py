"""Downloads that go on where the line broke."""

from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.release import install
from nivis_tofu.release.transfer import UnavailableError
from tests.support.release_server import SCRIPT, VERSION, ReleaseServer, Told


def test_a_broken_line_goes_on_where_it_was(server: ReleaseServer, tmp_path: Path) -> None:
    server.cuts = [100_000, 50_000]
    install.install(server.release(), Told(tmp_path))
    assert server.ranges_asked() == ["", "bytes=100000-", "bytes=150000-"]


def test_a_later_run_goes_on_where_the_last_one_was_given_up(server: ReleaseServer, tmp_path: Path) -> None:
    server.cuts = [120_000, 0, 0, 0]
    with pytest.raises(UnavailableError, match="could not be downloaded") as caught:
        install.install(server.release(), Told(tmp_path))
    assert "the connection ended early, 3 times in a row" in caught.value.diagnostics[0].detail
    assert sorted(p.name for p in tmp_path.iterdir()) == ["downloads", "setup.lock"]
    server.requests.clear()
    install.install(server.release(), Told(tmp_path))
    assert server.ranges_asked() == ["bytes=120000-"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["setup.lock", f"tofu-{VERSION}"]


def test_a_server_without_ranges_sends_all_of_it_again(server: ReleaseServer, tmp_path: Path) -> None:
    server.cuts, server.ranges = [100_000], False
    assert install.install(server.release(), Told(tmp_path)).read_bytes() == SCRIPT
