"""Who is asked what, and which answer counts."""

from __future__ import annotations

import contextlib
import io
from types import SimpleNamespace
from typing import Any, cast

import pytest

from nivis_tofu.cli import approval
from nivis_tofu.cli.common import Common
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.namespace import PLAN, of_stack
from nivis_tofu.core.outcome import Line, Preview
from nivis_tofu.run.decide.options import Options
from tests.support.played import Play, document, thing

GOES, COMES = Preview((Line("delete", "a", "t"),)), Preview((Line("create", "a", "t"),))
ALL = Preview(GOES.lines, entire=True)


def bound(
    setting: str = "", *, joined: bool = False, interactive: bool = False, workspace: str = "default", stack: str = ""
) -> Any:
    backend = SimpleNamespace(name="the local file nivis.state.json")
    workdir = SimpleNamespace(
        settled=SimpleNamespace(joined=object() if joined else None, backend=backend),
        state=SimpleNamespace(current_workspace=lambda: workspace),
        project=SimpleNamespace(name="shop"),
        namespace=of_stack(stack) if stack else PLAN,
    )
    ir = SimpleNamespace(settings=SimpleNamespace(ask=setting))
    session = SimpleNamespace(options=Options(), ir=ir, workdir=workdir)
    return cast(Any, SimpleNamespace(session=session, interactive=interactive, progress=contextlib.nullcontext()))


def answer(monkeypatch: pytest.MonkeyPatch, b: Any, preview: Preview, typed: str) -> bool:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    ask = approval.asker(b, Common(), yes=False)
    assert ask is not None
    return ask(b.session, preview)


@pytest.mark.parametrize(
    ("b", "preview", "typed", "agreed", "text"),
    [
        # Without a terminal nothing is asked, unless it is wished for.
        (bound(), GOES, "", True, ""),
        (bound("name"), GOES, "", True, ""),
        (bound(interactive=True), GOES, "y\n", True, "Destroy 1 resource in nivis.state.json? [y/N] "),
        (bound(interactive=True, workspace="prod"), GOES, "n\n", False, "Destroy 1 resource in workspace prod? [y/N] "),
        (bound(interactive=True), GOES, "", False, "? [y/N] "),
        (bound("always"), COMES, "yes\n", True, "Add 1 resource in nivis.state.json? Only `yes` is accepted: "),
        (bound("always", interactive=True), COMES, "y\n", False, "Only `yes` is accepted: "),
        # A line that does not end is no answer.
        (bound(joined=True), COMES, "yes", False, "Only `yes` is accepted: "),
        (bound("auto", joined=True), COMES, "", True, ""),
        (bound("name", joined=True), COMES, "", False, "Only `yes` is accepted: "),
        # A name, in full, also through a pipe.
        (bound("name"), ALL, "shop\n", True, "Destroy all 1 resource in nivis.state.json? Type `shop` to go on: "),
        (bound("name", workspace="prod"), ALL, "prod\n", True, "in workspace prod? Type `prod` to go on: "),
        (bound("name", workspace="prod"), ALL, "yes\n", False, "Type `prod`"),
        (bound("name", interactive=True), ALL, "", False, "Type `shop`"),
        # A stack is asked about by its own name.
        (bound("name", stack="prod"), ALL, "prod\n", True, "Destroy all 1 resource in stack prod? Type `prod`"),
        (bound("name", stack="prod"), ALL, "shop\n", False, "Type `prod`"),
        (bound("name", stack="net", workspace="eu"), ALL, "eu\n", True, "in workspace eu of stack net? Type `eu`"),
        (bound("always"), ALL, "yes\n", True, "Only `yes` is accepted: "),
    ],
)
def test_who_is_asked_what(
    b: Any,
    preview: Preview,
    typed: str,
    agreed: bool,
    text: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert answer(monkeypatch, b, preview, typed) is agreed
    shown = capsys.readouterr().err
    assert text in shown
    assert bool(shown) is bool(text)


def test_agreed_beforehand_asks_nothing() -> None:
    assert approval.asker(bound("always"), Common(), yes=True) is None


def test_where_input_is_forbidden_nothing_begins() -> None:
    approval.answerable(Common(input_=False), yes=True, command="nivis apply")
    with pytest.raises(NivisError, match="Nobody can be asked"):
        approval.answerable(Common(input_=False), yes=False, command="nivis apply")
    b = bound("always")
    asker = approval.asker(b, Common(input_=False), yes=False)
    assert asker
    with pytest.raises(NivisError, match="Nobody can be asked"):
        asker(b.session, COMES)


@pytest.mark.parametrize(
    ("flake", "env", "flags", "asks"),
    [
        ("", "", "", False),
        ("always", "", "", True),
        ("", "always", "", True),
        ("", "", "--ask", True),
        ("auto", "always", "", True),
        ("always", "auto", "", False),
        ("always", "auto", "--ask", True),
        ("auto", "", "", False),
        ("always", "always", "--ask -auto-approve", False),
        ("always", "always", "--ask --yes", False),
    ],
)
def test_who_decides_what_is_asked(
    play: Play, monkeypatch: pytest.MonkeyPatch, flake: str, env: str, flags: str, *, asks: bool
) -> None:
    """Nobody answers, so that what is asked about is not done."""
    monkeypatch.setenv("NIVIS_ASK", env)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    played = play(lambda _: document(thing("a", "x"), settings={"ask": flake} if flake else {}))
    said = played.nivis("apply", *flags.split())
    assert ("Only `yes` is accepted: " in said.err) is asks
    assert bool(played.engine.objects()) is not asks


@pytest.mark.parametrize("flag", ["-input=false", "--no-input", "-input=0"])
@pytest.mark.parametrize("line", ["apply", "destroy", "apply -destroy", "apply -refresh-only", "destroy --json"])
def test_without_input_somebody_has_to_have_agreed(play: Play, line: str, flag: str) -> None:
    played = play(lambda _: document(thing("a", "x")))
    said = played.nivis(*line.split(), flag)
    assert said.code == 1
    assert "Nobody can be asked" in said.err
    assert "`-auto-approve`" in said.err
    assert not (played.directory / ".nivis").exists()
