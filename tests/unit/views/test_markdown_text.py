"""Text inside Markdown, HTML and mermaid stays text."""

from __future__ import annotations

import html

import pytest
from markdown_it import MarkdownIt

from nivis_tofu.views import markdown_text as text

HOSTILE = [
    "a|b",
    "`",
    "``",
    "a`b",
    "<b>",
    "&amp;",
    "# h",
    "[x](y)",
    "*a*",
    "_a_",
    "~~a~~",
    "\x1b[31m",
    "a\nb",
    "@you",
    r"\|",
]


def shown(source: str) -> str:
    """The text that a reader sees of a paragraph."""
    rendered = str(MarkdownIt("commonmark", {"html": True}).enable("table").render(source))
    plain = rendered.replace("<p>", "").replace("</p>", "").replace("<!-- -->", "").strip()
    return html.unescape(plain.removeprefix("<code>").removesuffix("</code>"))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_prose_and_code_read_as_they_are(hostile: str) -> None:
    expected = hostile.replace("\x1b", r"\u001b").replace("\n", r"\n")
    assert shown(text.prose(hostile)) == expected
    assert shown(text.code(hostile)) == expected


@pytest.mark.parametrize("hostile", HOSTILE)
def test_html_and_labels(hostile: str) -> None:
    expected = hostile.replace("\x1b", r"\u001b").replace("\n", r"\n")
    assert html.unescape(text.html(hostile).replace("<!-- -->", "")) == expected
    assert not set(text.mermaid(hostile)) & set('"<>`')


@pytest.mark.parametrize("rows", [["a"], ["```", "x"], ["`````", "</details>"]])
def test_a_fence_is_longer_than_what_it_holds(rows: list[str]) -> None:
    made = text.fenced(rows, "diff")
    rendered = str(MarkdownIt("commonmark", {"html": True}).render(made))
    assert rendered.count("<pre>") == 1
    assert html.unescape(rendered).removeprefix('<pre><code class="language-diff">').removesuffix(
        "\n</code></pre>\n"
    ) == "\n".join(rows)


def test_a_cell_holds_any_text() -> None:
    rows = [(text.code(h), text.prose(h)) for h in HOSTILE]
    rendered = str(MarkdownIt("commonmark", {"html": True}).enable("table").render(text.table(("a", "b"), rows)))
    assert rendered.count("<td>") == 2 * len(HOSTILE)
