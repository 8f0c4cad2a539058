"""What a language server for Nix makes of constructors; its protocol is driven as an editor does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from nivis_tofu.authoring import gen
from tests.e2e.project import NIVIS
from tests.support.language_server import Editor, editing
from tests.support.provider_schema import provided


@pytest.fixture
def nil(tmp_path: Path) -> Iterator[Editor]:
    server = shutil.which("nil")
    if not server:
        pytest.skip("the language server nil is not on PATH; no package registry has it")
    out = tmp_path / "acme"
    out.mkdir()
    gen.write(gen.chosen(provided(tmp_path)), "acme", out, lambda *_: None)
    with editing((server,), tmp_path) as editor:
        yield editor


def test_nil_knows_the_arguments_of_a_constructor(nil: Editor, tmp_path: Path) -> None:
    file = (tmp_path / "acme" / "resources" / "acme_server.nix").read_text()
    head = "    if builtins.isString name' then acme_server else"
    assert head in file
    call = file.replace(head, head.replace("acme_server else", "acme_server { | } else"))
    assert {"name", "rule", "size", "provider", "tofuName", "nivis_meta"} <= nil.completions("a.nix", call).keys()
    begun = nil.completions("b.nix", call.replace("{ | }", "{ passw| }"))
    assert set(begun) == {"password"}
    shown = nil.hover("c.nix", file.replace("  acme_server =\n    name'", "  acme_ser|ver =\n    name'"))
    assert "check: ?, disk: ?" in shown
    user = "let lib = { }; acme = import ./ac|me { inherit lib; }; in acme"
    assert nil.definition("d.nix", user) == [str(tmp_path / "acme" / "default.nix")]
    # It follows no function into another file, as the page on editors says.
    elsewhere = nil.completions("e.nix", 'let acme = import ./acme { lib = { }; }; in acme.acme_server "a" { na| }')
    assert "name" not in elsewhere


def test_ours_knows_the_types_of_a_project(tmp_path: Path) -> None:
    provided(tmp_path / ".nivis")
    with editing((str(NIVIS), "lsp", "--stdio"), tmp_path) as editor:
        assert editor.capabilities["hoverProvider"]
        call = 'let lib = { }; acme = import ./acme { inherit lib; }; in acme.acme_server "a" { na| }'
        assert set(editor.completions("flake.nix", call)) == {"name", "named"}
        plain = 'lib.mkResource { provider = "acme"; type = "acme_server"; name = "a"; config.rule = [ { | } ]; }'
        assert set(editor.completions("flake.nix", plain)) == {"note", "port"}
        user = 'a = acme.acme_server "a" { }; b = a.refAttr "ar|"'
        assert set(editor.completions("flake.nix", user)) == {"arn"}
        assert "What it is called." in editor.hover("flake.nix", 'acme.acme_server "a" { na|me = "x"; }')
        assert editor.close() == 0
