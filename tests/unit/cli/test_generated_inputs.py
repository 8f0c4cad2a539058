from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nivis_tofu.cli import generated_inputs
from nivis_tofu.nix.generated import GeneratedInput

LACKING = GeneratedInput("acme", "h/n/acme", "1.0", Path("/nix/store/" + "a" * 32 + "-source"))
ELSEWHERE = replace(LACKING, path=Path("/nix/store/" + "b" * 32 + "-source"))


@pytest.mark.parametrize(("made", "moved"), [(LACKING, {}), (ELSEWHERE, {"acme": ELSEWHERE.path})])
def test_what_the_store_lacks_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: GeneratedInput, moved: dict[str, Path]
) -> None:
    asked: list[GeneratedInput] = []

    def again(_: object, lacking: GeneratedInput) -> GeneratedInput:
        asked.append(lacking)
        return made

    monkeypatch.setattr(generated_inputs, "_again", again)
    session: Any = SimpleNamespace(nix=SimpleNamespace(project=tmp_path, flake="."))
    assert generated_inputs.restored(session) == {}
    assert asked == []
    (tmp_path / "flake.nix").write_text(f"{{ {LACKING.text} outputs = _: {{ }}; }}")
    assert generated_inputs.restored(session) == moved
    assert asked == [LACKING]


def test_what_is_there_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = replace(LACKING, path=tmp_path)
    monkeypatch.setattr("nivis_tofu.nix.generated.inputs", lambda _: [there])
    session: Any = SimpleNamespace(nix=SimpleNamespace(project=tmp_path, flake="."))
    assert generated_inputs.restored(session) == {}
