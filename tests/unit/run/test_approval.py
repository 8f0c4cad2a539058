"""What the approval of a plan file rests on: the configuration, and the variables that may be written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.packed import Packed
from nivis_tofu.core.redactor import Redactor
from nivis_tofu.hcl.blocks import Block
from nivis_tofu.nix.watch import Watch
from nivis_tofu.run import approval, seal
from nivis_tofu.run.decide.announce import Announced
from nivis_tofu.run.decide.position import NO_ANSWER, Evaluation
from nivis_tofu.run.sidecar import Sidecar
from tests.support.situation import ir, res

IR = ir(res("a"))
SEALED = seal.seal('"hunter2"')
"""One for all tests: a seal is slow on purpose."""


def session(project: Path, *texts: str, variables: Mapping[str, Any] = {}, **more: Any) -> Any:
    """A project with blocks of a joined root module."""
    blocks = [Block("variable" if t.startswith("variable") else "module", (t.split('"')[1],), 0, 0, t) for t in texts]
    root = SimpleNamespace(all=[(project / "main.tf", b) for b in blocks], directory=project) if blocks else None
    return SimpleNamespace(
        workdir=SimpleNamespace(project=project, settled=SimpleNamespace(joined=root)),
        watch=more.get("watch"),
        nix=SimpleNamespace(library=more.get("library", "bundled")),
        options=SimpleNamespace(variables=variables, origins=more.get("origins", {})),
        redactor=more.get("redactor", Redactor()),
    )


def configured(project: Path, document: Any, *texts: str, configuration: Any = IR) -> str:
    return approval.configuration(
        session(project, *texts), Evaluation(configuration, Packed.of(document), configuration)
    )


def test_places_are_no_part_of_a_configuration(tmp_path: Path) -> None:
    def written(line: int, v: str = "x") -> dict[str, Any]:
        return {"positions": {"p": line}, "resources": [{"id": "a", "pos": {"v": line}, "config": {"v": v}}]}

    assert configured(tmp_path, written(1)) == configured(tmp_path, written(2))
    assert configured(tmp_path, written(1)) != configured(tmp_path, written(1, "y"))


def test_joined_files_are_a_part_whatever_their_order(tmp_path: Path) -> None:
    one, two = 'variable "a" {}', 'variable "b" {}'
    assert configured(tmp_path, {}, one, two) == configured(tmp_path, {}, two, one)
    assert configured(tmp_path, {}, one) != configured(tmp_path, {}, two)


@pytest.mark.parametrize("joined", [False, True])
def test_what_is_in_a_local_module_is_a_part(tmp_path: Path, *, joined: bool) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m/main.tf").write_text("one")
    text = ('module "m" { source = "./m" }',) if joined else ()
    called = IR if joined else ir(replace(res("module.m"), source="./m"))
    before = configured(tmp_path, {}, *text, configuration=called)
    assert configured(tmp_path, {}, *text, configuration=called) == before
    (tmp_path / "m/main.tf").write_text("two")
    assert configured(tmp_path, {}, *text, configuration=called) != before


def stored(
    project: Path, *texts: str, declared: Mapping[str, bool] = {}, configuration: Any = IR, **more: Any
) -> tuple[Any, Any]:
    """Which of the variables `v` and `w` are stored, and which are sealed."""
    watch = Watch({"v": "--var", "w": "--var"})
    watch.declared = dict(declared)
    watch.unseen -= set(more.pop("seen", ("v", "w")))
    variables = {"v": "hunter2", "w": 2}
    found = session(project, *texts, variables=variables, watch=watch, **more)
    plain, sealed = approval.variables(found, Evaluation(configuration, NO_ANSWER, configuration))
    assert all(seal.fits('"hunter2"' if n == "v" else "2", s) for n, s in sealed.items())
    return plain, set(sealed)


@pytest.fixture(autouse=True)
def _cheap_seals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal, "seal", lambda text: f"sealed {text}")
    monkeypatch.setattr(seal, "fits", lambda text, sealed: sealed == f"sealed {text}")


def test_a_variable_is_written_down_only_if_it_is_certainly_no_secret(tmp_path: Path) -> None:
    told = {"v": False, "w": False}
    assert stored(tmp_path, declared=told) == ({"v": "hunter2", "w": 2}, set())
    assert stored(tmp_path, declared={**told, "v": True}) == ({"w": 2}, {"v"})
    assert stored(tmp_path, declared=told, seen=("w",)) == ({"w": 2}, {"v"}), "it has not been read yet"
    assert stored(tmp_path, library="locked") == ({}, {"v", "w"}), "an older library says nothing"


def test_what_is_secret_elsewhere_is_secret_here(tmp_path: Path) -> None:
    told = {"v": False, "w": False}
    assert stored(tmp_path, declared=told, redactor=Redactor(["hunter2"])) == ({"w": 2}, {"v"})
    of_engine = ir(res("a"), extra={"variable": {"v": {"sensitive": True}, "w": {}}})
    assert stored(tmp_path, declared=told, configuration=of_engine) == ({"w": 2}, {"v"})
    block = 'variable "v" {\n  sensitive = true\n}'
    assert stored(tmp_path, block, declared=told) == ({"w": 2}, {"v"})


def test_what_nothing_reads_is_left_away(tmp_path: Path) -> None:
    watch = Watch({"v": "--var"})
    watch._complete = True
    found = session(tmp_path, variables={"v": "x"}, watch=watch)
    assert approval.variables(found, Evaluation(IR, NO_ANSWER, IR)) == ({}, {})


def again(given: Mapping[str, Any], origins: Mapping[str, str] = {}) -> Mapping[str, Any]:
    """The variables of a plan that was made with `v` = x and a sensitive `pw`."""
    beside = Sidecar("h", "s", "f", "l", 1, True, Announced(), variables={"v": "x"}, sealed={"pw": 'sealed "hunter2"'})
    return approval.again(beside, session(Path(), variables=given, origins=origins), "F")


def test_sensitive_variables_are_given_again() -> None:
    assert again({"pw": "hunter2"}) == {"v": "x", "pw": "hunter2"}
    with pytest.raises(NivisError, match="A saved plan needs its sensitive variables") as error:
        again({})
    assert "NIVIS_VAR_pw" in error.value.diagnostics[0].hint
    with pytest.raises(NivisError, match="A sensitive variable has another value") as error:
        again({"pw": "swordfish"})
    assert not [d for d in error.value.diagnostics if "hunter2" in str(d) or "swordfish" in str(d)]


def test_other_variables_are_those_of_the_plan() -> None:
    typed = {"v": "--var", "pw": "--var"}
    assert again({"v": "x", "pw": "hunter2"}, typed)["v"] == "x"
    assert again({"v": "y", "pw": "hunter2"}, {"v": "NIVIS_VAR_v"})["v"] == "x", "the environment says nothing"
    for other in ({"v": "y"}, {"v": "x", "new": 1}):
        with pytest.raises(NivisError, match="A saved plan has its own variables"):
            again({**other, "pw": "hunter2"}, dict.fromkeys(other, "--var-file"))
