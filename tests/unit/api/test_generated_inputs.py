from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nivis_tofu.api import generated_inputs
from nivis_tofu.core.errors import NivisError
from nivis_tofu.nix.generated import GeneratedInput

LACKING = GeneratedInput("acme", "h/n/acme", "1.0", Path("/nix/store/" + "a" * 32 + "-source"))
ELSEWHERE = replace(LACKING, path=Path("/nix/store/" + "b" * 32 + "-source"))


@pytest.mark.parametrize(("made", "moved"), [(LACKING, {}), (ELSEWHERE, {"acme": ELSEWHERE.path})])
def test_what_the_store_lacks_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: GeneratedInput, moved: dict[str, Path]
) -> None:
    asked: list[GeneratedInput] = []

    def stored(_: object, types: Any, name: str) -> GeneratedInput:
        asked.append(LACKING)
        assert (types, name) == ("types", "acme")
        return made

    told: list[str] = []
    monkeypatch.setattr(generated_inputs, "stored", stored)
    monkeypatch.setattr("nivis_tofu.project.provider_schemas.schemas_of", lambda *given: given[2:])
    monkeypatch.setattr(
        "nivis_tofu.authoring.gen.chosen", lambda given: "types" if given == ("h/n/acme", "1.0") else ""
    )
    session: Any = SimpleNamespace(
        nix=SimpleNamespace(project=tmp_path, flake="."),
        workdir=SimpleNamespace(root=tmp_path / ".nivis"),
        tofu=None,
        emit=lambda event: told.append(str(getattr(event, "text", ""))),
    )
    assert generated_inputs.restored(session) == {}
    assert asked == []
    (tmp_path / "flake.nix").write_text(f"{{ {LACKING.text} outputs = _: {{ }}; }}")
    assert generated_inputs.restored(session) == moved
    assert asked == [LACKING]
    assert any("which the Nix store does not have" in text for text in told)
    assert any("names those of another nivis" in text for text in told) == bool(moved)


def test_those_of_a_local_provider_cannot_be_made_from_the_lock_file() -> None:
    lacking = replace(LACKING, source="registry.opentofu.org/nix/acme")
    session: Any = SimpleNamespace()
    with pytest.raises(NivisError, match="Constructors are missing") as error:
        generated_inputs._again(session, lacking)
    assert "nivis gen … --out acme" in error.value.diagnostics[0].hint


def test_what_was_made_instead_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session: Any = SimpleNamespace(workdir=SimpleNamespace(root=tmp_path))
    made = tmp_path / "made"
    monkeypatch.setattr("nivis_tofu.authoring.gen.generator", lambda: "this")

    def remembered(wanted: Path = LACKING.path, by: str = "this") -> Path | None:
        (tmp_path / "gen").mkdir(exist_ok=True)
        (tmp_path / "gen" / "acme.made").write_text(f"{wanted}\n{by}\n{made}")
        return generated_inputs._remembered(session, LACKING)

    assert generated_inputs._remembered(session, LACKING) is None
    assert remembered() is None  # collected meanwhile
    made.mkdir()
    assert remembered() == made
    assert remembered(by="another nivis") is None
    assert remembered(Path("/nix/store/other-source")) is None


def test_what_is_there_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = replace(LACKING, path=tmp_path)
    monkeypatch.setattr("nivis_tofu.nix.generated.inputs", lambda _: [there])
    session: Any = SimpleNamespace(nix=SimpleNamespace(project=tmp_path, flake="."))
    assert generated_inputs.restored(session) == {}
