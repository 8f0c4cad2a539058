"""Where the schemas of tests come from."""

from __future__ import annotations

from pathlib import Path

from nivis_tofu.project.schema_cache import Schemas
from nivis_tofu.testing.project import Caches
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
