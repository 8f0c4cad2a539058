"""`plan --diff` on the real engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nivis_tofu.core.outcome import Preview
from nivis_tofu.run.decide.options import Options
from nivis_tofu.run.loop import Run
from nivis_tofu.views import diff, human, jsonl
from tests.support.lab import Lab

pytestmark = [pytest.mark.engine, pytest.mark.nix]

LET = """a = td "a" { input = "@A@"; triggers_replace = [ "@T@" ]; };
b = td "b" { input = { text = of (a.refAttr "output") (x: "one\\ntwo ${x}\\n"); list = [ 1 @N@ 3 ]; }; };
s = td "s" { input = lib.str [ var.s "@S@" ]; };"""
A = "terraform.terraform_data.a.output"
IR = 'resources = [ a b s ]; outputs.o = b.refAttr "output";'


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def write(lab: Lab, *, a: str = "one", t: str = "t", n: str = "2", s: str = "") -> None:
    lab.write(LET.replace("@A@", a).replace("@T@", t).replace("@N@", n).replace("@S@", s), IR)


def text(preview: Preview) -> str:
    return human.plan(preview, detail=diff.detail(full=True))


def test_phases_in_which_values_become_known(lab: Lab) -> None:
    lab.variables = {"s": "x"}
    write(lab)
    out = text(lab.plan(detail=True))
    assert f"     + input = {{ list = [1, 2, 3], text = (computed in Nix from {A}, known after phase 1) }}\n"
    assert "     + id, output = (known after phase 2)\n" in out
    assert " + output.o\n     + terraform.terraform_data.b.output (known after phase 2)\n" in out
    lab.apply().ok()
    assert text(lab.plan(detail=True)) == "No changes. 3 resource(s) up to date.\n"
    write(lab, a="two", n="4")
    out = text(lab.plan(detail=True))
    assert '     ~ input = "one" -> "two"\n' in out
    assert "     ~ input.list[1] = 2 -> 4\n" in out
    # The configured attribute is known at plan, its echo is not.
    assert '     ~ input.text = "one\\ntwo one\\n" -> (computed in Nix from ' in out
    write(lab, t="u")
    lines = {x.id.split(".")[-1]: x for x in lab.plan(detail=True).lines}
    assert [(a.path, a.forces) for a in lines["a"].attributes if a.forces] == [(("triggers_replace", 0), True)]
    assert not (lab.project / ".nivis" / "preview.tfplan").exists()


def test_only_with_detail_more_is_paid(lab: Lab) -> None:
    lab.variables = {"s": "x"}
    write(lab)
    lab.apply().ok()
    write(lab, n="9")
    session = lab.session()
    Run(session).plan()
    assert session.tofu.schema_loads == 1
    session = lab.session(Options(variables=lab.variables, detail=True))
    Run(session).plan()
    assert session.tofu.schema_loads == 2


SECRET = """v = tdm "v" { } { input = pw; };
w = td "w" { input = lib.str [ "pw: " pw ]; };
pw = (lib.mkVars { pw = { type = "str"; sensitive = true; }; } var).pw;"""


def test_secrets_stay_secret(lab: Lab) -> None:
    lab.write(SECRET, "resources = [ v w ];")
    lab.variables = {"pw": "hunter2-first"}
    lab.apply().ok()
    lab.variables = {"pw": "hunter2-second"}
    preview = lab.plan(detail=True)
    for out in (text(preview), jsonl.plan(preview, detail=True)):
        assert "hunter2" not in out
    assert text(preview).count("     ~ input = (sensitive) -> (sensitive)\n") == 2
    lab.variables = {"pw": "hunter2-first"}
    lab.write(SECRET, "resources = [ w ];")
    gone = Run(lab.session(Options(variables=lab.variables, detail=True))).plan_destroy()
    assert "hunter2" not in text(gone)
    assert text(gone).count("     - input = (sensitive)\n") == 2
    preview = lab.plan(detail=True)
    assert "hunter2" not in text(preview)
    assert "     # it is no longer in the configuration\n" in text(preview)


def test_moves_and_the_document(lab: Lab) -> None:
    lab.write('a = td "a" { input = 1; };', "resources = [ a ];")
    lab.apply().ok()
    lab.write(
        'b = td "b" { input = 2; };',
        'resources = [ b ]; extra.moved = [ { from = "terraform_data.a"; to = "terraform_data.b"; } ];',
    )
    preview = lab.plan(detail=True)
    [change] = json.loads(jsonl.plan(preview, detail=True))["changes"]
    assert change["attributes"][0] == {
        "path": ["input"],
        "object": "",
        "action": "update",
        "before": 1,
        "after": 2,
        "known_after_phase": None,
        "derived_from": [],
        "sensitive": False,
        "forces_replacement": False,
    }
    assert change["previous"] == "terraform_data.a"


def test_what_lies_in_a_module_has_attributes_too(lab: Lab) -> None:
    (lab.project / "m").mkdir()
    (lab.project / "m/x.tf").write_text(
        'variable "v" {}\nresource "terraform_data" "in" {\n  count = 2\n  input = var.v\n}\n'
    )

    def write(value: str) -> None:
        let = f'm = lib.mkModule {{ source = "./m"; name = "m"; config.v = "{value}"; }};'
        lab.write(let, "resources = [ ]; modules = [ m ];")

    write("one")
    assert '     + input = "one"\n' in text(lab.plan(detail=True))
    lab.apply().ok()
    write("two")
    out = text(lab.plan(detail=True))
    for index in (0, 1):
        line = f" ~ module.m.terraform_data.in[{index}] (terraform_data)\n"
        assert line + '     ~ input = "one" -> "two"\n' in out
