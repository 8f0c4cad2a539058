"""Evaluating the flake under restrict-eval: ledger in by a 0600 file, IR out as JSON, Nix's own words on error."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from nivis_tofu.core import json_text
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NivisError, NixError
from nivis_tofu.core.nearest import did_you_mean
from nivis_tofu.nix import syntax, variables
from nivis_tofu.nix.allowed import restricted
from nivis_tofu.nix.failure import (
    left_out,
    missing_files,
    unknown_to_git,
    useful_lines,
    without_library,
    without_own_remarks,
)
from nivis_tofu.nix.flake_copy import copy_flake, copy_private
from nivis_tofu.nix.watch import APPLY, Watch
from nivis_tofu.system import notes, process
from nivis_tofu.system.signals import KILL_AT

LibraryChoice = Literal["bundled", "locked"]
TRACE_SECONDS = 5.0

_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._+-]+")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_'-]*")
_STORE_TREE = re.compile(r"/nix/store/[0-9a-z]{32}-[^/\s'\":]+")


def library_path() -> Path:
    """Directory of the bundled Nix library, a flake without inputs."""
    return Path(__file__).parents[1] / "nixlib"


@dataclass
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
    on_command: Callable[[tuple[str, ...], float, int], None] = lambda *_: None
    """Gets a name for the debug log, seconds and exit code of every process."""
    watch: Watch | None = None
    evaluations: int = 0
    seconds: float = 0.0
    _source: tuple[Path, str] | None = None

    def evaluate(self, ledger: Mapping[str, Any]) -> Any:
        """The IR document for a ledger document. Raises NixError with Nix's whole text."""
        cwd, ref = self.source()
        path = self.work / "eval" / "ledger.json"
        watched = self.watch.watched if self.watch else ()
        notes.write(path, json_text.dumps({"ledger": ledger, "watched": dict.fromkeys(watched)}))
        plan = f"plan: ({APPLY}) plan (builtins.fromJSON (builtins.readFile {syntax.string(str(path))}))"
        argv, trace = self.eval_argv(ref, path, plan), ""
        try:
            done = self._run(argv, cwd)
            if done.returncode != 0:
                trace = self._trace(argv, cwd)
        finally:
            path.unlink(missing_ok=True)
        self.evaluations += 1
        if self.watch:
            self.watch.declare(done.stderr)
        if done.returncode != 0:
            raise self._failure(done.stderr, trace, cwd, ref)
        document = json_text.loads(done.stdout)
        if watched and self.watch:
            self.watch.learn(done.stderr, document, ledger)
        return document

    def eval_argv(self, ref: str, readable: Path, function: str) -> tuple[str, ...]:
        """A function of the plan; it may read what lies at `readable`."""
        return (
            str(self.exe), "eval", "--impure", *restricted(self.project / self.flake), "-I", f"nivis-ledger={readable}",
            "--json", "--no-write-lock-file", *self._library_args(), f"{ref}#{self.attr}", "--apply", function,
        )  # fmt: skip

    def realise(self, drvs: list[str]) -> None:
        """Build derivations; the store path of each is part of the IR already."""
        done = self._run((str(self.exe.parent / "nix-store"), "--realise", *drvs), self.project)
        if done.returncode != 0:
            detail = "Nix could not build a file that a resource needs; its own words follow."
            raise NixError(Diagnostic("A Nix build failed", detail), raw=self.redact(done.stderr))

    def _library_args(self) -> tuple[str, ...]:
        if self.library == "locked":
            return ()
        place = str(library_path().resolve())
        if not _PLAIN_PATH.fullmatch(place):
            # Nix takes no such path, escaped or not; a relative one that is plain will do.
            copy = self.work / "library"
            notes.clear(copy)
            copy_private(Path(place), copy)
            place = os.path.relpath(copy, self.source()[0])
        return ("--override-input", "nivis", f"path:{place}")

    def _trace(self, argv: tuple[str, ...], cwd: Path) -> str:
        """The same failure again with the steps that led to it; empty where they are too many to be told in time."""
        try:
            return self._run((*argv, "--show-trace"), cwd, TRACE_SECONDS).stderr
        except process.CommandTimeoutError:
            return ""

    def _run(self, argv: tuple[str, ...], cwd: Path, timeout: float | None = None) -> process.Completed:
        start = time.monotonic()
        # An evaluation has nothing to lose, and some versions do not hear ^C while they compute; a build is asked.
        kill_at = KILL_AT if "--realise" in argv else 1
        done = process.run(argv, cwd=cwd, env=self.environment, timeout=timeout, kill_at=kill_at)
        seconds = time.monotonic() - start
        self.seconds += seconds
        # Not the whole argv: the flake reference and options repeat in each, and would hide what differs.
        self.on_command((Path(argv[0]).name, argv[1]), seconds, done.returncode)
        return done

    @property
    def environment(self) -> dict[str, str]:
        features = "extra-experimental-features = nix-command flakes"
        return {**self.env, "NIX_CONFIG": "\n".join(filter(None, [self.env.get("NIX_CONFIG", ""), features]))}

    def source(self) -> tuple[Path, str]:
        """(working directory, flake reference): a filtered copy outside git, the tree itself inside."""
        if self._source is None:
            self._source = self._find_source()
        return self._source

    def _find_source(self) -> tuple[Path, str]:
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
        stamp = self.work / "lock-attempt"
        mark = hashlib.sha256(flake.read_bytes()).hexdigest()
        if notes.read(stamp) == mark:
            return
        narrate("resolving the flake's inputs")
        cwd, ref = self.source()
        options = ("--option", "connect-timeout", "3", "--option", "download-attempts", "1")
        done = self._run((str(self.exe), "flake", "lock", *options, ref), cwd)
        if done.returncode == 0 and ref.startswith("path:") and (cwd / "flake.lock").exists():
            shutil.copyfile(cwd / "flake.lock", target)
        if target.exists():
            target.chmod(0o644)  # the user commits it
        if done.returncode != 0:
            narrate("flake.lock was not written (the inputs cannot be fetched now); the bundled library is used")
            notes.write(stamp, mark)

    def words_in_flake(self) -> set[str]:
        """Names that the flake's own files are made of; for what was mistyped."""
        files = [*self.project.glob("*.nix"), *self.project.glob("*/*.nix")]
        texts = (file.read_text(encoding="utf-8", errors="replace") for file in files if file.is_file())
        return {word for text in texts for word in _WORD.findall(text)}

    def words(self, stderr: str) -> str:
        """Nix's text for people: without secrets and our own internals, naming the user's own files."""
        return self._at_home(without_library(without_own_remarks(self.redact(stderr))), self.source()[0])

    def _failure(self, stderr: str, trace: str, cwd: Path, ref: str) -> NivisError:
        text, trace = self.words(stderr), self.words(trace)
        if unseen := self._unseen(text):
            return unseen
        if malformed := variables.malformed(trace):
            return NixError(malformed)  # Nix's own text quotes the value
        detail = useful_lines(text, trace or text, self.home, self.project) + "Nix says:"
        if not self._has_plan(cwd, ref):
            return NixError(self._missing(cwd, ref, detail), raw=text)
        if self._probe(cwd, ref, self.attr, "builtins.isFunction").stdout.strip() == "false":
            return NivisError.of(
                f"`{self.attr}` is not a function",
                "The plan is a function of the ledger, which holds what is known of the resources' outputs.",
                f"Write `{self.attr} = ledger: lib.toIR {{ … inherit ledger; }};`.",
            )
        return NixError(Diagnostic("Nix could not evaluate the plan", detail), raw=text)

    def _unseen(self, text: str) -> NivisError | None:
        """The error for a file that is there and that Nix does not see: git does not track it, or we leave it out."""
        cwd, ref = self.source()
        if ref.startswith("path:"):
            absent = (p for p in missing_files(text, self.home, self.project) if not (cwd / p).exists())
            return next((left_out(path, text) for path in absent), None)
        git = shutil.which("git", path=self.env.get("PATH"))
        if not git or not ref.startswith((".", "git+file:.")):
            return None

        def fails(*line: str) -> bool:
            return process.run((git, *line), cwd=self.project, env=self.env).returncode != 0

        for path in ("flake.nix", *missing_files(text, self.home, self.project)):
            if fails("ls-files", "--error-unmatch", "--", path):
                ignored = not fails("check-ignore", "--quiet", "--", path)
                return unknown_to_git(path, ignored, "" if path == "flake.nix" else text)
        return None

    def _has_plan(self, cwd: Path, ref: str) -> bool:
        """Is the attribute there, whatever its value does? Asked of its parent, which does not force it."""
        parent, _, name = self.attr.rpartition(".")
        if not parent:
            return self._probe(cwd, ref, name, "_: true").returncode == 0
        return self._probe(cwd, ref, parent, f"set: set ? {name}").stdout.strip() == "true"

    def _missing(self, cwd: Path, ref: str, detail: str) -> Diagnostic:
        # What Nix says of two names that no flake has differs in the names, unless the flake itself is at fault.
        first, second = (self._probe(cwd, ref, name, "_: true").stderr for name in ("nivis-no-1", "nivis-no-2"))
        if first == second:
            return Diagnostic("The flake does not evaluate", detail)
        return Diagnostic(
            f"The flake does not provide `{self.attr}`",
            "Its outputs have no such attribute. Nix says:",
            did_you_mean(
                self.attr,
                self._siblings(cwd, ref),
                f"Define `{self.attr} = ledger: lib.toIR {{ … }};` in the flake's outputs, or name another "
                "attribute with `--attr`.",
            ),
        )

    def _siblings(self, cwd: Path, ref: str) -> list[str]:
        """The attributes that stand where the one that is missing would."""
        parent = self.attr.rpartition(".")[0]
        done = self._probe(cwd, ref, parent, "builtins.attrNames") if parent else None
        return [f"{parent}.{n}" for n in json_text.loads(done.stdout)] if done and done.returncode == 0 else []

    def _probe(self, cwd: Path, ref: str, attr: str, function: str) -> process.Completed:
        options = ("--json", "--no-write-lock-file", *self._library_args())
        return self._run((str(self.exe), "eval", *options, f"{ref}#{attr}", "--apply", function), cwd)

    @property
    def home(self) -> Path:
        """What Nix copies: the whole work tree inside git, elsewhere the directory."""
        return git_top(self.project) or self.project

    def _at_home(self, text: str, cwd: Path) -> str:
        """Places in the flake's copy, and in the store's copy of it, as places in the user's directory."""
        flake = self.project / "flake.nix"
        mine = flake.read_bytes() if flake.is_file() else None
        for tree in set(_STORE_TREE.findall(text)):
            copy = Path(tree) / flake.relative_to(self.home)
            if copy.is_file() and copy.read_bytes() == mine:
                text = text.replace(tree, str(self.home))
        return text if git_top(self.project) else text.replace(str(cwd), str(self.home))


def no_flake(directory: Path) -> NivisError:
    return NivisError.of(
        "No flake in this directory",
        f"There is no flake.nix in {directory}.",
        "Run `nivis init` to create one, or point to it with `--flake DIR`.",
    )


def in_git(path: Path) -> bool:
    return git_top(path) is not None


def git_top(path: Path) -> Path | None:
    """The root of the git work tree around a directory."""
    return next((parent for parent in (path, *path.parents) if (parent / ".git").exists()), None)
