"""`make demo`: a run in three phases in a temporary copy of an example, from nothing to destroyed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


class Surprise(Exception):
    """A command failed or printed something else than it should."""


@dataclass(frozen=True, slots=True)
class Walk:
    """Shell commands in one directory, shown as a reader would type them."""

    directory: Path
    env: Mapping[str, str]

    def run(self, command: str, expect: str = "") -> str:
        """Run and show; stdout must match the regular expression `expect` from its beginning."""
        print(f"$ {command}", flush=True)
        done = subprocess.run(
            ["/bin/sh", "-c", command], cwd=self.directory, env=self.env, stdout=subprocess.PIPE, text=True
        )
        print(done.stdout, flush=True)
        if done.returncode != 0:
            raise Surprise(f"`{command}` exited with {done.returncode}")
        if not re.match(expect, done.stdout):
            raise Surprise(f"`{command}` should have printed:\n{expect}")
        return done.stdout


def example(name: str, directory: str) -> Path:
    """A copy of the example to work in."""
    return Path(shutil.copytree(REPOSITORY / "examples" / name, Path(directory) / name))


def command_env() -> dict[str, str]:
    """The environment with this `nivis` first on PATH and without settings meant for other configurations."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    return {**kept, "PATH": path}


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="nivis-demo-") as directory:
        walk = Walk(example("three-phases", directory), command_env())
        for command, expect in [
            ("cat flake.nix", ""),
            ("nivis plan", r"(?s).*3 resource\(s\) to resolve across phases"),
            ("nivis apply", r"Applied 3 resource\(s\) across 3 phase\(s\):\n"),
            ("nivis state list", ""),
            ("nivis state show terraform.terraform_data.hosts", " id = "),
            ("nivis output", "hosts = "),
            ("nivis apply", r"No changes\. 3 resource\(s\) up to date\.\n"),
            ("nivis destroy", r"Destroyed 3 resource\(s\):\n"),
        ]:
            try:
                walk.run(command, expect)
            except Surprise as surprise:
                print(surprise, file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
