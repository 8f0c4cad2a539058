"""The source of a project on its way to another machine."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.stacks.shipment import Shipment, packed, unpack

GIT = Path("/usr/bin/git")
ENV = dict(os.environ)


def git(where: Path, *line: str) -> str:
    return subprocess.run(["git", *line], cwd=where, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    top = tmp_path / "repository"
    (top / "infra").mkdir(parents=True)
    for name in ("shared.nix", "infra/flake.nix", "infra/ünïcode name.txt", "infra/gone", "infra/nivis.a.state.json"):
        (top / name).write_text(name)
    (top / "run.sh").write_text("#!/bin/sh\n")
    (top / "run.sh").chmod(0o755)
    (top / "link").symlink_to("/nowhere")
    (top / ".gitignore").write_text("kept\n")
    (top / "kept").write_text("tracked although it is ignored")
    git(top, "init", "-q")
    git(top, "add", "-A", "-f")
    (top / "infra/flake.nix").write_text("edited")
    (top / "infra/gone").unlink()
    for name in ("infra/credentials.json", "infra/.nivis", ".env"):
        (top / name).write_text("s3cr3t")
    return top


def test_what_git_tracks_arrives_as_it_is_now(repository: Path, tmp_path: Path) -> None:
    source = packed(repository / "infra", GIT, ENV, ())
    there = unpack(source, tmp_path / "there", ENV)
    top = tmp_path / "there"
    assert there == top / "infra"
    expected = {
        ".gitignore", "infra/flake.nix", "infra/ünïcode name.txt", "kept", "link", "run.sh", "shared.nix",
    }  # fmt: skip
    assert set(filter(None, git(top, "ls-files", "-z").split("\0"))) == expected
    assert {str(p.relative_to(top)) for p in top.rglob("*") if ".git/" not in str(p) and not p.is_dir()} == expected
    assert (there / "flake.nix").read_text() == "edited"
    assert os.access(top / "run.sh", os.X_OK)
    assert (top / "link").readlink() == Path("/nowhere")
    assert top.stat().st_mode & 0o077 == 0


def test_outside_git_what_nix_may_see_arrives(tmp_path: Path) -> None:
    here = tmp_path / "here"
    (here / "lib").mkdir(parents=True)
    for name in ("flake.nix", "lib/a.nix", "vars.json", "nivis.a.state.json", ".env"):
        (here / name).write_text(name)
    there = unpack(packed(here, None, ENV, [here / "vars.json"]), tmp_path / "there", ENV)
    assert {str(p.relative_to(there)) for p in there.rglob("*") if p.is_file()} == {"flake.nix", "lib/a.nix"}


def test_nothing_of_it_is_in_its_text(repository: Path) -> None:
    assert "flake.nix" not in repr(packed(repository / "infra", GIT, ENV, ()))


def test_git_that_fails_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    with pytest.raises(NivisError, match="git failed"):
        packed(tmp_path, GIT, ENV, ())


@pytest.fixture
def with_submodule(repository: Path, tmp_path: Path) -> Path:
    other = tmp_path / "other"
    other.mkdir()
    (other / "main.tf").write_text("module")
    git(other, "init", "-q")
    git(other, "add", "-A")
    git(other, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "one")
    git(repository, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "infra/modules")
    return repository


def test_the_engine_has_files_of_submodules_there_and_nix_does_not_see_them(
    with_submodule: Path, tmp_path: Path
) -> None:
    there = unpack(packed(with_submodule / "infra", GIT, ENV, ()), tmp_path / "there", ENV)
    assert (there / "modules/main.tf").read_text() == "module"
    assert "infra/modules" not in git(tmp_path / "there", "ls-files")


def test_submodules_that_nix_would_copy_are_refused_by_name(with_submodule: Path) -> None:
    (with_submodule / "infra/flake.nix").write_text("{ inputs.self.submodules = true; }")
    with pytest.raises(NivisError, match="Submodules in the source") as error:
        packed(with_submodule / "infra", GIT, ENV, ())
    assert "infra/modules" in error.value.diagnostics[0].detail


def outside() -> bytes:
    """An archive whose file lies above the directory that it is unpacked into."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("../outside"))
    return out.getvalue()


# Named, since an archive has the time in it.
@pytest.mark.parametrize(
    "archive", [b"", b"\x1f\x8b", b"no archive", outside()], ids=["empty", "cut off", "none", "leads out"]
)
def test_an_archive_that_is_none_or_leads_out(archive: bytes, tmp_path: Path) -> None:
    with pytest.raises(NivisError, match="The source of the project arrived damaged"):
        unpack(Shipment(archive, ".", False, {}), tmp_path / "tree", ENV)
    assert not (tmp_path / "outside").exists()
