"""init: a new project where there is none, the engine's `init` where there is one."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from nivis_tofu.cli.ask import paused, question
from nivis_tofu.cli.common import Common, verb
from nivis_tofu.cli.engine_json import engine_lines
from nivis_tofu.cli.result import show
from nivis_tofu.cli.setup import bound, project_directory
from nivis_tofu.core.errors import NivisError
from nivis_tofu.run import refusals


def register(app: typer.Typer) -> None:
    app.command("init")(verb(init))


def init(
    common: Common,
    template: Annotated[
        str | None,
        typer.Option("--template", metavar="NAME", help="minimal, aws, multi-phase, modules, nixpkgs or environments."),
    ] = None,
    upgrade: Annotated[
        bool, typer.Option("--upgrade", help="Install the newest versions that the constraints allow.")
    ] = False,
    reconfigure: Annotated[
        bool, typer.Option("--reconfigure", help="Use the declared backend and forget the old one.")
    ] = False,
    migrate_state: Annotated[
        bool, typer.Option("--migrate-state", help="Copy the state to the declared backend.")
    ] = False,
    force_copy: Annotated[
        bool, typer.Option("--force-copy", help="Copy the state to the declared backend without asking.")
    ] = False,
    lockfile: Annotated[
        str, typer.Option("--lockfile", metavar="readonly", help="Fail rather than change .terraform.lock.hcl.")
    ] = "",
    plugin_dir: Annotated[
        list[str] | None,
        typer.Option("--plugin-dir", metavar="DIR", help="Install providers from this mirror only; repeatable."),
    ] = None,
) -> int:
    """Start a project, or install providers, modules and backend for one."""
    project = project_directory(common)
    if (project / "flake.nix").exists():
        if template is not None:
            raise NivisError.of(
                "There is a flake already", f"{project}/flake.nix exists, and nivis overwrites nothing.",
                "Omit `--template` to initialise it, or use an empty directory.",
            )  # fmt: skip
        places = tuple(str(project / name) if name else "" for name in plugin_dir or ())  # an empty one ends it
        return _engine_init(common, upgrade, _change(reconfigure, migrate_state), lockfile, places, force_copy)
    return _scaffold(common, project, template)


def _scaffold(common: Common, project: Path, template: str | None) -> int:
    from nivis_tofu.authoring import scaffold
    from nivis_tofu.nix import tree
    from nivis_tofu.views import projects

    chosen = template or (_ask(scaffold.ABOUT, scaffold.DEFAULT) if common.input_ else scaffold.DEFAULT)
    made = scaffold.scaffold(project, chosen, project.name or "nivis")
    page = projects.scaffolded(made, in_git=tree.in_git(project))
    return show(replace(common, json=common.json or common.tofu_json), page)


def _ask(about: dict[str, str], default: str) -> str:
    """On a terminal the user chooses; elsewhere the default is taken."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return default
    names = list(about)
    for number, name in enumerate(names, 1):
        print(f" {number}  {name:<12} {about[name]}", file=sys.stderr)
    given = question(f"Template [{default}]: ")
    if given is None:
        raise NivisError.of("No template was chosen", "The question was not answered.", "Name one: `--template NAME`.")
    answer = given.strip() or default
    return names[int(answer) - 1] if answer.isdigit() and 0 < int(answer) <= len(names) else answer


def _change(reconfigure: bool, migrate: bool) -> str:
    if reconfigure and migrate:
        raise NivisError.of("--reconfigure and --migrate-state exclude each other", "", "Give one of them.")
    return "reconfigure" if reconfigure else "migrate" if migrate else ""


def _engine_init(
    common: Common, upgrade: bool, change: str, lockfile: str, plugin_dirs: tuple[str, ...], force_copy: bool
) -> int:
    from nivis_tofu.manage.init import initialise, options
    from nivis_tofu.views import projects

    with engine_lines(common, "init") as lines, bound(common, "nivis init") as b:
        session = lines.heard_in(b.session)

        def copies(old: str, new: str) -> bool:
            if force_copy:
                return True
            if not common.input_:
                raise refusals.undecided(old, new)
            with paused(b.progress):
                answer = question(f"There is a state in {old}. Copy it to {new}? `no` begins anew there. [yes/no] ")
            if (answer or "").rstrip() not in ("yes", "no"):
                raise refusals.undecided(old, new)
            return (answer or "").rstrip() == "yes"

        wanted = options(upgrade, change, lockfile, session.options.locking, plugin_dirs)
        done = initialise(session, wanted, copies)
    return show(replace(common, tofu_json_into=None), projects.initialised(done))
