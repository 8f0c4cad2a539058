"""What the last run knew and a state does not tell: names. A cache: without it, ids are guessed from addresses."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from nivis_tofu import jsontext, notes


@dataclass(frozen=True)
class Remembered:
    """The files `ids.json` and `outputs.json` in `.nivis/`."""

    root: Path

    def ids(self) -> dict[str, str]:
        """Engine address -> nivis id."""
        data = notes.read_json(self.root / "ids.json")
        return {str(k): str(v) for k, v in data.items()} if isinstance(data, dict) else {}

    def outputs(self) -> list[str]:
        """Names of root outputs: a state drops null ones."""
        data = notes.read_json(self.root / "outputs.json")
        return [str(name) for name in data] if isinstance(data, list) else []

    def put_ids(self, ids: Mapping[str, str]) -> None:
        notes.write(self.root / "ids.json", jsontext.dumps(dict(ids)))

    def put_outputs(self, names: Collection[str]) -> None:
        notes.write(self.root / "outputs.json", jsontext.dumps(sorted(names)))
