"""`nivis setup` against a local server."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from nivis_tofu.cli.app import run
from nivis_tofu.release import pinned
from tests.support import release_server
from tests.support.release_server import ARCHIVE, PLATFORM, SCRIPT, SUMS, VERSION, ReleaseServer

PLACE = f"/v{VERSION}"


@pytest.fixture
def as_pinned(server: ReleaseServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ReleaseServer:
    """The command line takes the made-up release for the pinned one."""
    monkeypatch.setattr(pinned, "VERSION", VERSION)
    monkeypatch.setattr(pinned, "CHECKSUMS", {PLATFORM: hashlib.sha256(release_server.archive()).hexdigest()})
    monkeypatch.setattr(pinned, "system", lambda: PLATFORM)
    monkeypatch.setenv("NIVIS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv(pinned.MIRROR, f"{server.url}/")
    return server


def test_the_verb_says_what_nivis_will_use(
    as_pinned: ReleaseServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.delenv("NIVIS_TOFU", raising=False)
    assert run(["setup"]) == 0
    exe = tmp_path / f"cache/tofu-{VERSION}/tofu"
    said = capsys.readouterr()
    assert said.out == f"OpenTofu {VERSION} is ready: {exe}\n"
    assert "note:" not in said.err
    other = tmp_path / "bin/tofu"
    other.parent.mkdir()
    other.write_text("")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", f"{other.parent}:/usr/bin:/bin")
    assert run(["setup", "--json"]) == 0
    said = capsys.readouterr()
    assert f'"engine":"{exe}"' in said.out.replace(" ", "")
    assert said.err == f"note: {other} (PATH) comes before this one, so nivis uses it\n"


@pytest.mark.parametrize("reason", ["404", "refused"])
def test_offline_it_says_what_to_copy_where_and_that_works(
    as_pinned: ReleaseServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    reason: str,
) -> None:
    if reason == "404":
        as_pinned.files.clear()
    else:
        monkeypatch.setenv(pinned.MIRROR, "http://who:hunter2@127.0.0.1:9")
    monkeypatch.chdir(tmp_path)
    assert run(["setup"]) == 1
    said = capsys.readouterr().err
    assert "error: OpenTofu could not be downloaded\n" in said
    assert reason in said.lower()
    assert "hunter2" not in said
    assert f"{pinned.RELEASES}/v{VERSION}/{ARCHIVE} (SHA-256 " in said
    assert f"`nivis setup --from {ARCHIVE}`" in said
    Path(ARCHIVE).write_bytes(release_server.archive())
    assert run(["setup", "--from", ARCHIVE]) == 0
    assert (tmp_path / f"cache/tofu-{VERSION}/tofu").read_bytes() == SCRIPT
    assert Path(ARCHIVE).exists()


def test_an_archive_from_elsewhere_is_verified_too(
    as_pinned: ReleaseServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "some.zip"
    assert run(["setup", "--from", str(archive)]) == 1
    assert "error: No such archive\n" in capsys.readouterr().err
    archive.write_bytes(b"something else")
    assert run(["setup", "--from", str(archive)]) == 1
    assert f"error: The checksum of {ARCHIVE} is wrong\n" in capsys.readouterr().err
    assert archive.exists()


def test_a_mirror_may_want_a_password_and_a_directory_is_a_mirror(
    as_pinned: ReleaseServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(pinned.MIRROR, as_pinned.url.replace("//", "//me:s%40cret@"))
    assert run(["setup"]) == 0
    assert {headers["Authorization"] for _, headers in as_pinned.requests} == {"Basic bWU6c0BjcmV0"}
    assert "cret" not in capsys.readouterr().err
    folder = tmp_path / "mirror"
    (folder / f"v{VERSION}").mkdir(parents=True)
    for name, body in as_pinned.files.items():
        (folder / name[1:]).write_bytes(body)
    monkeypatch.setenv(pinned.MIRROR, folder.as_uri())
    monkeypatch.setenv("NIVIS_CACHE", str(tmp_path / "another"))
    assert run(["setup"]) == 0
    (folder / f"v{VERSION}/{ARCHIVE}").unlink()
    monkeypatch.setenv("NIVIS_CACHE", str(tmp_path / "third"))
    assert run(["setup"]) == 1


def test_the_proxy_of_the_environment_is_asked(
    as_pinned: ReleaseServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", as_pinned.url)
    monkeypatch.setenv(pinned.MIRROR, "http://mirror.invalid")
    assert run(["setup"]) == 0
    assert as_pinned.paths()[0] == f"http://mirror.invalid{PLACE}/{SUMS}"


def test_an_unknown_platform_is_told_what_there_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pinned, "system", lambda: "plan9_mips")
    assert run(["setup"]) == 1
    said = capsys.readouterr().err
    assert "No OpenTofu for plan9_mips" in said
    assert "linux_arm64" in said
