"""What of a directory Nix sees: everything that is code, nothing that may be a secret."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nivis_tofu.nix import flake_copy
from nivis_tofu.nix.flake_copy import copy_flake


@pytest.fixture
def source(tmp_path: Path) -> Path:
    made = tmp_path / "source"
    (made / "modules").mkdir(parents=True)
    for name in ("flake.nix", "modules/a.nix", "data.json", "run.sh"):
        (made / name).write_text(name)
        (made / name).chmod(0o644)
    (made / "run.sh").chmod(0o755)
    return made


def copied(source: Path, *keep_out: Path) -> set[str]:
    target = source.parent / "copy"
    copy_flake(source, target, keep_out)
    return {str(p.relative_to(target)) for p in target.rglob("*") if p.is_file() or p.is_symlink()}


CODE = {"flake.nix", "modules/a.nix", "data.json", "run.sh"}


def test_code_is_there_for_the_user_alone(source: Path) -> None:
    (source.parent / "copy").write_text("what stands in the way goes")
    assert copied(source) == CODE
    modes = {p.name: p.stat().st_mode & 0o777 for p in (source.parent / "copy").rglob("*")}
    assert modes == {"flake.nix": 0o600, "modules": 0o700, "a.nix": 0o600, "data.json": 0o600, "run.sh": 0o700}


@pytest.mark.parametrize(
    "name",
    ["nivis.state.json", "nivis.state.json.backup", "nivis.auto.tfvars.json", "x.tfstate", "x.tfstate.1", "x.tfplan", "p.tfvars",
     "F.nivis.json", "id_ed25519", "tls.key", "x.pem", ".env", ".env.prod", "credentials.json", "secrets.yaml", ".netrc",
     ".nivis/work/x", ".git/config", ".terraform/x", ".aws/credentials", "terraform.tfstate.d/dev/x"],
)  # fmt: skip
def test_what_is_a_secret_by_its_name(source: Path, name: str) -> None:
    (source / name).parent.mkdir(parents=True, exist_ok=True)
    (source / name).write_text("hunter2")
    (source / name).chmod(0o644)
    assert copied(source) == CODE


def test_code_is_no_secret_by_its_name_alone(source: Path) -> None:
    (source / "secrets.nix").write_text("")
    (source / "secrets.nix").chmod(0o644)
    assert copied(source) == {*CODE, "secrets.nix"}


def test_files_of_this_run_and_plans_whatever_they_are_called(source: Path) -> None:
    for name, data in (("vars.json", b"{}"), ("out", b"PK\x03\x04....tfplan"), ("photos.zip", b"PK\x03\x04....")):
        (source / name).write_bytes(data)
        (source / name).chmod(0o644)
    assert copied(source, source / "vars.json") == {*CODE, "photos.zip"}


def test_what_only_the_user_may_read(source: Path) -> None:
    (source / "token").write_text("hunter2")
    (source / "token").chmod(0o600)
    (source / "private").mkdir()
    (source / "private/x.txt").write_text("hunter2")
    (source / "private/x.nix").write_text("")
    for file in (source / "private").iterdir():
        file.chmod(0o644)
    (source / "private").chmod(0o700)
    assert copied(source) == {*CODE, "private/x.nix"}


def test_who_keeps_even_the_flake_private_means_nothing_by_it(source: Path) -> None:
    for name in ("flake.nix", "modules/a.nix", "data.json"):
        (source / name).chmod(0o600)
    assert copied(source) == CODE - {"data.json"}


def test_links_stay_links_and_a_pipe_stops_nobody(source: Path) -> None:
    (source / "link").symlink_to("modules/a.nix")
    os.mkfifo(source / "pipe")
    assert copied(source) == {*CODE, "link"}
    assert (source.parent / "copy/link").is_symlink()


def test_what_has_not_changed_is_left_alone(source: Path) -> None:
    copied(source)
    before = {p: p.stat() for p in (source.parent / "copy").rglob("*")}
    assert copied(source) == CODE
    after = {p: p.stat() for p in (source.parent / "copy").rglob("*")}
    assert {p: (s.st_ino, s.st_mtime_ns) for p, s in before.items()} == {
        p: (s.st_ino, s.st_mtime_ns) for p, s in after.items()
    }


def test_another_copy_of_a_tree_that_changed(source: Path) -> None:
    (source / "link").symlink_to("data.json")
    outside = source.parent / "outside"
    outside.write_text("not ours")
    copied(source)
    copy = source.parent / "copy"
    (source / "modules/a.nix").write_text("MODULES/A")  # as long as before
    (source / "run.sh").chmod(0o644)
    (source / "data.json").unlink()
    (source / "data.json").mkdir()
    (source / "data.json/b.nix").write_text("b")
    (source / "link").unlink()
    (source / "link").symlink_to("modules")
    (source / "new.nix").write_text("new")
    (copy / "flake.nix").unlink()
    (copy / "flake.nix").symlink_to(outside)
    (copy / "stray.nix").write_text("was here once")
    for path in (source / "data.json", *source.rglob("*.nix")):
        path.chmod(0o755)
    assert copied(source) == {"flake.nix", "modules/a.nix", "run.sh", "data.json/b.nix", "link", "new.nix"}
    assert (copy / "modules/a.nix").read_text() == "MODULES/A"
    assert (copy / "run.sh").stat().st_mode & 0o777 == 0o600
    assert (copy / "new.nix").stat().st_mode & 0o777 == 0o700
    assert (copy / "link").readlink() == Path("modules")
    assert outside.read_text() == "not ours"
    (source / "modules/a.nix").unlink()
    (source / "modules").rmdir()
    (source / "modules").write_text("a file now")
    (source / "modules").chmod(0o644)
    assert copied(source) == {"flake.nix", "modules", "run.sh", "data.json/b.nix", "link", "new.nix"}


@pytest.mark.parametrize("seen", [False, True])
def test_what_goes_while_it_is_copied_is_not_there(source: Path, monkeypatch: pytest.MonkeyPatch, seen: bool) -> None:
    """The lock of another stack's state comes and goes beside the flake."""
    scandir, checked = os.scandir, flake_copy._is_kept_private

    def listed(place: Path) -> list[Any]:
        return [*scandir(place), *([SimpleNamespace(name=".lock.info")] if str(place) == str(source) else [])]

    def looked(path: Path, *more: bool) -> bool:
        return False if seen and path.name == ".lock.info" else checked(path, *more)

    with monkeypatch.context() as during:
        during.setattr(os, "scandir", listed)
        during.setattr(flake_copy, "_is_kept_private", looked)
        if seen:
            during.setattr(flake_copy, "_is_secret", lambda *_: False)
        copy_flake(source, source.parent / "copy")
    assert copied(source) == CODE
