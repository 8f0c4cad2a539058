"""why, eval: where a value comes from, and what an expression comes to."""

from __future__ import annotations

from typing import Annotated

import typer

from nivis_tofu.cli.common import Common, verb
from nivis_tofu.cli.result import show
from nivis_tofu.cli.setup import bound


def register(app: typer.Typer) -> None:
    app.command("why")(verb(why))
    app.command("eval")(verb(eval_))


def why(
    common: Common,
    what: Annotated[
        str, typer.Argument(metavar="ID.ATTR", help="An attribute of a resource, output.NAME, or an ID for all of it.")
    ],
    used: Annotated[bool, typer.Option("--used-by", help="Tell what uses it instead.")] = False,
) -> int:
    """Explain where a value comes from and in which phase it is known."""
    from nivis_tofu.insight import why as provenance
    from nivis_tofu.run.start import start
    from nivis_tofu.views import answers

    with bound(common, "nivis why", engine=False) as b:
        session, at = start(b.session)
        outputs = {n: o.value for n, o in at.snapshot.outputs.items()}
        marked = session.marked(at.ledger, at.ir)
        if used:
            return show(common, answers.used_by(what, provenance.used_by(at.ir, what)))
        found = provenance.everything(at.ir, marked, what, outputs, lambda r: session.workdir.schema(at.ir, r))
    return show(common, answers.why(what, [provenance.hidden(origin, session.redactor.finds) for origin in found]))


def eval_(
    common: Common,
    expression: Annotated[
        str, typer.Argument(metavar="EXPR", help="Nix expression; ledger, lib, plan and ir are in scope.")
    ],
    raw: Annotated[bool, typer.Option("--raw", help="Print a string as it is, without quotes.")] = False,
) -> int:
    """Evaluate a Nix expression with the known outputs, secrets included."""
    from nivis_tofu.core.errors import NixError
    from nivis_tofu.insight import eval as console
    from nivis_tofu.run.start import start
    from nivis_tofu.views import answers

    with bound(common, "nivis eval", engine=False) as b:
        session, at = start(b.session)
        try:
            value = console.evaluate(session.nix, at.ledger, dict(session.options.variables), expression)
        except NixError as error:
            raise session.advised(error) from error
    return show(common, answers.value(value, raw=raw))
