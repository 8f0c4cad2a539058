"""The fields of a sidecar, each of the type that it has to be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable


@immutable
class Fields:
    """What a sidecar holds, each field of the type it has to be."""

    path: Path
    data: Mapping[str, Any]

    def text(self, name: str) -> str:
        return str(self.get(name, lambda v: isinstance(v, str)))

    def number(self, name: str) -> int:
        return int(self.get(name, lambda v: isinstance(v, int) and not isinstance(v, bool) and v >= 0))

    def flag(self, name: str) -> bool:
        return bool(self.get(name, lambda v: isinstance(v, bool)))

    def table(self, name: str) -> dict[str, Any]:
        return dict(self.get(name, lambda v: isinstance(v, dict)))

    def texts(self, name: str) -> dict[str, str]:
        return dict(self.get(name, lambda v: isinstance(v, dict) and all_texts(v.values())))

    def list_of(self, name: str, fits: Callable[[Any], bool]) -> tuple[Any, ...]:
        return tuple(self.get(name, lambda v: isinstance(v, list) and all(map(fits, v))))

    def get(self, name: str, fits: Callable[[Any], bool]) -> Any:
        """A field that has to fit. Raises NivisError if it does not, or is not there."""
        if name not in self.data:
            raise damaged(self.path, f"it has no `{name}`")
        if not fits(value := self.data[name]):
            raise damaged(self.path, f"its `{name}` is not what it has to be")
        return value


def all_texts(values: Any) -> bool:
    return all(isinstance(v, str) for v in values)


def damaged(path: Path, why: str) -> NivisError:
    return NivisError.of("The sidecar cannot be read", f"{path}: {why}.", "Make the plan again: `nivis plan -out F`.")
