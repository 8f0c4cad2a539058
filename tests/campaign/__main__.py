"""`python -m tests.campaign`: random graphs, edits and faults on the real engine and Nix, until the minutes are over.

Every violation prints what makes it again. The same seed makes the same lives, as far as time lets it. ^C ends the campaign
with the table so far.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.campaign.faults import FAULTS
from tests.campaign.life import EPISODES, MODES, VIOLATED, work
from tests.campaign.report import Report

STOPS_IN = 60.0
"""Seconds that workers have to come to the end of a command."""


def main() -> int:
    options = parsed()
    # An installed nivis has its byte code; forks of a process that speaks gRPC say so at length.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
    if options.run is not None or options.worker is not None:
        return work(options)
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    (out / "stop").unlink(missing_ok=True)
    for path in out.glob("episodes-*.jsonl"):
        path.unlink()
    print(f"seed {options.seed}, {options.minutes:g} minutes, {options.workers} worker(s); {out}", flush=True)
    began = time.monotonic()
    workers = [started(options, number) for number in range(options.workers)]
    try:
        for worker in workers:
            worker.wait()
    except KeyboardInterrupt:
        (out / "stop").touch()
        end(workers)
    report = Report.read(out, options.seed, time.monotonic() - began)
    report.write(out)
    print(report.markdown)
    broken = [w.returncode for w in workers if w.returncode not in (0, VIOLATED)]
    if broken:
        print(f"{len(broken)} worker(s) did not come to the end: exit codes {broken}", file=sys.stderr)
    return int(bool(report.violations or broken))


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--mode", choices=MODES, action="append", help="all, if none is named")
    parser.add_argument("--fault", choices=list(FAULTS), help="this kind only")
    parser.add_argument("--run", type=int, help="this life only")
    parser.add_argument("--episodes", type=int, default=EPISODES, help="of each life")
    parser.add_argument("--only-last", action="store_true", help="a fault in the last episode only")
    parser.add_argument("--out", type=Path, default=Path("build/campaign"), help="where the table and what failed go")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def started(options: argparse.Namespace, number: int) -> subprocess.Popen[bytes]:
    """In a session of its own: a ^C of the terminal must not reach what it runs."""
    argv = [sys.executable, "-m", "tests.campaign", *sys.argv[1:], "--seed", str(options.seed), "--worker", str(number)]
    return subprocess.Popen(argv, start_new_session=True)


def end(workers: list[subprocess.Popen[bytes]]) -> None:
    print("stopping after the commands that run", file=sys.stderr)
    until = time.monotonic() + STOPS_IN
    for worker in workers:
        with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            worker.wait(max(0.0, until - time.monotonic()))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
