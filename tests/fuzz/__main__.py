"""`make fuzz INPUTS=10000`: every reader against so many inputs, as a table; exits with 1 if anything was found."""

from __future__ import annotations

import argparse
import resource
import sys
import time

from tests.fuzz import growth, trial
from tests.fuzz.readers import READERS

MEMORY = 1 << 30
"""What the process may take beyond what it has: a reader that blows up fails, and not the machine."""


def main() -> int:
    words = argparse.ArgumentParser(prog="fuzz")
    words.add_argument("--inputs", type=int, default=1000)
    words.add_argument("--largest", type=int, default=0, help="bytes up to which inputs grow; 0: they do not")
    words.add_argument("--seed", type=int, default=time.time_ns() % 10**6, help="the same inputs again")
    words.add_argument("names", nargs="*", help="only readers whose names contain one of these")
    given = words.parse_args()
    _limit_memory()
    found = 0
    print(f"seed {given.seed}")
    print(f"{'reader':<32} {'inputs':>7} {'seconds':>8} {'slowest':>8}  findings", flush=True)
    for reader in READERS:
        if given.names and not any(name in reader.name for name in given.names):
            continue
        outcome = trial.run(reader, given.inputs, given.seed)
        found += len(outcome.findings)
        print(
            f"{outcome.reader:<32} {outcome.inputs:>7} {outcome.seconds:>8.1f} {outcome.slowest:>8.3f}"
            f"  {len(outcome.findings) or 'none'}",
            flush=True,
        )
        for said, made in sorted(outcome.findings.items()):
            print(f"    {said}: {made[:300]!r}", flush=True)
        if given.largest:
            grown = growth.run(reader, given.largest)
            found += len(grown.findings)
            kinds = f"{grown.kinds} kinds grow"
            print(f"{'':<24} {kinds:>15} {grown.seconds:>8.1f} {'':>8}  {len(grown.findings) or 'none'}", flush=True)
            for kind, took in grown.findings.items():
                print(f"    {kind}: {took}", flush=True)
    return 1 if found else 0


def _limit_memory() -> None:
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
        pages = int(file.read().split()[0])
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if __name__ == "__main__":
    sys.exit(main())
