"""stacks list, graph, plan, apply, destroy, output, pipeline: one verb over many stacks of a flake."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from nivis_tofu.cli import many, plan_style
from nivis_tofu.cli.common import Ask, Common, Yes, verb
from nivis_tofu.cli.help_page import Cli
from nivis_tofu.cli.result import show
from nivis_tofu.cli.setup import Bound, bound, request_of, sibling
from nivis_tofu.cli.stack_choice import Above, Affected, Choice, Names, Running
from nivis_tofu.cli.stack_course import approved_plans, ask_destroy, run
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.namespace import STACKS

if TYPE_CHECKING:
    from nivis_tofu.stacks.survey import Survey


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
        chosen = Choice(affected=affected).of(b, found)
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
    which: Choice,
    how: Running,
    all_: plan_style.Unchanged = False,
    diff_: plan_style.Diff = False,
    style_: plan_style.Style = None,
    detailed_exitcode: plan_style.Detailed = False,
) -> int:
    """Show what apply would do in each stack."""
    from nivis_tofu.views import stacks as view

    by = how.means
    with _surveyed(common, "plan") as (b, found):
        chosen = which.of(b, found)
        wished = plan_style.wished(style_, diff_)
        line = ["plan", *(["--all"] if all_ else []), *([f"--style={wished.value}"] if wished else [])]
        results = run(b, common, found, "plan", chosen, line, by)
    return show(common, view.ended(results, "plan", exit_code=detailed_exitcode))


def apply(
    common: Common,
    which: Choice,
    how: Running,
    yes: Yes = False,
    ask: Ask = False,
) -> int:
    """Apply the stacks in their order, independent ones side by side."""
    from nivis_tofu.views import stacks as view

    by = how.means
    with _surveyed(common, "apply") as (b, found):
        chosen = which.of(b, found)
        flags: dict[str, list[str]] = {name: ["--yes"] if yes else [] for name in chosen}
        if not yes and (b.interactive or ask):
            flags = approved_plans(b, common, found, chosen, by, every=ask or b.session.options.ask == "always")
        results = run(b, common, found, "apply", chosen, lambda n: ["apply", *flags[n]], by)
    return show(common, view.ended(results, "apply"))


def destroy(
    common: Common,
    how: Running,
    names: Names = None,
    with_dependents: Above = False,
    yes: Yes = False,
    force: Annotated[bool, typer.Option("--force", help="Destroy stacks whose outputs others still use.")] = False,
) -> int:
    """Destroy the stacks, those that use others first."""
    from nivis_tofu.views import stacks as view

    by = how.means
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
    which: Choice,
    form: Annotated[str, typer.Option("--for", metavar="FORGE", help="github, gitlab or buildkite.")] = "",
    verb_: Annotated[str, typer.Option("--verb", metavar="VERB", help="What each job does: plan or apply.")] = "apply",
    branch: Annotated[
        str, typer.Option("--branch", metavar="NAME", help="Where to apply (default: main, or the default branch).")
    ] = "",
    env: Annotated[
        list[str] | None, typer.Option("--env", metavar="NAME=VALUE", help="Set a variable of the jobs; repeatable.")
    ] = None,
) -> int:
    """Print a pipeline that plans or applies each stack in a job of its own."""
    from nivis_tofu.cli import stack_pipeline

    wanted = stack_pipeline.wanted(common, form, verb_, branch, env or ())
    with _surveyed(common, "pipeline") as (b, found):
        chosen = which.of(b, found)
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
        many.surveyed(found)
        yield b, found


def refuse_used(b: Bound, common: Common, found: Survey, chosen: Sequence[str]) -> None:
    """Raise NivisError if a stack that stays, and has something, uses one that goes."""
    from nivis_tofu.api import stack_survey

    stack_survey.refuse_used(request_of(common, b.session.workdir.project), found.order, chosen)


def refuse_destroy(common: Common) -> None:
    """The same for a destroy of one stack."""
    with _surveyed(replace(common, stack=None, state=None), "destroy") as (b, found):
        refuse_used(b, common, found, found.order.chosen([str(common.stack)]))
