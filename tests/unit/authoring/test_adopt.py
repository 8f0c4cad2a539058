from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nivis_tofu.authoring import adopt
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.outcome import Line, Preview
from nivis_tofu.ir.snapshot import Snapshot
from tests.support.played import Ledger, Play, document, ref, thing
from tests.support.played_engine import SOURCE

TF = 'resource "terraform_data" "a" { input = 1 }\n'


class Planning:
    """A run whose plans are those that the test says, one after the other."""

    def __init__(self, *previews: Preview) -> None:
        self.previews = list(previews)

    def __call__(self, _session: Any) -> Planning:
        return self

    def plan(self) -> Preview:
        return self.previews.pop(0) if len(self.previews) > 1 else self.previews[0]


def adopting(directory: Path) -> Callable[[], adopt.Adopted]:
    def opened() -> Any:
        return contextlib.nullcontext(SimpleNamespace(with_options=lambda **_: None))

    return lambda: adopt.adopt(directory, directory, directory / ".nivis", opened)


def test_an_empty_directory_has_nothing_to_adopt(tmp_path: Path) -> None:
    with pytest.raises(NivisError, match="Nothing to adopt"):
        adopting(tmp_path)()


def test_a_flake_is_not_overwritten_not_even_a_dangling_link(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(TF)
    (tmp_path / "flake.nix").symlink_to("nowhere")
    with pytest.raises(NivisError, match="There is a flake already"):
        adopting(tmp_path)()


def test_a_plan_that_stays_the_same_is_adopted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "main.tf").write_text(TF)
    monkeypatch.setattr(adopt, "Run", Planning(Preview(())))
    assert adopting(tmp_path)().moved == ("terraform.terraform_data.a",)
    assert "input = 1;" in (tmp_path / "flake.nix").read_text()


def test_a_change_that_no_block_explains_is_refused_and_all_files_are_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "main.tf").write_text(TF)
    strange = Line("update", "terraform.terraform_data.z", address="terraform_data.z")
    monkeypatch.setattr(adopt, "Run", Planning(Preview(()), Preview((strange,))))
    with pytest.raises(NivisError, match="The adopted configuration would change something"):
        adopting(tmp_path)()
    assert (tmp_path / "main.tf").read_text() == TF
    assert not (tmp_path / "flake.nix").exists()


def test_a_flake_guessed_from_a_state_that_would_change_something_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = '{"version": 4, "serial": 1, "lineage": "x", "outputs": {}, "resources": []}'
    (tmp_path / "terraform.tfstate").write_text(state)
    run = Planning(Preview((Line("create", "terraform.terraform_data.z"),)))
    run.start = lambda: SimpleNamespace(snapshot=Snapshot(serial=1))  # type: ignore[attr-defined]
    monkeypatch.setattr(adopt, "Run", run)
    monkeypatch.setattr(adopt, "_schemas", lambda _: lambda _: None)
    with pytest.raises(NivisError, match="The flake that was made from the state would change something"):
        adopting(tmp_path)()
    assert [p.name for p in tmp_path.iterdir()] == ["terraform.tfstate"]
    assert (tmp_path / "terraform.tfstate").read_text() == state


def test_a_state_alone_becomes_a_flake_with_what_its_provider_says(play: Play) -> None:
    """The provider's schema tells what somebody wrote; so the first flake has to declare it."""
    played = play(lambda _: document(thing("a", "some text"), thing("b", ref("a", "v")))).applied()
    flake = played.directory / "flake.nix"
    flake.unlink()
    shutil.rmtree(played.directory / ".nivis")

    def written(_: Ledger) -> dict[str, Any]:
        text = flake.read_text()
        providers = {"p": {"source": SOURCE, "config": {}}} if f'source = "{SOURCE}"' in text else {}
        there = [
            thing(name, "some text")
            for name in ("a", "b")
            if f'name = "{name}"; config = {{ v = ' in " ".join(text.split())
        ]
        return {**document(*there), "providers": providers}

    played.flake = written
    said = played.nivis("adopt")
    assert said.code == 0, said.err
    assert said.out.startswith("Adopted 2 resource(s) into flake.nix; the plan has no changes:\n = p.t.a\n")
    assert 'v = a.refAttr "v";' in flake.read_text()
