"""The image: a user without rights, a cache that is a volume, and all that the wheel is made of."""

from __future__ import annotations

import re
from pathlib import Path

TOP = Path(__file__).parents[2]
TEXT = (TOP / "Containerfile").read_text(encoding="utf-8")
LAST = TEXT.rpartition("\nFROM ")[2].splitlines()


def instructions(name: str) -> list[str]:
    return [line.removeprefix(f"{name} ") for line in LAST if line.startswith(f"{name} ")]


def test_it_runs_as_a_user_without_rights() -> None:
    assert instructions("USER") == ["nivis"]
    assert instructions("ENTRYPOINT") == ['["nivis"]']


def test_the_cache_is_a_volume_and_the_engine_is_not_in_it() -> None:
    assert instructions("VOLUME") == ["/cache"]
    assert "TF_PLUGIN_CACHE_DIR=/cache" in instructions("ENV")[0]
    assert any("NIVIS_CACHE=/opt/engine nivis setup" in line for line in LAST)


def test_the_base_is_named_by_a_version() -> None:
    (base,) = re.findall(r"^ARG BASE=(\S+)$", TEXT, re.M)
    assert re.fullmatch(r"docker\.io/library/debian:\d+-slim", base)


def test_the_builder_gets_what_the_nix_package_is_made_of() -> None:
    lines = (TOP / ".dockerignore").read_text(encoding="utf-8").splitlines()
    sent = {line[1:] for line in lines if line.startswith("!")} - {"dist/*.whl"}
    listed = re.search(r"content = \[(.*?)\];", (TOP / "nix/package.nix").read_text(encoding="utf-8"), re.S)
    assert listed
    assert sent == set(re.findall(r'"([^"]+)"', listed[1]))
    assert all((TOP / name).exists() for name in sent)
