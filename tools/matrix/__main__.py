"""`python -m tools.matrix [ROW…]`: make the rows and print their table, also into build/matrix.md.

Ends with 1 if a row failed. A row that cannot be had here is named in the table and fails nothing, unless it was asked
for.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from nivis_tofu.system.locate import cache_dir
from tools.matrix.rows import ROWS, TARGETS, Row
from tools.matrix.table import table
from tools.matrix.trial import Trial

REPOSITORY = Path(__file__).resolve().parents[2]


def main(argv: list[str]) -> int:
    asked = arguments(argv)
    rows = [row for row in ROWS if not asked.rows or row.name in asked.rows]
    build = REPOSITORY / "build"
    env = dict(os.environ)
    scratch = Path(tempfile.mkdtemp(prefix="nivis-matrix-"))
    try:
        trial = Trial(REPOSITORY, scratch, build / "matrix", cache_dir(env), env, Path(sys.executable))
        results = [trial.result(_with_targets(row, asked.targets)) for row in rows]
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    text = table(results)
    build.mkdir(exist_ok=True)
    (build / "matrix.md").write_text(text, encoding="utf-8")
    print(f"\n{text}\nLogs: {build / 'matrix'}")
    bad = {"failed", "absent"} if asked.rows else {"failed"}
    return int(any(result.verdict in bad for result in results))


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.matrix", description=__doc__.splitlines()[0] if __doc__ else ""
    )
    names = [row.name for row in ROWS]
    # Not `choices`: on Python 3.11 they refuse a list that is empty.
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(f"{r.name} ({r.about})" for r in ROWS))
    parser.add_argument("--targets", type=lambda text: text.split(), help=f"make targets, usually {' '.join(TARGETS)}")
    asked = parser.parse_args(argv)
    if unknown := [name for name in asked.rows if name not in names]:
        parser.error(f"no row {', '.join(unknown)}; there are {', '.join(names)}")
    return asked


def _with_targets(row: Row, targets: list[str] | None) -> Row:
    return replace(row, targets=targets) if targets else row


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
