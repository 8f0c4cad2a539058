"""render: files for stock OpenTofu, and what is told of them."""

from __future__ import annotations

import json

import pytest

from tests.support.played import Play, Played, computed, document, thing

SECRET = {"__derived": {"inputs": [], "refs": [], "value": "hunter2", "sensitive": True}}


@pytest.fixture
def played(play: Play) -> Played:
    return play(lambda ledger: document(thing("a", SECRET), thing("b", computed(ledger, "a"))))


def test_what_is_written_and_what_waits(played: Played) -> None:
    said = played.nivis("render", "--out=d")
    assert said.code == 0
    assert "d/main.tf.json\n" in said.out
    assert "left out, it waits for outputs: p.t.b\n" in said.err
    text = (played.directory / "d/main.tf.json").read_text()
    assert "hunter2" not in text
    secrets = played.directory / "d/nivis.auto.tfvars.json"
    assert (list(json.loads(secrets.read_text()).values()), secrets.stat().st_mode & 0o777) == (["hunter2"], 0o600)
    assert played.nivis("render", "--out=d").code == 0
    assert (played.directory / "d/main.tf.json").read_text() == text, "byte for byte"


def test_without_the_values_of_secrets(played: Played) -> None:
    said = played.nivis("render", "--out=d", "--no-secrets")
    assert "1 sensitive variable(s) are declared without a value." in said.err
    assert not (played.directory / "d/nivis.auto.tfvars.json").exists()


def test_one_document(played: Played) -> None:
    found = played.nivis("render", "--out=d", "--json").json
    assert (found["out"], found["held"]) == ("d", ["p.t.b"])
