"""Where the schemas of tests come from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.project.schema_cache import Schemas
from nivis_tofu.system import notes
from nivis_tofu.testing.case import Case
from nivis_tofu.testing.project import Caches, suite
from tests.support.played import play
from tests.support.situation import ir, res


def schemas(path: Path, *types: str) -> Schemas:
    found = Schemas(path)
    body = {"resource_schemas": {name: {"block": {"attributes": {path.stem: {"type": "string"}}}} for name in types}}
    found.store({"provider_schemas": {"registry.opentofu.org/x/p": body}})
    return found


def test_the_first_cache_that_knows_a_type_has_it(tmp_path: Path) -> None:
    caches = Caches((schemas(tmp_path / "own.zip", "t"), schemas(tmp_path / "main.zip", "t", "u")), "tofu")
    whole = ir(res("a"), res("p.u.b"), res("p.v.c"), res("module.m"))

    def attributes(id_: str) -> list[str] | None:
        found = caches.resource(whole, whole.resources[id_])
        return list(found.attributes) if found else None

    assert attributes("p.t.a") == ["own"]
    assert attributes("p.u.b") == ["main"]
    assert attributes("p.v.c") is None
    assert attributes("module.m") is None


def test_each_archive_is_opened_once_for_all_tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To open the archive of a large provider takes longer than to play a test."""
    session = play(tmp_path, lambda _: {}, monkeypatch).session()
    root = session.workdir.work
    for place in ("stacks/a", "stacks/b", "."):
        schemas(root / place / "schema.zip", "t")
    opened: list[Path] = []
    really = notes.open_file

    def noted(path: Path) -> Any:
        opened.append(path)
        return really(path)

    monkeypatch.setattr(notes, "open_file", noted)
    scenes = suite(session, root, "nivis.tests", lambda _: {}).around
    whole = ir(res("a"), res("p.t.b"))
    for number in range(10):
        for stack in ("", "a", "b"):
            scene = scenes(Case(f"test{number}", stack=stack))
            assert scene.schema(whole, whole.resources["p.t.b"]) is not None
    assert sorted(opened) == sorted(root / p / "schema.zip" for p in ("stacks/a", "stacks/b", "."))
