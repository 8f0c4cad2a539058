"""Names that the last run knew: a cache, so that whatever its files hold is survived."""

from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.project.memory import Remembered


def test_what_was_put_is_there(tmp_path: Path) -> None:
    memory = Remembered(tmp_path)
    memory.put_ids({"t.a": "p.t.a"})
    memory.put_outputs({"b", "a"})
    memory.put_attribute("one", "nivis.plan")
    memory.put_attribute("two", "nivis.other")
    assert Remembered(tmp_path).ids() == {"t.a": "p.t.a"}
    assert Remembered(tmp_path).outputs() == ["a", "b"]
    assert [Remembered(tmp_path).attribute(s) for s in ("one", "two", "three")] == ["nivis.plan", "nivis.other", ""]


@pytest.mark.parametrize("text", ["", "{", "null", "[]", "{}", '"x"', "3", '{"a": 1}', "[1]"])
def test_damage_is_no_memory(tmp_path: Path, text: str) -> None:
    for name in ("ids", "outputs", "attributes"):
        (tmp_path / f"{name}.json").write_text(text)
    memory = Remembered(tmp_path)
    assert memory.ids() == ({"a": "1"} if text == '{"a": 1}' else {})
    assert memory.outputs() == (["1"] if text == "[1]" else [])
    assert memory.attribute("a") == ""
    memory.put_attribute("a", "nivis.plan")
    assert memory.attribute("a") == "nivis.plan"
