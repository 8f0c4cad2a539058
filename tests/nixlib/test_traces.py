"""What the library adds to a trace: which value failed, and where it was written. The command line reads these lines."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from . import harness

pytestmark = pytest.mark.nix

CONFIG = """let
  lib = import LIBRARY;
  a = lib.mkResource { provider = "p"; type = "t"; name = "a"; };
  failing = { inputs ? [ (a.refAttr "id") ], render }: lib.derived {
    inherit inputs;
    render = render;
  };
in lib.toIR {
  providers.p = lib.mkProvider { source = "s"; };
  resources = [
    a
    (lib.mkResource {
      provider = "p"; type = "t"; name = "b";
      config = {
        fine = 1;
        wrong.deep = [ 1 VALUE ];
      };
    })
    GROUP
  ];
  outputs.o = OUTPUT;
  ledger.outputs."p.t.a".id = "i";
}
"""


def trace(tmp_path: Path, value: str = "2", group: str = "", output: str = "1") -> str:
    """What Nix says of a configuration that fails, with all steps."""
    file = tmp_path / "config.nix"
    library = harness.CASES.parents[2] / "nivis_tofu" / "nixlib"
    text = CONFIG.replace("LIBRARY", str(library)).replace("VALUE", value)
    file.write_text(text.replace("GROUP", group).replace("OUTPUT", output))
    command = ["nix-instantiate", "--eval", "--strict", "--json", "--show-trace", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode != 0
    return done.stderr.replace(str(tmp_path), "")


def test_a_value_and_its_argument(tmp_path: Path) -> None:
    assert "while reading 'p.t.b', config.wrong.deep.1 (written at /config.nix:16:9)" in trace(tmp_path, '(throw "x")')
    assert "while reading 'p.t.b', config.wrong.deep.1.k (written" in trace(tmp_path, "{ k = a; }")


def test_a_derived_value_and_its_render(tmp_path: Path) -> None:
    expected = "while computing the derived value of 'p.t.b', config.wrong.deep.1 (written at /config.nix:6:5)"
    assert expected in trace(tmp_path, '(failing { render = _: throw "x"; })')
    assert expected in trace(tmp_path, "(failing { render = { x ? builtins.head 5 }: x; })")


def test_what_str_fails_on_has_no_render(tmp_path: Path) -> None:
    text = trace(tmp_path, "(lib.str [ (failing { render = _: { }; }) ])")
    assert "while computing the derived value of 'p.t.b', config.wrong.deep.1\n" in text


def test_an_output(tmp_path: Path) -> None:
    assert "while reading outputs.o.k.0 (written at /config.nix:" in trace(tmp_path, output='{ k = [ (throw "x") ]; }')


def test_a_group(tmp_path: Path) -> None:
    group = '(lib.whenKnown { name = "g"; inputs = [ (a.refAttr "id") ];\n resources = _: throw "x"; })'
    expected = "while making the resources of lib.whenKnown 'g' (written at /config.nix:20:2)"
    assert expected in trace(tmp_path, group=group)
