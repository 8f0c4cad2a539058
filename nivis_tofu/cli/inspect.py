"""state list, state show, output, validate: what is known, without changing anything."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nivis_tofu.cli.common import Common, keep, verb
from nivis_tofu.cli.setup import bound, project_directory, style
from nivis_tofu.core import json_text
from nivis_tofu.core.errors import Interrupted, NivisError
from nivis_tofu.core.globs import covers
from nivis_tofu.core.visible import block, line
from nivis_tofu.views import envelope, errors, jsonl
from nivis_tofu.views.values import SENSITIVE, hide, plain

if TYPE_CHECKING:
    from nivis_tofu.ir.names import Names

state_app = typer.Typer(help="Look at, and change, what is in the state.", no_args_is_help=True)


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
        typer.Argument(metavar="ID...", help="Only these, and what is in them: ids, addresses, globs."),
    ] = None,
    real: Annotated[str | None, typer.Option("--id", help="Only what has this value in its attribute `id`.")] = None,
) -> int:
    """List the ids of everything in the state, or of a part of it."""
    from nivis_tofu.manage.state_edit import StateWork
    from nivis_tofu.manage.state_read import Inspection

    with bound(common, "nivis state list", lock=False, engine=False) as b:
        look = Inspection(b.session)
        ids = _part(StateWork(b.session).names(), wanted) if wanted else look.ids()
        if real is not None:
            ids = [i for i in ids if look.show(i)[0].get("id") == real]
    document = keep(common, envelope.document({"resources": ids}))
    if common.json:
        print(document)
    else:
        print("\n".join(map(line, ids)) if ids else "No resources in state.")
    return 0


def _part(names: Names, wanted: list[str]) -> list[str]:
    """The ids that are meant; one that names nothing is an error, as with the engine."""
    found: set[str] = set()
    for text in wanted:
        hits = {i for a, i in names.ids.items() if covers(text, a) or covers(text, i)}
        # Other ways to write a name, and the error where it is none.
        found |= hits or {names.name(names.find(text))}
    return sorted(found)


def state_show(
    common: Common,
    id_: Annotated[str, typer.Argument(metavar="ID", help="A nivis id or an engine address.")],
    show_sensitive: Annotated[bool, typer.Option("--show-sensitive", help="Print sensitive values.")] = False,
) -> int:
    """Show the attributes of one resource."""
    from nivis_tofu.manage.state_read import Inspection

    with bound(common, "nivis state show", lock=False, engine=False) as b:
        attributes, hidden = Inspection(b.session).show(id_)
    values = attributes if show_sensitive else dict(hide(attributes, hidden))
    document = keep(common, envelope.document({"attributes": values}))
    if common.json:
        print(document)
    else:
        for key in sorted(values):
            print(f" {line(key)} = {block(plain(values[key]))}")
    return 0


def output(
    common: Common,
    name: Annotated[str | None, typer.Argument(help="One output only.")] = None,
    raw: Annotated[bool, typer.Option("--raw", help="The string itself, without a newline.")] = False,
    show_sensitive: Annotated[bool, typer.Option("--show-sensitive", help="Print sensitive values.")] = False,
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
        value = look.output(name).value
        document = keep(common, json_text.dumps(value))
        if raw:
            sys.stdout.write(_raw(name, value))
        else:
            print(document if common.json else block(plain(value)))
        return 0
    every = {n: {"value": o.value, "type": o.type, "sensitive": o.sensitive} for n, o in found.items()}
    document = keep(common, json_text.dumps(every, indent=2))
    if common.json:
        print(document)
        return 0
    if not found:
        print("No outputs declared.")
    for key in sorted(found):
        value = SENSITIVE if found[key].sensitive and not show_sensitive else plain(found[key].value)
        print(f"{line(key)} = {block(value)}")
    return 0


def _raw(name: str, value: Any) -> str:
    """A value that is a text by itself; anything else cannot be told apart from one when it is printed."""
    if isinstance(value, dict | list) or value is None:
        kind = "null" if value is None else "a list" if isinstance(value, list) else "a map or an object"
        raise NivisError.of(
            "No raw form of this output",
            f"The output `{name}` is {kind}; only strings, numbers and booleans can be printed as they are.",
            f"`nivis output --json {name}` prints it for programs.",
        )
    return plain(value)


def validate(common: Common) -> int:
    """Check the flake, the IR and what the engine says of the rendered part; changes nothing."""
    from nivis_tofu.project.workdir import without_backend
    from nivis_tofu.run.validate import validate as check

    if common.backend is None and without_backend(project_directory(common) / ".nivis"):
        # After `init -backend=false` nobody wants to be asked for credentials of the backend.
        common = replace(common, backend="local")
    try:
        with bound(common, "nivis validate") as b:
            warnings = check(b.session)
    except Interrupted:
        raise
    except NivisError as problem:
        if not common.json:
            keep(common, jsonl.validation(errors.whole(problem)))
            raise
        print(keep(common, jsonl.validation(errors.whole(problem))))
        return int(problem.exit_code)
    document = keep(common, jsonl.validation(warnings))
    if common.json:
        print(document)
        return 0
    for warning in warnings:
        print(errors.diagnostic(warning, style(common, sys.stderr)), file=sys.stderr)
    print("The configuration is valid.")
    return 0
