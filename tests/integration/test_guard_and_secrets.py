"""What must never happen: a plan that does more than was announced, a secret where others can read it."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest

from nivis_tofu.core.errors import GuardError
from nivis_tofu.system import locate
from tests.support.lab import Lab

pytestmark = [pytest.mark.engine, pytest.mark.nix]

TWO = 'a = td "a" { input = var.a or "one"; }; b = td "b" { input = of (a.refAttr "output") (x: "b-${x}"); };'

# Runs the real engine; what it says of a plan gets one change more that nobody asked for, once {marker} is there.
LIAR = """\
#!/bin/sh
"{tofu}" "$@"
code=$?
[ "$1" = apply ] && touch "{marker}"
[ -e "{marker}" ] && [ "$1" = plan ] && printf '%s\\n' '{{"@level":"info","@message":"x","type":"planned_change","change":{{"resource":{{"addr":"{addr}",\
"module":"","resource":"{addr}","implied_provider":"terraform","resource_type":"terraform_data",\
"resource_name":"x","resource_key":null}},"action":"{action}"}}}}'
exit $code
"""


def misbehaving(lab: Lab, addr: str, action: str, *, at_once: bool) -> None:
    """An engine whose plans are lies: from the first one on, or from after the first apply."""
    engine = locate.find_engine(None, lab.env, lambda _: "")
    lab.exe, marker = lab.project / "tofu-that-lies", lab.project / "lie"
    lab.exe.write_text(LIAR.format(tofu=engine.exe, addr=addr, action=action, marker=marker))
    lab.exe.chmod(0o755)
    if at_once:
        marker.touch()


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def test_plan_that_deletes_what_is_in_the_configuration_is_refused(lab: Lab) -> None:
    lab.write(TWO, "resources = [ a b ];")
    lab.apply().ok()
    lab.variables["a"] = "two"
    misbehaving(lab, "terraform_data.b", "delete", at_once=True)
    done = lab.apply()
    assert isinstance(done.result.error, GuardError)
    assert "still in the configuration" in done.result.error.diagnostics[0].detail
    assert done.words == {}
    assert lab.state["a"]["input"] == "one"


def test_replacement_in_a_later_phase_that_was_not_announced_is_refused(lab: Lab) -> None:
    lab.write(TWO + ' c = td "c" { input = "c"; };', "resources = [ a b c ];")
    lab.apply().ok()
    lab.variables["a"] = "two"
    misbehaving(lab, "terraform_data.c", "replace", at_once=False)
    done = lab.apply()
    assert isinstance(done.result.error, GuardError)
    assert "would replace it; announced was: noop" in done.result.error.diagnostics[0].detail
    assert done.words == {"a": "updated"}


CANARY = "canary" + "-4b8e02d7"  # in two pieces: the store may hold a copy of this file
SECRET = """
      vars = lib.mkVars { password = { type = "str"; sensitive = true; }; } ledger.vars;
      a = td "a" { input = vars.password; };
      b = td "b" { input = lib.str [ "b:" vars.password ]; };
      c = td "c" { input = of (a.refAttr "output") (x: "c:${x}"); triggers_replace = [ (lib.str [ "t" vars.password ]) ]; };
      d = td "d" { input = c.refAttr "output"; };
      e = td "e" { input = lib.expr [ "x-\\${" vars.password "}" ]; };
      f = td "f" { input = of (d.refAttr "output") (x: if @FAIL@ then throw "no: ${x}" else builtins.stringLength x); };
"""
OUTPUTS = 'resources = [ a b c d e f ]; outputs = { plain = d.refAttr "output"; made = lib.str [ vars.password ]; };'


def test_secret_is_nowhere_but_in_state_plans_and_variable_files(lab: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    lab.variables["password"] = CANARY
    lab.write(SECRET.replace("@FAIL@", "false"), OUTPUTS)
    shown = [str(lab.plan().lines)]
    done = lab.apply().ok()
    shown += [str(done.commands), str(done.warnings)]
    assert lab.state["f"]["input"] == len(f"c:{CANARY}")
    lab.variables["password"] = CANARY + "2"
    shown += [str(lab.plan().lines)]
    lab.apply().ok()
    lab.write(SECRET.replace("@FAIL@", "true"), OUTPUTS)
    lab.variables["password"] = CANARY + "3"
    failed = lab.apply()
    assert failed.result.error is not None
    assert "no: " in str(failed.result.error)
    shown += [failed.result.error.raw, str(failed.result.error.diagnostics)]
    out, err = capfd.readouterr()
    assert CANARY not in "".join([*shown, out, err])

    allowed = {"nivis.state.json", "nivis.auto.tfvars.json", "backup.tfstate", "phase.tfplan"}
    for path in lab.project.rglob("*"):
        if path.is_file():
            private = stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
            if CANARY.encode() in path.read_bytes():
                assert path.name in allowed, path
                assert private, path
    assert stat.S_IMODE((lab.project / ".nivis").stat().st_mode) == 0o700
    found = subprocess.run(
        ["grep", "-rlE", "--include=*", CANARY, "/nix/store"], capture_output=True, text=True, check=False
    )
    assert found.stdout == ""


def test_outputs_of_secret_values_are_sensitive_also_where_the_engine_forgets_it(lab: Lab) -> None:
    lab.variables["password"] = CANARY
    lab.write(SECRET.replace("@FAIL@", "false"), OUTPUTS)
    lab.apply().ok()
    outputs = lab.snapshot().outputs
    assert {n: o.sensitive for n, o in outputs.items()} == {"plain": True, "made": True}
    objects = lab.snapshot().objects
    assert ("output",) in objects["terraform_data.d"].sensitive
