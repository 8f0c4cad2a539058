from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nivis_tofu.project import provider_schemas

CACHED = ["registry.opentofu.org/hashicorp/aws", "registry.opentofu.org/x/y"]


@pytest.mark.parametrize("name", ["aws", "hashicorp/aws", CACHED[0]])
def test_cached_schemas_need_no_engine(tmp_path: Path, name: str) -> None:
    schemas: Any = SimpleNamespace(providers=lambda: CACHED)
    space: Any = SimpleNamespace(project=tmp_path, root=tmp_path, schemas=schemas)
    tofu: Any = SimpleNamespace(kind="tofu", env={})
    assert provider_schemas.schemas_of(space, tofu, name, "") == (schemas, CACHED[0])
