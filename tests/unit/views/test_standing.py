"""Where a run stands: what is counted, and what is not known yet."""

from __future__ import annotations

import random

import pytest

from nivis_tofu.core import events as e
from nivis_tofu.views.standing import Standing, duration

TAKES = e.Told("Installing hashicorp/aws v5.100.0...", "verbose")
HAS = e.Told("Installed hashicorp/aws v5.100.0 (unauthenticated)", "verbose")
THREE = e.Outlook({"a": "create", "b": "replace", "c": "update"}, phases=2)


def after(*events: e.Event) -> Standing:
    standing = Standing(begun=0.0)
    for event in events:
        standing.take(event, 10.0)
    return standing


def done(name: str, action: str) -> e.Done:
    return e.Done(name, action, 1.0, 1)


@pytest.mark.parametrize(
    ("events", "head"),
    [
        ([], ""),
        ([e.Stage("evaluating", 1)], "evaluating, 2s"),
        ([e.Stage("planning", 1), e.Starting(("aws",))], "planning, starting provider aws, 2s"),
        ([e.Stage("planning", 1), e.Starting(("aws", "tls"))], "planning, starting providers aws, tls, 2s"),
        ([e.Stage("planning", 1), e.Starting(("a", "b", "c", "d"))], "planning, starting 4 providers, 2s"),
        ([e.Starting(("aws",)), e.Stage("applying", 1), e.Started("a", "create")], "applying, 2s"),
        ([e.Stage("planning", 1), e.Starting(("aws",)), e.Refreshing("a")], "planning, 1 compared, 2s"),
        ([THREE, e.Stage("applying", 1)], "phase 1/2: applying, 0/3 done, 2s"),
        ([THREE, e.Stage("applying", 1), done("a", "create")], "phase 1/2: applying, 1/3 done, 2s"),
        ([e.Outlook({"a": "create"}, 1), e.Stage("applying", 1)], "applying, 0/1 done, 2s"),
        ([e.Outlook({"a": "create"}, 1, open=True), e.Stage("applying", 1)], "applying, 0/1+ done, 2s"),
        ([e.Outlook({"a": "create"}), e.Stage("applying", 2)], "phase 2: applying, 0/1 done, 2s"),
        # What `init` says of its work; then it starts the providers, and in a phase others are at work.
        ([e.Stage("init"), e.Starting(("aws",)), TAKES], "installing hashicorp/aws v5.100.0, 2s"),
        ([e.Stage("init"), e.Starting(("aws",)), TAKES, HAS], "init, starting provider aws, 2s"),
        ([e.Stage("init"), TAKES, e.Stage("planning", 1), TAKES], "planning, 2s"),
        # Nobody expects a third phase while nivis only looks whether there is one.
        ([THREE, e.Acting(2), e.Acting(2, ended=True), e.Stage("evaluating", 3)], "evaluating, 0/3 done, 2s"),
        ([THREE, e.Stage("applying", 3), e.Acting(3)], "phase 3: applying, 0/3 done, 2s"),
        # More than was expected.
        ([e.Outlook({"a": "create"}, 1), e.Stage("applying", 1), done("z", "create")], "applying, 1/2 done, 2s"),
    ],
)
def test_the_head(events: list[e.Event], head: str) -> None:
    assert after(*events).head(12.4) == head


def test_a_replacement_is_done_when_both_objects_are() -> None:
    counts = []
    standing = after(THREE)
    for event in (done("b", "delete"), done("b", "create"), done("data.x", "read"), done("c", "update")):
        standing.take(event, 10.0)
        counts.append(standing.count)
    assert counts == ["1/3 done" if n else "0/3 done" for n in (0, 1, 1)] + ["2/3 done"]


def test_the_count_is_that_of_all_that_has_acted_whenever_it_is_asked() -> None:
    chance, names = random.Random(1), "abcdefg"
    for _ in range(200):
        standing, acted = Standing(begun=0.0), dict[str, set[str]]()
        for _ in range(chance.randrange(12)):
            if chance.random() < 0.2:
                told = {n: chance.choice(["create", "replace"]) for n in chance.sample(names, 3)}
                standing.take(e.Outlook(told, 1), 0.0)
            name, action = chance.choice(names), chance.choice(["create", "delete", "read"])
            acted.setdefault(name, set()).add(action)
            standing.take(done(name, action), 0.0)
        told = dict(standing.outlook.actions)
        real = {n: actions for n, actions in acted.items() if actions != {"read"}}
        ended = sum(1 for n, actions in real.items() if told.get(n) != "replace" or len(actions) > 1)
        assert standing.count == (f"{ended}/{len(told.keys() | real.keys())} done" if told else "")


def test_what_runs_longest_comes_first() -> None:
    standing = after(e.Started("slow\n", "create"))
    standing.take(e.Started("b", "delete"), 14.0)
    rows = [(row.name, row.rest) for row in standing.rows(75.0)]
    assert rows == [("slow\\n", "creating, 1m05s"), ("b", "destroying, 1m01s")]
    standing.take(e.Failed("b", "delete", 1), 76.0)
    assert [row.name for row in standing.rows(77.0)] == ["slow\\n"]
    assert [(row.mark, row.name, row.rest) for row in standing.failed] == [("✗", "b", "destroying failed")]


def test_the_sentence_names_a_few() -> None:
    assert after().sentence(65.0) == "at work, 1m05s"
    many = [e.Started(str(n), "create") for n in range(9)]
    expected = "applying, 5s; 0: creating, 5s; 1: creating, 5s; 2: creating, 5s; and 6 more"
    assert after(e.Stage("applying", 1), *many).sentence(15.0) == expected


def test_durations() -> None:
    assert [duration(s) for s in (0.9, 59, 185, 7380)] == ["0s", "59s", "3m05s", "2h03m"]
