"""Evaluating the flake under restrict-eval: ledger in by a 0600 file, IR out as JSON, Nix's own words on error."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from nivis_tofu.core import json_text, packed
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NivisError, NixError
from nivis_tofu.core.events import Level
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.packed import Packed
from nivis_tofu.core.regex import regex
from nivis_tofu.nix import syntax
from nivis_tofu.nix.allowed_uris import restricted
from nivis_tofu.nix.diagnose import Diagnosis
from nivis_tofu.nix.failure import answer, own_remarks_left_out
from nivis_tofu.nix.flake_copy import copy_flake, copy_private
from nivis_tofu.nix.trace import separated
from nivis_tofu.nix.tree import git_top, library_path
from nivis_tofu.nix.watch import APPLY, Watch
from nivis_tofu.system import notes, process
from nivis_tofu.system.around import Around, unwatched
from nivis_tofu.system.files import copy_file
from nivis_tofu.system.signals import KILL_AT, Stop

LibraryChoice = Literal["bundled", "locked"]
TRACE_SECONDS = 5.0

_PLAIN_PATH = regex(r"[A-Za-z0-9/._+-]+")


@immutable
class Nix:
    """Evaluates one attribute of one flake; `work` is the project's `.nivis/`."""

    exe: Path
    flake: str
    attr: str
    project: Path
    work: Path
    library: LibraryChoice = "bundled"
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    redact: Callable[[str], str] = lambda text: text
    keep_out: tuple[Path, ...] = ()
    """Files of this run (state, plan) that must not be copied with the flake."""
    stop: Stop | None = None
    """Who else may stop what runs."""
    on_command: Callable[[tuple[str, ...], float, int], None] = lambda *_: None
    """Gets a name for the debug log, seconds and exit code of every process."""

    around: Around = unwatched
    """Gets the same name of every process."""
    on_said: Callable[[str, Level], None] = lambda *_: None
    """Gets what the flake traces and warns of, each text once, and for the debug log all that Nix says of a failure."""
    made: Mapping[str, Any] = field(default_factory=dict)
    """Documents that an evaluation of many plans has made, by `mark`."""
    generated: Callable[[], Mapping[str, Path]] = dict
    """Sees to inputs that `gen` made: those that lie elsewhere than the lock file says, by name."""
    copied: tuple[Path, str] | None = None
    """The `source` of another evaluation of the same flake."""
    told: set[str] = field(default_factory=set)
    """What `on_said` has got."""
    last: dict[str, Packed] = field(default_factory=dict)
    """The last answer, by its mark."""

    def evaluate(self, ledger: Mapping[str, Any], watch: Watch | None = None) -> Packed:
        """The IR document for a ledger document; `watch` takes in what was read. Raises NixError."""
        watched = watch.watched if watch else ()
        if self.made and not watched and (known := self.made.get(mark(self.attr, ledger))):
            return Packed.of(known)
        cwd, ref = self.source
        path = self.work / "eval" / "ledger.json"
        notes.write_pieces(path, json_text.pieces({"ledger": ledger, "watched": dict.fromkeys(watched)}, 3))
        plan = f"plan: ({APPLY}) plan (builtins.fromJSON (builtins.readFile {syntax.string(str(path))}))"
        argv, trace = self.eval_argv(ref, path, plan), ""
        try:
            done = self.run(argv, cwd)
            if done.returncode != 0:
                trace = self.trace(argv, cwd, done.seconds)
        finally:
            path.unlink(missing_ok=True)
        if watch:
            watch.declare(done.stderr, ledger.get("vars") or {})
        if done.returncode != 0:
            raise Diagnosis(self).plan(trace)
        self.tell(done.stderr)
        found = self._answer(done.stdout)
        if watched and watch:
            watch.learn(done.stderr, found.look(), ledger)
        return found

    def _answer(self, text: str) -> Packed:
        """What Nix answered; the same object where it says the same again, so that nobody has to read it anew."""
        same = self.last.get(packed.mark(text.encode()))
        if same is None:
            self.last.clear()
            same = Packed(text, answer(text))
            self.last[same.mark] = same
        return same

    def tell(self, stderr: str) -> None:
        """Tell what the flake traces and Nix warns of in an evaluation that succeeded, unless that was told before."""
        said = [text for text in own_remarks_left_out(separated(stderr)) if text not in self.told]
        self.told.update(said)
        for text in said:
            self.on_said(Diagnosis(self).words(text), "info")

    def names(self) -> list[str]:
        """The names in the attribute set that the attribute is. Raises NixError."""
        cwd, ref = self.source
        argv = self.eval_argv(ref, self.work / "eval" / "ledger.json", "builtins.attrNames")
        done = self.run(argv, cwd)
        if done.returncode != 0:
            raise Diagnosis(self).plan(self.trace(argv, cwd, done.seconds))
        return list(answer(done.stdout, list))

    def evaluate_all(self, ledgers: Mapping[str, Mapping[str, Any]], other: Mapping[str, Any]) -> dict[str, Any]:
        """The same for all plans in that set, whatever their names are. `other`: the ledger of those without one.

        Raises NixError without words.
        """
        plan = f"({APPLY}) plan {{ ledger = given.ledgers.${{name}} or given.other; watched = {{ }}; }}"
        function = f"plans: given: builtins.mapAttrs (name: plan: {plan}) plans"
        return dict(self.apply(function, {"ledgers": ledgers, "other": other}, kind=dict))

    def evaluate_each(self, ledgers: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """The IR document of each of these plans in the attribute set that the attribute is.

        Raises NixError without words if one of them throws: it has to be asked for by itself.
        """
        plan = f"({APPLY}) plans.${{name}} {{ inherit ledger; watched = {{ }}; }}"
        return dict(self.apply(f"plans: builtins.mapAttrs (name: ledger: {plan})", ledgers, kind=dict))

    def apply(
        self,
        function: str,
        given: Any,
        words: Callable[[str], NivisError] | None = None,
        heard: Callable[[str], None] = lambda _: None,
        kind: type = object,
    ) -> Any:
        """What a Nix function makes of the attribute and of plain data.

        `words`: makes the error of Nix's trace of a failure; without it that is a NixError that says nothing. `heard`
        gets what Nix wrote before anything of it is shown.
        """
        cwd, ref = self.source
        path = self.work / "eval" / "ledger.json"
        notes.write(path, json_text.dumps(given))
        told = f"builtins.fromJSON (builtins.readFile {syntax.string(str(path))})"
        argv = self.eval_argv(ref, path, f"attribute: ({function}) attribute ({told})")
        try:
            done = self.run(argv, cwd)
            heard(done.stderr)
            if done.returncode != 0:
                raise words(self.trace(argv, cwd, done.seconds)) if words else NixError
        finally:
            path.unlink(missing_ok=True)
        if words:
            self.tell(done.stderr)
        return answer(done.stdout, kind)

    def eval_argv(self, ref: str, readable: Path, function: str) -> tuple[str, ...]:
        """A function of the plan; it may read what lies at `readable`."""
        return (
            str(self.exe), "eval", "--impure", *restricted(self.project / self.flake), "-I", f"nivis-ledger={readable}",
            "--json", "--no-write-lock-file", *self.library_args(), f"{ref}#{self.attr}", "--apply", function,
        )  # fmt: skip

    def realise(self, drvs: list[str]) -> None:
        """Build derivations; the store path of each is part of the IR already."""
        done = self.run((str(self.exe.parent / "nix-store"), "--realise", *drvs), self.project)
        if done.returncode != 0:
            detail = "Nix could not build a file that a resource needs; its own words follow."
            raise NixError(Diagnostic("A Nix build failed", detail), raw=self.redact(done.stderr))

    @cached_property
    def _moved(self) -> Mapping[str, Path]:
        return self.generated()

    def library_args(self) -> tuple[str, ...]:
        """Options that put our own library, and constructors that were generated anew, in the place of inputs."""
        moved = (("--override-input", name, f"path:{path}") for name, path in self._moved.items())
        return (*(word for option in moved for word in option), *self._library())

    def _library(self) -> tuple[str, ...]:
        if self.library == "locked":
            return ()
        place = str(library_path().resolve())
        if not _PLAIN_PATH.fullmatch(place):
            # Nix takes no such path, escaped or not; a relative one that is plain will do.
            copy = self.work / "library"
            copy_private(Path(place), copy)
            place = os.path.relpath(copy, self.source[0])
        return ("--override-input", "nivis", f"path:{place}")

    def trace(self, argv: tuple[str, ...], cwd: Path, seconds: float) -> str:
        """The same failure again as structured lines, with the steps that led to it if they can be told in time.

        `seconds`: how long it took to fail.
        """
        argv = (*argv, "--log-format", "internal-json")
        try:
            # A trace costs a multiple of the evaluation, and without end where that recurses without end.
            return self.run((*argv, "--show-trace"), cwd, TRACE_SECONDS * (1 + seconds)).stderr
        except process.CommandTimeoutError:
            return self.run(argv, cwd).stderr

    def run(self, argv: tuple[str, ...], cwd: Path, timeout: float | None = None) -> process.Completed:
        # An evaluation has nothing to lose, and some versions do not hear ^C while they compute; a build is asked.
        kill_at = KILL_AT if "--realise" in argv else 1
        # Not the whole argv: the flake reference and options repeat in each, and would hide what differs.
        name = (Path(argv[0]).name, argv[1])
        with self.around(name) as more:
            env = {**self.environment, **more}
            done = process.run(argv, cwd=cwd, env=env, timeout=timeout, kill_at=kill_at, stop=self.stop)
            self.on_command(name, done.seconds, done.returncode)
        return done

    @property
    def environment(self) -> dict[str, str]:
        features = "extra-experimental-features = nix-command flakes"
        return {**self.env, "NIX_CONFIG": "\n".join(filter(None, [self.env.get("NIX_CONFIG", ""), features]))}

    @cached_property
    def source(self) -> tuple[Path, str]:
        """(working directory, flake reference): a filtered copy outside git, the tree itself inside."""
        if self.copied:
            return self.copied
        local = (self.project / self.flake).expanduser()
        if not local.exists():
            if ":" in self.flake:
                return self.project, self.flake  # a remote flake reference
            raise NivisError.of("No such flake", f"{self.flake} is neither a directory nor a flake reference.")
        local = local.resolve()  # Nix refuses a symlinked flake directory
        if not (local / "flake.nix").is_file():
            raise no_flake(local)
        if top := git_top(local):
            if _PLAIN_PATH.fullmatch(str(local)):
                return local, "."
            # Nix writes the path into a URL as it is; a relative one has nothing that could go wrong there.
            below = quote(str(local.relative_to(top)), safe="/")
            return top, "git+file:." if below == "." else f"git+file:.?dir={below}"
        copy = self.work / "flake"
        copy_flake(local, copy, self.keep_out)
        return copy, "path:."

    def lock(self, narrate: Callable[[str], None]) -> None:
        """Write flake.lock if the network allows; a failure is remembered and never stops a run."""
        local = (self.project / self.flake).expanduser().resolve()
        flake, target = local / "flake.nix", local / "flake.lock"
        if target.exists() or not flake.is_file():
            return
        stamp = self.project / ".nivis" / "lock-attempt"  # for all stacks
        mark = hashlib.sha256(flake.read_bytes()).hexdigest()
        if notes.read(stamp) == mark:
            return
        self.library_args()  # what `gen` made has to be in the store
        narrate("resolving the flake's inputs")
        cwd, ref = self.source
        options = ("--option", "connect-timeout", "3", "--option", "download-attempts", "1")
        done = self.run((str(self.exe), "flake", "lock", *options, ref), cwd)
        if done.returncode == 0 and ref.startswith("path:") and (cwd / "flake.lock").exists():
            copy_file(cwd / "flake.lock", target)
        if target.exists():
            target.chmod(0o644)  # the user commits it
        if done.returncode != 0:
            narrate("flake.lock was not written (the inputs cannot be fetched now); the bundled library is used")
            notes.write(stamp, mark)

    @property
    def home(self) -> Path:
        """What Nix copies: the whole work tree inside git, elsewhere the directory."""
        return git_top(self.project) or self.project


def mark(attribute: str, ledger: Mapping[str, Any]) -> str:
    """What tells one evaluation of a flake from another: the plan, and the ledger document that it gets."""
    return hashlib.sha256(json_text.dumps([attribute, ledger]).encode()).hexdigest()


def no_flake(directory: Path) -> NivisError:
    return NivisError.of(
        "No flake in this directory",
        f"There is no flake.nix in {directory}.",
        "Run `nivis init` to create one, or point to it with `--flake DIR`.",
    )
