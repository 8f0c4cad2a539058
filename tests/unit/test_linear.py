"""What a run costs grows with the number of resources, and not with its square. Work is counted; time says nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import nivis_tofu
from nivis_tofu.ir import consistency, graph, phases
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.values import Derived, Ref, Value
from nivis_tofu.render.module import Renderer
from nivis_tofu.run.decide.announce import Teller
from nivis_tofu.run.decide.held import creates_first, cut
from nivis_tofu.tofu.messages import Planned
from nivis_tofu.tofu.results import PlanResult
from tests.support import played, situation
from tests.support.played import Flake, Ledger, computed, document, ref, thing

PACKAGE = str(Path(nivis_tofu.__file__).parent)
MAKING = ("_first_objects.", "_initialiser")
"""Of `core/immutable`: runs for the first objects of a class, wherever in the process they are made."""
SIZES = (4, 6, 10)
MOST = 2.02
"""Four more cost twice as much more as two more. One call too many for each pair of resources is seen."""


def literals(count: int) -> Flake:
    return lambda _: document(*(thing(f"n{i}", i) for i in range(count)))


def outputs(count: int) -> Flake:
    found = {f"o{i}": {"value": {"__ref": ref(f"n{i}")["__ref"]}} for i in range(count)}
    return lambda _: document(*(thing(f"n{i}", i) for i in range(count)), outputs=found)


def derived(count: int) -> Flake:
    return lambda ledger: document(thing("root"), *(thing(f"n{i}", computed(ledger, "root")) for i in range(count)))


def pairs(count: int) -> Flake:
    """Each is computed from one of its own."""

    def flake(ledger: Ledger) -> dict[str, Any]:
        lower = (thing(f"a{i}") for i in range(count))
        return document(*lower, *(thing(f"b{i}", computed(ledger, f"a{i}")) for i in range(count)))

    return flake


def secrets(count: int) -> Flake:
    def secret(i: int) -> Any:
        return {"__derived": {"inputs": [], "refs": [], "value": f"secret number {i}", "sensitive": True}}

    return lambda _: document(*(thing(f"n{i}", secret(i)) for i in range(count)))


def group(count: int) -> Flake:
    """Members of one group that is pending in the first phase."""
    inputs = [{"resource": "p.t.root", "path": ["id"]}]

    def flake(ledger: Ledger) -> dict[str, Any]:
        if played.value(ledger, "root") is None:
            waiting = [{"name": "many", "refs": inputs}]
            return document(thing("root"), *(thing(f"n{i}", i) for i in range(count)), pending=waiting)
        members = (thing(f"m{i}", i) | {"given": inputs, "groups": ["many"]} for i in range(count))
        return document(thing("root"), *(thing(f"n{i}", i) for i in range(count)), *members)

    return flake


def none(_: int) -> Flake:
    return lambda _: document()


COURSES: Mapping[str, tuple[tuple[Callable[[int], Flake] | None, tuple[str, ...]], ...]] = {
    "literals": (
        (literals, ("plan",)),
        (None, ("apply",)),
        (None, ("plan",)),
        (None, ("state", "list")),
        (None, ("state", "show", "n3")),
        (None, ("graph",)),
        (None, ("why", "n3")),
        (None, ("validate",)),
        (None, ("destroy", "--yes")),
    ),
    "outputs": ((outputs, ("apply",)), (None, ("output",)), (None, ("plan", "--json"))),
    "derived": ((derived, ("plan",)), (None, ("apply",)), (None, ("plan", "--style", "diff")), (literals, ("plan",))),
    "pairs": ((pairs, ("apply",)), (None, ("plan",)), (None, ("graph",)), (None, ("destroy", "--yes"))),
    "secrets": ((secrets, ("apply",)), (None, ("plan",))),
    "a group": ((group, ("apply",)), (None, ("plan",))),
    "orphans": ((literals, ("apply",)), (none, ("plan",)), (None, ("apply", "--yes"))),
}


@pytest.mark.parametrize("course", COURSES)
def test_twice_the_resources_are_twice_the_work(course: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _course(course, SIZES[0], tmp_path / "first", monkeypatch)  # what is made once for the whole process
    counted = [_course(course, size, tmp_path / str(size), monkeypatch) for size in SIZES]
    for step in counted[0]:
        small, middle, large = (counts[step] for counts in counted)
        assert large - middle <= MOST * max(middle - small, 1), (step, small, middle, large)


def _course(course: str, size: int, directory: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    directory.mkdir()
    project = played.play(directory, literals(0), monkeypatch)
    found = {}
    for number, (flake, line) in enumerate(COURSES[course]):
        project.flake = flake(size) if flake else project.flake
        found[f"{number} {' '.join(line)}"] = calls(lambda line=line: _run(project, line))  # type: ignore[misc]
    return found


def _run(project: played.Played, line: tuple[str, ...]) -> None:
    said = project.nivis(*line)
    assert said.code == 0, said.err


def calls(act: Callable[[], object]) -> int:
    """How often functions of ours were entered, generators each time that they go on; those of other threads are not
    counted, which `cProfile` would do."""
    count = 0

    def see(frame: FrameType, event: str, _: Any) -> None:
        nonlocal count
        code = frame.f_code
        count += event == "call" and code.co_filename.startswith(PACKAGE) and not code.co_qualname.startswith(MAKING)

    sys.setprofile(see)
    try:
        act()
    finally:
        sys.setprofile(None)
    return count


class Name(str):
    """A name that counts how often any is looked up or put into a set: what is quadratic need not call a function."""

    __slots__ = ()
    asked = 0

    def __hash__(self) -> int:
        Name.asked += 1
        return str.__hash__(self)

    __eq__ = str.__eq__


class Table(dict[str, Any]):
    """A dict whose keys are hashed again when it is copied."""


def many(count: int) -> IR:
    """Each one depends on the one before it, and on a value of the first."""
    names = [Name(f"p.t.n{i}") for i in range(count)]
    found = Table()
    for i, name in enumerate(names):
        needs = (Ref(names[i - 1], ("id",)), situation.known("x", "n0")) if i else ()
        found[name] = situation.res(f"n{i}", *needs)
        object.__setattr__(found[name], "id", name)
    whole = situation.ir()
    object.__setattr__(whole, "resources", found)
    return whole


def _told(whole: IR) -> object:
    at = situation.at(whole)
    plan = PlanResult(tuple(Planned(r.address, "create") for r in whole.managed), (), {}, ())
    return Teller(at, cut(at), plan).told()


def _rendered(whole: IR) -> object:
    return Renderer(whole, frozenset(whole.resources), _Open(), {}).module()


class _Open:
    """Nothing is secret."""

    def __call__(self, derived: Derived) -> bool:
        return False

    def value(self, value: Value) -> bool:
        return False

    def ref(self, ref: Ref) -> bool:
        return False


PURE: Mapping[str, Callable[[IR], object]] = {
    "problems": lambda whole: list(consistency.problems(whole)),
    "edges": graph.edges,
    "objects": graph.objects,
    "addresses": graph.addresses,
    "cycles": graph.check_acyclic,
    "held": lambda whole: graph.held(whole, set()),
    "phases": phases.phases,
    "cut": lambda whole: cut(situation.at(whole)),
    "creates first": lambda whole: creates_first(whole, situation.at(whole).snapshot),
    "told": _told,
    "rendered": _rendered,
}


@pytest.mark.parametrize("what", PURE)
def test_no_set_of_everything_is_made_for_each_resource(what: str) -> None:
    def asked(count: int) -> int:
        whole = many(count)
        before = Name.asked
        PURE[what](whole)
        return Name.asked - before

    small, middle, large = map(asked, SIZES)
    assert large - middle <= MOST * max(middle - small, 1), (small, middle, large)
