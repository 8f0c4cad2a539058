"""`make docs-pictures`: every picture of the documentation, made anew into docs/pictures.

The graph and the recording come from real runs of `examples/three-phases` in a temporary directory.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.demo import command_env, example
from tools.drawings import graph, phases, stale
from tools.recording import film, record

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
    return 0


if __name__ == "__main__":
    sys.exit(main())
