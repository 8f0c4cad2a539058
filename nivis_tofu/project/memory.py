"""What the last run knew and a state does not tell: names. A cache: without it, ids are guessed from addresses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import Path

from nivis_tofu.core import json_text
from nivis_tofu.core.immutable import immutable
from nivis_tofu.system import notes


@immutable
class Completions:
    """What people may type: the tab key reads it."""

    ids: Mapping[str, str] = field(default_factory=dict)
    """Declared or in the state -> the key of its attributes."""
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    variables: Sequence[str] = ()
    providers: Sequence[str] = ()
    """Sources."""


@immutable
class Remembered:
    """The notes in `.nivis/` that are made of names."""

    root: Path

    def ids(self) -> dict[str, str]:
        """Engine address -> nivis id."""
        data = notes.read_json(self.root / "ids.json")
        return {str(k): str(v) for k, v in data.items()} if isinstance(data, dict) else {}

    def outputs(self) -> list[str]:
        """Names of root outputs, because a state drops null ones."""
        data = notes.read_json(self.root / "outputs.json")
        return [str(name) for name in data] if isinstance(data, list) else []

    def attribute(self, state: str) -> str:
        """The attribute of the flake that made a state, or "" if that is not known."""
        return self._attributes().get(state, "")

    def put_attribute(self, state: str, attribute: str) -> None:
        notes.write(self.root / "attributes.json", json_text.dumps({**self._attributes(), state: attribute}))

    def _attributes(self) -> dict[str, str]:
        data = notes.read_json(self.root / "attributes.json")
        return {k: v for k, v in data.items() if isinstance(v, str)} if isinstance(data, dict) else {}

    def put_names(self, names: Completions) -> None:
        notes.write(self.root / "names.json", json_text.dumps(vars(names)))

    def put_workspaces(self, names: Iterable[str]) -> None:
        """What the backend said; a remote one is not asked at the tab key."""
        notes.write(self.root / "workspaces.json", json_text.dumps(sorted(names)))

    def stacks(self) -> list[str]:
        """Names of the stacks whose outputs were used."""
        data = notes.read_json(self.root / "stacks.json")
        return [str(name) for name in data] if isinstance(data, list) else []

    def put_stacks(self, names: Collection[str]) -> None:
        notes.write(self.root / "stacks.json", json_text.dumps(sorted(names)))

    def put_tests(self, names: Collection[str]) -> None:
        """The flake's own tests, for the tab key."""
        notes.write(self.root / "tests.json", json_text.dumps(sorted(names)))

    def put_ids(self, ids: Mapping[str, str]) -> None:
        notes.write(self.root / "ids.json", json_text.dumps(dict(ids)))

    def put_outputs(self, names: Collection[str]) -> None:
        notes.write(self.root / "outputs.json", json_text.dumps(sorted(names)))
