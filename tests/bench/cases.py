"""The same work twice: by nivis, and by plain OpenTofu in the way a script without nivis would do it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nivis_tofu.system.locate import find_engine
from tests.bench.modules import AWS_STEPS, CHAIN_STEPS, MANY, native_chain, native_note, native_thousand
from tests.e2e.project import Project, clean_env
from tests.support.aws_mirror import find_aws_provider, make_mirror
from tests.support.moto import cloud_env, moto_server
from tools.demo import example

LOADS = frozenset({"plan", "apply", "destroy", "show", "validate", "providers"})


@dataclass(frozen=True, slots=True)
class Sample:
    """One measured command. `overhead`: seconds of ours per phase."""

    wall: float
    engine: tuple[str, ...]
    overhead: float = 0.0

    @property
    def loads(self) -> int:
        return sum(1 for command in self.engine if command in LOADS)


Measured = Iterator[tuple[str, Sample]]


@dataclass(frozen=True)
class Case:
    """A flake, and the modules that a script would apply one after the other."""

    name: str
    project: Project
    plain_dir: Path
    steps: Sequence[Callable[[Mapping[str, Any]], Mapping[str, Any]]]
    env: Mapping[str, str]
    flags: tuple[str, ...] = ()
    """What `plan` and `apply` are given beside."""

    def set_up(self) -> None:
        """`init` on both sides: it is not part of what is compared."""
        self.project.run("validate").ok()
        self._write(0, {})
        self._tofu("init", "-input=false")

    def nivis(self) -> Measured:
        yield "fresh apply", self._nivis("apply", *self.flags)
        yield "unchanged plan", self._nivis("plan", *self.flags)
        yield "unchanged apply", self._nivis("apply", *self.flags)
        yield "destroy", self._nivis("destroy")

    def plain(self) -> Measured:
        """A shell loop: apply, read the outputs, write the next module, apply."""
        start, commands, known = time.monotonic(), [], dict[str, Any]()
        for number in range(len(self.steps)):
            self._write(number, known)
            self._tofu("apply", "-auto-approve", "-input=false")
            known = {n: o["value"] for n, o in json.loads(self._tofu("output", "-json")).items()}
            commands += ["apply", "output"]
        yield "fresh apply", Sample(time.monotonic() - start, tuple(commands))
        yield "unchanged plan", self._one("plan", "-input=false")
        yield "unchanged apply", self._one("apply", "-auto-approve", "-input=false")
        yield "destroy", self._one("destroy", "-auto-approve", "-input=false")

    def _nivis(self, *line: str) -> Sample:
        start = time.monotonic()
        result = self.project.run(*line, "--log-level", "debug").ok()
        wall = time.monotonic() - start
        others = sum(ran.seconds for ran in result.ran)
        phases = max(1, result.engine.count("apply"))
        return Sample(wall, tuple(result.engine), (wall - others) / phases)

    def _one(self, *args: str) -> Sample:
        start = time.monotonic()
        self._tofu(*args)
        return Sample(time.monotonic() - start, (args[0],))

    def _write(self, number: int, known: Mapping[str, Any]) -> None:
        (self.plain_dir / "main.tf.json").write_text(json.dumps(self.steps[number](known)))

    def _tofu(self, *args: str) -> str:
        argv = [str(self.project.tofu), *args]
        done = subprocess.run(argv, cwd=self.plain_dir, env=self.env, check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout


def chain_cases(directory: Path, env: Mapping[str, str]) -> Iterator[Case]:
    """Three dependent stages of built-in resources: the engine's own time is small, so ours shows."""
    yield _case("chain", "three-phases", directory / "phases", env, CHAIN_STEPS)
    yield _case("one plan", "three-phases", directory / "one", env, (native_chain,), ("--one-plan",))


def thousand_case(directory: Path, env: Mapping[str, str]) -> Case:
    """A thousand values that Nix computes, against as many native templates."""
    case = _case("thousand", "three-phases", directory, env, (native_thousand,), ("--one-plan",))
    flake = case.project.directory / "flake.nix"
    flake.write_text(
        flake.read_text()
        .replace(
            "resources = [ network subnet hosts ];",
            'resources = [ network ] ++ builtins.genList (n: data "n${toString n}" '
            f'(lib.str [ (network.refAttr "id") "-" n ])) {MANY};',
        )
        .replace("outputs.hosts = hosts", "outputs.hosts = network")
    )
    return case


@contextlib.contextmanager
def aws_cases(directory: Path, env: Mapping[str, str]) -> Iterator[tuple[Case, ...]]:
    """The tutorial with the AWS provider against a fake cloud; nothing where there is no provider."""
    binary = find_aws_provider(env)
    if binary is None:
        yield ()
        return
    directory.mkdir(parents=True)
    config = make_mirror(directory, binary)
    with moto_server(directory / "moto.log") as url:
        cloud = cloud_env({**env, "TF_CLI_CONFIG_FILE": str(config)}, url)
        yield (
            _case("tutorial", "tutorial", directory / "phases", cloud, AWS_STEPS),
            _case("one plan", "tutorial", directory / "one", cloud, (native_note,), ("--one-plan",)),
        )


def _case(
    name: str,
    flake: str,
    directory: Path,
    env: Mapping[str, str],
    steps: Sequence[Callable[[Mapping[str, Any]], Mapping[str, Any]]],
    flags: tuple[str, ...] = (),
) -> Case:
    directory.mkdir(parents=True, exist_ok=True)
    tofu = find_engine(None, env, lambda argv: subprocess.check_output(argv, text=True)).exe
    project = Project(example(flake, str(directory)), tofu, forks=False)
    project.env = {**clean_env(tofu), **env, "NIVIS_TOFU": str(tofu)}
    plain = directory / "plain"
    plain.mkdir()
    return Case(name, project, plain, steps, project.env, flags)
