"""Options of `stacks pipeline`: what is refused before anything is evaluated, and where the others stand."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nivis_tofu.cli.common import ENGINE_ARGS, Common
from nivis_tofu.cli.stack_pipeline import page, wanted
from nivis_tofu.core.errors import NivisError
from nivis_tofu.ir.decode import decode
from nivis_tofu.stacks.order import Order
from tests.support.rendering import data, document


@pytest.mark.parametrize(
    ("common", "form", "verb", "env", "said"),
    [
        (Common(), "", "apply", [], "Unknown forge"),
        (Common(), "jenkins", "apply", [], "Unknown forge"),
        (Common(), "github", "destroy", [], "Unknown verb of a pipeline"),
        (Common(var=["password=x"]), "github", "plan", [], "A value in a pipeline"),
        (Common(), "github", "plan", ["A"], "Malformed --env"),
        (Common(), "github", "plan", ["=b"], "Malformed --env"),
    ],
)
def test_what_no_pipeline_can_have(common: Common, form: str, verb: str, env: list[str], said: str) -> None:
    with pytest.raises(NivisError, match=said) as error:
        wanted(common, form, verb, "", env)
    assert "password" not in str(error.value.diagnostics)


def test_variables_of_jobs() -> None:
    found = wanted(Common(), "gitlab", "apply", "", ["A=b=c", "TF_HTTP_PASSWORD=$CI_JOB_TOKEN"])
    assert found.env == {"A": "b=c", "TF_HTTP_PASSWORD": "$CI_JOB_TOKEN"}


@pytest.mark.parametrize("used", [(), ("a",)])
@pytest.mark.parametrize("verb", ["plan", "apply"])
@pytest.mark.parametrize("form", ["github", "gitlab", "buildkite"])
def test_flags_of_the_engine_stand_behind_all_others(form: str, verb: str, used: tuple[str, ...]) -> None:
    """The last words of every job, quoted for its shell."""
    ir = decode(document(data("a", 1)))
    found: Any = SimpleNamespace(order=Order({"a": frozenset(), "b": frozenset(used)}), irs={"a": ir, "b": ir})
    emit: Any = lambda _: None  # noqa: E731 - short
    session = SimpleNamespace(workdir=SimpleNamespace(project=Path("/p")), emit=emit)
    bound: Any = SimpleNamespace(session=session)
    token = ENGINE_ARGS.set(("-compact-warnings", "-var=greeting=a b; c"))
    try:
        made = page(bound, Common(parallelism=3), found, ["a", "b"], wanted(Common(), form, verb, "main", ()))
    finally:
        ENGINE_ARGS.reset(token)
    commands = [c for c in _strings(json.loads(made.document())) if "nivis " in c and "--stack" in c]
    assert len(commands) == (1 if (form, verb, used) == ("github", "plan", ()) else 2)
    for command in commands:
        typed = shlex.split(command)
        assert typed[typed.index("--") :] == ["--", "-compact-warnings", "-var=greeting=a b; c"]
        assert {"--parallelism=3", "--flake=."} >= {word for word in typed if word.startswith(("--par", "--fl"))}


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _strings(item)
        case dict():
            for item in value.values():
                yield from _strings(item)
