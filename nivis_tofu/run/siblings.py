"""Other stacks of the flake: what they have, for the stack that uses it.

Data: names of stacks that an IR refers to -> the place of each one's state -> its outputs -> `Upstream`, in the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import field
from pathlib import Path

from nivis_tofu.core import json_text
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import mutable
from nivis_tofu.ir.ledger import Object, Upstream
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.values import STACK, Ref
from nivis_tofu.project.memory import Remembered
from nivis_tofu.system import notes
from nivis_tofu.tofu.raw_state import RawOutput

CHANGING = "NIVIS_STACKS_CHANGING"
"""Environment: stack -> names of outputs that are about to change, as JSON, which `nivis stacks plan` sets; or a
directory with the documents of their plans, by the names of their stacks, as jobs of a pipeline leave them."""


@mutable
class Siblings:
    """`outputs`: those in the state of another stack; `remembered`: what the last run of this stack knew."""

    outputs: Callable[[str], Mapping[str, RawOutput]]
    remembered: Remembered
    changing: Mapping[str, Collection[str]] = field(default_factory=dict)
    _read: dict[str, Object] = field(default_factory=dict)
    _begun: bool = False

    @property
    def known(self) -> Upstream:
        """What has been read so far, first of all that of the stacks that the last run used."""
        if not self._begun:
            self._begun = True
            for name in self.remembered.stacks():
                try:
                    self._look(name)
                except NivisError:
                    continue  # it may be gone, and nobody may want it any more
        return Upstream(dict(self._read), self._changing())

    def missing(self, ir: IR) -> list[str]:
        """Stacks that an IR uses and that have not been read; from now on the next run reads them at once."""
        names = sorted({ref.resource.removeprefix(STACK) for ref in ir.stacks})
        if names != self.remembered.stacks():
            self.remembered.put_stacks(names)
        return [name for name in names if STACK + name not in self._read]

    def read(self, names: Iterable[str]) -> Upstream:
        """What is known with the outputs of these stacks too."""
        for name in names:
            self._look(name)
        return self.known

    def _look(self, name: str) -> None:
        found = self.outputs(name)
        values = {n: output.value for n, output in found.items()}
        secret = tuple((n,) for n, output in found.items() if output.sensitive)
        self._read[STACK + name] = Object(STACK + name, "", values, secret)

    def _changing(self) -> frozenset[Ref]:
        return frozenset(Ref(STACK + name, (output,)) for name, names in self.changing.items() for output in names)


def told(text: str, project: Path = Path()) -> Mapping[str, Collection[str]]:
    """What the environment says of changing outputs. A directory is relative to the project."""
    try:
        found = (
            _planned(project / text)
            if text and not text.lstrip().startswith(("{", "["))
            else json_text.loads(text or "{}")
        )
    except (ValueError, OSError):
        found = None
    if found in ({}, []):
        return {}
    if isinstance(found, dict) and all(isinstance(names, list) for names in found.values()):
        return {name: [str(n) for n in names] for name, names in found.items()}
    raise NivisError.of(
        f"{CHANGING} cannot be read",
        "It says which outputs of other stacks are about to change, as `{ stack: [outputs] }` in JSON, or names a "
        "directory with documents of `nivis plan --json-into`. Only `nivis stacks` and its pipelines set it.",
        f"unset {CHANGING}",
    )


def _planned(directory: Path) -> dict[str, list[str]]:
    """Stack -> outputs that its plan changes. Raises ValueError or OSError: else old values would be planned."""
    documents = {file.stem: notes.read_json(file) for file in directory.iterdir()}
    found = {stack: body.get("outputs") for stack, body in documents.items() if isinstance(body, dict)}
    if len(found) < len(documents) or not all(isinstance(outputs, dict) for outputs in found.values()):
        raise ValueError("no document of a plan")
    return {stack: sorted(outputs) for stack, outputs in found.items() if isinstance(outputs, dict)}


def environment(changing: Mapping[str, Collection[str]]) -> dict[str, str]:
    """The environment that says so."""
    named = {name: sorted(names) for name, names in changing.items() if names}
    return {CHANGING: json_text.dumps(named)} if named else {}
