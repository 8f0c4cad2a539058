"""Attribute changes as text."""

from __future__ import annotations

import time
from typing import Any

from nivis_tofu.core.outcome import Attribute, Hidden, Line, Preview
from nivis_tofu.views import diff, human
from nivis_tofu.views.human import Style


def shown(*attributes: Attribute) -> list[str]:
    return [line.strip() for line in diff.values(attributes, Style())]


def changed(before: Any, after: Any, **more: Any) -> list[str]:
    return shown(Attribute(("content",), "update", before, after, **more))


def test_old_and_new() -> None:
    assert changed("a", "b") == ['~ content = "a" -> "b"']
    assert changed(None, {"a b": [1, Hidden("(sensitive)")], "é": "ü"}) == [
        '~ content = null -> { "a b" = [1, (sensitive)], é = "ü" }'
    ]
    assert shown(Attribute(("x",), "create", None, True), Attribute(("y",), "delete", 1, None)) == [
        "+ x = true",
        "- y = 1",
    ]
    assert changed(1, 2, forces=True) == ["~ content = 1 -> 2  # forces replacement"]
    assert changed("a", None, known_after=2) == ['~ content = "a" -> (known after phase 2)']


def test_lines_are_compared_with_lines() -> None:
    old = "\n".join(["one", *"abcdefgh", "last"]) + "\n"
    new = old.replace("one", "two").replace("last", "end")
    assert changed(old, new) == ["~ content =", "- one", "+ two", "a", "b", "…", "g", "h", "- last", "+ end"]
    assert changed("a\nb\n", "a\nb") == ["~ content =", "a", "b", "-"]
    assert changed("-- a\n++ b", "-- a\n++ c") == ["~ content =", "-- a", "- ++ b", "+ ++ c"]


def test_json_in_a_string_is_laid_out() -> None:
    assert changed('{"a":1,"b":2}', '{"a": 1, "b": 3}') == [
        "~ content =",
        "{",
        '"a": 1,',
        '-   "b": 2',
        '+   "b": 3',
        "}",
    ]
    assert changed('{"a":1}', '{"a": 1}') == ["~ content =", "(the same JSON, written in another way)"]


def test_what_the_provider_decides_is_one_line() -> None:
    late = [Attribute((name,), "create", known_after=1, computed=True) for name in ("arn", "id")]
    assert shown(Attribute(("k",), "create", known_after=1), *late) == [
        "+ k = (known after phase 1)",
        "+ arn, id = (known after phase 1)",
    ]


def test_paths() -> None:
    assert diff.path(("tags", "a.b", 0, "*", "x-y")) == 'tags["a.b"][0][*].x-y'


def test_colour_is_only_more() -> None:
    attribute = Attribute(("c",), "update", "a\nb", "a\nc")
    plain, coloured = (diff.values([attribute], Style(colour)) for colour in (False, True))
    assert [x.replace("\x1b[0m", "") for x in coloured] != plain
    assert [_stripped(x) for x in coloured] == plain


def _stripped(text: str) -> str:
    import re

    return re.sub(r"\x1b\[\d*m", "", text)


def test_many_changes_are_quick() -> None:
    text = "\n".join(f"line {i}" for i in range(300))
    lines = tuple(
        Line("update", f"p.t.r{i}", "t", attributes=(Attribute(("c",), "update", text, text.replace("7", "8")),))
        for i in range(100)
    )
    start = time.process_time()
    out = human.plan(Preview(lines), detail=human.Detail(diff.attributes))
    assert time.process_time() - start < 5
    assert out.count(" ~ p.t.r") == 100
