"""Why an evaluation failed: what Nix says, made into diagnostics about the user's own files; loaded only then."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from nivis_tofu.core import json_text
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NivisError, NixError, NoAttributeError
from nivis_tofu.core.events import Level
from nivis_tofu.core.excerpt import excerpt
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.namespace import PLAN, STACKS
from nivis_tofu.core.nearest import did_you_mean
from nivis_tofu.core.regex import regex
from nivis_tofu.nix import failure, generated, hints, module_errors, syntax, variables
from nivis_tofu.nix.trace import Failure, TraceReader, remarks, whole
from nivis_tofu.nix.tree import git_top, library_path
from nivis_tofu.system import process
from nivis_tofu.system.files import listed

_STORE_TREE = regex(r"/nix/store/[0-9a-z]{32}-[^/\s'\":]+")
_LAST_READ = regex(r"last read: '.*?'$", re.MULTILINE | re.DOTALL)
"""A part of a variable that is no JSON."""
_TYPED = "EXPR"
_LACKING = regex(
    r"(?:function )?'(?P<type>[\w'-]+)'(?: at \S+:\d+:\d+)? called without required argument '(?P<name>[^']+)'"
)
_PROVIDED = regex(r"inherit \([a-z]+\) ([^;]+);")


class NixRunner(Protocol):
    """What evaluated, and can answer further questions."""

    @property
    def exe(self) -> Path: ...

    @property
    def attr(self) -> str: ...

    @property
    def project(self) -> Path: ...

    @property
    def work(self) -> Path: ...

    @property
    def env(self) -> Mapping[str, str]: ...

    @property
    def redact(self) -> Callable[[str], str]: ...

    @property
    def on_said(self) -> Callable[[str, Level], None]: ...

    @property
    def home(self) -> Path: ...

    @property
    def source(self) -> tuple[Path, str]: ...

    def library_args(self) -> tuple[str, ...]: ...

    def run(self, argv: tuple[str, ...], cwd: Path, timeout: float | None = None) -> process.Completed: ...


@immutable
class Diagnosis:
    """Failures of one evaluation."""

    nix: NixRunner
    typed: Path | None = None
    """A file with an expression that the user typed, of which places are told as those of EXPR."""

    def expression(self, trace: str) -> NixError:
        """The error for an expression; it may be the plan that does not evaluate."""
        error = self.told(self.failure(trace), trace, "Nix could not evaluate the expression")
        if error.fault:
            return error
        scope = "In scope are `ledger`, `lib`, `plan` (the function) and `ir` (what it gives now)."
        return error.with_(*(replace(d, hint=" ".join(filter(None, [d.hint, scope]))) for d in error.diagnostics))

    def plan(self, trace: str) -> NivisError:
        """The error for a plan that does not evaluate; `trace` is what Nix wrote, in structured lines."""
        found = self.failure(trace)
        if unseen := self._unseen(found.message):
            return self._placed(unseen, found)
        if not self._has_plan:
            return self._missing(found, trace)
        if self._probe(self.nix.attr, "builtins.isFunction").stdout.strip() == "false":
            return NivisError.of(
                f"`{self.nix.attr}` is not a function",
                "The plan is a function of the ledger, which holds what is known of the resources' outputs.",
                f"Write `{self.nix.attr} = ledger: lib.toIR {{ … inherit ledger; }};`.",
            )
        return self.told(found, trace, "Nix could not evaluate the plan")

    def attribute(self, trace: str, what: str) -> NivisError:
        """The error for an attribute that is no plan. `what` Nix refused, if it is there."""
        found = self.failure(trace)
        if unseen := self._unseen(found.message):
            return self._placed(unseen, found)
        return self.told(found, trace, what) if self._has_plan else self._missing(found, trace)

    def told(self, found: Failure, trace: str, what: str) -> NixError:
        """The error for what Nix refused (`what`), with what the flake itself warns of and traces."""
        fault = variables.fault(found.steps)
        if fault and fault.what == "unreadable":
            return variables.unreadable(fault)  # Nix's own text quotes the value
        self.nix.on_said(f"nix: {self.words(whole(trace)).strip()}", "debug")
        teller = failure.FailureTeller(what, self._advice, self._text_of, lambda file: self._shown(Path(file)) or file)
        said = failure.own_remarks_left_out([self.words(text) for text in remarks(trace)])
        told = (replace(d, summary=d.summary.replace(f"{self.nix.project}/", "")) for d in teller(found))
        return NixError(*told, raw="\n".join(said), fault=fault)

    def failure(self, trace: str) -> Failure:
        found = TraceReader(self.words, self._own, self.nix.work).failure(trace)
        if found is None:
            return Failure(self.words(trace).strip() or "Nix ended without a word.", ())
        lacking = _LACKING.fullmatch(found.message)
        if lacking and generated.outputs(self.nix.project, lacking["type"]):
            # Nix names a function in a file that the user did not write.
            message = f"nivis: `{lacking['type']}` needs the argument `{lacking['name']}`"
            return replace(found, message=message, about={})
        return replace(found, message=self._relative(found.message))

    def _relative(self, message: str) -> str:
        return message.replace(f"`{self.nix.project}/", "`")

    def words(self, text: str) -> str:
        """Text of Nix's as it is shown: no secrets, files where the user has them."""
        text = module_errors.told(_LAST_READ.sub("last read: …", self.nix.redact(text)))
        for tree in set(_STORE_TREE.findall(text)):
            if self._is_copy(tree):
                text = text.replace(tree, str(self.nix.home))
        cwd, _ = self.nix.source
        return text if self._in_git else text.replace(str(cwd), str(self.nix.home))

    @cached_property
    def _in_git(self) -> bool:
        return git_top(self.nix.project) is not None

    @cached_property
    def _mine(self) -> bytes | None:
        flake = self.nix.project / "flake.nix"
        return flake.read_bytes() if flake.is_file() else None

    def _is_copy(self, tree: str) -> bool:
        """Is a tree in the store a copy of the user's?"""
        copy = Path(tree) / (self.nix.project / "flake.nix").relative_to(self.nix.home)
        return copy.is_file() and copy.read_bytes() == self._mine

    def _own(self, file: Path) -> Path | None:
        """A file that the user wrote, as the user names it; what `nivis gen` wrote is wrong where it is used."""
        if self.typed and file == self.typed:
            return Path(_TYPED)
        path = Path(self.words(str(file)))
        mine = path.is_relative_to(self.nix.home) and not path.is_relative_to("/nix/store")
        return Path(self._shown(path)) if mine and not _is_generated(path) else None

    def _shown(self, path: Path) -> str:
        path = Path(self.words(str(path)))
        return str(path.relative_to(self.nix.project) if path.is_relative_to(self.nix.project) else path)

    def _text_of(self, file: str) -> str:
        if file == _TYPED and self.typed:
            return self.typed.read_text(encoding="utf-8")
        try:
            return self.nix.redact((self.nix.project / file).read_text(encoding="utf-8", errors="replace"))
        except OSError:
            return ""

    def _advice(self, message: str, row: str) -> str:
        project = self.nix.project
        outputs = lambda type_: generated.outputs(project, type_)  # noqa: E731 - short
        return hints.hint(message, row, hints.Surroundings(_provided(), lambda: _text_of_flake(project), outputs))

    def _placed(self, error: NivisError, found: Failure) -> NivisError:
        """An error of ours, with the place at which Nix met it."""
        place = found.place
        snippet = excerpt(self._text_of(place.file), place.line, place.column) if place else ""
        return error.with_(*(replace(d, position=place, snippet=snippet) for d in error.diagnostics))

    def _unseen(self, message: str) -> NivisError | None:
        """The error for a file that is there and that Nix does not see: git does not track it, or we leave it out."""
        cwd, ref = self.nix.source
        absent = failure.missing_files(message, self.nix.home, self.nix.project)
        if ref.startswith("path:"):
            return next((failure.left_out(path) for path in absent if not (cwd / path).exists()), None)
        git = shutil.which("git", path=self.nix.env.get("PATH"))
        if not git or not ref.startswith((".", "git+file:.")):
            return None

        def fails(*line: str) -> bool:
            return process.run((git, *line), cwd=self.nix.project, env=self.nix.env).returncode != 0

        for path in ("flake.nix", *absent):
            if fails("ls-files", "--error-unmatch", "--", path):
                return failure.unknown_to_git(path, not fails("check-ignore", "--quiet", "--", path))
        return None

    @cached_property
    def _has_plan(self) -> bool:
        """Is the attribute there, whatever its value does? Asked of its parent, which does not force it."""
        parent, _, name = self.nix.attr.rpartition(".")
        if not parent:
            return self._probe(name, "_: true").returncode == 0
        return self._probe(parent, f"set: set ? {name}").stdout.strip() == "true"

    def _missing(self, found: Failure, trace: str) -> NixError:
        # What Nix says of two names that no flake has differs in the names, unless the flake itself is at fault.
        first, second = (self._probe(name, "_: true").stderr for name in ("nivis-no-1", "nivis-no-2"))
        if first == second:
            return self.told(found, trace, "The flake does not evaluate")
        there = self._siblings()
        if self.nix.attr == PLAN.attribute and STACKS in there:
            names = ", ".join(self._names(STACKS))
            return NixError(
                Diagnostic(
                    "The flake has stacks",
                    f"It has no `{self.nix.attr}`. Its stacks are: {names}.",
                    "Name one with `--stack NAME`; `nivis stacks plan` and `nivis stacks apply` are about all of them.",
                )
            )
        return NoAttributeError(
            Diagnostic(
                f"The flake does not provide `{self.nix.attr}`",
                "The flake's outputs have no such attribute.",
                did_you_mean(
                    self.nix.attr,
                    there,
                    f"Define `{self.nix.attr} = ledger: lib.toIR {{ … }};` in the flake's outputs, or name another "
                    "attribute with `--attr`.",
                ),
            )
        )

    def _siblings(self) -> list[str]:
        """The attributes that stand where the one that is missing would."""
        parent = self.nix.attr.rpartition(".")[0]
        return [f"{parent}.{name}" for name in self._names(parent)] if parent else []

    def _names(self, attr: str) -> list[str]:
        """The names in an attribute set; none where Nix does not say."""
        done = self._probe(attr, "builtins.attrNames")
        found: Any = None
        with contextlib.suppress(ValueError):
            found = json_text.loads(done.stdout) if done.returncode == 0 else None
        return list(map(str, found)) if isinstance(found, list) else []

    def _probe(self, attr: str, function: str) -> process.Completed:
        cwd, ref = self.nix.source
        options = ("--json", "--no-write-lock-file", *self.nix.library_args())
        return self.nix.run((str(self.nix.exe), "eval", *options, f"{ref}#{attr}", "--apply", function), cwd)


