"""Where a run stands when it begins: what was asked for that, of Nix and of the engine, and what it refuses."""

from __future__ import annotations

import pytest

from nivis_tofu.core.errors import NivisError, NixError
from nivis_tofu.core.events import Stage
from nivis_tofu.project.backends import Backend
from nivis_tofu.run import start
from nivis_tofu.run.loop import Run
from tests.support.played import Ledger, Play, ThrowError, computed, document, thing


def chain(ledger: Ledger) -> dict[str, object]:
    return document(thing("a", "x"), thing("b", computed(ledger, "a")))


def test_the_first_start_initialises_and_asks_nix_once(play: Play) -> None:
    played = play(chain)
    session = played.session()
    session, at = start.start(session)
    assert [call[0] for call in played.engine.calls] == ["init", "providers"]
    assert played.evaluations == 1
    assert (set(at.ir.resources), at.snapshot.addresses, at.stuck) == ({"p.t.a", "p.t.b"}, frozenset(), False)


def test_the_next_start_needs_no_engine_and_knows_what_is_there(play: Play) -> None:
    played = play(chain).applied()
    session = played.session()
    session, at = start.start(session)
    assert (played.engine.calls, played.evaluations) == ([], 1)
    assert at.ledger.objects["p.t.b"].attributes["v"] == "<id-a-1>"
    assert not at.ir.resources["p.t.b"].pending


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_state_far_away_is_read_once(play: Play, monkeypatch: pytest.MonkeyPatch, forgotten: bool) -> None:
    played = play(chain).applied()
    monkeypatch.setattr(Backend, "is_local", property(lambda _: False))
    if forgotten:
        (played.directory / ".nivis/init.json").unlink()
    played.engine.calls.clear()
    _, at = start.start(played.session())
    calls = [call[:2] for call in played.engine.calls if call[0] in ("init", "state")]
    assert [call[:1] if call[0] == "init" else call for call in calls] == [["init"]] * forgotten + [["state", "pull"]]
    assert at.snapshot.addresses == {"t.a", "t.b"}


def test_a_new_id_for_the_same_object_is_evaluated_again(play: Play) -> None:
    played = play(lambda _: document(thing("a", "x"))).applied()

    def renamed(ledger: Ledger) -> dict[str, object]:
        return document({**thing("new", "x"), "tofuName": "a"}, thing("b", computed(ledger, "new")))

    played.flake = renamed
    session = played.session()
    session, at = start.start(session)
    assert played.evaluations == 2
    assert not at.ir.resources["p.t.b"].pending
    assert session.workdir.remembered.ids()["t.a"] == "p.t.new"


def test_values_that_nix_throws_on_are_not_trusted(play: Play) -> None:
    def throws(ledger: Ledger) -> dict[str, object]:
        def render(out: str) -> str:
            if out == "bad!":
                raise ThrowError("what a bad value")
            return out

        return document(thing("a", "good"), thing("b", computed(ledger, "a", render, "out")))

    played = play(lambda _: document(thing("a", "bad"))).applied(None)
    played.flake = throws
    _, at = start.start(played.session())
    assert at.stuck
    assert at.ir.resources["p.t.b"].pending
    assert at.ledger.objects["p.t.a"].attributes["out"] == "bad!", "it stays known"


def test_a_flake_that_throws_whatever_is_known_is_told_by_its_first_error(play: Play) -> None:
    def throws(ledger: Ledger) -> dict[str, object]:
        raise ThrowError("trusting" if ledger["only"] is None else "distrusting")

    played = play(lambda _: document(thing("a", "x"))).applied()
    played.flake = throws
    with pytest.raises(NixError) as error:
        start.start(played.session())
    assert "distrusting" not in str(error.value.diagnostics)


