"""The modules of the golden cases are ones that the engine takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.golden.test_render import CASES, case, rendered
from tests.support.rendering import Workbench


@pytest.mark.engine
@pytest.mark.parametrize("name", [name for name in CASES if case(name).get("validate", True)])
def test_the_engine_takes_it(name: str, tofu_exe: Path, tmp_path: Path) -> None:
    bench = Workbench.at(tmp_path / "work", tofu_exe)
    for module, content in case(name).get("modules", {}).items():
        (bench.tofu.directory / module).mkdir()
        (bench.tofu.directory / module / "main.tf.json").write_text(json.dumps(content))
    text, secrets = rendered(name)
    (bench.tofu.directory / "main.tf.json").write_text(text, encoding="utf-8")
    if secrets:
        (bench.tofu.directory / "nivis.auto.tfvars.json").write_text(secrets, encoding="utf-8")
    if case(name).get("modules"):
        bench.tofu.init()
    assert bench.tofu.validate() == ()
