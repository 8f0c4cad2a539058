"""Names: address <-> id, and what people type. Every shape of an address is here, once for all who use names."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.globs import covers, matches
from nivis_tofu.ir.names import Names, no_state, typed
from tests.support.situation import ir, moved, res, state, thing

ODD_KEYS = ['t.odd["x.y"]', 't.odd["a]b"]', 't.odd["q\\"q"]', 't.odd["$${v}"]', 't.odd["[0]"]', "t.odd[7]"]
CONFIGURATION = ir(
    res("a"),
    res("p.t.dot.ted"),
    res("odd"),
    res("x.t.other"),
    res("p.t.adopted", tofu_name="taken_over"),
    res("data.p.t.here"),
    res("module.net"),
    res("module.odd name"),
    res("later"),
    res("new"),
    extra=moved("t.new", "t.old"),
    foreign={"t.joined": frozenset(), "module.theirs": frozenset(), "local.x": frozenset()},
)
STATE = state(
    "a", "t.dot_x2e_ted", *map(thing, ODD_KEYS), "other", "taken_over", "data.t.here", 'module.net.t.x["k.1"]',
    "module.net.module.deep[0].data.t.y", 'module.odd_x20_name["m"].t.x', "old", "joined", "module.theirs.t.z", "gone",
    thing("many[0]"), thing("many[1]"), thing("q.x", provider="q"),
)  # fmt: skip
PAIRS = [
    ("t.a", "p.t.a"),
    ("t.dot_x2e_ted", "p.t.dot.ted"),
    *((address, f"p.{address}") for address in ODD_KEYS),
    ("t.other", "x.t.other"),
    ("t.taken_over", "p.t.adopted"),
    ("data.t.here", "data.p.t.here"),
    ('module.net.t.x["k.1"]', 'module.net.t.x["k.1"]'),
    ("module.net.module.deep[0].data.t.y", "module.net.module.deep[0].data.t.y"),
    ('module.odd_x20_name["m"].t.x', 'module.odd name["m"].t.x'),
    ("t.old", "p.t.new"),
    ("t.joined", "t.joined"),
    ("module.theirs.t.z", "module.theirs.t.z"),
    ("t.gone", "p.t.gone"),
    ("t.many[0]", "p.t.many[0]"),
    ("t.many[1]", "p.t.many[1]"),
    ("q.x", "q.q.x"),
]
NAMES = Names.of(CONFIGURATION, STATE)


@pytest.mark.parametrize(("address", "id_"), PAIRS)
def test_there_and_back(address: str, id_: str) -> None:
    assert NAMES.id_of(address) == id_
    assert NAMES.address_of(id_) == address
    assert NAMES.find(id_) == address
    assert NAMES.find(address) == address


def test_what_is_in_the_state_has_names_of_its_own() -> None:
    assert set(NAMES.instances) == {address for address, _ in PAIRS}
    assert len({NAMES.id_of(a) for a in NAMES.instances}) == len(PAIRS)


@pytest.mark.parametrize(
    ("configuration", "there", "remembered", "expected"),
    [
        (None, state("a"), {}, {"t.a": "p.t.a"}),
        (None, state("a"), {"t.a": "k.t.n"}, {"t.a": "k.t.n"}),
        (ir(res("b")), state("a"), {"t.a": "k.t.n"}, {"t.a": "k.t.n", "t.b": "p.t.b"}),
        # The id went on to another address: what lies at the old one does not pass for it.
        (ir(res("p.t.a", tofu_name="b")), state("a", "b"), {}, {"t.a": "t.a", "t.b": "p.t.a"}),
        (ir(res("p.t.a", tofu_name="b")), state("a", "b"), {"t.a": "p.t.a"}, {"t.a": "t.a", "t.b": "p.t.a"}),
        (None, state("a", "b"), {"t.a": "p.t.a", "t.b": "p.t.a"}, {"t.a": "p.t.a", "t.b": "p.t.b"}),
        # Renamed, before and after the engine has done it, and where it never will.
        (ir(res("b"), extra=moved("t.b", "t.a")), state("a"), {}, {"t.a": "p.t.b", "t.b": "p.t.b"}),
        (ir(res("b"), extra=moved("t.b", "t.a")), state("b"), {}, {"t.b": "p.t.b"}),
        (ir(res("b"), extra=moved("t.b", "t.a")), state("a", "b"), {}, {"t.a": "p.t.a", "t.b": "p.t.b"}),
        (ir(res("c"), extra=moved("t.c", "t.b", "t.a")), state("a"), {},
         {"t.a": "p.t.c", "t.b": "p.t.c", "t.c": "p.t.c"}),
        (ir(res("b"), extra=moved("t.b", "t.a")), state(thing("a[0]"), thing("b[0]")), {},
         {"t.a": "p.t.a", "t.b": "p.t.b"}),
        (ir(res("b"), unselected={"t.a": "x.t.a"}), state("a"), {}, {"t.a": "x.t.a", "t.b": "p.t.b"}),
    ],
)  # fmt: skip
def test_who_has_an_id(configuration: Any, there: Any, remembered: dict[str, str], expected: dict[str, str]) -> None:
    names = Names.of(configuration, there, remembered)
    assert names.ids == expected
    objects = names.keyed(there.objects)
    assert len(objects) == len(there.objects)
    assert {o.address: i for i, o in objects.items()}.items() <= expected.items()


def test_names_of_what_is_gone_are_kept() -> None:
    assert Names({"t.b": "p.t.b"}).after(Names({"t.a": "p.t.a", "t.b": "old"})).ids == {"t.a": "p.t.a", "t.b": "p.t.b"}
    assert Names().id_of("t.a[0]") == "t.a[0]"
    assert Names().address_of("p.t.a") is None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("a", "t.a"),
        ("t.many", "t.many"),
        ("p.t.many", "t.many"),
        ("many", "t.many"),
        ("many[1]", "t.many[1]"),
        ('odd["x.y"]', 't.odd["x.y"]'),
        ("dot.ted", "t.dot_x2e_ted"),
        ("ted", "t.dot_x2e_ted"),
        ("module.net", "module.net"),
        ('t.x["k.1"]', 'module.net.t.x["k.1"]'),
        ("t.new", "t.old"),
        ("new", "t.old"),
    ],
)
def test_other_ways_to_say_it(text: str, address: str) -> None:
    assert NAMES.find(text) == address


@pytest.mark.parametrize("text", ["p.t.later", "p.t.many[7]", "module.net.t.gone", "", "t.a.x", "nowhere"])
def test_what_the_state_does_not_have(text: str) -> None:
    with pytest.raises(NivisError, match="no state for"):
        NAMES.find(text)


def test_a_missing_one_names_the_near_one() -> None:
    with pytest.raises(NivisError) as caught:
        NAMES.find("p.t.gonne")
    assert caught.value.diagnostics[0].hint.startswith("Did you mean `p.t.gone`?")


def test_the_end_of_several_names_is_refused_with_all_of_them() -> None:
    names = Names.of(ir(res("p.t.later")), state("t.a", thing("u.a")))
    with pytest.raises(NivisError, match="may mean several things") as caught:
        names.find("a")
    assert "`p.t.a` or `p.u.a`" in caught.value.diagnostics[0].detail
    assert names.find("u.a") == "u.a"
    assert names.target("later") == "t.later"


def test_the_nearest_three() -> None:
    hint = no_state("web", [f"p.t.web{n}" for n in range(5)]).diagnostics[0].hint
    assert hint == "Did you mean `p.t.web0`? There is `p.t.web1` or `p.t.web2` too."
    assert no_state("zzz", ["p.t.web"]).diagnostics[0].hint == "`nivis state list` lists what there is."


@pytest.mark.parametrize(
    ("text", "meant"), [("b", "1"), ("t.b", "1"), ("p.t.b", "1"), ("", None), ("xb", None), ("c", "2")]
)
def test_what_is_typed(text: str, meant: str | None) -> None:
    assert typed(text, {"p.t.b": "1", "t.b": "1", "p.t.xc": "3", "p.t.c": "2"}) == meant


def test_globs_match_ids_and_addresses_once() -> None:
    assert NAMES.match(["p.t.m*", "t.many[0]"]) == ["t.many[0]", "t.many[1]"]
    assert NAMES.match(["*any[?]", "module.net"]) == ["t.many[0]", "t.many[1]", "module.net"]
    with pytest.raises(NivisError):
        NAMES.match(["*.nothing"])


def test_brackets_are_no_glob() -> None:
    assert not matches("a[0]", "a0")
    assert matches('a["*"]', 'a["b"]')


def test_a_glob_covers_what_lies_inside() -> None:
    assert covers('module.m["a"]', 'module.m["a"].t.x[0]')
    assert covers("module.m.t.?", "module.m.t.x[0]")
    assert not covers('module.m["a"]', 'module.m["ab"].t.x')
    assert not covers("t.x", "t.xy")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("p.t.later", "t.later"),
        ("p.t.later[1]", "t.later[1]"),
        ("later", "t.later"),
        ("p.t.new", "t.new"),
        ("t.new", "t.new"),
        ("p.t.adopted", "t.taken_over"),
        ("aws.aws_s3_bucket.b", "aws_s3_bucket.b"),
        ('aws.aws_s3_bucket.b["k"]', 'aws_s3_bucket.b["k"]'),
        ("data.aws.aws_ami.x", "data.aws_ami.x"),
        ("module.net.t.b", "module.net.t.b"),
        ("module.odd name.t.b", "module.odd_x20_name.t.b"),
    ],
)
def test_a_target_need_not_exist(text: str, address: str) -> None:
    assert NAMES.target(text) == address
