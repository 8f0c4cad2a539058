"""A project in a temporary directory, run in-process on the real engine; what each run did and cost."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from nivis_tofu.core.events import Event, Warned
from nivis_tofu.core.outcome import Applied, Preview
from nivis_tofu.core.redactor import Redactor
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.nix.evaluate import Nix
from nivis_tofu.project.workdir import Workdir
from nivis_tofu.run.decide.options import Options
from nivis_tofu.run.loop import Run
from nivis_tofu.run.session import Session
from nivis_tofu.system import locate
from nivis_tofu.tofu.client import Tofu
from nivis_tofu.tofu.env import engine_env
from nivis_tofu.tofu.site import Site

FLAKE = """\
{
  inputs.nivis.url = "github:wearetechnative/nivis";
  outputs = { self, nivis }: let
    lib = nivis.lib;
    meta = m: x: x // { meta = m; };
    td = name: config: lib.mkResource { provider = "terraform"; type = "terraform_data"; inherit name config; };
    tdm = name: meta: config: lib.mkResource { provider = "terraform"; type = "terraform_data"; inherit name config meta; };
    hash = v: builtins.substring 0 8 (builtins.hashString "sha256" (builtins.toJSON v));
    of = ref: f: lib.derived { inputs = [ ref ]; render = xs: f (builtins.elemAt xs 0); };
    terraform = lib.mkProvider { source = "terraform.io/builtin/terraform"; };
  in {
    nivis.plan = ledger: let
      var = ledger.vars;
@LET@
    in lib.toIR ({ providers = { inherit terraform; }; inherit ledger; } // { @IR@ });
  };
}
"""


@dataclass
class Done:
    """One run: its result, engine processes that loaded schemas, all engine command lines, warnings."""

    result: Applied
    loads: int
    commands: list[str]
    warnings: list[str]

    @property
    def words(self) -> dict[str, str]:
        """Name -> what was done with it (`created` for a creation)."""
        acted = self.result.tally.acted
        return {short(i): a.word or "created" for i, a in acted.items()}

    @property
    def order(self) -> list[str]:
        return [short(i) for i in self.result.tally.acted]

    @property
    def applies(self) -> int:
        return sum(1 for c in self.commands if c.startswith("apply"))

    def ok(self) -> Done:
        assert self.result.error is None, self.result.error.diagnostics
        return self


def short(id_: str) -> str:
    return id_.rsplit(".", 1)[-1]


@dataclass
class Lab:
    """`write` a flake, then `apply`, `plan`, `destroy`; `state` is what the engine has now."""

    project: Path
    kind: str = "tofu"
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    variables: dict[str, Any] = field(default_factory=dict)
    exe: Path | None = None
    mode: Literal["off", "on", "careful"] = "off"
    """Is a run one plan, where nothing else is said?"""
    on_apply: Callable[[Session], Session] | None = None
    history: list[tuple[str, str]] = field(default_factory=list)
    """(name, action) of everything applied in the last run, in the order it came to its end."""

    def write(self, let: str, ir: str) -> None:
        (self.project / "flake.nix").write_text(FLAKE.replace("@LET@", let).replace("@IR@", ir))

    def session(self, options: Options | None = None) -> Session:
        engine = locate.find_engine(self.kind if self.kind == "terraform" else None, self.env, lambda _: "")
        root = self.project / ".nivis"
        root.mkdir(mode=0o700, exist_ok=True)
        redactor = Redactor()
        tofu = Tofu(self.exe or engine.exe, engine.kind, Site.alone(root / "work"), engine_env(self.env), redactor)
        workdir = Workdir.open(self.project, root, self.project / "nivis.state.json", tofu)
        nix = Nix(
            locate.find_nix(self.env), ".", "nivis.plan", self.project, root, env=self.env, redact=redactor.redact
        )
        return Session.bound(nix, workdir, options or Options(variables=self.variables), redactor)

    def apply(self, **options: Any) -> Done:
        return self._run(lambda run: run.apply(), options)

    def destroy(self, **options: Any) -> Done:
        return self._run(lambda run: run.destroy(), options)

    def _run(self, verb: Callable[[Run], Applied], options: Mapping[str, Any]) -> Done:
        commands: list[str] = []
        warnings: list[str] = []
        last: list[int | None] = [0]
        self.history = []

        def ran(argv: Sequence[str], _: float, code: int | None) -> None:
            if commands and last[0] == 1 and argv[0] == commands[-1].split()[0] == "apply":
                commands.pop()  # OpenTofu 1.10 refused it at once
            commands.append(" ".join(argv))
            last[0] = code

        def emit(event: Event) -> None:
            if isinstance(event, Warned):
                warnings.append(f"{event.diagnostic.summary}: {event.diagnostic.detail}")
            if type(event).__name__ == "Done":
                self.history.append((short(event.id), event.action))  # type: ignore[union-attr]  # told by its name

        session = self.session(Options(variables=self.variables, **{"one_plan": self.mode, **options}))
        session = replace(session, emit=emit).with_engine(on_command=ran)
        if self.on_apply:
            session = self.on_apply(session)
        result = verb(Run(session))
        return Done(result, session.tofu.schema_loads, commands, warnings)

    def plan(self, **options: Any) -> Preview:
        return Run(self.session(Options(variables=self.variables, **{"one_plan": self.mode, **options}))).plan()

    def planned(self, **options: Any) -> dict[str, str]:
        """Name -> action of every line of a plan that is not `noop`."""
        return {short(x.id): x.action for x in self.plan(**options).lines if x.action != "noop"}

    @property
    def state(self) -> dict[str, dict[str, Any]]:
        objects = self.snapshot().objects
        return {short(a): dict(o.attributes) for a, o in objects.items()}

    def snapshot(self) -> Snapshot:
        """The state where the last run had it."""
        found = self.session().recalled()
        return found.workdir.state.snapshot() if found else Snapshot()

    def settled(self) -> bool:
        """Is there nothing left to do?"""
        return self.plan().empty
