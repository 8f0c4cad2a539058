"""plan, apply, destroy. Annotations are values, as in `common`."""

import contextlib
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nivis_tofu.cli import approval, plan_style, refresh, summary_page
from nivis_tofu.cli.common import Ask, Backup, Common, LogLevel, OneOrPhases, Yes, backup_path, verb
from nivis_tofu.cli.engine_json import engine_lines
from nivis_tofu.cli.help_page import Cli
from nivis_tofu.cli.result import JsonLines, json_file, show
from nivis_tofu.cli.setup import Bound, bound
from nivis_tofu.cli.state_out import copied_state
from nivis_tofu.core.errors import ExitCode, NivisError
from nivis_tofu.core.events import Told
from nivis_tofu.core.outcome import Applied, PlanStyle, Preview
from nivis_tofu.run import refusals
from nivis_tofu.system import notes
from nivis_tofu.system.files import write_atomic
from nivis_tofu.views import ending, human, jsonl, runs
from nivis_tofu.views.ending import Talk

if TYPE_CHECKING:
    from nivis_tofu.run.loop import Run
    from nivis_tofu.run.session import Session

RefreshOnly = Annotated[bool, typer.Option("--refresh-only", help="Only update the state to match the real objects.")]
JsonInto = Annotated[Path | None, typer.Option("--json-into", metavar="FILE", help="Write the JSON to a file as well.")]

StateOut = Annotated[
    Path | None, typer.Option("--state-out", metavar="FILE", help="Write the new state here and keep the old file.")
]
Suppress = Annotated[
    bool, typer.Option("--suppress-forget-errors", help="Succeed even if forgotten objects are left behind.")
]


def register(app: Cli) -> None:
    for function in (plan, apply, destroy):
        if app.wants(function.__name__):
            app.command(function.__name__)(verb(function))


def plan(
    common: Common,
    all_: plan_style.Unchanged = False,
    diff_: plan_style.Diff = False,
    style_: plan_style.Style = None,
    markdown_: Annotated[
        bool, typer.Option("--markdown", help="Print a Markdown document for a pull request.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Save the plan of the next phase for `apply FILE`.")
    ] = None,
    destroy: Annotated[bool, typer.Option("--destroy", help="Plan to destroy everything.")] = False,
    json_into: JsonInto = None,
    refresh_only: RefreshOnly = False,
    detailed_exitcode: plan_style.Detailed = False,
    show_sensitive: Annotated[
        bool, typer.Option("--show-sensitive", help="Print sensitive values in the diff.")
    ] = False,
    generate_config_out: Annotated[
        Path | None,
        typer.Option("--generate-config-out", metavar="FILE", help="Write .tf blocks for imports without a resource."),
    ] = None,
) -> int:
    """Show what apply would do, in all phases."""
    wished = plan_style.wished(style_, diff_)
    if refresh_only:
        drifted = refresh.run(common, write=False, out=out, detail=wished not in (None, PlanStyle.list))
        return int(ExitCode.CHANGES if detailed_exitcode and drifted else ExitCode.OK)
    with (
        summary_page.of_failure("plan"),
        engine_lines(common, "plan") as lines,
        bound(common, "nivis plan") as b,
        contextlib.ExitStack() as stack,
    ):
        into = json_into and json_file(common, json_into)
        detail = markdown_ or summary_page.wanted()
        draft = stack.enter_context(_generating(b, generate_config_out))
        session = lines.heard_in(b.session).with_options(
            style=wished, detail=detail, show_sensitive=show_sensitive, generate_config_out=draft
        )
        run, preview = _planned(session, absolute(b, out), destroy)
        lines.planned(preview, run.at, destroying=destroy, whole=not session.options.selection)
    summary_page.planned(preview)
    quiet = common.log_level is LogLevel.quiet
    wanted = runs.Wanted(all_, run.session.style, _how(common, out, destroy), markdown_, quiet)
    code = show(replace(common, tofu_json_into=into), runs.planned(preview, wanted, exit_code=detailed_exitcode))
    with summary_page.of_failure("plan"):
        if common.no_destroy and preview.destructive:
            raise refusals.no_destroy(preview)
        if run.refusals:
            raise run.refused(late=False)
    return code


