"""A project as a value: what is settled makes another one, and the first stays as it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nivis_tofu.ir.model import IR
from nivis_tofu.project.workdir import Workdir, local_digest
from nivis_tofu.render.module import Module
from nivis_tofu.tofu.client import Tofu
from nivis_tofu.tofu.site import Site

NONE = IR({}, {}, {})


@pytest.fixture
def here(tmp_path: Path) -> Workdir:
    engine = Tofu(tmp_path / "tofu", "tofu", Site.alone(tmp_path), {})
    return Workdir.open(tmp_path, tmp_path / ".nivis", tmp_path / "nivis.state.json", engine)


def test_the_engine_works_where_the_configuration_says(here: Workdir) -> None:
    (here.project / "infra").mkdir()
    joins = replace(NONE, root_module="infra")
    there = here.settle(joins, here.joining(joins), ())
    assert there.tofu.site.path == here.project / "infra"
    assert here.tofu.site.path == here.project
    assert there.settled.backend == here.settled.backend, "the state stays where it was"
    assert (there.schemas, there.last_read) == (here.schemas, here.last_read)


def test_a_preview_is_written_and_planned_apart(here: Workdir) -> None:
    assert here.write(Module({}, {}), preview=True) == here.preview
    assert not (here.work / "main.tf.json").exists()
    assert here.previewing.site.module == here.preview / "main.tf.json"
    assert here.tofu.site.module == here.work / "main.tf.json"


def test_no_state_may_be_overwritten(here: Workdir) -> None:
    declared = here.having(backend=here.place(replace(NONE, backend={"type": "local", "path": "st/x.tfstate"})))
    kept = declared.destinations.kept
    assert {here.state_file, here.project / "st/x.tfstate"} <= set(kept)


def test_a_local_module_is_known_by_its_files(tmp_path: Path) -> None:
    assert local_digest(tmp_path) == ""
    (tmp_path / "x.tf").write_text("a")
    first = local_digest(tmp_path)
    (tmp_path / "below").mkdir()
    (tmp_path / "below/y.tf").write_text("b")
    assert local_digest(tmp_path) not in ("", first)
