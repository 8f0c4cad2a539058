"""diff: what changed in the flake between two git revisions."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from nivis_tofu.api.tools import find_git
from nivis_tofu.cli.common import Common, verb
from nivis_tofu.cli.result import show
from nivis_tofu.cli.setup import project_directory
from nivis_tofu.core.errors import ExitCode


def register(app: typer.Typer) -> None:
    app.command("diff")(verb(diff))


def diff(
    common: Common,
    old: Annotated[str, typer.Argument(metavar="REV1", help="A git revision; HEAD unless another is named.")] = "HEAD",
    new: Annotated[
        str | None, typer.Argument(metavar="REV2", help="Another revision; without it, the files as they are.")
    ] = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 2 if something differs.")
    ] = False,
) -> int:
    """Compare the configuration at two git revisions; needs no engine."""

    from nivis_tofu.core.redactor import Redactor
    from nivis_tofu.insight import revisions
    from nivis_tofu.nix import variables
    from nivis_tofu.nix.evaluate import Nix
    from nivis_tofu.system import locate, notes
    from nivis_tofu.views import answers

    env = dict(os.environ)
    project = project_directory(common, above=True)
    root = notes.work_directory(project, common.namespace.work)
    git = find_git(env)
    state = project / common.state_file
    values, _ = variables.collect(env, common.var_file or (), common.var or (), project, common.stack or "")
    redactor = Redactor()
    exe = locate.find_nix(env)
    nix = Nix(exe, ".", common.attribute, project, root, common.lib.value, env, redactor.redact, keep_out=(state,))
    ledger = revisions.local_ledger(project, root, state, lambda text: print(text, file=sys.stderr))
    redactor.add(ledger.secrets())
    lines = revisions.Revisions(nix, git, values, redactor, ledger).diff(old, new)
    show(common, answers.differences(lines))
    return int(ExitCode.CHANGES if detailed_exitcode and lines else ExitCode.OK)
