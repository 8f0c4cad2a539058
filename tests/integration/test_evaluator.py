"""Single values of a configuration, asked of the real Nix one after the other."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core.errors import NivisError, NixError
from nivis_tofu.nix.evaluate import Nix
from nivis_tofu.nix.evaluator import Evaluator, HangingError, UnaskedError
from nivis_tofu.system import locate, notes

pytestmark = pytest.mark.nix

A = "terraform.terraform_data.a"
FLAKE = """
{
  inputs.nivis.url = "github:wearetechnative/nivis";
  outputs = { self, nivis }: let
    lib = nivis.lib;
    td = name: input: lib.mkResource { provider = "terraform"; type = "terraform_data"; inherit name; config = { inherit input; }; };
  in {
    nivis.plan = ledger: let
      vars = lib.mkVars { secret = { sensitive = true; }; } ledger.vars;
      a = td "a" "x";
      of = render: lib.derived { inputs = { id = a.refAttr "id"; out = a.refPath [ "output" "k" ]; }; inherit render; };
      deep = builtins.foldl' (d: _: lib.derived { inputs = [ d d ]; render = xs: builtins.head xs; }) (a.refAttr "id") (builtins.genList (i: i) 40);
    in lib.toIR {
      providers.terraform = lib.mkProvider { source = "terraform.io/builtin/terraform"; };
      resources = [
        a
        (td "text" { tags = [ { n = lib.str [ "net-" (a.refAttr "id") ]; } ]; })
        (td "parts" (of ({ id, out }: { a = "v-${id}"; b = out; c = { d = [ 1 id ]; }; f = 0.5; n = null; __ref = true; })))
        (td "chain" (lib.derived { inputs = [ (of ({ id, out }: "${id}!")) ]; render = xs: { v = xs; }; }))
        (td "choice" (of ({ id, out }: if id == "b" then (td "b" 1).refAttr "id" else a.refAttr "id")))
        (td "template" (lib.expr [ "\\${upper(" (lib.str [ (a.refAttr "id") "!" ]) ")}" ]))
        (td "hidden" (lib.str [ vars.secret "-" (a.refAttr "id") ]))
        (td "fails" (of ({ id, out }: if id == "throw" then throw "no ${id}" else { }.missing)))
        (td "slow" (of ({ id, out }: builtins.foldl' (a: b: a + b) 0 (builtins.genList (i: i) 1000000000))))
        (td "deep" deep)
        (td "time" (of ({ id, out }: builtins.getEnv "HOME")))
      ];
      outputs = { short = lib.str [ "o-" (a.refAttr "id") ]; long = { value = lib.str [ "l-" (a.refAttr "id") ]; sensitive = true; }; };
      extra.locals.x = lib.str [ "x-" (a.refAttr "id") ];
      inherit ledger;
    };
  };
}
"""


@pytest.fixture
def evaluator(tmp_path: Path) -> Iterator[Evaluator]:
    (tmp_path / "flake.nix").write_text(FLAKE)
    env = dict(os.environ)
    nix = Nix(locate.find_nix(env), ".", "nivis.plan", tmp_path, notes.work_directory(tmp_path), env=env)
    found = Evaluator(nix, {"outputs": {}, "vars": {"secret": "s3cr3t"}, "phase": 1})
    yield found
    found.close()


def given(value: Any, *path: str, unknown: Any = None) -> dict[str, Any]:
    return {"resource": A, "path": list(path or ("id",)), "value": value, "unknown": unknown}


def ask(evaluator: Evaluator, name: str, *values: Any, place: tuple[Any, ...] = ("input",)) -> Any:
    return put(evaluator, ["resource", f"terraform.terraform_data.{name}", "config", *place], values, f"{name}.input")


def put(evaluator: Evaluator, place: list[Any], values: Any, name: str = "o") -> Any:
    (answer,) = evaluator.ask([(place, values, name)])
    if isinstance(answer, NivisError):
        raise answer
    return answer


THROWS = given("throw"), given("o", "output", "k")
BOTH = given("i"), given("o", "output", "k")
OPEN = given(None, unknown=True), given("o", "output", "k")


def test_values_one_by_one(evaluator: Evaluator, tmp_path: Path) -> None:
    assert ask(evaluator, "text", given("1"), place=("input", "tags", 0, "n")) == {"value": "net-1"}
    parts = ask(evaluator, "parts", *BOTH)["value"]["__literal"]
    assert parts == {"a": "v-i", "b": "o", "c": {"d": [1, "i"]}, "f": parts["f"], "n": None, "__ref": True}
    assert ask(evaluator, "chain", *BOTH) == {"value": {"v": ["i!"]}}
    assert ask(evaluator, "template", given("i"), place=("input", 1)) == {"value": "i!"}
    assert ask(evaluator, "hidden", given("i")) == {"value": "s3cr3t-i"}
    assert ask(evaluator, "deep", given("i")) == {"value": "i"}
    assert ask(evaluator, "time", *BOTH) == {"value": ""}, "the environment is not read"
    assert put(evaluator, ["output", "short"], [given("i")]) == {"value": "o-i"}
    assert put(evaluator, ["output", "long"], [given("i")]) == {"value": "l-i"}
    assert put(evaluator, ["extra", "locals", "x"], [given("i")]) == {"value": "x-i"}
    strange = "${x} \" \\ \n\r\t\u0001 é '' $$"
    assert ask(evaluator, "chain", given(strange), BOTH[1]) == {"value": {"v": [f"{strange}!"]}}
    # Only a private file ever holds what is secret, and it is gone afterwards.
    private = tmp_path / ".nivis/eval/asking"
    assert {stat.S_IMODE(p.stat().st_mode) for p in private.iterdir()} == {0o600}
    assert not list(private.glob("question-*"))
    evaluator.close()
    assert not private.exists()


def test_what_is_known_of_unknown_inputs(evaluator: Evaluator) -> None:
    assert ask(evaluator, "text", OPEN[0], place=("input", "tags", 0, "n")) == {"partly": None}
    found = ask(evaluator, "parts", *OPEN)["partly"]["set"]
    assert (found["a"], found["b"]) == (None, {"value": "o"})
    assert found["c"] == {"set": {"d": {"list": [{"value": 1}, None]}}}
    assert ask(evaluator, "chain", *OPEN) == {"partly": {"set": {"v": {"list": [None]}}}}
    half = given("i"), given({"p": 1, "q": None}, "output", "k", unknown={"q": True})
    assert ask(evaluator, "parts", *half)["partly"]["set"]["b"] == {"set": {"p": {"value": 1}, "q": None}}
    assert ask(evaluator, "fails", *OPEN) == {"partly": None}
    assert ask(evaluator, "deep", OPEN[0]) == {"partly": None}


def test_many_at_once(evaluator: Evaluator) -> None:
    def place(name: str) -> list[Any]:
        return ["resource", f"terraform.terraform_data.{name}", "config", "input"]

    questions = [(place(name), given, name) for name, given in (("chain", BOTH), ("fails", THROWS), ("chain", OPEN))]
    first, error, last = evaluator.ask(questions)
    assert first == {"value": {"v": ["i!"]}}
    assert isinstance(error, NixError)
    assert "`fails`: no throw" in error.diagnostics[0].detail
    assert last == {"partly": {"set": {"v": {"list": [None]}}}}
    assert evaluator.asked == 2, "Nix ended once"


def test_references_that_were_not_given_are_named(evaluator: Evaluator) -> None:
    assert ask(evaluator, "choice", *BOTH) == {"value": "i"}
    assert ask(evaluator, "choice", given("b"), BOTH[1]) == {"missing": ["terraform.terraform_data.b.id"]}


@pytest.mark.parametrize(("value", "reason"), [("throw", "no throw"), ("other", "attribute 'missing' missing")])
def test_an_error_of_one_value_has_its_place_and_ends_nothing(evaluator: Evaluator, value: str, reason: str) -> None:
    with pytest.raises(NixError) as caught:
        ask(evaluator, "fails", given(value), BOTH[1])
    detail = caught.value.diagnostics[0].detail
    line = 1 + FLAKE.splitlines().index(next(x for x in FLAKE.splitlines() if '"fails"' in x))
    assert f"`fails.input`: {reason} (flake.nix:{line}:" in detail
    assert ask(evaluator, "chain", *BOTH) == {"value": {"v": ["i!"]}}


def test_a_plan_that_answers_no_questions(tmp_path: Path) -> None:
    (tmp_path / "flake.nix").write_text("{ outputs = { self }: { nivis.plan = ledger: { schemaVersion = 1; }; }; }")
    env = dict(os.environ)
    nix = Nix(locate.find_nix(env), ".", "nivis.plan", tmp_path, notes.work_directory(tmp_path), "locked", env=env)
    found = Evaluator(nix, {})
    with pytest.raises(UnaskedError, match="No single values can be asked for"):
        put(found, ["output", "o"], [])
    found.close()


def test_nix_that_hangs_is_stopped_and_named(evaluator: Evaluator) -> None:
    evaluator.seconds = 1.0
    with pytest.raises(HangingError) as caught:
        ask(evaluator, "slow", *BOTH)
    assert "`slow.input`" in caught.value.diagnostics[0].detail
    evaluator.seconds = 60.0
    assert ask(evaluator, "chain", *BOTH) == {"value": {"v": ["i!"]}}


def test_many_threads_ask_one_process(evaluator: Evaluator) -> None:
    found: dict[int, Any] = {}

    def run(n: int) -> None:
        found[n] = ask(evaluator, "chain", given(str(n)), BOTH[1])

    threads = [threading.Thread(target=run, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: {"value": {"v": [f"{n}!"]}} for n in range(20)}


def test_what_a_killed_run_left_is_removed(evaluator: Evaluator, tmp_path: Path) -> None:
    left = tmp_path / ".nivis/eval/asking"
    left.mkdir(parents=True)
    (left / "ledger").write_text("old")
    os.mkfifo(left / "bell-0")
    assert ask(evaluator, "chain", *BOTH) == {"value": {"v": ["i!"]}}
    assert (left / "ledger").read_text() != "old"
