"""A verb over many stacks on its way: asked about, run, shown while it runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nivis_tofu.cli.ask import affirmed, approved, named
from nivis_tofu.cli.common import ENGINE_ARGS, Colour, Common, spelled
from nivis_tofu.cli.executor import Means
from nivis_tofu.cli.result import coloured, style
from nivis_tofu.cli.setup import Bound
from nivis_tofu.run import refusals, siblings
from nivis_tofu.stacks.executor import Task
from nivis_tofu.stacks.outcome import Result
from nivis_tofu.stacks.run import Began, Course
from nivis_tofu.system.signals import noted
from nivis_tofu.telemetry.current import SPANS

if TYPE_CHECKING:
    from nivis_tofu.stacks.survey import Survey
    from nivis_tofu.telemetry.spans import Spans


def run(
    b: Bound,
    common: Common,
    found: Survey,
    name: str,
    chosen: Sequence[str],
    line: Sequence[str] | Callable[[str], Sequence[str]],
    means: Means,
) -> dict[str, Result]:
    """One verb over the chosen stacks."""
    shade = Colour.always if coloured(common.color, sys.stdout) else Colour.never
    # What is JSON, and where it goes, is about all of them together.
    own = replace(common, stack=None, json=False, tofu_json=False, tofu_json_into=None, color=shade)

    def task(stack: str, results: Mapping[str, Result]) -> Task:
        words = line(stack) if callable(line) else line
        env = siblings.environment({n: r.changing for n, r in results.items()}) if name == "plan" else {}
        env |= spans.stack_environment(stack) if spans else {}
        return Task(stack, (*words, "--stack", stack, "--no-pager", *given), env, ENGINE_ARGS.get())

    spans = SPANS.get()
    b.progress.__exit__()  # from here on the rows are drawn instead
    before = found.order.within(chosen, backwards=name == "destroy")
    with means.opened(b, own, found, name, chosen) as place, _rows(common, chosen, name) as rows:
        given = spelled(place.common)
        tell = _traced(spans, rows) if spans else rows
        run = Course(before, task, place.executor, means.parallel, tell)
        with noted(run.signals):
            return run.run(chosen)


def _rows(common: Common, chosen: Sequence[str], name: str) -> Any:
    from nivis_tofu.views.region import terminal_size
    from nivis_tofu.views.stack_rows import StackLines, StackRows

    if sys.stderr.isatty():
        return StackRows(sys.stderr, terminal_size(sys.stderr), chosen, name, style(common, sys.stderr))
    return StackLines(sys.stderr, name)


def _traced(spans: Spans, tell: Callable[[Any], None]) -> Callable[[Any], None]:
    """Makes a span of each stack that runs, and tells others."""

    def both(event: Any) -> None:
        match event:
            case Began(stack=name):
                spans.stack_began(name)
            case Result(stack=name, state=state):
                spans.stack_ended(name, state, fine=state == "done")
        tell(event)

    return both


def approved_plans(
    b: Bound, common: Common, found: Survey, chosen: Sequence[str], means: Means, *, every: bool
) -> dict[str, list[str]]:
    """Plan all, show it and ask once; what nobody was asked about must not go. Raises Cancelled."""
    from nivis_tofu.views import stacks as view

    plans = run(b, common, found, "plan", chosen, ["plan"], means)
    if text := view.question(plans, every=every):
        rows = [*view.bodies(plans), *(f"{row}\n" for row in view.summary(plans, "plan", style(common, sys.stderr)))]
        print("".join(rows), end="", file=sys.stderr)
        if not (approved(text) if every else affirmed(text)):
            raise refusals.declined(before=True)
    going = {name for name, r in plans.items() if {"delete", "replace"} & r.actions.keys()}
    return {name: ["--yes"] if name in going else ["--yes", "--no-destroy"] for name in chosen}


def ask_destroy(b: Bound, found: Survey, chosen: Sequence[str]) -> None:
    b.progress.__exit__()  # nothing is drawn over the question
    project = b.session.workdir.project.name
    many = f"{len(chosen)} stack{'s' if len(chosen) > 1 else ''}: {', '.join(reversed(chosen))}"
    if any(found.irs[n].settings.ask == "name" for n in chosen if n in found.irs):
        sure = named(f"Destroy all of {many}? Type `{project}` to go on: ", project)
    else:
        sure = affirmed(f"Destroy all of {many}?")
    if not sure:
        raise refusals.declined(before=True)
