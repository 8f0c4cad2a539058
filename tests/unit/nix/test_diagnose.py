"""The names of a flake, and those of the library."""

from __future__ import annotations

from pathlib import Path

from nivis_tofu.nix import diagnose


def test_words_in_flake(tmp_path: Path) -> None:
    (tmp_path / "flake.nix").write_text("{ a-b = c'; }")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "x.nix").write_text("deep")
    assert diagnose.words_in_flake(tmp_path) == {"a-b", "c'", "deep"}


def test_what_the_library_provides() -> None:
    assert {"mkResource", "toIR", "whenKnown", "str", "mkVars"} <= set(diagnose._provided())
