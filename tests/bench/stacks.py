"""Many stacks of one flake, planned two at once, beside as many plain modules planned two at once."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from nivis_tofu.system.locate import find_engine
from tests.bench.measured import __file__ as measured
from tests.e2e.project import clean_env
from tests.support.aws_mirror import find_aws_provider, make_mirror
from tests.support.moto import cloud_env, moto_server

AT_ONCE = 2
RESOURCES = 20
"""Of each stack."""
RATIO = 1.15
"""Of the time of plain OpenTofu, in the better of two measures: other work on the machine disturbs one of them."""

_FLAKE = """{
  inputs.nivis.url = "github:wearetechnative/nivis";
  outputs = { self, nivis }: let
    lib = nivis.lib;
    stack = name: ledger: lib.toIR {
      providers.PROVIDER = lib.mkProvider { source = "SOURCE"; config = builtins.fromJSON ''CONFIG''; };
      resources = builtins.genList (i: lib.mkResource {
        provider = "PROVIDER"; type = "TYPE"; name = "r${toString i}";
        config = builtins.mapAttrs
          (_: builtins.replaceStrings [ "NAME" ] [ "${name}-${toString i}" ]) (builtins.fromJSON ''RESOURCE'');
      }) COUNT;
      inherit ledger;
    };
    names = builtins.genList (i: "s${toString i}") STACKS;
  in { nivis.stacks = builtins.listToAttrs (map (name: { inherit name; value = stack name; }) names); };
}
"""


@dataclass(frozen=True)
class Kind:
    """What the stacks are made of. In the strings of `resource`, NAME is another one for each."""

    name: str
    stacks: int
    provider: str
    source: str
    type: str
    resource: Callable[[str], Mapping[str, str]]
    """Text that is the same in all of them -> arguments."""
    config: Mapping[str, Any]

    def flake(self, text: str) -> str:
        words = {
            "CONFIG": json.dumps(self.config),
            "RESOURCE": json.dumps(self.resource(f"nivis {text}")),
            "PROVIDER": self.provider,
            "SOURCE": self.source,
            "TYPE": self.type,
            "COUNT": str(RESOURCES),
            "STACKS": str(self.stacks),
        }
        found = _FLAKE
        for word, value in words.items():
            found = found.replace(word, value)
        return found

    def module(self, stack: str, text: str) -> str:
        def one(number: int) -> dict[str, str]:
            found = self.resource(f"plain {text}")
            return {key: value.replace("NAME", f"{stack}-{number}") for key, value in found.items()}

        document: dict[str, Any] = {"resource": {self.type: {f"r{i}": one(i) for i in range(RESOURCES)}}}
        if self.config:
            document["provider"] = {self.provider: self.config}
            document["terraform"] = {"required_providers": {self.provider: {"source": self.source}}}
        return json.dumps(document)


BUILT_IN = Kind(
    "stacks-50",
    50,
    "terraform",
    "terraform.io/builtin/terraform",
    "terraform_data",
    lambda text: {"input": f"NAME {text}"},
    {},
)
"""The cheapest runs that the engine can make."""
AWS = Kind(
    "stacks-aws",
    10,
    "aws",
    "registry.opentofu.org/hashicorp/aws",
    "aws_ssm_parameter",
    lambda text: {"name": f"/{text.split()[0]}/NAME", "type": "String", "value": text},
    {"region": "eu-central-1"},
)


@dataclass(frozen=True)
class Took:
    wall: float
    cpu: float


@dataclass(frozen=True)
class Sides:
    """The same stacks in a flake, and as directories with a module each."""

    kind: Kind
    ours: Path
    plain: Path
    env: Mapping[str, str]

    @property
    def names(self) -> list[str]:
        return [f"s{number}" for number in range(self.kind.stacks)]

    def measure(self, rounds: int) -> bool:
        """Print what plans take, nivis and plain in turn; True if a goal was missed."""
        self._write("zero")
        self._plain(["init", "-input=false"])
        self._nivis("plan")  # with `init`
        missed = self._shown("fresh plan", [self._both() for _ in range(rounds)])
        self._plain(["apply", "-auto-approve", "-input=false"])
        self._nivis("apply")
        missed |= self._shown("unchanged plan", [self._both() for _ in range(rounds)])
        changed = []
        for number in range(rounds):
            self._write(f"number {number}")
            changed.append(self._both())
        return self._shown("changed plan", changed) or missed

    def _write(self, text: str) -> None:
        self.ours.mkdir(parents=True, exist_ok=True)
        (self.ours / "flake.nix").write_text(self.kind.flake(text))
        for name in self.names:
            (self.plain / name).mkdir(parents=True, exist_ok=True)
            (self.plain / name / "main.tf.json").write_text(self.kind.module(name, text))

    def _both(self) -> tuple[Took, Took]:
        return self._nivis("plan"), self._plain(["plan", "-input=false"])

    def _nivis(self, verb: str) -> Took:
        report, begun = self.ours.parent / "took.json", time.monotonic()
        argv = (sys.executable, measured, str(report), "stacks", verb, "--parallel", str(AT_ONCE))
        # What went wrong is told at the end; the narrative of each stack comes before it.
        with (self.ours.parent / "nivis.err").open("w+") as said:
            done = subprocess.run(argv, cwd=self.ours, env=self.env, stdout=said, stderr=said)
            said.seek(0)
            assert done.returncode == 0, said.read()
        wall, found = time.monotonic() - begun, json.loads(report.read_text())
        return Took(wall, found["own"] + found["others"])

    def _plain(self, args: Iterable[str]) -> Took:
        def one(name: str) -> float:
            argv = (self.env["NIVIS_TOFU"], *args)
            child = subprocess.Popen(argv, cwd=self.plain / name, env=self.env, stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode:
                raise subprocess.CalledProcessError(child.returncode, argv)
            return usage.ru_utime + usage.ru_stime

        begun = time.monotonic()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            cpu = sum(pool.map(one, self.names))
        return Took(time.monotonic() - begun, cpu)

    def _shown(self, name: str, taken: list[tuple[Took, Took]]) -> bool:
        (wall, cpu), (other, other_cpu) = (
            (median(t[side].wall for t in taken), median(t[side].cpu for t in taken)) for side in (0, 1)
        )
        more = 1000 * (cpu - other_cpu) / self.kind.stacks
        print(
            f"{self.kind.name:22} {name:15} {wall:7.2f} {other:7.2f} {wall / other:6.2f} {cpu:7.2f} {other_cpu:7.2f} "
            f"{cpu / other_cpu:6.2f} {more:9.0f}",
            flush=True,
        )
        missed = min(wall / other, cpu / other_cpu) > RATIO
        if missed:
            print(f"{'':22} {name}: more than {RATIO} times what plain OpenTofu takes", file=sys.stderr)
        return missed


HEAD = (
    "\n"
    "stacks                 command           nivis   plain  ratio   nivis   plain  ratio  more CPU\n"
    "                                           [s]     [s]          [CPU s]         [ms/stack]"
)


def stacks(kind: Kind, rounds: int, place: Path, env: Mapping[str, str]) -> bool:
    """Measure stacks of a kind and print it; True if a goal was missed."""
    print(HEAD)
    tofu = find_engine(None, env, lambda argv: subprocess.check_output(argv, text=True)).exe
    env = {**clean_env(tofu), **env, "NIVIS_TOFU": str(tofu)}
    with _cloud(place, env) if kind is AWS else contextlib.nullcontext(env) as cloud:
        if cloud is None:
            print("(no AWS provider on this machine: its stacks are left out)")
            return False
        return Sides(kind, place / "nivis", place / "plain", cloud).measure(rounds)


@contextlib.contextmanager
def _cloud(place: Path, env: Mapping[str, str]) -> Iterator[Mapping[str, str] | None]:
    binary = find_aws_provider(env)
    if binary is None:
        yield None
        return
    config = make_mirror(place, binary)
    with moto_server(place / "moto.log") as url:
        yield cloud_env({**env, "TF_CLI_CONFIG_FILE": str(config)}, url)
