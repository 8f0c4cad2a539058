"""state list, state show, output, validate: what is known, without changing anything."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from nivis_tofu.cli.common import Common, verb
from nivis_tofu.cli.help_page import Cli
from nivis_tofu.cli.result import keep, show
from nivis_tofu.cli.setup import bound, project_directory
from nivis_tofu.core.errors import Interrupted, NivisError
from nivis_tofu.core.globs import covers
from nivis_tofu.views import state

if TYPE_CHECKING:
    from nivis_tofu.ir.names import Names

state_app = Cli(help="Show and edit the state.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    for name, function in (("list", state_list), ("show", state_show)):
        state_app.command(name)(verb(function))
    app.add_typer(state_app, name="state")
    app.command("output")(verb(output))
    app.command("validate")(verb(validate))


def state_list(
    common: Common,
    wanted: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID...", help="Only these resources or modules; globs are allowed."),
    ] = None,
    real: Annotated[
        str | None, typer.Option("--id", metavar="VALUE", help="Only resources whose attribute `id` is VALUE.")
    ] = None,
) -> int:
    """List the ids of resources in the state."""
    from nivis_tofu.manage.state_read import Inspection

    with bound(common, "nivis state list", lock=False, engine=False) as b:
        look = Inspection(b.session)
        ids = _part(look.names, wanted) if wanted else look.ids()
        if real is not None:
            ids = [i for i in ids if look.show(i)[0].get("id") == real]
    return show(common, state.ids(ids))


def _part(names: Names, wanted: list[str]) -> list[str]:
    """The ids that are meant; one that names nothing is an error, as with the engine."""
    found: set[str] = set()
    for text in wanted:
        hits = {names.id_of(a) for a in names.instances if covers(text, a) or covers(text, names.id_of(a))}
        # Other ways to write a name, and the error where it is none.
        found |= hits or {names.id_of(names.find(text))}
    return sorted(found)


def state_show(
    common: Common,
    id_: Annotated[str, typer.Argument(metavar="ID", help="Id or engine address of a resource.")],
    show_sensitive: Annotated[bool, typer.Option("--show-sensitive", help="Print sensitive values, too.")] = False,
) -> int:
    """Show the attributes of one resource."""
    from nivis_tofu.manage.state_read import Inspection

    with bound(common, "nivis state show", lock=False, engine=False) as b:
        found = Inspection(b.session).show(id_)
    return show(common, state.attributes(found, secrets=show_sensitive))


def output(
    common: Common,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Show this output only.")] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Print the string as it is, without a newline.")] = False,
    show_sensitive: Annotated[bool, typer.Option("--show-sensitive", help="Print sensitive values, too.")] = False,
) -> int:
    """Show output values."""
    from nivis_tofu.manage.state_read import Inspection

    if raw and (name is None or common.json):
        other = "the name of one output" if name is None else "one form of output: `--raw` or `--json`"
        raise NivisError.of(
            "`--raw` prints one value as it is",
            f"It needs {other}.",
            "`nivis output --raw NAME`; `nivis output --json [NAME]` prints any value, and all of them.",
        )
    with bound(common, "nivis output", lock=False, engine=False) as b:
        look = Inspection(b.session)
        found = look.outputs()
    if name is not None:
        return show(common, state.output(name, look.output(name).value, raw=raw))
    return show(common, state.outputs(found, secrets=show_sensitive))


def validate(common: Common) -> int:
    """Check the flake and everything it declares; change nothing."""
    from nivis_tofu.project.engine_init import without_backend
    from nivis_tofu.run.validate import validate as check
    from nivis_tofu.views import runs

    if common.backend is None and without_backend(project_directory(common) / ".nivis" / common.namespace.work):
        # After `init -backend=false` nobody wants to be asked for credentials of the backend.
        common = replace(common, backend="local")
    try:
        with bound(common, "nivis validate") as b:
            warnings = check(b.session)
    except Interrupted:
        raise
    except NivisError as problem:
        if common.json:
            return show(common, runs.invalid(problem))
        keep(common, runs.invalid(problem))
        raise
    return show(common, runs.valid(warnings))