def test_an_init_is_announced_and_made_again_only_for_another_configuration(play: Play) -> None:
    played = play(chain)
    start.start(played.session())
    assert Stage("initialising") in played.events
    played.events.clear()
    start.start(played.session())
    assert [call[0] for call in played.engine.calls].count("init") == 1
    played.flake = lambda ledger: {
        **chain(ledger),
        "providers": {"p": {"source": "x/p", "version": "2.0.0", "config": {}}},
    }
    start.start(played.session())
    assert [call[0] for call in played.engine.calls].count("init") == 2


def test_a_state_of_another_attribute_is_refused(play: Play) -> None:
    played = play(chain).applied()
    with pytest.raises(NivisError, match="The state belongs to another configuration") as error:
        start.start(played.session(attr="nivis.other"))
    assert "nivis.plan" in str(error.value.diagnostics)
    assert not played.engine.calls
    # One that holds nothing belongs to nobody.
    played.engine.save({}, outputs={})
    start.start(played.session(attr="nivis.other"))


def test_attributes_with_a_place_each_do_not_hinder_each_other(play: Play) -> None:
    def at(place: str) -> dict[str, object]:
        return document(thing(place, "x"), backend={"type": "local", "path": f"{place}.tfstate"})

    played = play(lambda _: at("a"))
    for name in ("a", "b", "a", "b"):
        played.flake = lambda _, name=name: at(name)  # type: ignore[misc]
        played.engine.state_file = played.directory / f"{name}.tfstate"
        result = Run(played.session(attr=f"nivis.{name}")).apply()
        assert result.error is None, result.error.diagnostics
        assert played.engine.objects().keys() == {f"t.{name}"}
    # One that moves away from its own place is stopped, and one that goes to the place of another.
    for place, said in (("c", "The state lies elsewhere"), ("a", "The state belongs to another configuration")):
        played.flake = lambda _, name=place: at(name)  # type: ignore[misc]
        with pytest.raises(NivisError, match=said):
            start.start(played.session(attr="nivis.b"))


def test_a_state_file_is_not_asked_for_beside_a_backend(play: Play) -> None:
    played = play(lambda _: document(thing("a", "x"), backend={"type": "s3", "bucket": "b"}))
    with pytest.raises(NivisError) as error:
        start.start(played.session(state="other.json"))
    assert "s3" in str(error.value.diagnostics)
    assert "--backend local" in error.value.diagnostics[0].hint


def test_names_that_select_nothing_stop_before_anything(play: Play) -> None:
    played = play(chain)
    with pytest.raises(NivisError) as error:
        start.start(played.session(target=["p.t.aa"]))
    assert "p.t.a" in error.value.diagnostics[0].hint
    assert not played.engine.said("plan")


@pytest.mark.parametrize(
    "line",
    [
        "plan", "plan -out=F", "plan -destroy", "apply", "destroy", "refresh", "validate", "apply -refresh-only",
        "import p.t.b x", "init", "init -reconfigure", "render --out made",
    ],
)  # fmt: skip
def test_another_attribute_stops_every_verb_before_anything(play: Play, line: str) -> None:
    played = play(chain).applied()
    before = sorted(path.name for path in played.directory.iterdir())
    said = played.nivis(*line.split(), "--attr", "nivis.prod")
    assert (said.code, said.out) == (1, "")
    assert all(text in said.err for text in ("`nivis.plan`", "`nivis.prod`", "--state prod.state.json"))
    assert not {call[0] for call in played.engine.calls} & {"plan", "apply", "import"}
    assert sorted(path.name for path in played.directory.iterdir()) == before


@pytest.mark.parametrize("note", ["", "3", "{", '{"default:": 1}', "[]", '{"default:": null}'])
def test_a_damaged_memory_of_whose_it_is_is_none(play: Play, note: str) -> None:
    played = play(chain).applied()
    file = played.directory / ".nivis/attributes.json"
    file.write_text(note)
    assert played.nivis("plan", "-detailed-exitcode").code == 0
    assert played.nivis("apply").code == 0
    assert "nivis.plan" in file.read_text()
