"""`make docs-pictures`: every picture of the documentation, made anew into docs/pictures.

The graph and the recording come from real runs of `examples/three-phases` in a temporary directory, the trace from one
of `examples/tutorial`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.support.aws_mirror import find_aws_provider, make_mirror
from tests.support.collector import collecting
from tests.support.moto import cloud_env, moto_server
from tools.demo import command_env, example
from tools.drawings import graph, phases, stale
from tools.recording import film, record
from tools.waterfall import waterfall

TARGET = Path(__file__).parent.parent / "docs" / "pictures"
COMMANDS = ("nivis plan", "nivis apply", "nivis why subnet.input")


def main() -> int:
    TARGET.mkdir(exist_ok=True)
    for name, text in phases().items():
        (TARGET / f"{name}.svg").write_text(text, encoding="utf-8")
    (TARGET / "stale.svg").write_text(stale(), encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="nivis-pictures-") as temporary:
        directory, env = example("three-phases", temporary), command_env()
        argv = ["nivis", "graph", "--json"]
        drawn = subprocess.run(argv, cwd=directory, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout
        (TARGET / "graph.svg").write_text(graph(json.loads(drawn)), encoding="utf-8")
        (TARGET / "recording.svg").write_text(film(record(COMMANDS, directory, env)), encoding="utf-8")
        screens(directory, env)
        (TARGET / "trace.svg").write_text(trace(Path(temporary), env), encoding="utf-8")
    return 0


def trace(temporary: Path, env: Mapping[str, str]) -> str:
    """An apply of the tutorial as a collector of traces gets it, with the real AWS provider and a local fake cloud."""
    directory, env = example("tutorial", str(temporary)), dict(env)
    if binary := find_aws_provider(env):
        env["TF_CLI_CONFIG_FILE"] = str(make_mirror(temporary, binary))
    with moto_server(temporary / "moto.log") as url, collecting() as collector:
        env = cloud_env(env, url)
        for command, more in (("init", {}), ("apply", collector.environment)):
            subprocess.run(["nivis", command], cwd=directory, env={**env, **more}, check=True, capture_output=True)
        return waterfall(collector.spans)


def screens(directory: Path, env: Mapping[str, str]) -> None:
    """What one sees of a change with a replacement, of a failure half-way, and of many stacks."""

    def screen(name: str, command: str, where: Path, *codes: int) -> None:
        last = record([command], where, {**env, "NIVIS_PAGER": "cat"}, codes=codes or (0,))[-1:]
        (TARGET / f"{name}.svg").write_text(film(last), encoding="utf-8")

    flake = directory / "flake.nix"
    text = flake.read_text(encoding="utf-8")
    config = "config = { inherit input; };"
    flake.write_text(text.replace(config, 'config = { inherit input; triggers_replace = "2"; };'), encoding="utf-8")
    screen("screen-diff", "nivis plan --diff", directory)
    broken = 'provisioner = [ { local-exec = [ { command = "echo no route to it >&2; exit 3"; } ]; } ];'
    wrong = f'{config[:-1]} // {{ triggers_replace = "3"; }} // (if name == "subnet" then {{ {broken} }} else {{ }});'
    flake.write_text(text.replace(config, wrong), encoding="utf-8")
    screen("screen-failure", "nivis apply --yes", directory, 1)
    stacks = directory / "stacks"
    stacks.mkdir()
    subprocess.run(["nivis", "init", "--template=environments"], cwd=stacks, env=env, check=True, capture_output=True)
    screen("screen-stacks", "nivis stacks apply", stacks)


if __name__ == "__main__":
    sys.exit(main())
