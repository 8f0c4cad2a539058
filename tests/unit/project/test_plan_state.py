from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from nivis_tofu.project import plan_state
from nivis_tofu.project.schema_cache import Schemas

STATE = {
    "version": 4, "terraform_version": "1.12.6", "serial": 3, "lineage": "l", "outputs": {},
    "resources": [{
        "mode": "managed", "type": "terraform_data", "name": "a", "provider": 'provider["terraform.io/builtin/terraform"]',
        "instances": [{"schema_version": 0, "attributes": {"id": "x"}}],
    }],
}  # fmt: skip


def test_the_refreshed_state(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "F", "w") as archive:
        archive.writestr("tfstate", json.dumps(STATE))
    found = plan_state.refreshed(tmp_path / "F", Schemas(tmp_path / "schema.zip"))
    assert found is not None
    assert found.version == ("l", 3)
    assert found.objects["terraform_data.a"].attributes == {"id": "x"}


@pytest.mark.parametrize("members", [None, {}, {"tfstate": b"\xff"}], ids=["encrypted", "without it", "no text"])
def test_what_cannot_be_read_is_none(tmp_path: Path, members: dict[str, bytes] | None) -> None:
    if members is None:
        (tmp_path / "F").write_bytes(b"{}")
    else:
        with zipfile.ZipFile(tmp_path / "F", "w") as archive:
            for name, data in members.items():
                archive.writestr(name, data)
    assert plan_state.refreshed(tmp_path / "F", Schemas(tmp_path / "schema.zip")) is None
    assert plan_state.refreshed(tmp_path / "none", Schemas(tmp_path / "schema.zip")) is None
