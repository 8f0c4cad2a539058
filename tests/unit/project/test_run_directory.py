from __future__ import annotations

import fcntl
import os
from dataclasses import replace
from pathlib import Path

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.project import run_directory
from nivis_tofu.project.own_files import MARK, MODULE
from nivis_tofu.project.run_directory import RunDirectory


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    """A project with files of its own, and a rendered module."""
    home, root = tmp_path / "infra", tmp_path / "infra/.nivis"
    for path in (root / "work", root / "terraform"):
        path.mkdir(parents=True)
    (root / "work/main.tf.json").write_text(f'{{"//": "{MARK}"}}')
    (home / "old.txt").write_text("old")
    (home / "sub").mkdir()
    (home / "sub/x").write_text("x")
    return RunDirectory(home, root / "work", root / "terraform")


def names(directory: Path) -> set[str]:
    return {p.name for p in directory.iterdir()} - {".nivis"}


def test_the_module_is_there_only_meanwhile(run: RunDirectory) -> None:
    before = names(run.home)
    with run.occupied():
        assert names(run.home) == before | {MODULE}
        assert (run.home / MODULE).stat().st_mode & 0o777 == 0o600
    assert names(run.home) == before
    with pytest.raises(RuntimeError), run.occupied():
        raise RuntimeError
    assert names(run.home) == before


def test_files_of_another_configuration_are_hidden(run: RunDirectory) -> None:
    (run.home / "a.tf").write_text("resource {}")
    (run.home / "b.tf.json").write_text("{}")
    before = names(run.home)
    with run.occupied():
        assert names(run.home) == before | {MODULE, "a.tofu", "b.tofu.json"}
        assert (run.home / "b.tofu.json").read_text().startswith("{")
    assert names(run.home) == before


def test_copies_of_joined_files_stand_in_for_them(run: RunDirectory) -> None:
    (run.home / "a.tf").write_text("one\ntwo\n")
    (run.home / "main.tf.json").write_text("{}")
    (run.rendered / "a.tf").write_text("one\n\n")
    (run.rendered / "root_main.tf.json").write_text('{"locals": {}}')
    (run.home / "root_dns.tf").write_text("")  # a name of the user's own that begins like ours
    (run.rendered / "root_dns.tf").write_text("")
    (run.rendered / "b.tf").symlink_to("../../b.tf")
    joined = replace(run, joined=True)
    with joined.occupied():
        assert (run.home / "a.tofu").read_text().startswith("one\n\n"), "lines keep their numbers"
        assert '"locals"' in (run.home / "main.tofu.json").read_text()
        assert not (run.home / "b.tofu").exists()
        assert (run.home / "root_dns.tofu").exists()
        assert not (run.home / "dns.tofu").exists()
        site = joined.site(run.rendered.parent)
        told = {n: site.name_of(n) for n in ("a.tofu", "main.tofu.json", MODULE, "a.tf", "main.tf.json")}
        assert told == {
            "a.tofu": "a.tf",
            "main.tofu.json": "main.tf.json",
            MODULE: "",
            "a.tf": "a.tf",
            "main.tf.json": "main.tf.json",
        }
        from_above = replace(joined, project=run.home.parent).site(run.rendered.parent)
        assert from_above.name_of("a.tofu") == f"{run.home.name}/a.tf"
        assert from_above.name_of(MODULE) == ""
    assert names(run.home) == {"a.tf", "main.tf.json", "root_dns.tf", "old.txt", "sub"}


@pytest.mark.parametrize("name", [MODULE, "a.tofu"])
@pytest.mark.parametrize("kind", ["file", "link", "directory"])
def test_what_is_in_the_way_is_the_users(run: RunDirectory, name: str, kind: str) -> None:
    (run.home / "a.tf").write_text("")
    path = run.home / name
    match kind:
        case "file":
            path.write_text("mine")
        case "link":
            path.symlink_to("old.txt")
        case _:
            path.mkdir()
    before = path.lstat()
    with pytest.raises(NivisError, match="A file is in the way"), run.occupied():
        raise AssertionError
    after = path.lstat()
    assert (after.st_ino, after.st_size, after.st_mtime_ns) == (before.st_ino, before.st_size, before.st_mtime_ns)
    assert not (run.home / MODULE).exists() or name == MODULE


