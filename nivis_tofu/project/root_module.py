"""An existing root module that joins the generated one: its files in the working directory, its blocks as nodes.

Data: a directory with `.tf` files -> RootModule (what it declares and refers to) -> links and filtered copies.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import IRError, NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.regex import regex
from nivis_tofu.hcl.blocks import Block
from nivis_tofu.ir.engine_name import encode_name
from nivis_tofu.ir.model import IR
from nivis_tofu.project import root_files
from nivis_tofu.project.links import OWN, SUFFIXES, entries, is_linked, link_all
from nivis_tofu.system.files import write_if_changed

_OVERRIDE = regex(r"(?:.*_)?override\.(?:tf|tofu)(?:\.json)?\Z")
RENAMED = "root_"
"""Begins the link to a file that has the name of a generated one."""
_KEPT = ("terraform", "variable")
"""Blocks that are never left out."""


@immutable
class RootModule:
    """The files of one directory, read once."""

    directory: Path
    blocks: Mapping[Path, tuple[Block, ...]]

    @cached_property
    def all(self) -> tuple[tuple[Path, Block], ...]:
        return tuple((path, block) for path, found in self.blocks.items() for block in found)

    @cached_property
    def declared(self) -> Mapping[str, Path]:
        """Name -> the file that declares it."""
        return {name: path for path, block in self.all for name in block.names}

    @cached_property
    def edges(self) -> Mapping[str, frozenset[str]]:
        """Name -> names that its block refers to, those of the flake included."""
        found: dict[str, frozenset[str]] = {}
        for _, block in self.all:
            for name in block.names:
                found[name] = found.get(name, frozenset()) | block.references
        return found

    def argument(self, name: str, value: Any) -> Any:
        """A value for a variable: text from a command line is read as the declared type wants it."""
        block = next((b for _, b in self.all if (b.kind, b.labels) == ("variable", (name,))), None)
        kind = re.search(r"\btype\"?\s*[=:]\s*\"?(?:list|set|map|tuple|object|any)\b", block.text) if block else None
        found = value
        if kind and isinstance(value, str):
            from nivis_tofu.hcl import reader  # slow to load

            with contextlib.suppress(ValueError):
                found = reader.expression(value)
        return found if isinstance(found, list | dict | bool | int | Decimal) else value

    @cached_property
    def terraform(self) -> Mapping[str, Any]:
        """The `terraform` blocks: `backend` as (type, settings), names in `required_providers`."""
        found: dict[str, Any] = {}
        for path, block in sorted(self.all, key=lambda item: is_override(item[0])):
            if block.kind == "terraform":
                more = root_files.terraform(path, block)
                providers = {**found.get("required_providers", {}), **more.get("required_providers", {})}
                found |= {**more, "required_providers": providers} if providers else more
        return found

    @property
    def digest(self) -> str:
        """Of what `init` depends on."""
        texts = [b.text for _, b in self.all if b.kind in ("terraform", "provider", "module")]
        return hashlib.sha256("\0".join(texts).encode()).hexdigest()

    def clashes(self, ir: IR) -> None:
        """Refuse what is declared both here and in the flake."""
        ours = {r.address: f"`{r.id}`" for r in ir.resources.values()}
        ours |= {f"output.{encode_name(name)}": f"the output `{name}`" for name in ir.outputs}
        problems = [
            Diagnostic(
                "Declared twice",
                f"`{name}` is declared in {self.declared[name].name} and, as {ours[name]}, in the flake.",
                "Remove it from one of them, or rename it there (`tofuName` in the flake).",
                address=name,
            )
            for name in sorted(ours.keys() & self.declared.keys())
        ]
        if ir.backend is not None and "backend" in self.terraform:
            problems.append(
                Diagnostic(
                    "Declared twice",
                    f"Both the flake and a file in {self.directory} declare a backend.",
                    "Remove one of them; the root module's is used if the flake has none.",
                    address="backend",
                )
            )
        if problems:
            raise IRError(*problems)

    def left_out(self, absent: Collection[str]) -> frozenset[str]:
        """Names whose blocks refer, directly or not, to addresses of the flake that are not in this phase."""
        gone: set[str] = set()
        before = -1
        while before != len(gone):
            before = len(gone)
            gone |= {name for name, wanted in self.edges.items() if not wanted.isdisjoint((*absent, *gone))}
        return frozenset(n for n in gone if not n.startswith("var."))

    def put(self, target: Path, left_out: Collection[str], absent: Collection[str], *more: Path) -> None:
        """Links to everything in the directory, and to `more`; a copy where a file has blocks that are left out.

        `absent`: addresses of the flake that are not there now, so that blocks without a name can be judged too.
        """
        # Our own files have names that a user's may have as well.
        wanted = {(RENAMED + p.name if p.name in OWN else p.name): p for p in entries(self.directory)}
        copied = dict(self.dropping(left_out, absent))
        link_all(target, {**wanted, **{p.name: p for p in more}}, copied)
        for path, dropped in copied.items():
            name = RENAMED + path.name if path.name in OWN else path.name
            write_if_changed(target / name, root_files.filtered(path, dropped))

    def dropping(self, left_out: Collection[str], absent: Collection[str]) -> Iterator[tuple[Path, list[Block]]]:
        """Files with blocks that are left out, and those."""
        gone = set(left_out) | set(absent)
        for path, blocks in self.blocks.items():
            if dropped := [b for b in blocks if self._drops(b, left_out, gone)]:
                yield path, dropped

    @cached_property
    def outward(self) -> Mapping[str, str]:
        """Module calls whose source lies above the directory; from the working directory it lies elsewhere."""
        found = {}
        for _, block in self.all:
            match = re.search(r'"?source"?\s*[=:]\s*"(\.\./[^"]*)"', block.text) if block.kind == "module" else None
            if match:
                found[block.labels[0]] = os.path.normpath(self.directory / match[1])
        return found

    def override(self, terraform: Mapping[str, Any], left_out: Collection[str], directory: Path) -> dict[str, Any]:
        """What must win over the files: of our `terraform` block what can stand only once, and sources of modules."""
        block: dict[str, Any] = {}
        if "backend" in terraform:
            block["backend"] = terraform["backend"]
        theirs = self.terraform.get("required_providers", {})
        ours = terraform.get("required_providers", {})
        if fresh := {k: v for k, v in ours.items() if k not in theirs or "version" in v}:
            block["required_providers"] = fresh
        out: dict[str, Any] = {"terraform": block} if block else {}
        calls = {
            name: {"source": os.path.relpath(path, directory)}
            for name, path in self.outward.items()
            if f"module.{name}" not in left_out and directory != self.directory
        }
        return {**out, "module": calls} if calls else out

    @staticmethod
    def _drops(block: Block, left_out: Collection[str], gone: set[str]) -> bool:
        if block.kind in _KEPT:
            return False
        if block.names:
            return any(name in left_out for name in block.names)
        return bool(block.references & gone)


def is_override(path: Path) -> bool:
    """Does the engine merge the blocks of this file into those of the others?"""
    return bool(_OVERRIDE.match(path.name))


def read(directory: Path) -> RootModule:
    if not directory.is_dir():
        raise NivisError.of("No such root module", f"{directory} is not a directory.")
    files = [p for p in sorted(directory.iterdir()) if p.name.endswith(SUFFIXES) and is_linked(p.name)]
    # The engine takes x.tofu instead of x.tf.
    own = {p.name.replace(".tofu", ".tf") for p in files if ".tofu" in p.name}
    return RootModule(directory, {p: tuple(root_files.blocks(p)) for p in files if p.name not in own})
