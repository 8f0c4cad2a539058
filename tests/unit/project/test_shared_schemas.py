"""Schemas that projects share: only where checksums say that the providers are the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.project.shared_schemas import SharedSchemas, shared

AWS = "registry.opentofu.org/hashicorp/aws"
NULL = "registry.opentofu.org/hashicorp/null"
ENGINE = ("tofu", 100)


def lock(path: Path, *blocks: tuple[str, str, str]) -> Path:
    """A lock file with (source, version, checksum)."""
    text = "".join(
        f'provider "{s}" {{\n  version = "{v}"\n  hashes = [\n    "{h}",\n    "zh:00",\n  ]\n}}\n' for s, v, h in blocks
    )
    path.write_text(text)
    return path


def at(tmp_path: Path, *blocks: tuple[str, str, str], wanted: str = AWS, **env: str) -> SharedSchemas:
    cache = {"NIVIS_CACHE": str(tmp_path / "cache"), "HOME": str(tmp_path), **env}
    return shared(lock(tmp_path / "lock.hcl", *blocks), {wanted}, ENGINE, cache)


ONE = (AWS, "5.1.0", "h1:aaa")


def test_the_next_project_with_the_same_providers_need_not_ask(tmp_path: Path) -> None:
    first, other = tmp_path / "a" / "schema.zip", tmp_path / "b" / "schema.zip"
    assert not at(tmp_path, ONE).into(first)
    first.parent.mkdir()
    first.write_bytes(b"archive")
    at(tmp_path, ONE).keep(first)
    assert at(tmp_path, ONE).into(other)
    assert other.read_bytes() == b"archive"
    assert (tmp_path / "cache" / "schemas").stat().st_mode & 0o77 == 0


@pytest.mark.parametrize(
    "blocks",
    [[(AWS, "5.1.1", "h1:aaa")], [(AWS, "5.1.0", "h1:bbb")], [ONE, (NULL, "3.0.0", "h1:ccc")]],
    ids=["version", "checksum", "one more"],
)
def test_other_providers_are_others(tmp_path: Path, blocks: list[tuple[str, str, str]]) -> None:
    assert at(tmp_path, *blocks).file != at(tmp_path, ONE).file


def test_another_engine_is_another(tmp_path: Path) -> None:
    file = lock(tmp_path / "lock.hcl", ONE)
    env = {"NIVIS_CACHE": str(tmp_path)}
    found = {shared(file, {AWS}, engine, env).file for engine in (ENGINE, ("terraform", 100), ("tofu", 101))}
    assert len(found) == 3


def test_nothing_is_shared_where_checksums_do_not_tell_it_all(tmp_path: Path) -> None:
    nothing = SharedSchemas(None)
    assert at(tmp_path) == nothing
    assert at(tmp_path, (AWS, "5.1.0", "zh:aaa")) == nothing
    assert at(tmp_path, ONE, wanted=NULL) == nothing
    assert at(tmp_path, ONE, TF_REATTACH_PROVIDERS="{}") == nothing
    (tmp_path / "rc").write_text('provider_installation { dev_overrides { "hashicorp/aws" = "/x" } }')
    assert at(tmp_path, ONE, TF_CLI_CONFIG_FILE=str(tmp_path / "rc")) == nothing
    (tmp_path / "rc").rename(tmp_path / ".tofurc")
    assert at(tmp_path, ONE) == nothing


def test_a_cache_that_cannot_be_written_to_is_none(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    own = tmp_path / "schema.zip"
    own.write_bytes(b"x")
    at(tmp_path, ONE).keep(own)
    assert not at(tmp_path, ONE).into(own)
