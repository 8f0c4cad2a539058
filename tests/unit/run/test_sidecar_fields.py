"""Fields of a sidecar: what fits is given as it is, all else is named with its file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.run.sidecar_fields import Fields

GOOD: dict[str, tuple[Callable[[Fields], Any], Any]] = {
    "text": (lambda f: f.text("x"), "a"),
    "number": (lambda f: f.number("x"), 3),
    "flag": (lambda f: f.flag("x"), True),
    "table": (lambda f: f.table("x"), {"a": 1}),
    "texts": (lambda f: f.texts("x"), {"a": "b"}),
    "list": (lambda f: f.list_of("x", lambda v: isinstance(v, int)), (1, 2)),
}


@pytest.mark.parametrize("kind", GOOD)
def test_each_field_has_one_type(kind: str) -> None:
    read, good = GOOD[kind]
    assert read(Fields(Path("F.nivis.json"), {"x": list(good) if isinstance(good, tuple) else good})) == good
    unfit: list[Any] = [None, 1.5, -1, [None]]
    unfit += [["a"]] if kind == "text" else ["a"]
    unfit += [{"a": []}] if kind != "table" else []
    for bad in unfit:
        with pytest.raises(NivisError, match="The sidecar cannot be read") as error:
            read(Fields(Path("F.nivis.json"), {"x": bad}))
        assert error.value.diagnostics[0].detail == "F.nivis.json: its `x` is not what it has to be."
    with pytest.raises(NivisError) as error:
        read(Fields(Path("F.nivis.json"), {}))
    assert error.value.diagnostics[0].detail == "F.nivis.json: it has no `x`."
