"""The pinned release: complete checksums, names as OpenTofu gives them, mirrors."""

from __future__ import annotations

import re

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.release import pinned


def test_linux_and_macos_on_both_machines_are_pinned() -> None:
    assert set(pinned.CHECKSUMS) == {f"{s}_{m}" for s in ("linux", "darwin") for m in ("amd64", "arm64")}
    assert len(set(pinned.CHECKSUMS.values())) == 4
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in pinned.CHECKSUMS.values())


@pytest.mark.parametrize(
    ("kernel", "machine", "name"),
    [
        ("Linux", "x86_64", "linux_amd64"),
        ("Linux", "aarch64", "linux_arm64"),
        ("Darwin", "arm64", "darwin_arm64"),
        ("Darwin", "x86_64", "darwin_amd64"),
    ],
)
def test_this_machine_is_named_as_the_archives_are(
    monkeypatch: pytest.MonkeyPatch, kernel: str, machine: str, name: str
) -> None:
    monkeypatch.setattr("platform.system", lambda: kernel)
    monkeypatch.setattr("platform.machine", lambda: machine)
    release = pinned.pinned({})
    assert release.platform == name
    assert release.url(release.archive) == (
        f"https://github.com/opentofu/opentofu/releases/download/v{pinned.VERSION}/tofu_{pinned.VERSION}_{name}.zip"
    )


def test_a_mirror_takes_the_place_of_the_releases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pinned, "system", lambda: "linux_arm64")
    release = pinned.pinned({pinned.MIRROR: "https://mirror.example/tofu/"})
    assert release.url(release.checksums) == f"https://mirror.example/tofu/v{pinned.VERSION}/{release.checksums}"


def test_a_platform_that_is_not_pinned_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pinned, "system", lambda: "freebsd_386")
    with pytest.raises(NivisError, match="No OpenTofu for freebsd_386"):
        pinned.pinned({})
