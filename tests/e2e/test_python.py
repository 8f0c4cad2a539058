"""`nivis_tofu.Project` on the real engine and Nix, as a program uses it."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu import EngineError, Event, Interrupted, NivisError, PlanStale, Project, RunResult, events
from tests.e2e.project import clean_env
from tests.support import provider

pytestmark = [pytest.mark.engine, pytest.mark.nix]

FLAKE = """{
  inputs.nivis.url = "github:wearetechnative/nivis";
  outputs = { self, nivis }: let lib = nivis.lib; in {
    nivis.plan = ledger: let
      var = lib.mkVars { v = { default = "one"; }; pw = { type = "str"; default = "unset"; sensitive = true; }; } ledger.vars;
      thing = name: value: lib.mkResource {
        provider = "lab"; type = "lab_thing"; inherit name; config = { inherit name value; };
      };
      a = thing "a" var.v;
      b = thing "b" (lib.str [ "from " (a.refAttr "id") ]);
      c = thing "c" (lib.derived { inputs = [ (b.refAttr "id") ]; render = ids: { of = builtins.head ids; n = 1; }; });
    in lib.toIR {
      providers.lab = lib.mkProvider { source = "nivis.invalid/nivis/lab"; };
      resources = [ a b c ];
      outputs = { c = c.refAttr "value"; v = a.refAttr "value"; pw = { value = var.pw; sensitive = true; }; };
      inherit ledger;
    };
  };
}
"""
SECRET = "hunter2-canary"


@pytest.fixture
def cloud() -> Iterator[provider.Lab]:
    with provider.provider() as lab:
        yield lab


@pytest.fixture
def env(cloud: provider.Lab, tofu_exe: Path) -> dict[str, str]:
    return cloud.environment(clean_env(tofu_exe))


def directory(tmp_path: Path, name: str = "a projéct") -> Path:
    path = tmp_path / name
    path.mkdir()
    (path / "flake.nix").write_text(FLAKE)
    return path


def did(result: RunResult | None) -> list[tuple[str, str, int]]:
    assert result
    return [(c.id.removeprefix("lab.lab_thing."), c.action, c.phase) for c in result.changes]


def test_a_life(tmp_path: Path, env: dict[str, str], cloud: provider.Lab, capfd: pytest.CaptureFixture[str]) -> None:
    heard: list[Event] = []
    here = Project(directory(tmp_path), env=env, variables={"v": ["x", 1.5], "pw": SECRET}, on_event=heard.append)
    plan = here.plan(detail=True)
    assert [(c.action, c.type, c.phase) for c in plan.changes] == [("create", "lab_thing", n) for n in (1, 2, 3)]
    assert plan.changes[2].waits_for == ("lab.lab_thing.b.id",)
    result = here.apply(plan)
    assert did(result) == [("a", "create", 1), ("b", "create", 2), ("c", "create", 3)]
    assert here.output() == {"c": {"of": cloud.objects["b"]["id"], "n": 1}, "v": ["x", 1.5], "pw": SECRET}
    assert result.outputs == here.output()
    assert here.output("pw", str) == SECRET
    assert here.state().resources["lab.lab_thing.a"].attributes["secret"] == cloud.objects["a"]["secret"]
    assert SECRET not in repr([plan, result, here.state(), here.output(), heard])
    assert here.plan().empty
    # Somebody else changes something: seen, reverted, and seen again by the plan of a refresh.
    cloud.drift("b", value="changed outside")
    drift = here.plan(refresh_only=True, detail=True).drift
    assert [(d.id, [a.after for a in d.attributes]) for d in drift] == [("lab.lab_thing.b", ["changed outside"])]
    assert [d.id for d in here.refresh().drift] == ["lab.lab_thing.b"]
    assert did(here.apply()) == [("b", "update", 1)]
    with pytest.raises(PlanStale):
        here.apply(plan)
    # A plan that goes to the command line, and a replacement of what is meant alone.
    replaced = here.plan(replace="lab.lab_thing.c", no_destroy=False)
    assert [c.id for c in replaced.destroys] == ["lab.lab_thing.c"]
    replaced.save(tmp_path / "F")
    with pytest.raises(NivisError, match="The plan destroys something"):
        here.apply(replace="lab.lab_thing.c", no_destroy=True)
    assert did(here.apply(replaced)) == [("c", "replace", 1)]
    assert did(here.destroy()) == [("c", "delete", 1), ("b", "delete", 1), ("a", "delete", 1)]
    assert (cloud.objects, here.state().resources) == ({}, {})
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("one_plan", [False, True])
def test_a_failure_half_way_and_the_run_after_it(
    tmp_path: Path, env: dict[str, str], cloud: provider.Lab, one_plan: bool
) -> None:
    here = Project(directory(tmp_path), env=env, variables={"pw": SECRET}, one_plan=one_plan)
    cloud.on("create", "b", fail="no room for b")
    with pytest.raises(EngineError) as caught:
        here.apply()
    (found,) = caught.value.diagnostics
    assert (found.address, "no room for b" in f"{found.summary} {found.detail}") == ("lab.lab_thing.b", True)
    result = caught.value.run_result
    assert did(result) == [("a", "create", 1)]
    assert result
    assert (result.failed, result.complete) == (("lab.lab_thing.b",), False)
    assert SECRET not in repr([caught.value, caught.value.diagnostics, caught.value.__notes__, result])
    cloud.well()
    assert [name for name, *_ in did(here.apply())] == ["b", "c"]


def test_cancelled_in_the_middle_and_gone_on(tmp_path: Path, env: dict[str, str], cloud: provider.Lab) -> None:
    """From a coroutine that gives up waiting: the engine ends what it has begun, and the state knows it."""
    heard: list[Event] = []
    here = Project(directory(tmp_path), env=env, on_event=heard.append)
    cloud.on("create", "b", seconds=2)

    async def impatient() -> RunResult:
        run = asyncio.create_task(asyncio.to_thread(here.apply))
        await asyncio.to_thread(cloud.wait, lambda: cloud.running.get("b", 0) > 0)
        assert here.cancel()
        return await run

    with pytest.raises(Interrupted) as caught:
        asyncio.run(impatient())
    assert "The run was cancelled" in caught.value.diagnostics[0].detail
    assert [e.times for e in heard if isinstance(e, events.Signalled)] == [1]
    assert did(caught.value.run_result) == [("a", "create", 1), ("b", "create", 2)]
    assert set(here.state().resources) == {"lab.lab_thing.a", "lab.lab_thing.b"}
    assert here.cancel() is False
    assert did(here.apply()) == [("c", "create", 1)]
    # While it waits for the lock of another run it can be told to leave.
    cloud.on("delete", seconds=2)
    destroying = threading.Thread(target=here.destroy)
    destroying.start()
    cloud.wait(lambda: any(cloud.running.values()))
    second = Project(here.path, env=env)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(second.plan, lock_timeout=60)
        cloud.wait(second.cancel)
        with pytest.raises(Interrupted):
            waiting.result()
    destroying.join()
    assert cloud.objects == {}


def test_many_projects_at_once(tmp_path: Path, env: dict[str, str], cloud: provider.Lab) -> None:
    """Two of one provider in two threads; who hears what, and what is whose, is never mixed up."""
    heard: dict[str, list[Any]] = {"x": [], "y": []}
    here = {}
    for name, said in heard.items():
        flake = FLAKE.replace(
            "config = { inherit name value; }", f'config = {{ name = "{name}-${{name}}"; inherit value; }}'
        )
        path = directory(tmp_path, name)
        (path / "flake.nix").write_text(flake)
        here[name] = Project(path, env=env, on_event=said.append, variables={"v": name})
    with ThreadPoolExecutor() as pool:
        results = dict(zip(here, pool.map(Project.apply, here.values()), strict=True))
    for name, result in results.items():
        assert [n for n, *_ in did(result)] == ["a", "b", "c"]
        assert result.outputs["v"] == here[name].output("v", str) == name
        told = [e for e in heard[name] if isinstance(e, events.Done)]
        assert [(e.id.rpartition(".")[2], e.phase) for e in told] == [("a", 1), ("b", 2), ("c", 3)]
    assert sorted(cloud.objects) == sorted(f"{name}-{thing}" for name in here for thing in "abc")
    shutil.rmtree(here["x"].path / ".nivis")
    assert here["x"].plan().empty
