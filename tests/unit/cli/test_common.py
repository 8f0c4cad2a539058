"""The options that every verb takes, and how a verb gets them."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

import pytest
import typer

from nivis_tofu.cli import common
from nivis_tofu.cli.common import VALUE_OPTIONS, Colour, Common, OneOrPhases, backup_path, project_file, spelled, verb
from nivis_tofu.cli.stack_choice import Choice, Running


def parsed(*argv: str, register: Any = None) -> tuple[Common, dict[str, Any]]:
    """What a verb gets of a command line."""
    found: list[tuple[Common, dict[str, Any]]] = []

    def some(
        common: Common, name: Annotated[str, typer.Argument()] = "", n: Annotated[int, typer.Option("--n")] = 0
    ) -> int:
        found.append((common, {"name": name, "n": n}))
        return 7

    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command("some")(verb(some))
    command: Any = typer.main.get_command(app)
    assert command.main(args=list(argv), standalone_mode=False) == 7
    return found[0]


def test_a_verb_gets_its_own_arguments_and_the_common_ones_as_one_value() -> None:
    found, own = parsed("x", "--n=3", "--var", "a=1", "--var=b=2", "--no-refresh", "--json", "--color=never")
    assert own == {"name": "x", "n": 3}
    assert (found.var, found.refresh, found.json, found.color) == (["a=1", "b=2"], False, True, Colour.never)
    assert parsed()[0] == Common()


def test_options_that_several_verbs_share_are_one_value() -> None:
    found: list[Any] = []

    def some(common: Common, which: Choice, how: Running) -> int:
        found.append((common.json, which, how.parallel))
        return 0

    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command("some")(verb(some))
    command: Any = typer.main.get_command(app)
    command.main(args=["a", "b", "--with-dependents", "--json", "--parallel=7"], standalone_mode=False)
    assert found == [(True, Choice(["a", "b"], with_dependents=True), 7)]


@pytest.mark.parametrize(
    "given",
    [
        Common(),
        Common(flake="d", attr="x.y", stack="s", state="f"),
        Common(var=["a=1", "b= 2"], target=["p.t.a", 'p.t.b["k 1"]'], backend="local"),
        Common(refresh=False, build=False, lock=False, input_=False, no_destroy=True, json=True),
        Common(one_plan=OneOrPhases.careful, parallelism=3, max_phases=1, color=Colour.always),
    ],
)
def test_options_spelled_out_mean_the_same(given: Common) -> None:
    assert parsed(*spelled(given))[0] == given


def test_every_option_is_spelled_by_its_own_name() -> None:
    names = {o for p in typer.main.get_command(_some()).params for o in (*p.opts, *p.secondary_opts)}
    assert {"--" + f.name.rstrip("_").replace("_", "-") for f in fields(Common)} <= names
    assert {o.replace("--input-", "--input") for o in VALUE_OPTIONS} <= names


def _some() -> typer.Typer:
    app = typer.Typer(add_completion=False)
    app.command("some")(verb(lambda common: 0))
    return app


def test_a_stack_has_its_own_attribute_and_state() -> None:
    plain, stack = Common(), Common(stack="net")
    assert (plain.attribute, plain.state_file) == ("nivis.plan", "nivis.state.json")
    assert (stack.attribute, stack.state_file) == ("nivis.stacks.net", "nivis.net.state.json")
    assert Common(stack="net", state="mine.json").state_file == "mine.json"


def test_relative_paths_are_relative_to_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session: Any = SimpleNamespace(workdir=SimpleNamespace(project=tmp_path))
    assert [backup_path(session, given) for given in (None, "", "-", "b")] == ["", "", "-", str(tmp_path / "b")]
    with pytest.raises(FileNotFoundError):
        backup_path(session, "nowhere/b")
    monkeypatch.chdir(tmp_path)
    assert project_file(Common(flake=str(tmp_path)), Path("f")) == tmp_path / "f"
    assert project_file(Common(flake="github:o/r"), Path("f")) == tmp_path / "f"
    assert common.project_file(Common(flake=str(tmp_path)), Path("/x")) == Path("/x")
