"""What an engine says before it has begun is heard in order, or not at all."""

from __future__ import annotations

from typing import Any

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.tofu import messages as m
from nivis_tofu.tofu.withheld import Withheld

VERSION, REFUSAL = m.Version("tofu", "1.10.10", "1.2"), m.DiagnosticMessage(Diagnostic("No", "It is refused."))
START = m.ApplyStart("terraform_data.a", "create")


def tell(said: Withheld, *messages: m.Message) -> None:
    for message in messages:
        said.message(message)
        if said.raw:
            said.raw("apply", {"type": type(message).__name__})


def test_all_is_heard_in_order_once_it_has_begun() -> None:
    heard: list[Any] = []
    said = Withheld(heard.append, lambda *line: heard.append(line))
    tell(said, VERSION, REFUSAL)
    assert not heard
    tell(said, START)
    kinds = [VERSION, ("apply", {"type": "Version"}), REFUSAL, ("apply", {"type": "DiagnosticMessage"})]
    assert heard == [*kinds, START, ("apply", {"type": "ApplyStart"})]
    said.release()
    assert len(heard) == 6


def test_a_refusal_is_not_heard_and_another_failure_is() -> None:
    heard: list[m.Message] = []
    said = Withheld(heard.append, None)
    assert said.raw is None
    tell(said, VERSION, REFUSAL)
    said.forget()
    said.release()
    assert not heard
    other = Withheld(heard.append, None)
    tell(other, VERSION, REFUSAL)
    other.release()
    assert heard == [VERSION, REFUSAL]
