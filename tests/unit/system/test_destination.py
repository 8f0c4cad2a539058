"""What the user names to be written never costs what is there already."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.system import destination
from nivis_tofu.system.destination import Destinations


def ours(path: Path) -> bool:
    return destination.head(path).startswith(b"ours")


@pytest.fixture
def places(tmp_path: Path) -> Destinations:
    for folder in ("project/.nivis", "project/sub/.git", "project/prod.d", "elsewhere/.terraform"):
        (tmp_path / folder).mkdir(parents=True)
    return Destinations(tmp_path / "project", [tmp_path / "project/prod.json", tmp_path / "project/prod.d"])


@pytest.mark.parametrize(
    "name",
    [
        "flake.nix", "flake.lock", ".terraform.lock.hcl", "nivis.state.json", "terraform.tfstate", "prod.json", "prod.d/x",
        ".nivis/x", "sub/.git/config", "../elsewhere/.terraform/x", "sub/../flake.nix", "link/flake.nix",
    ],
)  # fmt: skip
@pytest.mark.parametrize("there", [None, "", "ours"])
def test_what_belongs_to_the_project_or_a_tool(places: Destinations, name: str, there: str | None) -> None:
    (places.project / "link").symlink_to(".")
    path = places.project / name
    if there is not None:
        path.write_text(there)
    for check in (places.file, places.stream):
        with pytest.raises(NivisError, match="Nothing can be written there"):
            check(path, "a plan", ours)
    if there is None:
        with pytest.raises(NivisError, match="Nothing can be written there"):
            places.directory(path)


@pytest.mark.parametrize(("there", "fine"), [(None, True), (b"", True), (b"ours, older", True), (b"theirs", False)])
def test_only_an_older_one_is_overwritten(places: Destinations, there: bytes | None, fine: bool) -> None:
    path = places.project / "F"
    if there is not None:
        path.write_bytes(there)
    if fine:
        assert places.file(path, "a plan", ours) == path
        return
    with pytest.raises(NivisError) as error:
        places.file(path, "a plan", ours)
    assert f"{path} is there already and is not a plan of an earlier run." in error.value.diagnostics[0].detail
    assert path.read_bytes() == there


@pytest.mark.parametrize(
    ("make", "stream"),
    [
        (os.mkfifo, True),
        (lambda p: p.symlink_to("/dev/null"), True),
        (lambda p: p.symlink_to("flake.nix"), False),
        (lambda p: p.symlink_to("nowhere"), False),
        (lambda p: (p.with_name("old").write_text("ours"), p.symlink_to("old")), False),
    ],
)
def test_what_is_no_regular_file(places: Destinations, make: Callable[[Path], None], stream: bool) -> None:
    (places.project / "flake.nix").write_text("{}")
    path = places.project / "F"
    make(path)
    with pytest.raises(NivisError, match="Nothing can be written there"):
        places.file(path, "a plan", ours)
    if stream:
        assert places.stream(path, "a plan", ours) == path
    else:
        with pytest.raises(NivisError, match="Nothing can be written there"):
            places.stream(path, "a plan", ours)


def test_devices_and_directories(places: Destinations) -> None:
    mode = Path("/dev/null").stat().st_mode
    with pytest.raises(NivisError, match="Nothing can be written there"):
        places.file(Path("/dev/null"), "a plan", ours)
    assert places.stream(Path("/dev/null"), "a plan", ours) == Path("/dev/null")
    assert Path("/dev/null").stat().st_mode == mode
    with pytest.raises(IsADirectoryError):
        places.file(places.project, "a plan", ours)
    with pytest.raises(FileNotFoundError):
        places.file(places.project / "nowhere/F", "a plan", ours)
    (places.project / "F").write_text("x")
    with pytest.raises(NotADirectoryError):
        places.directory(places.project / "F")
    for fine in ("new", "sub"):
        places.directory(places.project / fine)


def test_a_project_may_lie_below_a_directory_with_a_tools_name(tmp_path: Path) -> None:
    project = tmp_path / ".git" / "p"
    project.mkdir(parents=True)
    places = Destinations(project)
    assert places.file(project / "F", "a plan") == project / "F"


def test_put_replaces_in_one_step_and_is_private(tmp_path: Path) -> None:
    source, target, other = tmp_path / "s", tmp_path / "t", tmp_path / "hard"
    source.write_bytes(b"new")
    target.write_bytes(b"old")
    os.link(target, other)
    destination.put(source, target)
    assert (target.read_bytes(), other.read_bytes(), source.exists()) == (b"new", b"old", False)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
