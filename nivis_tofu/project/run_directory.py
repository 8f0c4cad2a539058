"""The directory that the engine runs in, and the files that are there only while it does.

That is the project's own directory, or that of the root module that joins: `path.cwd`, `abspath`, relative paths, and
files that providers and provisioners read, write and delete are then what they would be without nivis.

Data: a directory below `.nivis/` with the module -> files beside the user's -> an engine process -> nothing left.

What stands in the way of the module is shadowed: where there is `x.tofu`, OpenTofu does not read `x.tf`. So a copy
without the blocks that wait stands in for a file of a joined root module, and an empty one for one that is no part of
the configuration. Where that cannot be (Terraform, the user's own `.tofu` files, a directory that cannot be written to)
the engine runs below `.nivis/`, among links to the project's entries, and what it leaves there is carried over.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.immutable import immutable
from nivis_tofu.project.early_values import early_values
from nivis_tofu.project.links import MAIN, OVERRIDE, OWN, SUFFIXES, link
from nivis_tofu.project.own_files import MARK, MODULE, check_free, claimed, create, is_ours, marked
from nivis_tofu.project.root_module import RENAMED
from nivis_tofu.system import notes
from nivis_tofu.system.files import listed, write_atomic, write_if_changed
from nivis_tofu.tofu.site import Site

LOCK_FILE = ".terraform.lock.hcl"
SECRETS_FILE = "nivis.auto.tfvars.json"
GIVEN_FILE = "~nivis.auto.tfvars.json"
"""Read last of all such files, so that what is typed wins, as with the engine's own -var."""
GUARD_FILE = "nivis_run.tfvars.json"
TREE = "tree"
_READERS, _HOUR = itertools.count(), 3600
_GUARD = "nivis_run"
_TOKEN = "set by nivis alone"  # noqa: S105 - it protects from accidents and is no secret
_ENGINES = frozenset({".terraform", LOCK_FILE})
_UNDECLARED = frozenset({"Value for undeclared variable", "Values for undeclared variables"})


