"""Large configurations, each as a flake and as the modules that a script would apply one after the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

Step = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Known outputs -> the module of one step."""

_FLAKE = """{
  inputs.nivis.url = "github:wearetechnative/nivis";
  outputs = { self, nivis }: let
    lib = nivis.lib;
    data = name: input: lib.mkResource {
      provider = "terraform"; type = "terraform_data"; inherit name; config = { inherit input; };
    };
    many = builtins.genList;
    n = toString;
  in {
    nivis.plan = ledger: let
      LET
    in lib.toIR ({
      providers.terraform = lib.mkProvider { source = "terraform.io/builtin/terraform"; };
      inherit ledger;
    } // PLAN);
  };
}
"""
DEPTH = 10
"""Resources of one chain. In one of some hundreds the engine itself takes more than twice the time for twice the depth."""
PIECE = 25_000
"""Characters of one value in a large state, which holds it twice: as input and as output."""


@dataclass(frozen=True)
class Row:
    """`flake`: text of `flake.nix`; `steps`: of the script; `files`: what lies beside both."""

    name: str
    flake: str
    steps: Sequence[Step]
    files: Mapping[str, str] = field(default_factory=dict)
    goals: bool = False
    """Is it large enough for a ratio to say something?"""


def rows() -> list[Row]:
    found = [make(count) for count in (1_000, 10_000) for make in (literals, derived, chains)]
    return [*found, phases(60), members(1_000), modules(100), state(50)]


def literals(count: int) -> Row:
    plan = f'{{ resources = many (i: data "r${{n i}}" "value ${{n i}}") {count}; }}'
    plain = _module({f"r{i}": {"input": f"value {i}"} for i in range(count)})
    return Row(f"scale-literals-{count}", _flake(plan), [lambda _: plain], goals=count > 1_000)


def derived(count: int) -> Row:
    """Nix computes a value for each; the script has native templates."""
    plan = f'{{ resources = [ root ] ++ many (i: data "r${{n i}}" (lib.str [ (root.refAttr "id") "-" i ])) {count}; }}'
    plain = _module({"root": {"input": "x"}, **{f"r{i}": {"input": f"${{{_ID}}}-{i}"} for i in range(count)}})
    return Row(
        f"scale-derived-{count}", _flake(plan, 'root = data "root" "x";'), [lambda _: plain], goals=count > 1_000
    )


def chains(count: int) -> Row:
    """Chains of native references."""
    plan = f"{{ resources = many (i: many (chain i) {DEPTH}) {count // DEPTH}; }}"
    let = (
        'name = i: j: "r${n i}_${n j}"; '
        'chain = i: j: data (name i j) (if j == 0 then "x" else lib.mkRef (id i (j - 1)) [ "output" ]); '
        'id = i: j: "terraform.terraform_data.${name i j}";'
    )
    plain = _module(
        {
            f"r{i}_{j}": {"input": f"${{terraform_data.r{i}_{j - 1}.output}}" if j else "x"}
            for i in range(count // DEPTH)
            for j in range(DEPTH)
        }
    )
    return Row(f"scale-chains-{count}", _flake(plan, let), [lambda _: plain], goals=count > 1_000)


def phases(count: int) -> Row:
    """A chain in which Nix computes each value from the one before: the script applies once for each, too."""
    plan = f'{{ resources = chain {count}; outputs.last = (builtins.head (chain {count})).refAttr "id"; }}'
    let = (
        'chain = k: if k == 1 then [ (data "r1" "x") ] else let before = chain (k - 1); in '
        '[ (data "r${n k}" (lib.str [ "after " ((builtins.head before).refAttr "id") ])) ] ++ before;'
    )
    return Row(f"scale-phases-{count}", _flake(plan, let), [partial(_upto, k) for k in range(1, count + 1)])


def _upto(depth: int, known: Mapping[str, Any]) -> Mapping[str, Any]:
    """The first resources of a chain, with the ids that are known."""
    found: dict[str, Any] = {"r1": {"input": "x"}}
    for k in range(2, depth + 1):
        found[f"r{k}"] = {"input": f"after {known[f'r{k - 1}']}", "depends_on": [f"terraform_data.r{k - 1}"]}
    return {**_module(found), "output": {name: {"value": f"${{terraform_data.{name}.id}}"} for name in found}}


def members(count: int) -> Row:
    """Resources that exist only when an output is known."""
    let = (
        'root = data "root" "x"; group = lib.whenKnown { name = "many"; inputs = [ (root.refAttr "id") ]; '
        f'resources = ids: many (i: data "r${{n i}}" "${{builtins.head ids}}-${{n i}}") {count}; }};'
    )
    alone = {"root": {"input": "x"}}

    def all_(known: Mapping[str, Any]) -> Mapping[str, Any]:
        after = {"depends_on": ["terraform_data.root"]}
        return _module({**alone, **{f"r{i}": {"input": f"{known['root']}-{i}", **after} for i in range(count)}})

    first = {**_module(alone), "output": {"root": {"value": f"${{{_ID}}}"}}}
    return Row(f"scale-members-{count}", _flake("{ resources = [ root group ]; }", let), [lambda _: first, all_])


def modules(count: int) -> Row:
    """Calls of one local module, three resources each."""
    let = 'call = i: lib.mkModule { name = "m${n i}"; source = "./part"; config.name = "call ${n i}"; };'
    inside = {
        "variable": {"name": {"type": "string"}},
        "resource": {"terraform_data": {x: {"input": f"${{var.name}} {x}"} for x in ("a", "b", "c")}},
        "output": {"id": {"value": "${terraform_data.a.id}"}},
    }
    plain = {"module": {f"m{i}": {"source": "./part", "name": f"call {i}"} for i in range(count)}}
    files = {"part/main.tf.json": json.dumps(inside)}
    return Row(f"scale-modules-{count}", _flake(f"{{ modules = many call {count}; }}", let), [lambda _: plain], files)


def state(megabytes: int) -> Row:
    """Few resources with large values."""
    count = megabytes * 1_000_000 // (2 * PIECE)
    let = f'text = builtins.concatStringsSep "" (many (_: "0123456789 \\n") {PIECE // 12});'
    plan = f'{{ resources = many (i: data "r${{n i}}" "${{n i}} ${{text}}") {count}; }}'
    text = "0123456789 \n" * (PIECE // 12)
    plain = _module({f"r{i}": {"input": f"{i} {text}"} for i in range(count)})
    return Row(f"scale-state-{megabytes}mb", _flake(plan, let), [lambda _: plain])


_ID = "terraform_data.root.id"


def _flake(plan: str, let: str = "") -> str:
    return _FLAKE.replace("LET", let).replace("PLAN", plan)


def _module(resources: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"resource": {"terraform_data": resources}}
