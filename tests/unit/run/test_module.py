"""The module of a phase: what stands in it, what lies beside it, and what is never written down."""

from __future__ import annotations

from typing import Any

from nivis_tofu.ir.ledger import Ledger
from nivis_tofu.render.preview import PreviewWriter
from nivis_tofu.run.module import render
from nivis_tofu.run.start import start
from tests.support.played import Play, computed, document, ref, thing
from tests.support.played_engine import SOURCE


def resources(module: Any) -> dict[str, Any]:
    found = module.document.get("resource", {}).get("t", {})
    return {name: {k: v for k, v in body.items() if k != "provider"} for name, body in found.items()}


def test_only_what_is_included_is_written(play: Play) -> None:
    session = play(lambda ledger: document(thing("a", "x"), thing("b", computed(ledger, "a")))).session()
    session, at = start(session)
    assert resources(render(session, at, {"p.t.a"})) == {"a": {"v": "x"}}
    assert resources(render(session, at, ())) == {}


def test_a_secret_is_a_variable_and_taken_out_of_texts(play: Play) -> None:
    secret = {"__derived": {"inputs": [], "refs": [], "value": "hunter2", "sensitive": True}}
    session = play(lambda _: document(thing("a", secret))).session()
    module = render(*start(session), {"p.t.a"})
    assert "hunter2" not in module.text
    assert list(module.secrets.values()) == ["hunter2"]
    assert session.redactor.redact("hunter2") == "(sensitive)"


def test_a_secret_of_the_schema_taints_what_is_made_of_it(play: Play) -> None:
    flake = lambda ledger: document(thing("a", "x"), thing("b", computed(ledger, "a", attribute="pw")))  # noqa: E731
    session = play(flake).applied().session()
    module = render(*start(session), {"p.t.a", "p.t.b"})
    assert "secret-of" not in module.text
    assert list(module.secrets.values()) == ["<secret-of-id-a-1>"]


def test_what_would_be_taken_out_of_texts_stands_in_no_module(play: Play) -> None:
    """A value that nobody marks, with one in it that the provider does."""
    flake = lambda ledger: document(  # noqa: E731
        thing("a", "secret-of-id-a-1"), thing("b", computed(ledger, "a", attribute="out"))
    )
    module = render(*start(play(flake).applied().session()), {"p.t.a", "p.t.b"})
    assert resources(module)["a"] == {"v": "secret-of-id-a-1"}, "the flake says it"
    assert "secret-of" not in str(resources(module)["b"])
    assert list(module.private.values()) == ["<secret-of-id-a-1!>"]
    assert module.secrets == {}


def test_where_everything_goes_providers_refer_to_nothing(play: Play) -> None:
    providers = {"p": {"source": SOURCE, "config": {}}, "q": {"source": SOURCE, "config": {"region": ref("a", "out")}}}
    session = play(lambda _: {**document(thing("a", "x")), "providers": providers}).applied().session()
    session, at = start(session)

    def region(**more: Any) -> Any:
        (block,) = [b for b in render(session, at, {"p.t.a"}, **more).document["provider"]["p"] if "region" in b]
        return block["region"]

    assert region() == "${t.a.out}"
    assert region(frozen_references=True) == "x!"


def test_values_are_given_to_variables_of_the_engine_alone(play: Play) -> None:
    played = play(lambda _: document(thing("a", "x"), extra={"variable": {"v": {}}}))
    session = played.session(var=["v=1", "w=2"])
    assert render(*start(session), ()).given == {"v": "1"}


def test_comparisons_of_a_preview_stand_beside_the_flakes_own_locals(play: Play) -> None:
    flake = lambda ledger: document(thing("a", "x"), thing("b", computed(ledger, "a")), extra={"locals": {"mine": 1}})  # noqa: E731
    session = play(flake).applied().session()
    session, at = start(session)
    writer = PreviewWriter(at.ir, at.ledger, stale=frozenset({"p.t.a"}), absent=frozenset())
    module = render(session, at, at.ir.resources, preview=writer)
    assert module.document["locals"].keys() == {"mine", *writer.locals_}
    assert writer.locals_


def test_without_a_state_nothing_is_known(play: Play) -> None:
    session = play(lambda _: document(thing("a", "x"), thing("b", ref("a")))).session()
    session, at = start(session)
    at = at.with_(ledger=Ledger())
    assert resources(render(session, at, {"p.t.a", "p.t.b"}))["b"] == {"v": "${t.a.id}"}
