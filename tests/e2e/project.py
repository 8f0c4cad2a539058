"""A flake in a directory and `nivis` as a subprocess; what it started is read from its debug lines."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from tests.e2e.warm import warm

NIVIS = Path(sys.executable).with_name("nivis")
STATE = "nivis.state.json"
_TIMEOUT = 300
_SEEN: set[tuple[str, ...]] = set()
"""First words of commands that have been run here as processes of their own."""
_RAN = re.compile(r"^ran (?P<what>.+) -> (?P<code>-?\d+|None) in (?P<seconds>[\d.]+) s$", re.M)
# The test's own settings, an account and another configuration must not reach the command.
_SCRUBBED = (
    "TF_",
    "AWS_",
    "NIVIS_",
    "NIX_CONFIG",
    "CLICOLOR",
    "NO_COLOR",
    "GITHUB_",
    "GITLAB_",
    "PAGER",
    "LESS",
    "COLUMNS",
    "OTEL_",
    "TRACE",
)


@dataclass(frozen=True, slots=True)
class Ran:
    """One process that nivis ran, as `--log-level debug` tells."""

    command: str
    seconds: float
    code: str = "0"

    def refused(self, after: Ran | None) -> bool:
        """Is the next one the same once more?"""
        return after is not None and (self.command, after.command, self.code) == ("apply", "apply", "1")

    @property
    def loads_schemas(self) -> bool:
        """Does this engine command start providers?"""
        return self.command in ("plan", "apply", "show", "validate", "providers", "import")


@dataclass(frozen=True, slots=True)
class Result:
    """What a user sees of one command."""

    stdout: str
    stderr: str
    code: int

    @property
    def ran(self) -> list[Ran]:
        """Every process of the run, in order; only with `--log-level debug`."""
        found = (match.group("what", "seconds", "code") for match in _RAN.finditer(self.stderr))
        return [Ran(what.split()[0], float(seconds), code) for what, seconds, code in found]

    @property
    def engine(self) -> list[str]:
        """The engine's commands, in order: `plan`, `apply` … but for the try that OpenTofu 1.10 refuses at once."""
        found = [ran for ran in self.ran if not ran.command.startswith("nix")]
        return [ran.command for ran, after in zip_longest(found, found[1:]) if not ran.refused(after)]

    def ok(self) -> Result:
        """This result, after a look at the exit code."""
        assert self.code == 0, f"exit code {self.code}\n{self.stdout}\n{self.stderr}"
        return self

    def fails(self, *expected: str, code: int = 1) -> Result:
        """This result; every text must be in stderr, and nothing may look like a bug."""
        assert self.code == code, f"exit code {self.code}\n{self.stdout}\n{self.stderr}"
        flat = " ".join(self.stderr.split())
        for text in expected:
            assert text in flat, f"not said: {text}\n{self.stderr}"
        assert "bug in nivis" not in flat, self.stderr
        return self


def clean_env(tofu: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The user's environment with nothing in it that is meant for another configuration."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(_SCRUBBED)}
    # Joined root modules would ask; test_confirmation.py is about that.
    return {**env, "NIVIS_TOFU": str(tofu), "NIVIS_ASK": "auto", **(extra or {})}


class Project:
    """A directory with a flake. `env` is what every command gets; tests may change it."""

    def __init__(
        self, directory: Path, tofu: Path, env: Mapping[str, str] | None = None, *, forks: bool = True
    ) -> None:
        self.directory, self.tofu, self.forks = directory, tofu, forks
        self.env = clean_env(tofu, env)

    def flake(self, plan: str, *, let: str = "") -> Project:
        """Write a flake whose plan is `plan`, a Nix expression with `lib`, `ledger` and `data` in scope."""
        (self.directory / "flake.nix").write_text(_FLAKE.replace("@let@", let).replace("@plan@", plan))
        return self

    def chain(self, text: str = "one") -> Project:
        """Two resources, the second with a value that Nix computes from the first: two phases."""
        return self.flake(
            """ir [ a b ] { outputs.b = b.refAttr "output"; }""",
            let=f"""a = data "a" "{text}"; b = data "b" (lib.str [ "from " (a.refAttr "id") ]);""",
        )

    def run(self, *args: str, env: Mapping[str, str] | None = None, cwd: Path | None = None, typed: str = "") -> Result:
        """`typed`: what comes through the pipe that stdin is.

        The first command of a verb is a process of its own, the others are forks of one that is warm.
        """
        argv, full, here = [str(NIVIS), *args], {**self.env, **(env or {})}, cwd or self.directory
        if self.forks and args[:1] in _SEEN and warm().fits(full):
            done = warm().run(argv, here, full, typed, _TIMEOUT)
        else:
            _SEEN.add(args[:1])
            done = subprocess.run(
                argv, cwd=here, env=full, input=typed, capture_output=True, text=True, timeout=_TIMEOUT
            )
        return Result(done.stdout, done.stderr, done.returncode)

    def start(self, *args: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [NIVIS, *args],
            cwd=self.directory,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def engine(self, *args: str, below: str = "") -> str:
        """Stock OpenTofu in the project directory, or in one below it."""
        cwd, argv = self.directory / below, [str(self.tofu), *args]
        return subprocess.run(argv, cwd=cwd, env=self.env, check=True, stdout=subprocess.PIPE, text=True).stdout

    @property
    def state(self) -> bytes:
        """The state file's bytes; empty where there is none."""
        path = self.directory / STATE
        return path.read_bytes() if path.exists() else b""

    def attributes(self, address: str) -> dict[str, Any]:
        """One resource's attributes, read from the state file and not through nivis."""
        kind, name = address.split(".")
        for resource in json.loads(self.state)["resources"]:
            if (resource["type"], resource["name"]) == (kind, name):
                return dict(resource["instances"][0]["attributes"])
        raise AssertionError(f"{address} is not in the state")

    def engine_has(self, verb: str, flag: str) -> bool:
        """Does this version of the engine know the flag?"""
        done = subprocess.run([self.tofu, verb, "-help"], env=self.env, capture_output=True, text=True, check=True)
        return f" {flag} " in done.stdout.replace("=", " ")

    def refused(self, *expected: str, args: tuple[str, ...] = ("apply",), code: int = 1) -> Result:
        """A command that must end with this error and leave the state exactly as it is."""
        before = self.state
        result = self.run(*args).fails(*expected, code=code)
        assert self.state == before
        return result


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str], seconds: float = 60) -> None:
    """Until the condition holds while the process runs."""
    import time

    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def stop(process: subprocess.Popen[str]) -> None:
    """End a command that a test started, and wait for it."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)


_FLAKE = """{
  inputs.nivis.url = "github:wearetechnative/nivis";
  outputs = { self, nivis }: let lib = nivis.lib; in {
    nivis.plan = ledger: let
      data = name: input: lib.mkResource {
        provider = "terraform"; type = "terraform_data"; inherit name; config = { inherit input; };
      };
      ir = resources: more: lib.toIR ({
        providers.terraform = lib.mkProvider { source = "terraform.io/builtin/terraform"; };
        inherit resources ledger;
      } // more);
      @let@
    in @plan@;
  };
}
"""
