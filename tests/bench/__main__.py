"""`python -m tests.bench`: nivis against plain OpenTofu doing the same work, in one table."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from statistics import median
from typing import TypeAlias

from tests.bench.cases import Case, Sample, aws_cases, chain_cases, thousand_case
from tests.bench.constructors import constructors
from tests.bench.scale import HEAD, Scale
from tests.bench.scale_rows import Row, rows
from tests.bench.stacks import AWS, BUILT_IN, stacks
from tests.bench.startup import startup
from tools.demo import command_env

Measure: TypeAlias = Callable[[Path, Mapping[str, str]], bool]
"""Measures in a directory, in an environment, and prints; True if something took too long."""

OWN_LIMIT = 0.3
"""Seconds of a phase that may be nivis' own."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=0, help="measurements of each; the median is shown")
    parser.add_argument("--no-aws", action="store_true", help="leave out the AWS provider")
    parser.add_argument(
        "rows", nargs="*", help="only rows that have all these words: `scale-1000`; `list` shows the names"
    )
    options = parser.parse_args()
    found = {**_rows(options.rounds or 5, aws=not options.no_aws), **_scale_rows(options.rounds)}
    if options.rows == ["list"]:
        print(*found, sep="\n")
        return 0
    chosen = [name for name in found if not options.rows or any(map(partial(_has_words, name), options.rows))]
    if not chosen:
        print(f"No row has these words; there are: {', '.join(found)}.", file=sys.stderr)
        return 1
    # An installed nivis has its byte code; a checkout under test may be told to keep none.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    env, late = command_env(), False
    for before, name in zip(["", *chosen], chosen, strict=False):
        if name.startswith("scale") and not before.startswith("scale"):
            print(HEAD)
        with tempfile.TemporaryDirectory(prefix="nivis-bench-") as directory:
            late |= found[name](Path(directory), env)
    return int(late)


def _has_words(name: str, words: str) -> bool:
    return {*words.split("-")} <= {*name.split("-")}


def _rows(rounds: int, *, aws: bool) -> dict[str, Measure]:
    few = max(1, rounds // 3)
    found: dict[str, Measure] = {
        "startup": lambda _, env: startup(env, rounds),
        "chain": lambda place, env: _cases(chain_cases(place, env), rounds),
        # What it takes is shown; there is no limit for it.
        "thousand": lambda place, env: _cases([thousand_case(place, env)], few) and False,
    }
    if aws:
        found |= {"constructors": constructors, "tutorial": lambda place, env: _tutorial(place, env, few)}
    found[BUILT_IN.name] = partial(stacks, BUILT_IN, rounds)
    return {**found, AWS.name: partial(stacks, AWS, few)} if aws else found


def _scale_rows(rounds: int) -> dict[str, Measure]:
    return {row.name: partial(_scale, row, rounds or (1 if row.goals else 3)) for row in rows()}


def _scale(row: Row, rounds: int, place: Path, env: Mapping[str, str]) -> bool:
    return Scale.prepared(row, place, env).measure(rounds)


def _tutorial(place: Path, env: Mapping[str, str], rounds: int) -> bool:
    with aws_cases(place, env) as cases:
        if not cases:
            print("(no AWS provider on this machine: the tutorial is left out)")
        return _cases(cases, rounds)


def _cases(cases: Iterable[Case], rounds: int) -> bool:
    print(_HEAD)
    missed = [_measure(case, rounds) for case in cases]
    return any(missed)


def _measure(case: Case, rounds: int) -> bool:
    """Nivis and plain OpenTofu in turn, so that a slow minute of the machine hits both."""
    ours: dict[str, list[Sample]] = {}
    plain: dict[str, list[Sample]] = {}
    case.set_up()
    for _ in range(rounds):
        for samples, measure in ((ours, case.nivis), (plain, case.plain)):
            for name, sample in measure():
                samples.setdefault(name, []).append(sample)
    late = False
    for name, taken in ours.items():
        late |= _row(case.name, name, taken, plain.get(name, []))
    return late


def _row(case: str, name: str, ours: list[Sample], plain: list[Sample]) -> bool:
    wall = median(s.wall for s in ours)
    other = median(s.wall for s in plain) if plain else 0.0
    own = median(s.overhead for s in ours)
    ratio = f"{wall / other:5.2f}" if other else "    -"
    commands = " ".join(ours[-1].engine)
    print(
        f"{case:8} {name:16} {wall:7.2f} {other:7.2f} {ratio:>6} {own:9.2f} {ours[-1].loads:6} "
        f"{plain[-1].loads if plain else 0:6}  {commands}"
    )
    # A noisy second of the machine makes some rounds slow; what nivis needs itself, the fastest one needs too.
    least = min(s.overhead for s in ours)
    if least > OWN_LIMIT:
        print(f"         {name}: nivis' own time per phase is above {OWN_LIMIT} s in every round", file=sys.stderr)
    return least > OWN_LIMIT


_HEAD = (
    "\n"
    "case     command            nivis   plain  ratio own/phase  loads  plain  engine processes of nivis\n"
    "                              [s]     [s]              [s]      (schema loads)"
)

if __name__ == "__main__":
    sys.exit(main())
