"""A project whose engine and Nix are played in this process: a run of any verb from literals, in milliseconds.

The flake is a function: ledger -> IR document. Where the real programs matter, tests of higher tiers run them.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.cli import app, setup
from nivis_tofu.cli.common import Common
from nivis_tofu.core.events import Event, Stage
from nivis_tofu.run.loop import Run
from nivis_tofu.run.session import Session
from nivis_tofu.system import notes, process
from nivis_tofu.system.process import Completed
from tests.support.played_engine import SOURCE, PlayedEngine

Ledger = Mapping[str, Any]
Flake = Callable[[Ledger], dict[str, Any]]
Play = Callable[[Flake], "Played"]
"""A project of this flake in an empty directory."""


class ThrowError(Exception):
    """What a flake throws, and what the library says of it as data."""

    def __init__(self, message: str, *tag: str) -> None:
        super().__init__(message)
        self.tag = tag

    def told(self, ledger: str) -> str:
        steps = [{"raw_msg": f"nivis-step {json.dumps([ledger, *self.tag])}"}] if self.tag else []
        return json.dumps({"action": "msg", "level": 0, "msg": f"error: {self}", "raw_msg": str(self), "trace": steps})


def thing(name: str, v: Any = None, **config: Any) -> dict[str, Any]:
    """The resource `p.t.NAME`; meta-arguments by `meta`."""
    meta = {"meta": config.pop("meta")} if "meta" in config else {}
    return {"id": f"p.t.{name}", "provider": "p", "type": "t", "name": name, "config": {"v": v, **config}, **meta}


def document(*resources: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    providers = {"p": {"source": SOURCE, "config": {}}}
    return {"schemaVersion": 1, "providers": providers, "resources": list(resources), "edges": [], **more}


def ref(name: str, attribute: str = "id") -> dict[str, Any]:
    return {"__ref": {"resource": f"p.t.{name}", "path": [attribute]}}


def value(ledger: Ledger, name: str, attribute: str = "id") -> Any:
    """What the library says of an output: None if it is not known, or not to be trusted now."""
    id_ = f"p.t.{name}"
    if attribute in ledger["planned"].get(id_, {}):
        return ledger["planned"][id_][attribute]
    if [attribute] in ledger["unknown"].get(id_, []):
        return None
    if ledger["only"] is not None and [attribute] not in ledger["only"].get(id_, []):
        return None
    return ledger["outputs"].get(id_, {}).get(attribute)


def computed(
    ledger: Ledger, name: str, render: Callable[[Any], Any] = lambda x: f"<{x}>", attribute: str = "id"
) -> dict[str, Any]:
    """A derived value of one output."""
    refs = [{"resource": f"p.t.{name}", "path": [attribute]}]
    known = value(ledger, name, attribute)
    found = {} if known is None else {"value": render(known)}
    return {"__derived": {"inputs": [f"p.t.{name}.{attribute}"], "refs": refs, **found}}


@dataclass(frozen=True)
class Said:
    """What a command line came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Played:
    """A project; `flake` may be another one from one run to the next."""

    directory: Path
    flake: Flake
    engine: PlayedEngine
    events: list[Event] = field(default_factory=list)
    """What sessions have told."""

    def nivis(self, *argv: str) -> Said:
        """Run a command line."""
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in range(2))
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = app.run(list(argv))
        texts = []
        for stream in (out, err):
            stream.flush()
            assert isinstance(stream.buffer, io.BytesIO)
            texts.append(stream.buffer.getvalue().decode())
        return Said(code, *texts)

    def applied(self, flake: Flake | None = None) -> Played:
        """The same after an apply, of another flake if there is one; its command lines and events do not count."""
        self.flake = flake or self.flake
        assert Run(self.session()).apply().error is None
        self.engine.calls.clear()
        self.events.clear()
        return self

    def session(self, **options: Any) -> Session:
        common = Common(flake=str(self.directory), **options)
        work = notes.work_directory(self.directory)
        return setup.make_session(common, self.directory, work, self.events.append, lambda _: None)

    @property
    def evaluations(self) -> int:
        """How often Nix was asked since events were cleared."""
        return sum(isinstance(event, Stage) and event.text == "evaluating" for event in self.events)

    def run(self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], **_: Any) -> Completed:
        code, lines = self._answer(list(argv), cwd, env)
        if Path(argv[0]).name == "nix" and code:
            return Completed(tuple(argv), code, "", "\n".join(lines))
        return Completed(tuple(argv), code, "".join(f"{line}\n" for line in lines), "")

    def stream(
        self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], on_line: Callable[[str], None], **_: Any
    ) -> Completed:
        code, lines = self._answer(list(argv), cwd, env)
        for line in lines:
            on_line(line)
        return Completed(tuple(argv), code, "", "")

    def _answer(self, argv: list[str], cwd: Path, env: Mapping[str, str]) -> tuple[int, list[str]]:
        if Path(argv[0]).name == "nix":
            return self._nix(argv)
        assert Path(argv[0]).name == "tofu", argv
        return self.engine.run(argv[1:], cwd, env)

    def _nix(self, argv: list[str]) -> tuple[int, list[str]]:
        if "nivis-ledger=" not in " ".join(argv):
            return 0, ["true"]  # whether there is a plan, and whether it is a function
        file = next(a.removeprefix("nivis-ledger=") for a in argv if a.startswith("nivis-ledger="))
        try:
            return 0, [json.dumps(self.flake(json.loads(Path(file).read_text())["ledger"]))]
        except ThrowError as error:
            return 1, [f"@nix {error.told(file)}" if "internal-json" in argv else f"error: {error}"]


def play(directory: Path, flake: Flake, monkeypatch: pytest.MonkeyPatch) -> Played:
    """A project of this flake in an empty directory, which becomes the current one."""
    tools = directory / "tools"
    tools.mkdir()
    for name in ("tofu", "nix"):
        (tools / name).write_text("#!/bin/sh\n")
        (tools / name).chmod(0o755)
    home = directory / "project"
    home.mkdir()
    (home / "flake.nix").write_text("{ }\n")
    played = Played(home, flake, PlayedEngine(home / "nivis.state.json"))
    monkeypatch.setattr(os, "fsync", lambda _: None)  # nothing of it has to outlive the machine
    monkeypatch.setattr(process, "run", played.run)
    monkeypatch.setattr(process, "stream", played.stream)
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.setenv("NIVIS_TOFU", str(tools / "tofu"))
    monkeypatch.setattr("nivis_tofu.system.locate.find_nix", lambda _: tools / "nix")
    monkeypatch.chdir(home)
    return played
