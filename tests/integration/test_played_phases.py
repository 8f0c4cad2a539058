"""A run that is played comes to what a real one comes to: on random graphs, phase by phase."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core.json_text import same
from nivis_tofu.run.loop import Run
from nivis_tofu.testing.case import Case, Played
from nivis_tofu.testing.invent import Inventor
from nivis_tofu.testing.play import Play
from nivis_tofu.testing.project import suite
from nivis_tofu.testing.rounds import play_all
from tests.property import generator as g
from tests.property.test_graphs import HERE, make_session, objects

pytestmark = [pytest.mark.engine, pytest.mark.nix]
DATA = "terraform.terraform_data."


def compared(seed: int, project: Path) -> None:
    """Both ways, with the ids that the engine chose."""
    spec = g.Generator(seed).spec()
    shutil.copy(HERE / "flake.nix", project / "flake.nix")
    (project / "graph.json").write_text(json.dumps(spec))
    session = make_session(project)
    real = Run(session).apply()
    assert real.error is None, real.error
    there = objects(session)

    played = suite(session, project / ".nivis", "nivis.tests", lambda _: session.options.variables)
    case = Case("graph", fixed={DATA + name: {"id": held["id"]} for name, held in there.items()})
    play = Play(case, Inventor(), played.around(case))
    (found,) = play_all([play], played.flake.plans)
    assert isinstance(found, Played), f"{seed}: {found}"

    where = f"{seed}: {json.dumps(spec)}"
    steps = {step.id: step.phase for step in real.tally.steps}
    assert {i: r["phase"] for i, r in found.resources.items()} == steps, where
    assert found.phases == real.tally.phases, where
    for name, held in there.items():
        for attribute in ("input", "output", "triggers_replace"):
            ours: Any = found.resources[DATA + name]["outputs"][attribute]
            assert same(ours, held[attribute]), (where, name, attribute)
    outputs = {name: output.value for name, output in session.workdir.state.snapshot().outputs.items()}
    assert same(dict(found.outputs), outputs), where


@pytest.mark.parametrize("seed", range(3))
def test_a_handful(seed: int, tmp_path: Path) -> None:
    compared(seed, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3000, 3100))
def test_hundreds(seed: int, tmp_path: Path) -> None:
    compared(seed, tmp_path)
