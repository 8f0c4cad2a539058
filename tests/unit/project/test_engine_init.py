"""When `init` is needed, and what its stamp remembers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core.errors import EngineError
from nivis_tofu.ir.model import IR
from nivis_tofu.project import engine_init
from nivis_tofu.project.workdir import Workdir
from nivis_tofu.render.module import Module
from nivis_tofu.tofu.argv import InitOptions
from nivis_tofu.tofu.client import Tofu
from nivis_tofu.tofu.site import Site

NONE = IR({}, {}, {})
S3 = replace(NONE, backend={"type": "s3", "bucket": "b"})
SCHEMAS: dict[str, Any] = {"provider_schemas": {"p": {"resource_schemas": {"t": {"block": {}}}}}}


class Engine(Tofu):
    """Initialises without a process."""

    def init(self, options: InitOptions = InitOptions()) -> tuple[()]:  # noqa: B008 - frozen
        if self.env.get("FAILS"):
            raise EngineError.of("Failed to install provider")
        (self.site.scratch / "asked").write_text(str(options.backend_config))
        return ()

    def providers_schema(self) -> dict[str, Any]:
        return SCHEMAS


def workdir(project: Path, ir: IR = NONE, **env: str) -> Workdir:
    if not (project / "tofu").exists():
        (project / "tofu").touch()
    engine = Engine(project / "tofu", "tofu", Site.alone(project), env)
    found = Workdir.open(project, project / ".nivis", project / "nivis.state.json", engine)
    return found.having(backend=found.place(ir))


def test_once_is_enough_until_something_changes(tmp_path: Path) -> None:
    here, module = workdir(tmp_path), Module({}, {})
    assert engine_init.recalled(here) is None
    assert engine_init.needed(here, NONE, module)
    done = engine_init.prepare(here, NONE, module)
    assert not engine_init.needed(done, NONE, module)
    assert not engine_init.needed(workdir(tmp_path), NONE, module), "also in the next run"
    assert engine_init.needed(done, NONE, Module({"terraform": {"required_version": "x"}}, {}))
    assert engine_init.needed(workdir(tmp_path, S3), S3, module)
    (tmp_path / "tofu").write_text("another one")
    assert engine_init.needed(done, NONE, module)


def test_the_state_is_found_again_where_the_last_init_had_it(tmp_path: Path) -> None:
    here = workdir(tmp_path, S3)
    engine_init.prepare(here, S3, Module({}, {}))
    fresh = workdir(tmp_path)
    assert fresh.settled.backend.type == "local"
    recalled = engine_init.recalled(fresh)
    assert recalled
    assert recalled.settled.backend.type == "s3"
    assert fresh.settled.backend.type == "local", "the first value is as it was"
    chosen = replace(fresh, force_local=True)
    assert engine_init.recalled(chosen) is None, "another state is asked for"


def test_a_failure_has_advice_and_leaves_no_stamp(tmp_path: Path) -> None:
    engine_init.prepare(workdir(tmp_path), NONE, Module({}, {}))
    with pytest.raises(EngineError) as error:
        engine_init.prepare(workdir(tmp_path, S3, FAILS="1"), S3, Module({}, {}), InitOptions())
    assert "its credentials" in error.value.diagnostics[0].hint
    assert engine_init.recalled(workdir(tmp_path)) is None


def test_what_an_init_without_backend_left_is_known(tmp_path: Path) -> None:
    assert not engine_init.without_backend(tmp_path / ".nivis")
    here = workdir(tmp_path, S3)
    chosen = replace(here, force_local=True)
    engine_init.prepare(chosen.having(backend=chosen.default), S3, Module({}, {}))
    assert engine_init.without_backend(tmp_path / ".nivis")
