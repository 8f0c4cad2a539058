"""After every apply: values as the model says, nothing left to do, what should stay has kept its id."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core.redactor import Redactor
from nivis_tofu.nix.evaluate import Nix
from nivis_tofu.project.workdir import Workspace
from nivis_tofu.run.decide.options import Options
from nivis_tofu.run.loop import Run
from nivis_tofu.run.session import Session
from nivis_tofu.system import locate
from nivis_tofu.tofu.client import Tofu
from nivis_tofu.tofu.env import engine_env
from tests.property import generator as g

HERE = Path(__file__).parent
PREFIX = "terraform_data."


def make_session(project: Path, kind: str = "tofu") -> Session:
    env = dict(os.environ)
    engine = locate.find_engine(None if kind == "tofu" else "terraform", env, lambda _: "")
    root = project / ".nivis"
    root.mkdir(mode=0o700, exist_ok=True)
    redactor = Redactor()
    tofu = Tofu(engine.exe, engine.kind, root / "work", engine_env(env), redactor=redactor)
    space = Workspace(project, root, project / "nivis.state.json", tofu)
    nix = Nix(locate.find_nix(env), ".", "nivis.plan", project, root, env=env)
    return Session(nix, tofu, space, Options(), redactor)


def objects(session: Session) -> dict[str, dict[str, Any]]:
    snapshot = session.space.snapshot()
    return {a.removeprefix(PREFIX): dict(o.attributes) for a, o in snapshot.objects.items()}


def check(spec: g.Spec, state: dict[str, dict[str, Any]]) -> None:
    expected = {n["name"]: g.evaluate(n["input"], state) for n in spec["nodes"]}
    for group in spec["groups"]:
        expected |= g.members(group, state)
    assert state.keys() == expected.keys()
    assert {n: o["input"] for n, o in state.items()} == expected
    for node in spec["nodes"]:
        if node["trigger"] is not None:
            assert state[node["name"]]["triggers_replace"] == g.evaluate(node["trigger"], state)


def must_stay(old: g.Spec, new: g.Spec, before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """Names that nothing forces to be replaced.

    Their trigger is the same value before and after, and nothing upstream was replaced: a dependant that may have
    to be replaced goes before its upstream does, when nobody can know yet that its trigger comes out equal.
    """
    triggers = {n["name"]: n["trigger"] for n in old["nodes"]}
    replaced = {n for n in before if n not in after or before[n]["id"] != after[n]["id"]}
    above = g.upstream(old, new)
    stay = set()
    for node in new["nodes"]:
        name = node["name"]
        if name not in before or name not in triggers or above[name] & replaced:
            continue
        now = g.evaluate(node["trigger"], after) if node["trigger"] is not None else None
        if before[name]["triggers_replace"] == now:
            stay.add(name)
    members = {n for n in before if n.startswith(("g", "i")) and n in after}
    return stay | members


def sequence(seed: int, edits: int) -> list[g.Spec]:
    make = g.Generator(seed)
    specs = [make.spec()]
    for _ in range(edits):
        specs.append(make.edit(specs[-1]))
    return specs


def run(specs: list[g.Spec], project: Path, kind: str = "tofu") -> None:
    shutil.copy(HERE / "flake.nix", project / "flake.nix")
    (project / "flake.nix").chmod(0o644)
    before: dict[str, dict[str, Any]] = {}
    old: g.Spec | None = None
    for step, spec in enumerate(specs):
        (project / "graph.json").write_text(json.dumps(spec, indent=1))
        where = f"step {step}: {json.dumps(spec)}"
        announced = Run(make_session(project, kind)).plan()
        session = make_session(project, kind)
        result = Run(session).apply()
        assert result.error is None, f"{where}\n{result.error!r} {result.error and result.error.diagnostics}"
        state = objects(session)
        try:
            check(spec, state)
            # Old objects go in the phase before their successors come: one phase more than the depth.
            assert result.tally.phases <= g.depth(spec) + 1 + (0 if old is None else 1)
            if old is not None:
                kept = {n for n in must_stay(old, spec, before, state) if before[n]["id"] == state[n]["id"]}
                assert kept == must_stay(old, spec, before, state)
            told = {x.id.removeprefix("terraform.terraform_data."): x.action for x in announced.lines}
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
            again = Run(make_session(project, kind)).plan()
            assert again.empty, again.lines
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
    run(sequence(seed, 2), tmp_path, "terraform")


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1000, 1200))
def test_hundreds(seed: int, tmp_path: Path) -> None:
    run(sequence(seed, 4), tmp_path)
