"""After every apply: values as the model says, nothing left to do, what should stay has kept its id."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pytest

from nivis_tofu.core.redactor import Redactor
from nivis_tofu.nix.evaluate import Nix
from nivis_tofu.project.workdir import Workdir
from nivis_tofu.run.decide.options import Options
from nivis_tofu.run.loop import Run
from nivis_tofu.run.session import Session
from nivis_tofu.system import locate
from nivis_tofu.tofu.client import Tofu
from nivis_tofu.tofu.env import engine_env
from nivis_tofu.tofu.site import Site
from tests.property import generator as g
from tests.property import model

HERE = Path(__file__).parent
PREFIX = "terraform_data."
Mode = Literal["off", "on", "careful"]


def make_session(project: Path, kind: str = "tofu", mode: Mode = "off") -> Session:
    env = dict(os.environ)
    engine = locate.find_engine(None if kind == "tofu" else "terraform", env, lambda _: "")
    root = project / ".nivis"
    root.mkdir(mode=0o700, exist_ok=True)
    redactor = Redactor()
    tofu = Tofu(engine.exe, engine.kind, Site.alone(root / "work"), engine_env(env), redactor)
    workdir = Workdir.open(project, root, project / "nivis.state.json", tofu)
    nix = Nix(locate.find_nix(env), ".", "nivis.plan", project, root, env=env)
    return Session.bound(nix, workdir, Options(one_plan=mode), redactor)


def objects(session: Session) -> dict[str, dict[str, Any]]:
    snapshot = session.workdir.state.snapshot()
    return {a.removeprefix(PREFIX): dict(o.attributes) for a, o in snapshot.objects.items()}


def sequence(seed: int, edits: int) -> list[g.Spec]:
    make = g.Generator(seed)
    specs = [make.spec()]
    for _ in range(edits):
        specs.append(make.edit(specs[-1]))
    return specs


def run(specs: list[g.Spec], project: Path, kind: str = "tofu", modes: Sequence[Mode] = ()) -> None:
    """`modes`: how each generation is applied; in phases, if nothing is said."""
    shutil.copy(HERE / "flake.nix", project / "flake.nix")
    (project / "flake.nix").chmod(0o644)
    before: dict[str, dict[str, Any]] = {}
    old: g.Spec | None = None
    for step, spec in enumerate(specs):
        (project / "graph.json").write_text(json.dumps(spec, indent=1))
        mode: Mode = modes[step] if modes else "off"
        where = f"step {step} ({mode}): {json.dumps(spec)}"
        announced = Run(make_session(project, kind, mode)).plan()
        session = make_session(project, kind, mode)
        result = Run(session).apply()
        assert result.error is None, f"{where}\n{result.error!r} {result.error and result.error.diagnostics}"
        state = objects(session)
        try:
            model.check(spec, state)
            # Old objects go in the phase before their successors come: one phase more than the depth.
            assert result.tally.phases <= model.depth(spec) + 1 + (0 if old is None else 1)
            told = {x.id.removeprefix("terraform.terraform_data."): x.action for x in announced.lines}
            if old is not None:
                # In one plan the engine replaces for want of a value, and has to say so.
                replaced = {n for n, action in told.items() if action == "replace"} if mode == "on" else set()
                stay = model.must_stay(old, spec, before, state) - replaced
                assert {n for n in stay if before[n]["id"] == state[n]["id"]} == stay
            if "unknown" not in told.values():
                for acted in result.tally.acted.values():
                    name = acted.id.removeprefix("terraform.terraform_data.")
                    allowed = {
                        "replaced": {"replace"},
                        "destroyed": {"delete"},
                        "": {"create"},
                        "updated": {"update", "replace"},
                    }[acted.word]
                    assert told.get(name) in allowed, f"{name}: announced {told.get(name)}, {acted.word or 'created'}"
            for other in ("off", "on") if modes else ("off",):
                again = Run(make_session(project, kind, other)).plan()
                assert again.empty, (other, again.lines, again.outputs)
        except AssertionError as error:
            raise AssertionError(f"{where}\n{error}") from error
        before, old = state, spec
    destroyed = Run(make_session(project, kind)).destroy()
    assert destroyed.error is None, destroyed.error
    assert not objects(make_session(project, kind))


@pytest.mark.engine
@pytest.mark.nix
@pytest.mark.parametrize("seed", range(6))
def test_a_handful(seed: int, tmp_path: Path) -> None:
    run(sequence(seed, 3), tmp_path)


def mixed(seed: int, edits: int) -> list[Mode]:
    """Modes of a sequence: one plan is among them."""
    every: list[Mode] = ["on", "off", "careful"]
    return ["on", *random.Random(seed).choices(every, k=edits)]


@pytest.mark.engine
@pytest.mark.nix
@pytest.mark.parametrize("seed", range(6, 10))
def test_both_modes_come_to_the_same(seed: int, tmp_path: Path) -> None:
    run(sequence(seed, 3), tmp_path, modes=mixed(seed, 3))


@pytest.mark.engine
@pytest.mark.nix
@pytest.mark.parametrize("path", sorted((HERE / "regressions").glob("*.json")), ids=lambda p: p.stem)
def test_sequences_that_failed_once(path: Path, tmp_path: Path) -> None:
    run(json.loads(path.read_text()), tmp_path)


@pytest.mark.engine
@pytest.mark.nix
@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed")
@pytest.mark.parametrize("seed", range(50, 52))
def test_a_handful_on_terraform(seed: int, tmp_path: Path) -> None:
    run(sequence(seed, 2), tmp_path, "terraform", mixed(seed, 2) if seed % 2 else ())


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1000, 1200))
def test_hundreds(seed: int, tmp_path: Path) -> None:
    run(sequence(seed, 4), tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2000, 2200))
def test_hundreds_in_both_modes(seed: int, tmp_path: Path) -> None:
    run(sequence(seed, 4), tmp_path, modes=mixed(seed, 4))
