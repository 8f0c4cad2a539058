"""state list, state show, output: what is known, without changing anything."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from nivis_tofu import jsontext
from nivis_tofu.cli.bind import bound
from nivis_tofu.cli.common import Common, verb
from nivis_tofu.errors import NivisError
from nivis_tofu.views.values import SENSITIVE, hide, plain

state_app = typer.Typer(help="Look at, and change, what is in the state.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    for name, function in (("list", state_list), ("show", state_show)):
        state_app.command(name)(verb(function))
    app.add_typer(state_app, name="state")
    app.command("output")(verb(output))


def state_list(common: Common) -> int:
    """List the ids of everything in the state."""
    from nivis_tofu.inspection import Inspection

    with bound(common, "nivis state list", lock=False) as b:
        ids = Inspection(b.session).ids()
    if common.json:
        print(jsontext.dumps(ids, indent=2))
    else:
        print("\n".join(ids) if ids else "No resources in state.")
    return 0


def state_show(
    common: Common,
    id_: Annotated[str, typer.Argument(metavar="ID", help="A nivis id or an engine address.")],
    show_sensitive: Annotated[bool, typer.Option("--show-sensitive", help="Print sensitive values.")] = False,
) -> int:
    """Show the attributes of one resource."""
    from nivis_tofu.inspection import Inspection

    with bound(common, "nivis state show", lock=False) as b:
        attributes, hidden = Inspection(b.session).show(id_)
    values = attributes if show_sensitive else dict(hide(attributes, hidden))
    if common.json:
        print(jsontext.dumps(values, indent=2))
    else:
        for key in sorted(values):
            print(f" {key} = {plain(values[key])}")
    return 0


def output(
    common: Common,
    name: Annotated[str | None, typer.Argument(help="One output only.")] = None,
    raw: Annotated[bool, typer.Option("--raw", help="The string itself, without a newline.")] = False,
) -> int:
    """Show output values."""
    from nivis_tofu.inspection import Inspection

    with bound(common, "nivis output", lock=False) as b:
        found = Inspection(b.session).outputs()
    if name is not None:
        if name not in found:
            raise NivisError.of(f'"{name}" is not a declared output')
        value = found[name].value
        if common.json:
            print(jsontext.dumps(value))
        elif raw:
            sys.stdout.write(plain(value))
        else:
            print(plain(value))
        return 0
    if common.json:
        document = {n: {"value": o.value, "type": o.type, "sensitive": o.sensitive} for n, o in found.items()}
        print(jsontext.dumps(document, indent=2))
        return 0
    if not found:
        print("No outputs declared.")
    for key in sorted(found):
        print(f"{key} = {SENSITIVE if found[key].sensitive else plain(found[key].value)}")
    return 0