def words_in_flake(project: Path) -> set[str]:
    """Names that the files of a project's flake are made of; for what was mistyped."""
    return hints.names(_text_of_flake(project))


def files_of_flake(project: Path) -> dict[str, str]:
    """Name, relative to the project, and text of each file of a project's flake."""
    found = {}
    # `os.path` only says no where it may not look, as behind a link into what is another user's.
    folders = [project, *filter(os.path.isdir, listed(project, "*"))]
    for file in sorted(file for folder in folders for file in listed(folder, "*.nix")):
        # What cannot be read is for Nix to complain of, if it is a part of the flake at all.
        with contextlib.suppress(OSError):
            if file.is_file():
                found[str(file.relative_to(project))] = file.read_text(encoding="utf-8", errors="replace")
    return found


def _text_of_flake(project: Path) -> str:
    return "\n".join(files_of_flake(project).values())


def _provided() -> list[str]:
    """The names of what the library provides."""
    text = (library_path() / "default.nix").read_text(encoding="utf-8")
    return [name for names in _PROVIDED.findall(text) for name in names.split()]


def _is_generated(path: Path) -> bool:
    for check in (path.parent / "check.nix", path.parent.parent / "check.nix"):
        with contextlib.suppress(OSError), check.open(encoding="utf-8", errors="replace") as file:
            if syntax.GENERATED in file.read(200):
                return True
    return False
