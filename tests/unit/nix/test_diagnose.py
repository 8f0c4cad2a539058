"""The names of a flake, and those of the library."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.nix import diagnose


def test_words_in_flake(tmp_path: Path) -> None:
    (tmp_path / "flake.nix").write_text("{ a-b = c'; }")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "x.nix").write_text("deep")
    assert diagnose.words_in_flake(tmp_path) == {"a-b", "c'", "deep"}


@pytest.mark.parametrize("refused", ["other/in", "other", "shut.nix", "shut/x.nix", "shut"])
def test_what_may_not_be_looked_at_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str) -> None:
    """A link into what is another user's, a directory and a file of somebody else: a plan goes on without them."""
    project = tmp_path / "project"
    for name in ("flake.nix", "shut.nix", "shut/x.nix"):
        (project / name).parent.mkdir(exist_ok=True, parents=True)
        (project / name).write_text("{ }")
    (tmp_path / "other/in").mkdir(parents=True)
    (project / "link").symlink_to(tmp_path / "other/in")
    closed = tmp_path / refused if refused.startswith("other") else project / refused

    for module, name in ((os, "stat"), (os, "listdir"), (io, "open")):
        monkeypatch.setattr(module, name, _refusing(getattr(module, name), closed))
    found = diagnose.files_of_flake(project)
    assert "flake.nix" in found
    assert not any(Path(name).is_relative_to(refused) for name in found)


def _refusing(call: Any, closed: Path) -> Any:
    def refused(path: Any, *args: Any, **named: Any) -> Any:
        if isinstance(path, str | Path) and Path(os.path.realpath(path)).is_relative_to(closed):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return call(path, *args, **named)

    return refused


def test_what_the_library_provides() -> None:
    assert {"mkResource", "toIR", "whenKnown", "str", "mkVars"} <= set(diagnose._provided())
