"""A picture by a program that is there, is not, or fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.insight import svg


def dot(monkeypatch: pytest.MonkeyPatch, directory: Path, script: str) -> None:
    (directory / "dot").write_text(f"#!/bin/sh\n{script}\n")
    (directory / "dot").chmod(0o755)
    monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/bin")


def test_what_it_draws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dot(monkeypatch, tmp_path, '[ "$1" = -Tsvg ] && cp "$4" "$3"')
    assert svg.graphviz("digraph é {}", "svg") == "digraph é {}".encode()


@pytest.mark.parametrize("script", ["echo 'syntax error' >&2; exit 1", "echo 'syntax error' >&2"])
def test_it_fails_or_draws_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str) -> None:
    dot(monkeypatch, tmp_path, script)
    with pytest.raises(NivisError, match="Graphviz could not draw the graph") as error:
        svg.graphviz("x", "png")
    assert "syntax error" in error.value.raw


def test_it_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NivisError, match="Graphviz is not installed") as error:
        svg.graphviz("x", "svg")
    assert "--format mermaid" in error.value.diagnostics[0].hint


@pytest.mark.parametrize(
    ("kind", "terminal", "refused"), [("png", True, True), ("png", False, False), ("svg", True, False)]
)
def test_no_picture_on_a_terminal(kind: str, terminal: bool, refused: bool) -> None:
    if refused:
        with pytest.raises(NivisError, match="A picture cannot be shown on a terminal"):
            svg.refuse_terminal(kind, terminal)
    else:
        svg.refuse_terminal(kind, terminal)
