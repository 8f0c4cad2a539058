from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nivis_tofu.project import provider_schemas
from nivis_tofu.project.provider_schemas import Provided
from nivis_tofu.project.schema_cache import Schemas

CACHED = ["registry.opentofu.org/hashicorp/aws", "registry.opentofu.org/x/y"]


@pytest.mark.parametrize(
    ("name", "version"), [("aws", ""), ("hashicorp/aws", ""), (CACHED[0], ""), ("hashicorp/aws", "5.1.0")]
)
def test_cached_schemas_need_no_engine(tmp_path: Path, name: str, version: str) -> None:
    (tmp_path / ".terraform.lock.hcl").write_text(f'provider "{CACHED[0]}" {{\n  version = "5.1.0"\n}}\n')
    schemas: Any = SimpleNamespace(providers=lambda: CACHED)
    workdir: Any = SimpleNamespace(project=tmp_path, root=tmp_path, schemas=schemas)
    tofu: Any = SimpleNamespace(kind="tofu", env={})
    assert provider_schemas.schemas_of(workdir, tofu, name, version) == Provided(schemas, CACHED[0], "5.1.0")


class Engine:
    """Counts how often it is asked for schemas; `version` is what its `init` chooses."""

    kind = "tofu"

    def __init__(self, cache: Path) -> None:
        self.asked, self.version, self.exe = 0, "1.0.0", Path(__file__)
        self.env = {"NIVIS_CACHE": str(cache), "HOME": str(cache)}

    def at(self, site: Any, _: Any) -> Engine:
        self.path = site.path
        return self

    def init(self) -> None:
        body = f'version = "{self.version}"\n  hashes = [\n    "h1:{self.version.replace(".", "x")}",\n  ]'
        text = f'provider "{CACHED[1]}" {{\n  {body}\n}}\n' if self.version else ""
        (self.path / ".terraform.lock.hcl").write_text(text)

    def providers_schema(self) -> dict[str, Any]:
        self.asked += 1
        return {"provider_schemas": {CACHED[1]: {"resource_schemas": {f"y_{self.asked}": {"block": {}}}}}}


def test_schemas_are_read_once_for_each_version(tmp_path: Path) -> None:
    workdir: Any = SimpleNamespace(project=tmp_path, root=tmp_path, schemas=Schemas(tmp_path / "none.zip"))
    tofu: Any = Engine(tmp_path / "cache")

    def types() -> list[str]:
        found = provider_schemas.schemas_of(workdir, tofu, "x/y", "")
        assert (found.source, found.version) == (CACHED[1], tofu.version)
        return found.schemas.types(CACHED[1], "resource")

    assert types() == types() == ["y_1"]
    tofu.version = "1.1.0"
    assert types() == types() == ["y_2"]
    tofu.version = ""  # the engine's own, or a development build: it may be another one each time
    assert types() == ["y_3"]
    assert types() == ["y_4"]
    shutil.rmtree(tmp_path / "gen")
    tofu.version = "1.1.0"
    assert types() == ["y_2"]  # as in another project
