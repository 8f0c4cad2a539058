"""--target, --exclude, --replace on the real engine: what is left out is never touched, phases go on."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.run.decide.select import Selection
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


@pytest.fixture(params=["tofu", "terraform"])
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Lab:
    if request.param == "terraform" and shutil.which("terraform") is None:
        pytest.skip("terraform is not installed")
    return Lab(tmp_path, kind=request.param)


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
    outputs = lab.snapshot().outputs
    write(lab, "2", "a b c x y")  # z is gone from the flake, and everything else changes
    lab.write(LET.replace("@V@", "2"), "resources = [ a b c x y ];")
    assert lab.planned(**to("terraform_data.y")) == {"x": "update", "y": "update"}
    assert lab.apply(**to("terraform_data.y")).ok().words == {"x": "updated", "y": "updated"}
    assert inputs(lab) == inputs(lab) | {"a": "1", "b": "b 1", "c": "c b 1", "x": "2", "y": "2", "z": "1"}
    assert {n: before[n]["id"] for n in before} == {n: lab.state[n]["id"] for n in lab.state}
    assert lab.snapshot().outputs == outputs
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


GROUP = """size = td "size" { input = var.n; };
members = lib.whenKnown { inputs = { n = size.refAttr "output"; }; name = "members";
  resources = { n }: builtins.genList (i: td "db${toString i}" { input = i; }) n; };
other = td "other" { input = 1; };"""


def test_a_member_of_a_group_survives_while_nobody_knows_that_it_is_one(lab: Lab) -> None:
    lab.write(GROUP, "resources = [ size members other ];")
    lab.variables["n"] = 2
    lab.apply().ok()
    before = {n: o["id"] for n, o in lab.state.items()}
    lab.variables["n"] = 3
    assert lab.apply(**to("terraform.terraform_data.db1")).ok().words == {"size": "updated"}
    lab.variables["n"] = 4
    assert lab.apply(**to(without=("*.size",))).ok().words == {}
    assert lab.apply(**to(without=("members",))).ok().words == {"size": "updated"}
    assert {n: o["id"] for n, o in lab.state.items()} == before
    assert lab.apply().ok().words == {"db2": "created", "db3": "created"}


def test_names_that_mean_nothing(lab: Lab) -> None:
    write(lab)
    with pytest.raises(NivisError) as caught:
        lab.plan(**to("terraform.terraform_data.aa", "nothing*"))
    first, second = caught.value.diagnostics
    assert first.summary == "--target names nothing"
    assert first.hint.startswith("Did you mean `terraform.terraform_data.a`?")
    assert "`nothing*`" in second.detail
    with pytest.raises(NivisError, match="--replace names nothing"):
        lab.plan(replace=("terraform_data.nope[0]",))
    with pytest.raises(NivisError, match="--exclude names nothing"):
        lab.plan(**to(without=("terraform_data.aaa[0]",)))


SEVERAL = r"""many = td "many" { for_each = lib.expr "\${toset([\"k1\", \"k2\"])}"; input = lib.expr "\${each.key}-@V@"; };
after = td "after" { input = lib.expr "\${terraform_data.many[\"k1\"].output}"; };
apart = td "apart" { input = "@V@"; };"""


def several(lab: Lab, value: str) -> None:
    lab.write(SEVERAL.replace("@V@", value), "resources = [ many after apart ];")


def values(lab: Lab) -> dict[str, Any]:
    """Address -> input, instances apart."""
    found = lab.snapshot().instances
    return {i.address.removeprefix("terraform_data."): i.attributes["input"]["value"] for i in found}


def test_one_instance_of_several(lab: Lab) -> None:
    several(lab, "1")
    assert lab.apply(**to('terraform_data.many["k1"]')).ok().words == {'many["k1"]': "created"}
    assert values(lab) == {'many["k1"]': "k1-1"}
    lab.apply().ok()
    several(lab, "2")
    assert list(lab.planned(**to('terraform.terraform_data.many["k?"]'))) == ['many["k1"]', 'many["k2"]']
    lab.apply(**to('terraform.terraform_data.many["k2"]')).ok()
    assert values(lab) == {'many["k1"]': "k1-1", 'many["k2"]': "k2-2", "after": "k1-1", "apart": "1"}
    # An exclusion keeps what depends on the resource where it is, too.
    several(lab, "3")
    lab.apply(**to(without=('terraform_data.many["k1"]',))).ok()
    assert values(lab) == {'many["k1"]': "k1-1", 'many["k2"]': "k2-3", "after": "k1-1", "apart": "3"}
    lab.apply(**to("terraform_data.after")).ok()
    assert values(lab)["after"] == "k1-3"
    assert lab.settled()


def test_one_instance_is_destroyed_with_what_needs_it(lab: Lab) -> None:
    several(lab, "1")
    lab.apply().ok()
    assert sorted(lab.destroy(**to('terraform_data.many["k1"]')).ok().order) == ["after", 'many["k1"]']
    assert set(values(lab)) == {'many["k2"]', "apart"}
    lab.apply().ok()
    assert sorted(lab.destroy(**to(without=('terraform_data.many["k2"]',))).ok().order) == [
        "after",
        "apart",
        'many["k1"]',
    ]


MODULE = 'variable "v" {}\nresource "terraform_data" "in" {\n  count = 2\n  input = "${var.v}-${count.index}"\n}\n'
JOINED = """variable "zone" { default = "one" }
locals { zone = var.zone }
resource "terraform_data" "old" {
  for_each = toset(["a", "b"])
  input    = "${each.key} ${local.zone}"
}
module "m" {
  source = "./m"
  v      = local.zone
}
resource "terraform_data" "user" { input = terraform_data.new.output }
output "user" { value = terraform_data.user.output }
"""


def test_parts_of_a_joined_root_module_and_of_modules(lab: Lab) -> None:
    (lab.project / "m").mkdir()
    (lab.project / "m/main.tf").write_text(MODULE)

    def write(value: str) -> None:
        (lab.project / "main.tf").write_text(JOINED.replace('"one"', f'"{value}"'))
        lab.write(
            f'new = td "new" {{ input = "{value}"; }}; late = td "late" {{ input = of (new.refAttr "id") (x: "{value} ${{x}}"); }};',
            'resources = [ new late ]; rootModule = ".";',
        )

    def short_values() -> dict[str, str]:
        return {k: str(v).split(" ")[-1] if k != "late" else str(v).split(" ")[0] for k, v in values(lab).items()}

    write("one")
    lab.apply(**to('terraform_data.old["a"]', "*.late")).ok()
    assert set(values(lab)) == {'old["a"]', "new", "late"}
    lab.apply(**to("module.m.terraform_data.in[1]")).ok()
    assert set(values(lab)) == {'old["a"]', "new", "late", "module.m.in[1]".replace("m.in", "m.terraform_data.in")}
    lab.apply().ok()
    assert lab.settled()
    write("two")
    lab.apply(**to(without=("terraform_data.new", "module.m"))).ok()
    found = short_values()
    assert (found["new"], found["user"], found["late"]) == ("one", "one", "one")
    assert (found['old["a"]'], found["module.m.terraform_data.in[0]"]) == ("two", "one-0")
    lab.apply(**to("module.m")).ok()
    assert short_values()["module.m.terraform_data.in[0]"] == "two-0"
    # What stays in the files depends on what is in the flake, and brings it.
    lab.apply(**to("terraform_data.user")).ok()
    found = short_values()
    assert (found["new"], found["user"], found["late"]) == ("two", "two", "one")
    lab.apply().ok()
    assert lab.settled()