def _planned(session: "Session", out: Path | None, destroy: bool) -> tuple["Run", Preview]:
    """The run, and what it would do; the plan of the next phase is kept where `out` says."""
    from nivis_tofu.run.loop import Run

    if out is None:
        run = Run(session)
        return run, run.plan_destroy() if destroy else run.plan()
    from nivis_tofu.run.saved import SavedRun  # slow to load

    saved = SavedRun(session)
    return saved, saved.plan_destroy_to(out) if destroy else saved.plan_to(out)


@contextlib.contextmanager
def _generating(b: Bound, target: Path | None) -> Iterator[str]:
    """Where the engine writes blocks: of a run that plans several times, the last ones become the user's file."""
    if target is None:
        yield ""
        return
    into, draft = absolute(b, target), b.session.workdir.root / "generated.tf"
    if into.exists():
        raise NivisError.of(
            "The file for generated configuration exists",
            f"{target} is there already, and nivis overwrites nothing.",
            "Name a new file: `-generate-config-out=FILE`.",
        )
    into.parent.stat()  # a directory that was mistyped is not made
    draft.unlink(missing_ok=True)
    try:
        yield str(draft)
    finally:
        if draft.exists():
            write_atomic(into, draft.read_text(encoding="utf-8"))
            into.chmod(0o644)
            draft.unlink()
            told = f"Wrote {target}: `nivis convert` writes such blocks as Nix."
            b.progress(Told(told))


def _one_plan(common: Common) -> str:
    """The flag as it was typed, for the command that is to be run next."""
    flags = {
        OneOrPhases.on: " --one-plan",
        OneOrPhases.off: " --no-one-plan",
        OneOrPhases.careful: " --one-plan=careful",
    }
    return flags[common.one_plan] if common.one_plan else ""


def _how(common: Common, out: Path | None, destroy: bool) -> str:
    """The command that does what a plan shows."""
    of = f" --stack {common.stack}" if common.stack else ""
    if out is None and not destroy:
        of += _one_plan(common)
    if out is not None:
        return f"nivis apply{of} {shlex.quote(str(out))}"
    return f"nivis destroy{of}" if destroy else f"nivis apply{of}"


def apply(
    common: Common,
    plan_file: Annotated[Path | None, typer.Argument(metavar="PLANFILE", help="Apply exactly this saved plan.")] = None,
    yes: Yes = False,
    ask: Ask = False,
    destroy: Annotated[bool, typer.Option("--destroy", help="Destroy everything, like `nivis destroy`.")] = False,
    refresh_only: RefreshOnly = False,
    all_phases: Annotated[
        bool, typer.Option("--all-phases", help="After PLANFILE, run the later phases that it announced.")
    ] = False,
    stop_after_phase: Annotated[
        int | None, typer.Option("--stop-after-phase", min=1, metavar="N", help="Stop after phase N.")
    ] = None,
    require_complete: Annotated[
        bool, typer.Option("--require-complete", help="Exit with 3 if later phases remain.")
    ] = False,
    json_into: JsonInto = None,
    backup: Backup = None,
    state_out: StateOut = None,
    suppress_forget_errors: Suppress = False,
) -> int:
    """Create, change and destroy resources, phase by phase."""
    from nivis_tofu.run.loop import Run

    if plan_file is None:
        approval.answerable(common, yes, "nivis apply")
    # A plan file says what is to be done; a flag beside it says nothing more.
    if refresh_only and plan_file is None:
        refresh.run(common, approve=None if yes else approval.drift, ask=ask)
        return 0
    destroy = destroy and plan_file is None
    if plan_file is not None and state_out is not None:
        raise NivisError.of(
            "A saved plan has its own state",
            f"{plan_file} was made for one state file, and -state-out names another one.",
            "Omit -state-out or PLANFILE.",
        )
    name = "destroy" if destroy else "apply"
    with (
        summary_page.of_failure(name),
        engine_lines(common, "apply") as lines,
        copied_state(common, state_out) as common,
        running(common, f"nivis {name}", json_into, ask=ask) as (b, stream),
    ):
        session = lines.heard_in(_as_told(b, backup, suppress_forget_errors, yes))
        asker = approval.asker(b, common, yes)
        if plan_file is None:
            run = Run(session, ask=asker, stop_after=stop_after_phase)
            result = run.destroy() if destroy else run.apply()
        else:
            from nivis_tofu.run.saved import SavedRun

            run = saved = SavedRun(session, ask=asker, stop_after=stop_after_phase)
            result = saved.apply_file(absolute(b, plan_file), all_phases=all_phases)
        destroy = destroy or run.destroying
        lines.applied(result, "destroy" if destroy else "apply", run.session)
    text = human.destroyed if destroy else human.applied_file if plan_file else human.applied
    how = "" if destroy or plan_file else _one_plan(common)
    talk = Talk("destroy" if destroy else "apply", str(plan_file or ""), flags=how)
    code = _finish(b, result, common, text, talk, stream)
    return int(ExitCode.NOT_CONVERGED) if code == 0 and require_complete and not result.complete else code


