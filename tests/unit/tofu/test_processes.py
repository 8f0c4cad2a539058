"""One engine, in other places and environments: nothing is changed and put back."""

from __future__ import annotations

from pathlib import Path

from nivis_tofu.tofu.client import Tofu
from nivis_tofu.tofu.messages import Message
from nivis_tofu.tofu.site import Site


def test_the_same_engine_elsewhere(tmp_path: Path) -> None:
    heard: list[Message] = []
    here = Tofu(tmp_path / "tofu", "tofu", Site.alone(tmp_path), {"A": "1"})
    there = here.at(Site(tmp_path / "x", scratch=tmp_path), {"B": "2"}, on_message=heard.append)
    assert (there.directory, there.env, there.on_message) == (tmp_path / "x", {"B": "2"}, heard.append)
    assert (here.directory, here.env) == (tmp_path, {"A": "1"})
    assert (there.exe, there.kind, there.redactor) == (here.exe, here.kind, here.redactor)
    assert here.at().env == here.env
    assert here.at(env={}).env == {}


def test_what_it_costs_is_counted_once(tmp_path: Path) -> None:
    here = Tofu(tmp_path / "tofu", "tofu", Site.alone(tmp_path), {})
    there = here.at(env={"B": "2"})
    here.cost.count(loads=True)
    there.cost.count(loads=False)
    assert (here.processes, here.schema_loads) == (there.processes, there.schema_loads) == (2, 1)
