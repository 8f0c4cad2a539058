"""What the approval of a plan file rests on: what the flake evaluates to, and the variables it was given.

Later phases are evaluated anew, so that both have to be the same when the file is applied.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.regex import regex
from nivis_tofu.project import root_module
from nivis_tofu.project.workdir import local_digest
from nivis_tofu.run import seal
from nivis_tofu.run.decide.position import Evaluation
from nivis_tofu.run.session import Session
from nivis_tofu.run.sidecar import Sidecar

_LOCAL_SOURCE = regex(r'"?source"?\s*[=:]\s*"(\.{1,2}/[^"]*)"')
_SENSITIVE = regex(r'"?sensitive"?\s*[=:]\s*true\b')


def configuration(session: Session, now: Evaluation) -> str:
    """A digest of what the flake evaluates to and of the joined `.tf` files, without positions."""
    document = {name: _unplaced(value) for name, value in now.answer.read().items() if name != "positions"}
    root = session.workdir.settled.joined
    blocks = sorted(block.text for _, block in root.all) if root else []
    home = session.workdir.project  # a pipeline may apply in another directory than it planned in
    modules = {os.path.relpath(path, home): local_digest(path) for path in _module_directories(session, now, root)}
    return json_text.dumps([document, blocks, modules])


def _unplaced(value: Any) -> Any:
    """A list of resources without the places where they were written: Nix names these in its copy of the flake."""
    if not isinstance(value, list):
        return value
    return [{k: v for k, v in e.items() if k != "pos"} if isinstance(e, dict) else e for e in value]


def _module_directories(session: Session, now: Evaluation, root: root_module.RootModule | None) -> Iterator[Path]:
    for resource in now.full.resources.values():
        if resource.mode == "module":
            yield session.workdir.project / resource.source
    for _, block in root.all if root else ():
        if block.kind == "module" and (found := _LOCAL_SOURCE.search(block.text)):
            yield root.directory / found[1]  # type: ignore[union-attr]  # without one there is no block


def variables(session: Session, now: Evaluation) -> tuple[dict[str, Any], dict[str, str]]:
    """Variables for a sidecar: (values that may be stored, seals of the others), without those that cannot matter."""
    watch, plain, sealed = session.watch, {}, {}
    told, of_engine = session.nix.library == "bundled", _sensitive_of_engine(session, now)
    for name, value in session.options.variables.items():
        if name in watch.unused:
            continue
        # Where a variable goes on under another name, its value is still one that is taken out of all texts.
        shown = json_text.dumps(value)
        secret = not watch.is_plain(name, told=told) or name in of_engine
        if secret or session.redactor.redact(shown) != shown:
            sealed[name] = seal.seal(shown)
        else:
            plain[name] = value
    return plain, sealed


def _sensitive_of_engine(session: Session, now: Evaluation) -> set[str]:
    """Input variables of the root module that are declared as sensitive, or may be."""
    own = now.full.extra.get("variable")
    found = {n for n, v in (own if isinstance(own, dict) else {}).items() if isinstance(v, dict) and v.get("sensitive")}
    root = session.workdir.settled.joined
    blocks = [b for _, b in root.all if b.kind == "variable"] if root else []
    return found | {b.labels[0] for b in blocks if _SENSITIVE.search(b.text)}


def again(sidecar: Sidecar, session: Session, name: str) -> Mapping[str, Any]:
    """The variables of a plan file: its own, and sensitive ones as they are given again. Raises NivisError."""
    options = session.options
    typed = {n for n, origin in options.origins.items() if origin.startswith("--var")} - sidecar.sealed.keys()
    if other := sorted(n for n in typed if options.variables[n] != sidecar.variables.get(n)):
        raise NivisError.of(
            "A saved plan has its own variables",
            f"{name} was made with another value of {_names(other)} than is given now.",
            "Omit the variables, or make a new plan with them.",
        )
    given = {n: options.variables[n] for n in sorted(sidecar.sealed) if n in options.variables}
    if missing := sorted(sidecar.sealed.keys() - given.keys()):
        raise NivisError.of(
            "A saved plan needs its sensitive variables",
            f"{name} was made with a value of {_names(missing)}, which was not written down.",
            "Give the same value again: `--var`, `--var-file`, or "
            + ", ".join(f"NIVIS_VAR_{n}" for n in missing)
            + " in the environment.",
        )
    if other := [n for n, value in given.items() if not seal.fits(json_text.dumps(value), sidecar.sealed[n])]:
        raise NivisError.of(
            "A sensitive variable has another value",
            f"{name} was made with another value of {_names(other)} than is given now.",
            "Give the value that the plan was made with, or make a new plan.",
        )
    return {**sidecar.variables, **given}


def _names(names: list[str]) -> str:
    return ", ".join(f"`{n}`" for n in names)
