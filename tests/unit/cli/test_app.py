"""The one boundary: whatever a verb raises becomes text, an exit code, and no traceback."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.cli import app
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import Interrupted, NivisError, NotConverged
from tests.support.played import Play, document, thing


def run(monkeypatch: pytest.MonkeyPatch, problem: BaseException | None, argv: tuple[str, ...] = ("plan",)) -> int:
    def raises(*_: Any, **__: Any) -> int:
        if problem is not None:
            raise problem
        return 0

    monkeypatch.setattr(app, "_verb", raises)
    return app.run(list(argv))


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (None, 0),
        (NivisError.of("Broken", "Why.", "Mend it."), 1),
        (NotConverged.of("Never"), 3),
        (Interrupted(Diagnostic("Interrupted"), signal=signal.SIGINT), 130),
        (Interrupted(Diagnostic("Interrupted"), signal=signal.SIGTERM), 143),
        (KeyboardInterrupt(), 130),
        (RuntimeError("hunter2"), 1),
        (PermissionError(13, "Permission denied", "/x"), 1),
    ],
    ids=repr,
)
def test_exit_codes(
    problem: BaseException | None,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, problem) == code
    assert capfd.readouterr().out == ""


def test_an_error_is_told_on_stderr_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, NivisError.of("Broken", "Why it is.", "Mend it."))
    told = capfd.readouterr().err
    assert told.startswith("error: Broken\n")
    assert "Why it is." in told
    assert "hint: Mend it." in told
    assert "Traceback" not in told


@pytest.mark.parametrize("there", [True, False])
def test_a_bug_says_that_it_is_one_and_where_the_log_is(
    there: bool, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    if there:
        (tmp_path / ".nivis").mkdir()
    assert run(monkeypatch, RuntimeError("deep inside")) == 1
    told = capfd.readouterr().err
    assert "This is a bug in nivis" in told
    log = tmp_path / ".nivis/bug.log"
    assert "deep inside" in (log.read_text() if there else told)
    assert log.exists() is there
    if there:
        assert ".nivis/bug.log" in told
        assert log.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("argv", "env", "colour"),
    [
        (["plan"], "", False),
        (["plan", "--color=always"], "", True),
        (["--color", "always", "plan"], "", True),
        (["--color=always", "plan"], "NO_COLOR", True),
        (["plan"], "CLICOLOR_FORCE", True),
        (["plan"], "CLICOLOR_FORCE NO_COLOR", False),
        (["plan", "--color", "never"], "CLICOLOR_FORCE", False),
        (["plan", "-no-color"], "CLICOLOR_FORCE", False),
        (["plan", "-color=always", "-no-color"], "", False),
        (["plan", "--color=nonsense"], "", False),
    ],
)
def test_errors_are_coloured_as_typed(
    argv: list[str], env: str, colour: bool, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("NO_COLOR", "CLICOLOR_FORCE"):
        monkeypatch.setenv(name, "1") if name in env.split() else monkeypatch.delenv(name, raising=False)
    run(monkeypatch, NivisError.of("Broken"), tuple(argv))
    assert ("\x1b[" in capfd.readouterr().err) is colour


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["nonsense"], "nonsense"),
        (["plan", "--nonsense"], "--nonsense"),
        (["plan", "--parallelism", "x"], "--parallelism"),
        (["plan", "--parallelism=0"], "--parallelism"),
        (["state", "rm"], "ID"),
    ],
)
def test_usage_errors_end_with_1_and_name_what_is_wrong(
    argv: list[str], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert app.run(argv) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert said in err
    assert "Traceback" not in err


def test_without_a_verb_the_help_is_the_result(capfd: pytest.CaptureFixture[str]) -> None:
    assert app.run([]) == 1
    assert capfd.readouterr().out.startswith("Usage: nivis")


def test_a_reader_that_went_away_is_no_error(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, BrokenPipeError()) == 1
    assert capfd.readouterr().err == ""


def test_a_signal_between_two_steps_is_an_error_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def killed() -> int:
        os.kill(os.getpid(), signal.SIGTERM)
        return 0

    monkeypatch.setattr(app, "_verb", lambda _: killed())
    assert app.run(["plan"]) == 143


def test_a_signal_while_an_error_is_told_ends_with_its_code(
    play: Play, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def again(_: str) -> None:
        raise Interrupted(Diagnostic("Interrupted"), signal=signal.SIGTERM)

    monkeypatch.setattr(app, "_say", again)
    assert app.run(["plan", "--no-such-option"]) == 143
    assert "Traceback" not in capfd.readouterr().err


def test_each_module_registers_once() -> None:
    assert len(app._MODULES) == len(set(app._MODULES))


def registered(verb: str) -> set[str]:
    commands: Callable[[str], Any] = app.command
    return set(commands(verb).commands)


def test_a_verb_that_is_loaded_alone_is_the_same_command() -> None:
    whole = app.command()
    for verb in app._OF_VERB:
        assert verb in registered(verb)
        alone, among = app.command(verb).commands[verb], whole.commands[verb]
        assert [p.opts for p in alone.params] == [p.opts for p in among.params], verb
        assert set(getattr(alone, "commands", ())) == set(getattr(among, "commands", ())), verb


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ("graph --out /nonexist/x", ("/nonexist/x: No such file or directory.", "hint: Check the path")),
        ("graph --out /tmp", ("/tmp: Is a directory.", "hint: That is a directory; name a file.")),
        ("plan -out /nonexist/P", ("/nonexist/P", "No such file or directory")),
        ("plan -out /tmp", ("/tmp",)),
        ("render --out flake.nix", ("flake.nix: Not a directory.", "hint: A part")),
        ("convert tf --out flake.nix", ("flake.nix", "hint: ")),
        ("gen registry.opentofu.org/x/p --out flake.nix", ("flake.nix: Not a directory.", "hint: A part")),
        ("apply --json-into /nonexist/P", ("/nonexist/P: No such file or directory.",)),
    ],
)
def test_a_path_that_cannot_be_is_no_bug_of_ours(play: Play, line: str, texts: tuple[str, ...]) -> None:
    played = play(lambda _: document(thing("a", "x")))
    played.nivis("validate")
    (played.directory / "tf").mkdir()
    (played.directory / "tf/main.tf").write_text('resource "terraform_data" "a" {}\n')
    before = (played.directory / "flake.nix").read_text()
    said = played.nivis(*line.split())
    assert (said.code, said.out) == (1, "")
    assert all(text in said.err for text in ("error: ", *texts)), said.err
    assert not (played.directory / ".nivis/bug.log").exists()
    assert (played.directory / "flake.nix").read_text() == before


OWN = (
    "flake.nix",
    "flake.lock",
    "nivis.state.json",
    ".terraform.lock.hcl",
    "terraform.tfstate",
    "prod.json",
    ".nivis/x",
)
WRITERS = {
    "plan": "plan -out", "plan-destroy": "plan -destroy -out", "plan-refresh": "plan -refresh-only -out",
    "plan-json": "plan -json-into", "apply-json": "apply -json-into", "destroy-json": "destroy -json-into",
    "pull": "state pull --out", "graph": "graph --out",
}  # fmt: skip


def content(directory: Path) -> dict[str, tuple[int, bytes]]:
    """Every file of a project that is not below `.nivis/`, and its mode."""
    paths = (p for p in directory.rglob("*") if ".nivis" not in p.parts and p.is_file() and not p.is_symlink())
    return {str(p.relative_to(directory)): (p.stat().st_mode, p.read_bytes()) for p in paths}


@pytest.mark.parametrize("verb", WRITERS)
def test_no_verb_overwrites_what_is_not_its_own(play: Play, verb: str) -> None:
    """One guard for every file that the user names."""
    played = play(lambda _: document(thing("a", "x")))
    state = ("--state=prod.json",) if verb != "pull" else ()
    played.engine.state_file = played.directory / ("prod.json" if state else "nivis.state.json")
    assert played.nivis("apply", *state).code == 0
    for name, text in (("notes.txt", "dear"), ("taken.nivis.json", "mine"), ("flake.lock", "{}")):
        (played.directory / name).write_text(text)
    (played.directory / "link").symlink_to("flake.nix")
    before = content(played.directory)
    targets = [name for name in OWN if state or name != "prod.json"]
    targets += ["notes.txt", "link", *(["taken", "/dev/null"] if WRITERS[verb].endswith(" -out") else [])]
    for target in targets:
        said = played.nivis(*WRITERS[verb].split(), target, *state)
        assert said.code == 1, target
        assert "Nothing can be written there" in said.err
        assert content(played.directory) == before, target
    (played.directory / "empty").touch()
    for target in ("new", "new", "empty"):
        assert played.nivis(*WRITERS[verb].split(), target, *state).code == 0


def test_what_is_nested_too_deeply_is_no_bug(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, RecursionError()) == 1
    said = capsys.readouterr().err
    assert "Nested too deeply" in said
    assert "bug" not in said