@immutable
class RunDirectory:
    """`home`: the directory that everything is to look like; `rendered`: the one below `.nivis/` with the module."""

    home: Path
    rendered: Path
    data: Path
    """The engine's data directory (TF_DATA_DIR)."""
    joined: bool = False
    """Are the configuration files in `home` part of the module?"""
    linked: bool = False
    """Does the engine run among links, because the module cannot stand in `home`?"""
    lock: str | None = None
    """The lock file with the providers that Nix packages, which the user's does not name."""
    lock_name: str = LOCK_FILE
    """What the user's lock file is called."""
    project: Path | None = None
    """Where the user is, to whom files are told from there; None: in `home`."""
    tree: str = TREE
    """The directory of the links; whoever only reads has one of its own."""

    @property
    def lock_file(self) -> Path:
        """The user's."""
        return self.home / self.lock_name

    @property
    def path(self) -> Path:
        # One below a directory of its own, which has links to what `../` leads to.
        return self.rendered.parent / self.tree / self.home.name if self.linked else self.home

    def site(self, scratch: Path) -> Site:
        files = tuple(self.rendered / name for name in (SECRETS_FILE, GIVEN_FILE, GUARD_FILE))
        return Site(
            path=self.path,
            scratch=scratch,
            reading=None if self.linked else self.rendered,
            data_dir=os.path.relpath(self.data, self.path),
            var_files=files,
            early_values=lambda: early_values(self.rendered, files),
            # The engine reads `terraform.tfvars` and the like of the directory; a flake alone need not declare those.
            hushed=frozenset() if self.joined else _UNDECLARED,
            module=self.rendered / MAIN,
            name_of=self._name_of,
            occupied=self.occupied,
        )

    def _name_of(self, name: str) -> str:
        if name == (MAIN if self.linked else MODULE):
            return ""
        stem, dot, rest = name.rpartition(".tofu")
        if self.linked:
            name = _original(name)
        elif dot and (self.home / f"{stem}.tf{rest}").exists():
            name = f"{stem}.tf{rest}"
        return os.path.relpath(self.home / name, self.project) if self.project else name

    @contextlib.contextmanager
    def occupied(self) -> Iterator[None]:
        """The module is in place meanwhile."""
        with self._linked() if self.linked else self._placed():
            yield

    def clear(self) -> None:
        """Take away what a killed run has left, unless another run is using it."""
        left = self.home / MODULE
        if left.exists() and (handle := claimed(left)) is not None:
            for path in (*marked(self.home), left):
                path.unlink(missing_ok=True)
            os.close(handle)
        if self.linked:
            self._recover()
        for left in listed(self.rendered.parent, f"{TREE}-*-*"):
            if time.time() - left.lstat().st_mtime > _HOUR:  # no state takes so long to be read
                notes.clear(left)

    @contextlib.contextmanager
    def _placed(self) -> Iterator[None]:
        main = self.home / MODULE
        others = {self.home / name: text for name, text in self._others().items()}
        for path in (main, *others):
            check_free(path)
        # The guard stands in the main file, so that is there before and after the rest.
        handle = create(main, (self.rendered / MAIN).read_bytes())
        try:
            for path in set(marked(self.home)) - others.keys() - {main}:
                path.unlink(missing_ok=True)
            for path, text in others.items():
                write_if_changed(path, text)
            with self._locked():
                yield
        finally:
            for path in others:
                path.unlink(missing_ok=True)
            main.unlink(missing_ok=True)
            os.close(handle)

    def _others(self) -> dict[str, str]:
        """Name -> text of what is needed beside the module."""
        found = {}
        if (override := self.rendered / OVERRIDE).exists():
            found[OVERRIDE] = override.read_text(encoding="utf-8")
        if self.joined:
            copies = (p for p in self.rendered.iterdir() if p.name.endswith(SUFFIXES) and not p.is_symlink())
            copies = (p for p in copies if p.name not in OWN)
            found |= {_shadow(_original(p.name)): _marking(p) for p in copies}
        else:
            strays = (p for p in self.home.iterdir() if p.name.endswith(SUFFIXES))
            found |= {_shadow(p.name): _EMPTY[p.name.endswith(".json")] for p in strays if not is_ours(p)}
        return found

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """The providers that Nix packages are in the lock file meanwhile: the user's need not name them."""
        if self.lock is None:
            yield
            return
        file = self.home / LOCK_FILE
        before = file.read_text(encoding="utf-8") if file.exists() else None
        write_if_changed(file, self.lock)
        try:
            yield
        finally:
            if before is not None:
                write_if_changed(file, before)
                file.chmod(0o644)  # the user commits it
            else:
                file.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _linked(self) -> Iterator[None]:
        with self._worked_in() if self.tree == TREE else self._read_in():
            yield

    @contextlib.contextmanager
    def _read_in(self) -> Iterator[None]:
        """Links of our own: somebody may be at work among the others, and nothing is made here."""
        self._link()
        try:
            yield
        finally:
            notes.clear(self.path.parent)

    def _link(self) -> dict[str, str]:
        """Make the links; name -> the user's own name of an entry, empty for one of ours."""
        tree = self.path
        notes.clear(tree.parent)
        notes.directory(tree)
        for sibling in self.home.parent.iterdir():
            if sibling.name != self.home.name:
                link(tree.parent / sibling.name, sibling)
        entries = {}
        for entry in self.rendered.iterdir():
            if entry.name not in _ENGINES:
                link(tree / entry.name, entry)
                # Nothing of ours is carried over.
                entries[entry.name] = _original(entry.name) if entry.is_symlink() else ""
        if text := self.lock or _text(self.lock_file):
            write_atomic(tree / LOCK_FILE, text)
        return entries

    @contextlib.contextmanager
    def _worked_in(self) -> Iterator[None]:
        tree = self.path
        self._recover()
        entries = self._link()
        notes.write(self._note, json_text.dumps(entries))
        try:
            yield
        finally:
            notes.clear(self._note)
            gone = [n for n, original in entries.items() if original and not os.path.lexists(tree / n)]
            self._carry_over(entries)
            for name in gone:
                notes.clear(self.home / _original(name))

    @property
    def _note(self) -> Path:
        """What was linked for a process that has not ended yet."""
        return self.rendered.parent / "links.json"

    def _recover(self) -> None:
        """Carry over what a killed run has left.

        Nothing is deleted then: what is missing may have been taken away together with `.nivis/`.
        """
        before = notes.read_json(self._note)
        notes.clear(self._note)
        if isinstance(before, dict) and self.path.is_dir():
            self._carry_over(before)

    def _carry_over(self, before: Mapping[str, str]) -> None:
        """What a process made or replaced among the links happens to the project's entries."""
        for path in [p for p in self.path.iterdir() if p.name not in _ENGINES]:
            if not path.is_symlink() and before.get(path.name, path.name) and os.access(self.home, os.W_OK):
                place = self.home / _original(path.name)
                notes.clear(place)
                shutil.move(path, place)


def _original(name: str) -> str:
    """The user's own name of an entry in a rendered directory."""
    own = name.removeprefix(RENAMED)
    return own if own in OWN else name


def tree_of_reader() -> str:
    """A name for links that nobody else has."""
    return f"{TREE}-{os.getpid()}-{next(_READERS)}"


def guarded(document: Mapping[str, Any]) -> dict[str, Any]:
    """The module with a variable that only nivis sets: stock OpenTofu cannot act on a phase by accident."""
    variable = {
        "type": "string",
        "description": MARK,
        "validation": [{"condition": f'${{var.{_GUARD} == "{_TOKEN}"}}', "error_message": MARK}],
    }
    return {"//": MARK, **document, "variable": {**document.get("variable", {}), _GUARD: variable}}


def guard_values() -> str:
    """The text of the file that gives the guard its value."""
    return json_text.dumps({_GUARD: _TOKEN}) + "\n"


def shadowable(name: str, kind: str) -> bool:
    """Can a file be put aside for a while?"""
    return kind == "tofu" and ".tofu" not in name


_EMPTY = {False: f"# {MARK}\n", True: json_text.dumps({"//": MARK}) + "\n"}


def _shadow(name: str) -> str:
    stem, dot, rest = name.rpartition(".tf")
    return f"{stem}.tofu{rest}" if dot else name


def _marking(path: Path) -> str:
    text = path.read_bytes().decode("utf-8")
    if path.name.endswith(".json"):
        return json_text.dumps({"//": MARK, **json_text.loads(text)}, indent=2) + "\n"
    return f"{text}\n# {MARK}\n"


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
