"""Which job waits for which."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nivis_tofu.stacks.jobs import Pipeline, jobs
from nivis_tofu.stacks.order import Order

USES = Order(
    {
        "net": frozenset(),
        "data": frozenset({"net"}),
        "app": frozenset({"net", "data"}),
        "log": frozenset(),
    }
)


def needs(names: tuple[str, ...], verb: str = "apply", uses: Order = USES) -> dict[str, tuple[str, ...]]:
    return {job.stack: job.needs for job in jobs(names, uses.within(names), verb, ["--no-input"])}


def test_each_needs_what_goes_right_before_it() -> None:
    assert needs(USES.names) == {"log": (), "net": (), "data": ("net",), "app": ("data",)}
    # What lies between two of them orders them although it has no job.
    assert needs(("net", "app")) == {"net": (), "app": ("net",)}


def test_a_plan_reads_the_documents_of_all_above_it() -> None:
    assert needs(USES.names, "plan") == {"log": (), "net": (), "data": ("net",), "app": ("net", "data")}
    found = {job.stack: job for job in jobs(USES.names, USES.within(USES.names), "plan", ["--no-input", "--", "-x"])}
    assert {name for name, job in found.items() if job.leaves} == {"net", "data"}
    assert found["net"].argv[4:] == ("--json-into=nivis-plans/net.json", "--no-input", "--", "-x")
    assert found["app"].argv == ("nivis", "plan", "--stack", "app", "--no-input", "--", "-x")
    assert not any(job.leaves for job in jobs(USES.names, USES.within(USES.names), "apply", []))
    assert str(Pipeline("plan", (), "infra").plans) == "infra/nivis-plans"
    # Alone it has nothing to read, and nobody reads what it would leave.
    assert needs(("data",), "plan") == {"data": ()}


def test_the_command_of_a_job() -> None:
    (job,) = jobs(["app"], {"app": frozenset()}, "apply", ["--no-input", "--var-file=a b.json"])
    assert job.argv == ("nivis", "apply", "--stack", "app", "--no-input", "--var-file=a b.json")


@st.composite
def orders(draw: st.DrawFn) -> Order:
    names = [f"s{n}" for n in range(draw(st.integers(1, 7)))]
    return Order(
        {n: frozenset(draw(st.sets(st.sampled_from(names[:i])))) if i else frozenset() for i, n in enumerate(names)}
    )


@given(orders())
def test_over_several_steps_everybody_waits_for_what_it_uses(order: Order) -> None:
    direct = needs(order.names, uses=order)
    for name in order.names:
        reached, rest = set[str](), list(direct[name])
        while rest:
            reached.add(other := rest.pop())
            rest += direct[other]
        assert reached == order.within(order.names)[name]
