"""The sidecar of a plan file: one reader, which takes what was written and names whatever else it finds."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.run import seal, sidecar
from nivis_tofu.run.decide.announce import Announced
from nivis_tofu.run.sidecar import Sidecar

SEAL = seal.seal("ir")
"""One for all tests: a seal is slow on purpose."""


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A plan file with a good sidecar."""
    file = tmp_path / "F"
    file.write_bytes(b"PK\x03\x04" + b"\0" * 26 + b"tfplan")
    later = sidecar.deferred_change({"action": "update", "id": "x.y.z"}, "y.z", "r/x/x", "resource_config_unknown")
    announced = Announced({"a.b": "create"}, frozenset({"a.c"}), strict=True)
    Sidecar(sidecar.digest(file), SEAL, "f", "lineage", 3, False, announced, (later,)).write(file)
    return file


def document(plan: Path) -> dict[str, Any]:
    found = json.loads(sidecar.beside(plan).read_text())
    assert isinstance(found, dict)
    return found


def fields() -> list[str]:
    return ["announced", "complete", "deferred_changes", "flake_hash", "ir_hash", "lineage", "mode", "open", "open_groups",
            "outputs", "phase", "plan_hash", "sensitive_variables", "serial", "variables"]  # fmt: skip


def refused(plan: Path, *texts: str) -> None:
    """By every reader, with the file's name and a way out."""
    for reader in (sidecar.read, sidecar.find):
        with pytest.raises(NivisError) as error:
            reader(plan)
        (found,) = error.value.diagnostics
        said = f"{found.summary} {found.detail} {found.hint}"
        assert all(text in said for text in ("F.nivis.json", "plan", *texts)), said
        assert found.hint


def test_what_was_written_is_read(plan: Path) -> None:
    found = sidecar.read(plan)
    assert found == sidecar.find(plan)
    assert (found.announced.strict, found.later[0]["resource_change"]["nivis_id"]) == (True, "x.y.z")
    assert sorted(document(plan).keys() - {"version"}) == fields()


def test_ids_are_there_where_they_are_known(plan: Path) -> None:
    assert sidecar.read(plan).ids == {}
    named = replace(sidecar.read(plan), ids={"a.b": "x.a.b"})
    named.write(plan)
    assert sidecar.read(plan).ids == {"a.b": "x.a.b"}
    sidecar.beside(plan).write_text(json.dumps({**document(plan), "ids": {"a.b": 1}}))
    refused(plan, "`ids`")


WRONG: list[Any] = [None, 1.5, -1, [3], [[]], {"a": 1}, {"a": {}}, "x", True, [{"resource_change": 1}]]


@pytest.mark.parametrize("name", fields())
def test_a_field_of_the_wrong_type(plan: Path, name: str) -> None:
    good = document(plan)
    for wrong in WRONG:
        fits = {
            "variables": isinstance(wrong, dict),
            "flake_hash": wrong == "x", "ir_hash": wrong == "x", "lineage": wrong == "x",
            "complete": wrong is True, "open_groups": wrong is True, "outputs": wrong is True,
        }  # fmt: skip
        if not fits.get(name):
            sidecar.beside(plan).write_text(json.dumps({**good, name: wrong}))
            refused(plan, "do not belong together" if name == "plan_hash" and wrong == "x" else f"`{name}`")


@pytest.mark.parametrize("name", fields())
def test_a_field_that_is_missing(plan: Path, name: str) -> None:
    good = document(plan)
    del good[name]
    sidecar.beside(plan).write_text(json.dumps(good))
    refused(plan, f"it has no `{name}`")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe\0", b"3", b"null", b"[]", b'"x"', b"[" * 100_000, b'{"version":' + b"[" * 100_000],
    ids=lambda c: repr(c[:12]),
)  # fmt: skip
def test_what_is_no_sidecar(plan: Path, content: bytes) -> None:
    sidecar.beside(plan).write_bytes(content)
    refused(plan, "The sidecar cannot be read")


@pytest.mark.parametrize("version", [1, 99, "2", None, {}, 10**40])
def test_another_version(plan: Path, version: Any) -> None:
    sidecar.beside(plan).write_text(json.dumps({**document(plan), "version": version}))
    refused(plan, "The sidecar is of another nivis", str(version)[:20])


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_no_regular_file(plan: Path, make: Callable[[Path], None]) -> None:
    sidecar.beside(plan).unlink()
    make(sidecar.beside(plan))
    refused(plan, "The sidecar cannot be read", "no regular file")


def test_a_plan_without_a_sidecar_is_the_engines_own(plan: Path) -> None:
    sidecar.beside(plan).unlink()
    assert sidecar.find(plan) is None
    with pytest.raises(NivisError, match="has no sidecar"):
        sidecar.read(plan)


def test_plans_and_sidecars_are_told_from_other_files(plan: Path, tmp_path: Path) -> None:
    assert sidecar.is_plan(plan)
    assert sidecar.is_sidecar(sidecar.beside(plan))
    assert not sidecar.is_plan(sidecar.beside(plan))
    encrypted = tmp_path / "E"
    encrypted.write_text('{"encrypted_data": "x"}')
    assert not sidecar.is_plan(encrypted)
    Sidecar(sidecar.digest(encrypted), "", "", "", 0, True, Announced()).write(encrypted)
    assert sidecar.is_plan(encrypted)
    for content in (b"PK\x03\x04 photos", b"{}", b"[" * 100_000, b"\xff"):
        (tmp_path / "other").write_bytes(content)
        assert not sidecar.is_plan(tmp_path / "other")
        assert not sidecar.is_sidecar(tmp_path / "other")


def test_a_plan_that_is_not_the_one_it_describes(plan: Path) -> None:
    plan.write_bytes(plan.read_bytes() + b"more")
    refused(plan, "The plan file and its sidecar do not belong together")
