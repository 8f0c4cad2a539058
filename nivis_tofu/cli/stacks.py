"""stacks list, graph, plan, apply, destroy, output, pipeline: one verb over many stacks of a flake."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from nivis_tofu.cli import plan_style
from nivis_tofu.cli.common import EVALUATED, Common, Yes, verb
from nivis_tofu.cli.executor import LOCAL, Where, means
from nivis_tofu.cli.help_page import Cli
from nivis_tofu.cli.result import show
from nivis_tofu.cli.setup import Bound, bound, request_of, sibling
from nivis_tofu.cli.stack_course import approved_plans, ask_destroy, run
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.namespace import STACKS
from nivis_tofu.core.outcome import PlanStyle

if TYPE_CHECKING:
    from nivis_tofu.stacks.survey import Survey

Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="The stacks; without names, all.")]
Below = Annotated[bool, typer.Option("--with-dependencies", help="Also the stacks that these use.")]
Above = Annotated[bool, typer.Option("--with-dependents", help="Also the stacks that use these.")]
Affected = Annotated[
    str | None,
    typer.Option("--affected", metavar="REV", help="Only what differs from this git revision, and its users."),
]
Parallel = Annotated[
    int, typer.Option("--parallel", min=1, metavar="N", help="How many stacks may run at once (default: 4).")
]
PARALLEL = 4


def register(app: typer.Typer) -> None:
    group = Cli(help="Act on many stacks of a flake.", no_args_is_help=True)
    for function in (list_, graph, plan, apply, destroy, output, pipeline):
        group.command(function.__name__.rstrip("_"))(verb(function))
    app.add_typer(group, name="stacks")


def list_(common: Common, affected: Affected = None) -> int:
    """List the stacks in their order, and the stacks that each uses."""
    from nivis_tofu.core.namespace import of_stack
    from nivis_tofu.views import stacks as view

    with _surveyed(common, "list") as (b, found):
        chosen = _chosen(b, found, None, affected)
        states = {
            name: f"backend {ir.backend['type']}" if ir.backend else of_stack(name).state
            for name, ir in found.irs.items()
        }
    return show(common, view.listed(found.order, chosen, found.irs, states))


def graph(
    common: Common,
    form: Annotated[str, typer.Option("--format", metavar="FORMAT", help="text, dot or mermaid.")] = "text",
) -> int:
    """Draw which stack uses which."""
    from nivis_tofu.views import stacks as view

    if form not in ("text", "dot", "mermaid"):
        raise NivisError.of("Unknown format", f"`--format {form}`: there are text, dot and mermaid.")
    with _surveyed(common, "graph") as (_, found):
        pass
    return show(common, view.graph(found.order, form))


def plan(
    common: Common,
    names: Names = None,
    with_dependencies: Below = False,
    with_dependents: Above = False,
    affected: Affected = None,
    parallel: Parallel = PARALLEL,
    executor: Where = LOCAL,
    all_: Annotated[bool, typer.Option("--all", help="List unchanged resources too.")] = False,
    diff_: Annotated[bool, typer.Option("--diff", help="Show the attributes that change; as `--style diff`.")] = False,
    style_: Annotated[
        PlanStyle | None, typer.Option("--style", help="How much to show (environment: NIVIS_STYLE; default: list).")
    ] = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 2 if something changes.")
    ] = False,
) -> int:
    """Show what apply would do in each stack."""
    from nivis_tofu.views import stacks as view

    by = means(parallel, executor)
    with _surveyed(common, "plan") as (b, found):
        chosen = _chosen(b, found, names, affected, below=with_dependencies, above=with_dependents)
        wished = plan_style.wished(style_, diff_)
        line = ["plan", *(["--all"] if all_ else []), *([f"--style={wished.value}"] if wished else [])]
        results = run(b, common, found, "plan", chosen, line, by)
    return show(common, view.ended(results, "plan", exit_code=detailed_exitcode))


def apply(
    common: Common,
    names: Names = None,
    with_dependencies: Below = False,
    with_dependents: Above = False,
    affected: Affected = None,
    parallel: Parallel = PARALLEL,
    executor: Where = LOCAL,
    yes: Yes = False,
    ask: Annotated[bool, typer.Option("--ask", help="Ask about every change (environment: NIVIS_ASK=always).")] = False,
) -> int:
    """Apply the stacks in their order, independent ones side by side."""
    from nivis_tofu.views import stacks as view

    by = means(parallel, executor)
    with _surveyed(common, "apply") as (b, found):
        chosen = _chosen(b, found, names, affected, below=with_dependencies, above=with_dependents)
        flags: dict[str, list[str]] = {name: ["--yes"] if yes else [] for name in chosen}
        if not yes and (b.interactive or ask):
            flags = approved_plans(b, common, found, chosen, by, every=ask or b.session.options.ask == "always")
        results = run(b, common, found, "apply", chosen, lambda n: ["apply", *flags[n]], by)
    return show(common, view.ended(results, "apply"))


def destroy(
    common: Common,
    names: Names = None,
    with_dependents: Above = False,
    parallel: Parallel = PARALLEL,
    executor: Where = LOCAL,
    yes: Yes = False,
    force: Annotated[bool, typer.Option("--force", help="Destroy stacks whose outputs others still use.")] = False,
) -> int:
    """Destroy the stacks, those that use others first."""
    from nivis_tofu.views import stacks as view

    by = means(parallel, executor)
    with _surveyed(common, "destroy") as (b, found):
        chosen = found.order.chosen(names or (), above=with_dependents)
        if not force:
            refuse_used(b, common, found, chosen)
        if not yes and b.interactive:
            ask_destroy(b, found, chosen)
        line = ["destroy", "--force", *(["--yes"] if yes or b.interactive else [])]
        results = run(b, common, found, "destroy", tuple(reversed(chosen)), line, by)
    return show(common, view.ended(results, "destroy"))


def output(common: Common, names: Names = None) -> int:
    """Print the outputs of the stacks."""
    from nivis_tofu.run.standing_state import outputs
    from nivis_tofu.views import stacks as view

    with _surveyed(common, "output") as (b, found):
        home = b.session.workdir.project
        values = {n: outputs(sibling(common, home, n)) for n in found.order.chosen(names or ())}
    return show(common, view.outputs(values))


def pipeline(
    common: Common,
    names: Names = None,
    form: Annotated[str, typer.Option("--for", metavar="FORGE", help="github, gitlab or buildkite.")] = "",
    verb_: Annotated[str, typer.Option("--verb", metavar="VERB", help="What each job does: plan or apply.")] = "apply",
    branch: Annotated[
        str, typer.Option("--branch", metavar="NAME", help="Where to apply (default: main, or the default branch).")
    ] = "",
    env: Annotated[
        list[str] | None, typer.Option("--env", metavar="NAME=VALUE", help="Set a variable of the jobs; repeatable.")
    ] = None,
    with_dependencies: Below = False,
    with_dependents: Above = False,
    affected: Affected = None,
) -> int:
    """Print a pipeline that plans or applies each stack in a job of its own."""
    from nivis_tofu.cli import stack_pipeline

    wanted = stack_pipeline.wanted(common, form, verb_, branch, env or ())
    with _surveyed(common, "pipeline") as (b, found):
        chosen = _chosen(b, found, names, affected, below=with_dependencies, above=with_dependents)
        page = stack_pipeline.page(b, common, found, chosen, wanted)
    return show(common, page)


@contextlib.contextmanager
def _surveyed(common: Common, name: str) -> Iterator[tuple[Bound, Survey]]:
    """A session that is about the flake as a whole, and what stacks there are."""
    from nivis_tofu.api.stack_survey import surveyed

    if common.stack is not None or common.state is not None:
        raise NivisError.of(
            "An option of one stack",
            f"`nivis stacks {name}` is about many stacks: --stack and --state name one.",
            f"Name stacks behind the verb: `nivis stacks {name} NAME`.",
        )
    with bound(replace(common, attr=STACKS), f"nivis stacks {name}", lock=False, engine=False) as b:
        found = surveyed(request_of(common, b.session.workdir.project), b.session)
        # The runs that are forked from here need not ask Nix for the same again.
        EVALUATED.set(found.made)
        yield b, found


def _chosen(
    b: Bound,
    found: Survey,
    names: Sequence[str] | None,
    revision: str | None,
    *,
    below: bool = False,
    above: bool = False,
) -> tuple[str, ...]:
    """The stacks that a verb is about, in order. `revision`: of those only what differs from it, and who uses it."""
    chosen = found.order.chosen(names or (), below=below, above=above)
    if revision is None:
        return chosen
    from nivis_tofu.api.tools import find_git
    from nivis_tofu.insight.revisions import checked_out
    from nivis_tofu.stacks.affected import affected
    from nivis_tofu.stacks.survey import evaluated

    nix = b.session.nix
    with checked_out(nix, find_git(nix.env), revision) as then:
        there = set(then.names())
        before = evaluated(then, {n: ledger for n, ledger in found.ledgers.items() if n in there})
    changed = affected(before, found.documents, frozenset(chosen))
    return found.order.chosen(sorted(changed), above=True) if changed else ()


def refuse_used(b: Bound, common: Common, found: Survey, chosen: Sequence[str]) -> None:
    """Raise NivisError if a stack that stays, and has something, uses one that goes."""
    from nivis_tofu.api import stack_survey

    stack_survey.refuse_used(request_of(common, b.session.workdir.project), found.order, chosen)


def refuse_destroy(common: Common) -> None:
    """The same for a destroy of one stack."""
    with _surveyed(replace(common, stack=None, state=None), "destroy") as (b, found):
        refuse_used(b, common, found, found.order.chosen([str(common.stack)]))
