"""`eval`: what Nix is asked, and that nothing of it is left."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core.errors import NixError
from nivis_tofu.insight import eval as insight
from nivis_tofu.ir.ledger import Ledger, Object
from nivis_tofu.nix.evaluate import Nix
from nivis_tofu.system import notes, process
from nivis_tofu.system.process import Completed

LEDGER = Ledger({"p.t.a": Object("t.a", "p", {"id": "i"})})


class Asked:
    """Nix, which answers with what it was given."""

    def __init__(self, code: int = 0) -> None:
        self.code, self.argv, self.files = code, list[str](), dict[str, str]()

    def run(self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], **_: Any) -> Completed:
        paths = dict(a.split("=", 1) for a in argv if a.startswith(("nivis-ledger=", "nivis-code=")))
        if paths:
            self.argv = list(argv)
            self.files = {name: Path(path).read_text() for name, path in paths.items()}
            self.modes = {Path(path).stat().st_mode & 0o777 for path in paths.values()}
        return Completed(tuple(argv), self.code, '{"n": 0.10}', "error: undefined variable")


@pytest.fixture
def nix(tmp_path: Path) -> Nix:
    (tmp_path / "flake.nix").write_text("{ }")
    return Nix(tmp_path / "nix", ".", "nivis.plan", tmp_path, notes.work_directory(tmp_path), env={})


def test_the_expression_sees_ledger_and_variables_and_goes_through_a_file(
    nix: Nix, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked()
    monkeypatch.setattr(process, "run", asked.run)
    found = insight.evaluate(nix, LEDGER, {"pw": "hunter2"}, "ir.resources")
    assert str(found["n"]) == "0.10"
    ledger = json.loads(asked.files["nivis-ledger"])
    assert (ledger["outputs"]["p.t.a"]["id"], ledger["vars"]) == ("i", {"pw": "hunter2"})
    assert asked.files["nivis-code"] == "ir.resources"
    assert not [a for a in asked.argv if "hunter2" in a or "ir.resources" in a], (
        "nobody sees it in the list of processes"
    )
    assert asked.argv[asked.argv.index("--apply") - 1].endswith("#nivis.plan")
    assert asked.modes == {0o600}
    assert list((nix.work / "eval").iterdir()) == []


def test_an_expression_that_fails_says_what_is_in_scope(nix: Nix, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "run", Asked(1).run)
    with pytest.raises(NixError) as error:
        insight.evaluate(nix, LEDGER, {}, "nope")
    assert "In scope are `ledger`, `lib`, `plan`" in error.value.diagnostics[0].hint
    assert list((nix.work / "eval").iterdir()) == []
