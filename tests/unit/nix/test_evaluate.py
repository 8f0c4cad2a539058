from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core import json_text
from nivis_tofu.core.errors import NixError
from nivis_tofu.nix.evaluate import Nix
from nivis_tofu.nix.watch import Watch


def test_a_build_that_fails_is_told_with_nothing_secret(tmp_path: Path) -> None:
    for name in ("nix", "nix-store"):
        (tmp_path / name).write_text("#!/bin/sh\necho builder for hunter2 failed >&2\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    nix = Nix(
        tmp_path / "nix", ".", "nivis.plan", tmp_path, tmp_path / ".nivis", redact=lambda t: t.replace("hunter2", "***")
    )
    with pytest.raises(NixError, match="A Nix build failed") as error:
        nix.realise(["/nix/store/x.drv"])
    assert error.value.raw.strip() == "builder for *** failed"


def test_what_a_flake_traces_is_told_once_and_what_we_trace_never(tmp_path: Path) -> None:
    (tmp_path / "flake.nix").write_text("{ }")
    told: list[tuple[str, str]] = []
    redact = lambda text: text.replace("hush", "(sensitive)")  # noqa: E731
    tell = lambda text, level: told.append((text, level))  # noqa: E731
    nix = Nix(Path("/bin/nix"), ".", "nivis.plan", tmp_path, tmp_path / ".nivis", redact=redact, on_said=tell)
    said = 'trace: a\ntrace: a\ntrace: nivis-read ["names",["x"]]\nwarning: Git tree \'x\' is dirty\n'
    nix.tell(said)
    nix.tell(f"{said}trace: b hush\nlast read: 'hu\n'\n")
    assert told == [("trace: a", "info"), ("trace: a", "info"), ("trace: b (sensitive)\nlast read: …", "info")]


def test_inputs_that_gen_made_are_there_before_nix_looks_for_them(tmp_path: Path) -> None:
    (tmp_path / "flake.nix").write_text("{ }")
    (tmp_path / "nix").write_text(f'#!/bin/sh\ncat {tmp_path}/restored && echo "{{ }}" > {tmp_path}/flake.lock\n')
    (tmp_path / "nix").chmod(0o755)

    def restored() -> dict[str, Path]:
        with (tmp_path / "restored").open("a") as file:
            file.write("once")
        return {"acme": Path("/nix/store/x-source")}

    nix = Nix(tmp_path / "nix", ".", "nivis.plan", tmp_path, tmp_path / ".nivis", generated=restored)
    nix.lock(lambda _: None)
    assert (tmp_path / "flake.lock").is_file()
    assert nix.library_args()[:3] == ("--override-input", "acme", "path:/nix/store/x-source")
    assert (tmp_path / "restored").read_text() == "once"


def test_inputs_that_cannot_be_had_are_tried_once_for_all_stacks(tmp_path: Path) -> None:
    (tmp_path / "flake.nix").write_text("{ }")
    (tmp_path / "nix").write_text(f"#!/bin/sh\necho x >> {tmp_path}/asked\nexit 1\n")
    (tmp_path / "nix").chmod(0o755)
    for part in ("", "stacks/net", "stacks/app"):
        nix = Nix(tmp_path / "nix", ".", "nivis.stacks", tmp_path, tmp_path / ".nivis" / part)
        nix.lock(lambda _: None)
    assert (tmp_path / "asked").read_text() == "x\n"
    (tmp_path / "flake.nix").write_text("{ inputs = { }; }")
    nix.lock(lambda _: None)
    assert (tmp_path / "asked").read_text() == "x\nx\n"


@pytest.mark.parametrize("said", ["", "3", '["x', "a wrapper greets you\n{}", "\\0\\377"])
def test_an_answer_that_is_none_is_an_error_with_a_way_out(said: str, tmp_path: Path) -> None:
    (tmp_path / "flake.nix").write_text("{ }")
    (tmp_path / "nix").write_text(f"#!/bin/sh\nprintf '{said}'\n")
    (tmp_path / "nix").chmod(0o755)
    nix = Nix(tmp_path / "nix", ".", "nivis.plan", tmp_path, tmp_path / ".nivis")
    asked: list[Callable[[], object]] = [nix.names, lambda: nix.evaluate_each({}), lambda: nix.evaluate_all({}, {})]
    if said != "3":  # a number is an answer; that it is no plan is found by who decodes it
        asked.append(lambda: nix.evaluate({}))
    for ask in asked:
        with pytest.raises(NixError) as error:
            ask()
        assert [d.summary for d in error.value.diagnostics] == ["The answer of Nix is unusable"]


def test_the_same_answer_is_the_same_document(tmp_path: Path) -> None:
    """Equal is not enough: to Python `1` and `true` are."""
    (tmp_path / "flake.nix").write_text("{ }\n")
    nix = Nix(tmp_path / "nix", ".", "nivis.plan", tmp_path, tmp_path / ".nivis")
    found = []
    for said in ('{"a":1}', '{"a":1}', '{"a":true}', '{"a":1}'):
        (tmp_path / "nix").write_text(f"#!/bin/sh\necho '{said}'\n")
        (tmp_path / "nix").chmod(0o755)
        found.append(nix.evaluate({}))
    assert found[0] is found[1]
    assert found[2].read()["a"] is True
    assert found[3].read() == {"a": 1}


def test_an_answer_that_is_watched_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "flake.nix").write_text("{ }\n")
    told = "".join(f"trace: nivis-read {what}\n" for what in ('["plan"]', '["outputs"]'))
    (tmp_path / "nix").write_text(f"#!/bin/sh\nprintf '%s' '{told}' >&2\necho '{{\"resources\":[]}}'\n")
    (tmp_path / "nix").chmod(0o755)
    parsed: list[str] = []
    really = json_text.loads

    def noted(text: str | bytes) -> Any:
        if b"resources" in (text if isinstance(text, bytes) else text.encode()):
            parsed.append("the answer")
        return really(text)

    monkeypatch.setattr(json_text, "loads", noted)
    nix = Nix(tmp_path / "nix", ".", "nivis.plan", tmp_path, tmp_path / ".nivis")
    assert nix.evaluate({"vars": {"x": 1}, "outputs": {}}, Watch({"x": "--var"})).read() == {"resources": []}
    assert parsed == ["the answer"]
