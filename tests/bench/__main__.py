"""`python -m tests.bench`: nivis against plain OpenTofu doing the same work, in one table."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from statistics import median

from tests.bench.cases import Case, Sample, aws_cases, chain_cases, thousand_case
from tests.bench.constructors import constructors
from tests.bench.startup import startup
from tools.demo import command_env

OWN_LIMIT = 0.3
"""Seconds of a phase that may be nivis' own."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each; the median is shown")
    parser.add_argument("--no-aws", action="store_true", help="leave out the AWS provider")
    options = parser.parse_args()
    late = False
    # An installed nivis has its byte code; a checkout under test may be told to keep none.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory(prefix="nivis-bench-") as directory:
        env = command_env()
        late |= startup(env, options.rounds)
        print(_HEAD)
        for case in chain_cases(Path(directory) / "chain", env):
            late |= _measure(case, options.rounds)
        _measure(thousand_case(Path(directory) / "thousand", env), max(1, options.rounds // 3))
        if not options.no_aws:
            late |= constructors(Path(directory) / "constructors", env)
            with aws_cases(Path(directory) / "aws", env) as cases:
                if not cases:
                    print("(no AWS provider on this machine: the tutorial is left out)")
                for case in cases:
                    late |= _measure(case, max(1, options.rounds // 3))
    return int(late)


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
