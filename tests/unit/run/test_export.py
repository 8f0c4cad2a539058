from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.run import export

SESSION: Any = SimpleNamespace(
    workdir=SimpleNamespace(
        destinations=SimpleNamespace(directory=lambda _: None), settled=SimpleNamespace(joined=None)
    )
)


@pytest.mark.parametrize("name", ["main.tf", "x.tofu.json", ".terraform.lock.hcl", "link"])
def test_a_directory_with_another_configuration_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).symlink_to("elsewhere") if name == "link" else (tmp_path / name).write_text("{}")
    with pytest.raises(NivisError, match="The directory holds another configuration") as error:
        export._refuse_foreign(SESSION, tmp_path)
    assert f"has {name}," in error.value.diagnostics[0].detail


def test_what_is_no_configuration_may_lie_there(tmp_path: Path) -> None:
    export._refuse_foreign(SESSION, tmp_path / "not there")
    (tmp_path / "README.md").write_text("")
    export._refuse_foreign(SESSION, tmp_path)