def destroy(
    common: Common,
    yes: Yes = False,
    ask: Ask = False,
    force: Annotated[bool, typer.Option("--force", help="Destroy a stack whose outputs others still use.")] = False,
    json_into: JsonInto = None,
    backup: Backup = None,
    state_out: StateOut = None,
    suppress_forget_errors: Suppress = False,
) -> int:
    """Destroy everything in the state."""
    from nivis_tofu.run.loop import Run

    approval.answerable(common, yes, "nivis destroy")
    if common.stack is not None and not force:
        from nivis_tofu.cli import stacks

        stacks.refuse_destroy(common)
    with (
        summary_page.of_failure("destroy"),
        engine_lines(common, "apply") as lines,
        copied_state(common, state_out) as common,
        running(common, "nivis destroy", json_into, ask=ask) as (b, stream),
    ):
        session = lines.heard_in(_as_told(b, backup, suppress_forget_errors, yes))
        run = Run(session, ask=approval.asker(b, common, yes))
        result = run.destroy()
        lines.applied(result, "destroy", run.session)
    return _finish(b, result, common, human.destroyed, Talk("destroy"), stream)


def _as_told(b: Bound, backup: str | None, suppress_forget_errors: bool, yes: bool) -> "Session":
    return b.session.with_options(
        backup=backup_path(b.session, backup),
        suppress_forget_errors=suppress_forget_errors,
        asks=approval.asks(b, yes),
    )


@contextlib.contextmanager
def running(
    common: Common, command: str, json_into: Path | None = None, *, ask: bool = False
) -> Iterator[tuple[Bound, JsonLines]]:
    """A session, and the stream of JSON lines for its events, if it was asked for."""
    with bound(common, command) as b:
        session = b.session.with_options(ask="always") if ask else b.session
        lines = JsonLines(stdout=common.json, file=json_into and json_file(common, json_into))
        if lines.wanted:
            session = replace(session, emit=jsonl.Stream(lines.in_passing, session.emit))
        yield replace(b, session=session), lines


def absolute(b: Bound, path: Path | None) -> Any:
    """Relative paths are relative to the project directory."""
    return None if path is None else b.session.workdir.project / path


_ABOUT = ("stack", "state", "var", "var_file", "root", "target", "exclude", "target_file", "exclude_file")
"""Options without which a run is about something else."""


def _finish(b: Bound, result: Applied, common: Common, sentence: runs.Sentence, talk: Talk, stream: JsonLines) -> int:
    notes.write(b.session.workdir.root / "report.json", jsonl.report(result))
    summary_page.applied(result, talk.verb)
    talk = replace(talk, options=any(getattr(common, name) for name in _ABOUT))
    rows = ending.told(result, talk) if result.error or common.log_level is not LogLevel.quiet else []
    return show(common, runs.applied(result, sentence, map(b.session.redactor.redact, rows)), stream)
