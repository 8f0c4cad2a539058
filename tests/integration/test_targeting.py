"""--target, --exclude, --replace on the real engine: what is left out is never touched, phases go on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.errors import NivisError
from nivis_tofu.targeting import Selection
from tests.support.lab import Lab

pytestmark = [pytest.mark.engine, pytest.mark.nix]

# Two branches: a -> b -> c through Nix, x -> y natively; z stands alone.
LET = """a = td "a" { input = "@V@"; };
b = td "b" { input = lib.str [ "b " (a.refAttr "output") ]; };
c = td "c" { input = lib.str [ "c " (b.refAttr "output") ]; };
x = td "x" { input = "@V@"; };
y = td "y" { input = x.refAttr "output"; };
z = td "z" { input = "@V@"; };"""
IR = 'resources = [ @LIST@ ]; outputs.c = c.refAttr "output"; outputs.z = z.refAttr "output";'


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def write(lab: Lab, value: str = "1", resources: str = "a b c x y z") -> None:
    lab.write(LET.replace("@V@", value), IR.replace("@LIST@", resources))


def to(*targets: str, without: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"selection": Selection(targets, without)}


def inputs(lab: Lab) -> dict[str, Any]:
    return {name: attributes["input"] for name, attributes in lab.state.items()}


def test_a_target_brings_what_it_needs_through_all_its_phases(lab: Lab) -> None:
    write(lab)
    assert lab.planned(**to("terraform.terraform_data.c")) == dict.fromkeys("abc", "create")
    done = lab.apply(**to("terraform.terraform_data.c")).ok()
    assert done.words == dict.fromkeys("abc", "created")
    assert done.result.complete
    assert done.applies == 3
    assert set(lab.state) == set("abc")
    assert lab.apply(**to("*.y")).ok().words == {"x": "created", "y": "created"}
    assert lab.apply().ok().words == {"z": "created"}
    assert lab.settled()


def test_what_is_left_out_is_neither_changed_nor_destroyed(lab: Lab) -> None:
    write(lab)
    lab.apply().ok()
    before = lab.state
    outputs = lab.session().space.snapshot().outputs
    write(lab, "2", "a b c x y")  # z is gone from the flake, and everything else changes
    lab.write(LET.replace("@V@", "2"), "resources = [ a b c x y ];")
    assert lab.planned(**to("terraform_data.y")) == {"x": "update", "y": "update"}
    assert lab.apply(**to("terraform_data.y")).ok().words == {"x": "updated", "y": "updated"}
    assert inputs(lab) == inputs(lab) | {"a": "1", "b": "b 1", "c": "c b 1", "x": "2", "y": "2", "z": "1"}
    assert {n: before[n]["id"] for n in before} == {n: lab.state[n]["id"] for n in lab.state}
    assert lab.session().space.snapshot().outputs == outputs
    assert lab.plan(**to("terraform_data.y")).empty
    # An exclusion takes what depends on it along; the orphan z goes, since it is not excluded.
    assert lab.apply(**to(without=("*.b",))).ok().words == {"a": "updated", "z": "destroyed"}
    assert inputs(lab) == {"a": "2", "b": "b 1", "c": "c b 1", "x": "2", "y": "2"}
    assert lab.apply().ok().words == {"b": "updated", "c": "updated"}
    assert lab.settled()


def test_an_orphan_can_be_meant_too(lab: Lab) -> None:
    write(lab)
    lab.apply().ok()
    lab.write(LET.replace("@V@", "2"), "resources = [ a b c x ];")
    assert lab.planned(**to("terraform.terraform_data.z")) == {"z": "delete"}
    assert lab.planned(**to(without=("terraform_data.z", "*.a"))) == {"x": "update", "y": "delete"}
    assert lab.apply(**to("*.z")).ok().words == {"z": "destroyed"}
    assert set(lab.state) == set("abcxy")


def test_destroy_takes_dependants_along_and_spares_what_is_needed(lab: Lab) -> None:
    write(lab)
    lab.apply().ok()
    assert lab.destroy(**to("terraform_data.b")).ok().order == ["c", "b"]
    assert set(lab.state) == set("axyz")
    assert set(lab.destroy(**to(without=("*.y",))).ok().order) == {"a", "z"}
    assert set(lab.state) == set("xy")
    assert lab.destroy().ok().order == ["y", "x"]


def test_replace_by_id_and_glob(lab: Lab) -> None:
    write(lab)
    lab.apply().ok()
    before = lab.state
    done = lab.apply(replace=("terraform.*.z", "terraform_data.x")).ok()
    assert {n for n, w in done.words.items() if w == "replaced"} == {"x", "z"}
    assert before["z"]["id"] != lab.state["z"]["id"]
    assert lab.settled()


def test_a_resource_that_a_group_brings_can_be_a_target(lab: Lab) -> None:
    lab.write(
        """a = td "a" { input = 2; }; z = td "z" { input = 1; };
        g = lib.whenKnown { inputs = [ (a.refAttr "output") ]; resources = xs: [ (td "m" { input = xs; }) ]; };""",
        "resources = [ a g z ];",
    )
    assert lab.apply(**to("*.m")).ok().words == {"a": "created", "m": "created"}
    assert set(lab.state) == {"a", "m"}


def test_names_that_mean_nothing(lab: Lab) -> None:
    write(lab)
    with pytest.raises(NivisError) as caught:
        lab.plan(**to("terraform.terraform_data.aa", "nothing*"))
    first, second = caught.value.diagnostics
    assert first.summary == "--target names nothing"
    assert first.hint == "Did you mean `terraform.terraform_data.a`?"
    assert "`nothing*`" in second.detail
    with pytest.raises(NivisError, match="--replace names nothing"):
        lab.plan(replace=("terraform_data.nope[0]",))
    with pytest.raises(NivisError, match="--exclude takes whole resources"):
        lab.plan(**to(without=("terraform_data.a[0]",)))
