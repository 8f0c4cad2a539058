"""stacks pipeline: options and a survey -> the jobs of a forge."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nivis_tofu.cli.common import ENGINE_ARGS, Common, spelled
from nivis_tofu.cli.setup import Bound
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.events import Warned
from nivis_tofu.core.immutable import immutable
from nivis_tofu.nix.tree import git_top
from nivis_tofu.stacks.executor import words
from nivis_tofu.stacks.jobs import Pipeline, jobs
from nivis_tofu.views import pipelines
from nivis_tofu.views.page import Page

if TYPE_CHECKING:
    from nivis_tofu.ir.model import IR
    from nivis_tofu.stacks.survey import Survey

_VERBS = ("plan", "apply")


@immutable
class PipelineOptions:
    """What was asked for, looked through."""

    form: str
    verb: str
    branch: str
    env: dict[str, str]


def wanted(common: Common, form: str, verb: str, branch: str, env: Sequence[str]) -> PipelineOptions:
    """Raises NivisError for what no pipeline can have."""
    if form not in pipelines.FORMS:
        said = f"`--for {form}`" if form else "No forge is named"
        raise NivisError.of(
            "Unknown forge", f"{said}: there are github, gitlab and buildkite.", "Write e.g. `--for github`."
        )
    if verb not in _VERBS:
        raise NivisError.of("Unknown verb of a pipeline", f"`--verb {verb}`: there are plan and apply.")
    if common.var:
        raise NivisError.of(
            "A value in a pipeline",
            "A pipeline is committed and logged, and `--var` would write a value into it.",
            "Name a --var-file of the repository, or set NIVIS_VAR_x where the forge keeps its variables and secrets.",
        )
    pairs = dict(item.partition("=")[::2] for item in env)
    if not all(name and "=" in item for name, item in zip(pairs, env, strict=False)):
        raise NivisError.of(
            "Malformed --env", "An `--env` has no name, or no `=` and value after it.", "Write `--env NAME=VALUE`."
        )
    return PipelineOptions(form, verb, branch, pairs)


def page(b: Bound, common: Common, found: Survey, chosen: Sequence[str], options: PipelineOptions) -> Page:
    """The pipeline of the chosen stacks."""
    project = b.session.workdir.project
    directory = _within(project)
    if options.verb == "apply":
        _warn_of_local_states(b, common, found, chosen)
    given = replace(
        common,
        flake=common.flake if ":" in common.flake else directory or ".",
        json=False,
        input_=False,
        lock_timeout="5m" if common.lock_timeout == "0s" else common.lock_timeout,
    )
    line = words(["--yes"] if options.verb == "apply" else [], spelled(given), ENGINE_ARGS.get())
    made = Pipeline(
        options.verb,
        jobs(chosen, found.order.within(chosen), options.verb, line),
        directory,
        options.branch,
        options.env,
        aws=any(_needs_aws(ir) for ir in found.irs.values()),
    )
    return pipelines.pipeline(options.form, made)


def _within(project: Path) -> str:
    """The directory of the flake in its repository; empty for the repository's own."""
    top = git_top(project)
    found = os.path.relpath(project, top) if top else "."
    return "" if found == "." else found


def _needs_aws(ir: IR) -> bool:
    backend = ir.backend or {}
    sources = [p.source for p in ir.providers.values()]
    return backend.get("type") == "s3" or any(source.endswith("hashicorp/aws") for source in sources)


def _warn_of_local_states(b: Bound, common: Common, found: Survey, chosen: Sequence[str]) -> None:
    lost = [n for n in chosen if n in found.irs and (common.backend == "local" or not found.irs[n].backend)]
    if not lost:
        return
    b.session.emit(
        Warned(
            Diagnostic(
                "States in local files",
                f"{', '.join(lost)}: a job has a machine of its own, and the state would be lost with it.",
                "Declare a backend for each stack (`toIR { backend = { type = …; }; }`).",
                severity="warning",
            )
        )
    )
