"""What the library adds to a trace: which value failed, and where it was written. The command line reads these lines."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from nivis_tofu.core.diagnostics import Position
from nivis_tofu.nix.trace import Failure, TraceReader

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
    assert "nivis-step [" not in done.stderr
    return done.stderr.replace(str(tmp_path), "")


def told(tmp_path: Path, *said: str, **more: str) -> Failure:
    """The same as the command line reads it."""
    trace(tmp_path, *said, **more)
    ledger = tmp_path / "work" / "ledger.json"
    ledger.parent.mkdir(exist_ok=True)
    ledger.write_text("{}")
    command = ["nix-instantiate", "--eval", "--strict", "--json", "--show-trace", "--log-format", "internal-json"]
    line = [*command, "-I", f"nivis-ledger={ledger}", str(tmp_path / "config.nix")]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
    own = lambda file: Path(file.name) if file.parent == tmp_path else None  # noqa: E731
    found = TraceReader(str, own, ledger.parent).failure(done.stderr)
    assert found
    return found


@pytest.mark.parametrize(
    "value", ['(throw "nivis: 100% \\"mine\\"")', '(builtins.addErrorContext "while reading x" (throw "x"))']
)
def test_what_the_flake_throws_is_not_ours(tmp_path: Path, value: str) -> None:
    found = told(tmp_path, value)
    assert found.about is None
    assert found.doing == "reading 'p.t.b', config.wrong.deep.1"
    # Where the line is entered, or, by newer versions of Nix, where in it is thrown.
    assert found.place in [Position("config.nix", 16, column) for column in (9, 26 + value.index("throw"))]


@pytest.mark.parametrize(
    ("value", "message", "details"),
    [
        ('(lib.mkData { provider = "p"; type = "t"; name = "n"; confg = 1; })', "nivis.mkData: unknown argument 'confg'",
         {"name": "confg", "known": ["provider", "type", "name", "config", "tofuName"]}),
        ("(lib.str 5)", "nivis.str: 'parts' must be a list, got the integer 5", {}),
        ("a", "nivis: 'p.t.b', config.wrong.deep.1: the resource 'p.t.a' is used as a value", {}),
    ],
)  # fmt: skip
def test_what_the_library_throws_is(tmp_path: Path, value: str, message: str, details: dict[str, object]) -> None:
    found = told(tmp_path, value)
    assert found.message.startswith(message)
    assert found.about == details
    assert found.place


def test_problems_that_are_found_at_once(tmp_path: Path) -> None:
    twice = 'lib.mkResource { provider = "q"; type = "t"; name = "b"; }'
    found = told(tmp_path, group=f"({twice}) ({twice})")
    assert found.about
    texts = [problem["text"] for problem in found.about["problems"]]
    assert texts[0] == "nivis.toIR: duplicate resource id 'q.t.b': give one of them another name"
    assert len(found.about["problems"][0]["at"]) == 2
    assert found.message.splitlines()[0] == texts[0]
    assert "uses the provider 'q'" in texts[-1]


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
