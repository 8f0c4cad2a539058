"""Evaluates the case files below `cases/`: many cases in one nix process, one for each error."""

from __future__ import annotations

import json
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

CASES = Path(__file__).parent / "cases"
NAME = re.compile(r'^  "(.+)" = \{$', re.MULTILINE)


def names(file: str) -> list[str]:
    """Names of the cases in a file, read from its text so that collecting tests starts no process."""
    return NAME.findall((CASES / f"{file}.nix").read_text())


def evaluate(expression: str) -> subprocess.CompletedProcess[str]:
    """Evaluate one Nix expression to JSON."""
    command = ["nix-instantiate", "--eval", "--strict", "--json", "--expr", expression]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def value(expression: str) -> Any:
    """The value of an expression that must evaluate."""
    done = evaluate(expression)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@cache
def cases(file: str) -> dict[str, dict[str, Any]]:
    """`{ name: { actual, expected } }`; a case that throws has no `actual`."""
    found: dict[str, dict[str, Any]] = value(
        "builtins.mapAttrs (_: c: let r = builtins.tryEval (builtins.deepSeq c.expr c.expr); in "
        "{ inherit (c) expected; } // (if r.success then { actual = r.value; } else { })) "
        f"(import {CASES / file}.nix)"
    )
    return found


@cache
def messages() -> dict[str, list[str]]:
    """The expected text of every error case."""
    found: dict[str, list[str]] = value(f"builtins.mapAttrs (_: c: c.message) (import {CASES}/errors.nix)")
    return found


def failure(name: str) -> str:
    """What nix says about an error case, which must fail."""
    done = evaluate(f"(import {CASES}/errors.nix).{json.dumps(name)}.expr")
    assert done.returncode != 0, f"evaluated to {done.stdout}"
    return done.stderr
