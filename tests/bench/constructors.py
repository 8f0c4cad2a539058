"""What the constructors of all of AWS cost: to write, and a flake that uses three of them."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from nivis_tofu.system.locate import find_engine
from tests.e2e.project import NIVIS, clean_env
from tests.support.aws_mirror import find_aws_provider, make_mirror

LIMIT = 20.0
"""Seconds of processor time, of nivis, the engine, the provider and Nix together."""
LIBRARY = Path(__file__).parents[2] / "nivis_tofu" / "nixlib"
_PLAN = """let lib = import LIBRARY; aws = import ./aws { inherit lib; }; in lib.toIR {
  providers.aws = lib.mkProvider { source = "hashicorp/aws"; };
  resources = [
    (aws.aws_s3_bucket "a" { }) (aws.aws_sqs_queue "b" { }) (aws.aws_iam_role "c" { assume_role_policy = "{}"; })
  ];
}"""


def constructors(directory: Path, env: Mapping[str, str]) -> bool:
    """Print the cost; True if it is too high."""
    binary = find_aws_provider(env)
    if binary is None:
        print("(no AWS provider on this machine: its constructors are left out)")
        return False
    directory.mkdir(parents=True)
    tofu = find_engine(None, env, lambda argv: subprocess.check_output(argv, text=True)).exe
    config = str(make_mirror(directory, binary))
    env = {**clean_env(tofu), **env, "NIVIS_TOFU": str(tofu), "TF_CLI_CONFIG_FILE": config}
    argv = (str(NIVIS), "gen", "hashicorp/aws", "--out", "aws")
    whole = _seconds(argv, directory, env)
    again = _seconds(argv, directory, env)
    (directory / "plan.nix").write_text(_PLAN.replace("LIBRARY", str(LIBRARY)))
    evaluated = _seconds(("nix-instantiate", "--eval", "--strict", "--json", "plan.nix"), directory, env)
    size = sum(path.stat().st_size for path in (directory / "aws").rglob("*.nix"))
    print(
        f"constructors of AWS  {size / 1e6:.1f} MB; processor time [s]: {whole:.1f}, with cached schemas {again:.1f},"
    )
    print(f"                     to evaluate three resources {evaluated:.3f}")
    if whole > LIMIT:
        print(f"         `nivis gen` takes more than {LIMIT} s", file=sys.stderr)
    return whole > LIMIT


def _seconds(argv: tuple[str, ...], directory: Path, env: Mapping[str, str]) -> float:
    """Processor time of a command and of all that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(argv, cwd=directory, env={**os.environ, **env}, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