def test_what_a_killed_run_left_goes(run: RunDirectory) -> None:
    (run.home / "a.tf").write_text("")
    before = names(run.home)
    for name, text in (
        (MODULE, f'{{"//": "{MARK}"}}'),
        ("a.tofu", f"# {MARK}"),
        ("nivis_override.tf.json", f'"{MARK}"'),
    ):
        (run.home / name).write_text(text)
    (run.home / "mine.tofu").write_text("")
    run.clear()
    assert names(run.home) == before | {"mine.tofu"}
    run.clear()


def test_a_module_in_use_is_left_alone(run: RunDirectory) -> None:
    path = run.home / MODULE
    path.write_text(MARK)
    handle = os.open(path, os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    run.clear()
    assert path.exists()
    with pytest.raises(NivisError, match="Another run is in progress"), run.occupied():
        raise AssertionError
    os.close(handle)
    with run.occupied():
        pass
    assert not path.exists()


def test_packaged_providers_are_in_the_lock_file_meanwhile(run: RunDirectory) -> None:
    lock = run.home / run_directory.LOCK_FILE
    packaged = replace(run, lock="all of them")
    for before in (None, "some"):
        if before:
            lock.write_text(before)
        with packaged.occupied():
            assert lock.read_text() == "all of them"
        assert (lock.read_text() if lock.exists() else None) == before


def link_everything(run: RunDirectory) -> RunDirectory:
    for path in run.home.iterdir():
        if path.name != ".nivis":
            (run.rendered / path.name).symlink_to(os.path.relpath(path, run.rendered))
    return replace(run, linked=True)


def test_what_happens_among_links_happens_to_the_project(run: RunDirectory) -> None:
    (run.home / "gone").write_text("")
    (run.home / "gonedir").mkdir()
    (run.home.parent / "up.txt").write_text("up")
    linked = link_everything(run)
    with linked.occupied():
        there = linked.path
        assert there.name == run.home.name
        assert (there / "../up.txt").read_text() == "up"
        (there / "new").write_text("new")
        (there / "newdir").mkdir()
        (there / "sub/y").write_text("y")
        (there / "gone").unlink()
        (there / "gonedir").unlink()
        (there / "tmp").write_text("replaced")
        (there / "tmp").rename(there / "old.txt")
        (there / "main.tf.json").unlink()
    found = {str(p.relative_to(run.home)) for p in run.home.rglob("*") if ".nivis" not in p.parts}
    assert found == {"new", "newdir", "sub", "sub/x", "sub/y", "old.txt"}
    assert (run.home / "old.txt").read_text() == "replaced"
    assert (run.rendered / "main.tf.json").exists()


def test_what_a_killed_run_left_among_links_is_carried_over(run: RunDirectory) -> None:
    linked = link_everything(run)
    running = linked.occupied()
    running.__enter__()  # nobody leaves it
    (linked.path / "new").write_text("new")
    linked.clear()
    assert (run.home / "new").read_text() == "new"
    (run.home / "new").unlink()
    linked.clear()
    assert not (run.home / "new").exists(), "once only"


def test_who_only_reads_has_links_of_its_own(run: RunDirectory) -> None:
    linked = link_everything(run)
    reader, other = (replace(linked, tree=run_directory.tree_of_reader()) for _ in range(2))
    with linked.occupied():
        (linked.path / "new").write_text("new")
        with reader.occupied(), other.occupied():
            assert len({linked.path, reader.path, other.path}) == 3
            assert len(reader.path.relative_to(run.rendered.parent).parts) == 2, "as deep, for what leads upwards"
            assert (reader.path / "sub/x").read_text() == (run.home / "sub/x").read_text()
        assert not reader.path.parent.exists()
        assert (linked.path / "new").exists()
    assert (run.home / "new").read_text() == "new"


def test_links_of_readers_that_were_killed_go(run: RunDirectory) -> None:
    old, fresh = (replace(run, linked=True, tree=f"tree-1-{n}") for n in (0, 1))
    for tree in (old, fresh):
        tree.path.mkdir(parents=True)
    os.utime(old.path.parent, (0, 0))
    run.clear()
    assert (old.path.exists(), fresh.path.exists()) == (False, True)
