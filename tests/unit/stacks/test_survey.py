"""What stacks there are, from the documents that Nix makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from nivis_tofu.core.errors import NivisError, NixError
from nivis_tofu.core.namespace import of_stack
from nivis_tofu.nix.evaluate import Nix, mark
from nivis_tofu.project.memory import Remembered
from nivis_tofu.stacks.survey import Survey, survey, undeclared_outputs
from tests.support.rendering import data, document


def of(*stacks: str) -> dict[str, Any]:
    """The leaf of a value from the outputs of other stacks."""
    refs = [{"resource": f"stack.{name}", "path": ["x"]} for name in stacks]
    return {"__derived": {"inputs": [], "refs": refs}}


LEDGER: dict[str, Any] = {"outputs": {"a": 1}}
OTHER: dict[str, Any] = {"outputs": {}}


@dataclass
class Evaluated:
    """Stands for Nix: a document for each stack, or an error."""

    documents: Mapping[str, Any]
    asked: list[list[str]] = field(default_factory=list)

    def names(self) -> list[str]:
        return sorted(self.documents)

    def evaluate_all(self, ledgers: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
        return self.evaluate_each({name: ledgers.get(name, other) for name in self.names()})

    def evaluate_each(self, ledgers: Mapping[str, Any]) -> dict[str, Any]:
        self.asked.append(list(ledgers))
        if any(self.documents[name] is None for name in ledgers):
            raise NixError
        return {name: self.documents[name] for name in ledgers}


def look(root: Path, **documents: Any) -> tuple[Survey, Evaluated]:
    nix = Evaluated(documents)
    return survey(cast(Nix, nix), root, {"net": LEDGER, "gone": LEDGER}, OTHER), nix


def test_uses_are_read_wherever_they_stand(tmp_path: Path) -> None:
    plain = document(data("a", 1))
    found, nix = look(
        tmp_path,
        net=plain,
        db=plain,
        log=plain,
        config=document(data("a", [{"b": of("net")}])),
        outputs=document(data("a", 1), outputs={"o": {"value": of("db")}}),
        provider=document(providers={"p": {"source": "x/p", "config": {"a": of("net", "db")}}}),
        group=document(pending=[{"name": "g", "refs": [{"resource": "stack.log", "path": ["x"]}]}]),
    )
    uses = {name: set(used) for name, used in found.order.uses.items() if used}
    assert uses == {"config": {"net"}, "outputs": {"db"}, "provider": {"net", "db"}, "group": {"log"}}
    assert nix.asked == [["config", "db", "group", "log", "net", "outputs", "provider"]]


def test_one_that_throws_leaves_the_others_to_be_asked_alone(tmp_path: Path) -> None:
    found, nix = look(tmp_path, net=document(data("a", 1)), web=document(data("a", of("net"))), bad=None)
    assert found.order.names == ("bad", "net", "web")
    assert found.irs.keys() == {"net", "web"}
    assert nix.asked == [["bad", "net", "web"], ["bad"], ["net"], ["web"]]


def test_what_was_made_is_known_by_its_ledger(tmp_path: Path) -> None:
    net, web = document(data("a", 1)), document(data("a", of("net")))
    found, _ = look(tmp_path, net=net, web=web, bad={"schemaVersion": 99})
    assert found.made[mark("nivis.stacks.net", LEDGER)] == net
    assert found.made[mark("nivis.stacks.web", OTHER)] == web
    assert [(document is net or document is web, ir) for document, ir in found.read] == [
        (True, ir) for ir in found.irs.values()
    ]
    assert found.irs.keys() == {"net", "web"}


def test_what_only_a_later_phase_refers_to_was_noted(tmp_path: Path) -> None:
    (tmp_path / of_stack("web").work).mkdir(parents=True)
    Remembered(tmp_path / of_stack("web").work).put_stacks(["net", "gone"])
    found, _ = look(tmp_path, net=document(data("a", 1)), web=document(data("a", 1)))
    assert found.order.uses["web"] == {"net"}


def test_two_stacks_cannot_have_one_state(tmp_path: Path) -> None:
    s3 = {"type": "s3", "bucket": "b", "key": "k"}
    with pytest.raises(NivisError, match="Two stacks with one state") as error:
        look(tmp_path, a=document(backend=s3), b=document(backend={**s3, "key": "other"}), c=document(backend=s3))
    assert error.value.diagnostics[0].detail.startswith("`a` and `c`: They declare the same place")
    with pytest.raises(NivisError, match="Two stacks with one state") as error:
        look(tmp_path, Net=document(), net=document())
    assert error.value.diagnostics[0].detail.startswith("`Net` and `net`: Their names differ in case alone")


def test_a_flake_without_stacks(tmp_path: Path) -> None:
    with pytest.raises(NivisError, match="The flake has no stacks"):
        look(tmp_path)


def test_a_name_that_no_stack_can_have(tmp_path: Path) -> None:
    with pytest.raises(NivisError, match="Malformed name of a stack"):
        look(tmp_path, **{"a.b": document()})


def test_an_output_that_its_stack_does_not_declare_is_told(tmp_path: Path) -> None:
    uses = document(data("a", of("net")))
    assert undeclared_outputs(look(tmp_path, net=document(outputs={"x": {"value": 1}}), app=uses)[0].irs) is None
    told = undeclared_outputs(look(tmp_path, net=document(outputs={"y": {"value": 1}}), app=uses)[0].irs)
    assert told
    assert (told.summary, told.detail) == (
        "An output that a stack does not have",
        "`app` uses the output `x` of `net`, which has y.",
    )
    joined = {**document(), "rootModule": "old"}
    assert undeclared_outputs(look(tmp_path, net=joined, app=uses)[0].irs) is None
