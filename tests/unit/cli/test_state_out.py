from __future__ import annotations

import json
from pathlib import Path

import pytest

from nivis_tofu.cli.common import Common
from nivis_tofu.cli.state_out import copied_state
from nivis_tofu.core.errors import NivisError


def state(path: Path, lineage: str) -> None:
    path.write_text(json.dumps({"version": 4, "serial": 1, "lineage": lineage, "outputs": {}, "resources": []}))


def test_without_it_nothing_is_copied(tmp_path: Path) -> None:
    common = Common(flake=str(tmp_path))
    with copied_state(common, None) as used:
        assert used is common
    assert not list(tmp_path.iterdir())


def test_the_run_works_on_the_copy(tmp_path: Path) -> None:
    state(tmp_path / "nivis.state.json", "a")
    with copied_state(Common(flake=str(tmp_path)), Path("new")) as used:
        assert used.state == "new"
        (tmp_path / "new").write_text("changed")
    assert (tmp_path / "new").read_text() == "changed"
    assert json.loads((tmp_path / "nivis.state.json").read_text())["lineage"] == "a"


def test_a_copy_that_nothing_was_done_with_goes_again(tmp_path: Path) -> None:
    state(tmp_path / "nivis.state.json", "a")
    with copied_state(Common(flake=str(tmp_path)), Path("new")):
        assert (tmp_path / "new").exists()
    assert not (tmp_path / "new").exists()


def test_another_state_is_not_overwritten(tmp_path: Path) -> None:
    state(tmp_path / "nivis.state.json", "a")
    state(tmp_path / "new", "b")
    with (
        pytest.raises(NivisError, match="Another state is in the way"),
        copied_state(Common(flake=str(tmp_path)), Path("new")),
    ):
        pass
    assert json.loads((tmp_path / "new").read_text())["lineage"] == "b"
