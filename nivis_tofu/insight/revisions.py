"""`diff`: the flake at two git revisions, evaluated with one ledger. Neither engine nor credentials are needed."""

from __future__ import annotations

import contextlib
import functools
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nivis_tofu.core.errors import NivisError, NixError
from nivis_tofu.core.immutable import mutable
from nivis_tofu.core.outcome import Line
from nivis_tofu.core.redactor import Redactor
from nivis_tofu.insight import diff as comparing
from nivis_tofu.ir import decode
from nivis_tofu.ir.ledger import Ledger
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.names import Names
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.nix.evaluate import Nix
from nivis_tofu.nix.tree import git_top
from nivis_tofu.project import engine_init
from nivis_tofu.project.workdir import Workdir
from nivis_tofu.system import process
from nivis_tofu.tofu.client import Tofu
from nivis_tofu.tofu.site import Site


@mutable
class Revisions:
    """One project in git, and how its flake is evaluated."""

    nix: Nix
    git: Path
    variables: Mapping[str, Any]
    redactor: Redactor
    ledger: Ledger

    def diff(self, old: str, new: str | None) -> tuple[Line, ...]:
        """The differences between two revisions; `new` None means the files as they are."""
        before = self.at(old)
        after = self.at(new) if new else self.decoded(self.nix)
        return comparing.compare(before, after, self.ledger, self.redactor.redact)

    def at(self, revision: str) -> IR:
        """The IR of the flake at a revision."""
        with checked_out(self.nix, self.git, revision) as nix:
            return self.decoded(nix)

    def decoded(self, nix: Nix) -> IR:
        return decode.decode(nix.evaluate(self.ledger.document(1, self.variables)).read())


@contextlib.contextmanager
def checked_out(nix: Nix, git: Path, revision: str) -> Iterator[Nix]:
    """The same flake at a revision, in a clone: the user's tree is untouched. Errors of Nix name the revision."""
    top = git_top(nix.project)
    if top is None:
        raise NivisError.of("Not in git", f"{nix.project} is not in a git work tree, so it has no revisions.")
    run = functools.partial(_git, git, nix)
    commit = run(top, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").stdout.strip()
    if not commit:
        todo = "There is no commit yet: `git commit` makes one." if revision == "HEAD" else "`git log` lists them."
        raise NivisError.of("No such revision", f"git knows no `{revision}` in {top}.", todo)
    with tempfile.TemporaryDirectory(prefix="nivis-") as folder:
        tree = Path(folder).resolve() / "tree"
        run(top, "clone", "--quiet", "--shared", "--no-checkout", "--", str(top), str(tree), need=True)
        run(tree, "checkout", "--quiet", "--detach", commit, need=True)
        project = tree / nix.project.relative_to(top)
        work = Path(folder) / "work"
        work.mkdir(mode=0o700)
        if not (project / "flake.nix").is_file():
            raise NivisError.of("No flake in that revision", f"At `{revision}` there is no flake.nix there.")
        try:
            yield replace(nix, project=project, work=work, made={})
        except NixError as error:
            own, shown = f"{tree}/", f"{revision}:"
            found = (
                replace(
                    d,
                    summary=d.summary.replace(own, shown),
                    detail=d.detail.replace(own, shown),
                    position=d.position and replace(d.position, file=f"{shown}{d.position.file}"),
                )
                for d in error.diagnostics
            )
            raise error.with_(*found) from error


def _git(git: Path, nix: Nix, where: Path, *line: str, need: bool = False) -> process.Completed:
    done = process.run((str(git), *line), cwd=where, env=nix.env)
    if need and done.returncode != 0:
        raise NivisError.of("git failed", f"`git {line[0]}` in {where} ended with {done.returncode}.", raw=done.stderr)
    return done


def local_ledger(project: Path, root: Path, state_file: Path, say: Callable[[str], None]) -> Ledger:
    """The ledger of a local state file; empty for a remote state, which would need the engine."""
    nobody = Tofu(Path("tofu"), "tofu", Site.alone(root / "work"), {})
    workdir = Workdir.open(project, root, state_file, nobody)
    if workdir.memory.now and not workdir.memory.now.get("file"):
        say("The state lies behind a backend and is not read: values that depend on outputs are not known.")
        return Ledger()
    recalled = engine_init.recalled(workdir)
    snapshot = (recalled or workdir).state.snapshot() if recalled or state_file.exists() else Snapshot()
    return Ledger(Names.of(None, snapshot, workdir.remembered.ids()).keyed(snapshot.objects))
