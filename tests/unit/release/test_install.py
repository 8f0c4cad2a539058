"""The pinned release in the cache: verified, installed once, refused where anything is wrong."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.release import install, pinned
from tests.support.release_server import ARCHIVE, FIXTURES, PLATFORM, SCRIPT, SUMS, VERSION, ReleaseServer, Told

PLACE = f"/v{VERSION}"


def left(cache: Path) -> list[str]:
    return sorted(p.name for p in cache.iterdir())


def test_a_release_is_downloaded_verified_and_installed_once(server: ReleaseServer, tmp_path: Path) -> None:
    cache = Told(tmp_path / "my cache")
    exe = install.install(server.release(), cache)
    assert exe == cache.root / f"tofu-{VERSION}/tofu"
    assert exe.read_bytes() == SCRIPT
    assert f"signed the checksums\ndownloading {server.url}{PLACE}/{ARCHIVE}\nchecksum: " in cache.text
    assert left(cache.root) == ["setup.lock", f"tofu-{VERSION}"]
    asked = len(server.requests)
    assert install.install(server.release(), cache) == exe
    assert len(server.requests) == asked


@pytest.mark.parametrize("rest", [b"x" * 1000, b"x" * 10_000_000], ids=["another beginning", "longer than the whole"])
def test_what_an_earlier_release_left_is_not_taken_for_a_part(
    server: ReleaseServer, tmp_path: Path, rest: bytes
) -> None:
    part = tmp_path / f"downloads/{ARCHIVE}.part"
    part.parent.mkdir()
    part.write_bytes(rest)
    assert install.install(server.release(), Told(tmp_path)).read_bytes() == SCRIPT


def test_another_archive_is_refused(server: ReleaseServer, tmp_path: Path) -> None:
    server.files[f"{PLACE}/{ARCHIVE}"] = b"something else"
    with pytest.raises(NivisError, match=r"The checksum of .* is wrong"):
        install.install(server.release(), Told(tmp_path))
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [tmp_path / "setup.lock"]


def test_a_list_that_names_another_checksum_is_refused_although_it_is_signed(
    server: ReleaseServer, tmp_path: Path
) -> None:
    other = pinned.Release(VERSION, PLATFORM, "f" * 64, server.url)
    with pytest.raises(NivisError, match=r"The checksum of .* is wrong"):
        install.install(other, Told(tmp_path))
    assert server.ranges_asked() == []


@pytest.mark.parametrize("name", ["of another key", "of another text", "no signature at all"])
def test_a_wrong_signature_is_refused(server: ReleaseServer, tmp_path: Path, name: str) -> None:
    if name == "of another key":
        server.files[f"{PLACE}/{SUMS}.gpgsig"] = (FIXTURES / "other.gpgsig").read_bytes()
    elif name == "of another text":
        server.files[f"{PLACE}/{SUMS}"] += f"{'1' * 64}  more.zip\n".encode()
    else:
        server.files[f"{PLACE}/{SUMS}.gpgsig"] = b"<html>sign in</html>"
    with pytest.raises(NivisError, match="The signature of OpenTofu's checksums is wrong") as caught:
        install.install(server.release(), Told(tmp_path))
    assert caught.value.raw
    assert server.ranges_asked() == []
    assert left(tmp_path) == ["setup.lock"]


def test_a_page_in_place_of_the_list_is_refused(server: ReleaseServer, tmp_path: Path) -> None:
    server.files[f"{PLACE}/{SUMS}"] = b"<html>please log in</html>\n"
    with pytest.raises(NivisError, match="Not a list of checksums"):
        install.install(server.release(), Told(tmp_path))


def test_without_a_verifier_the_pinned_checksum_decides_and_that_is_said(server: ReleaseServer, tmp_path: Path) -> None:
    cache = Told(tmp_path, {"PATH": str(tmp_path)})
    install.install(server.release(), cache)
    assert "signature: not verified, `gpgv` and `sqv` are not installed; the pinned checksum decides" in cache.text
    server.files[f"{PLACE}/{ARCHIVE}"] = b"something else"
    with pytest.raises(NivisError, match=r"The checksum of .* is wrong"):
        install.install(server.release(), Told(tmp_path / "again", {"PATH": str(tmp_path)}))


def test_a_mirror_without_signatures_is_said_so(server: ReleaseServer, tmp_path: Path) -> None:
    del server.files[f"{PLACE}/{SUMS}.gpgsig"]
    cache = Told(tmp_path)
    install.install(server.release(), cache)
    assert f"signature: not verified, the server has no {SUMS} with its .gpgsig" in cache.text


def test_a_full_disk_says_so_and_keeps_what_is_there(server: ReleaseServer, tmp_path: Path) -> None:
    def fill() -> None:
        raise OSError(28, "No space left on device")

    calls = iter([lambda: None, fill])
    cache = install.Cache(tmp_path, dict(os.environ), progress=lambda *_: next(calls, fill)())
    with pytest.raises(NivisError, match="No space left for OpenTofu") as caught:
        install.install(server.release(), cache)
    assert "NIVIS_CACHE" in caught.value.diagnostics[0].hint
    assert (tmp_path / f"downloads/{ARCHIVE}.part").stat().st_size > 0
    install.install(server.release(), Told(tmp_path))
    assert server.ranges_asked()[-1].startswith("bytes=")


def test_a_place_that_cannot_be_written_is_named(server: ReleaseServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NivisError, match="The cache cannot be written") as caught:
        install.install(server.release(), Told(tmp_path / "file/cache"))
    assert str(tmp_path / "file") in caught.value.diagnostics[0].detail


def test_two_set_ups_at_once_download_once(server: ReleaseServer, tmp_path: Path) -> None:
    threads = [
        threading.Thread(target=install.install, args=(server.release(), Told(tmp_path)), daemon=True) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert server.ranges_asked() == [""]


def test_an_engine_that_cannot_be_executed_stays_out_of_the_cache(
    server: ReleaseServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install, "works", lambda *_: False)
    cache = Told(tmp_path / "cache")
    with pytest.raises(NivisError, match="OpenTofu does not run here"):
        install.install(server.release(), cache)
    assert not list(cache.root.glob("tofu-*/tofu"))
