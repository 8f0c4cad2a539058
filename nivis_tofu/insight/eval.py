"""`eval`: a Nix expression with the ledger, the library and the configuration in scope."""

from __future__ import annotations

import os
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NixError
from nivis_tofu.ir.ledger import Ledger
from nivis_tofu.nix.allowed import restricted
from nivis_tofu.nix.evaluate import Nix, library_path
from nivis_tofu.system import notes, process
from nivis_tofu.system.files import write_atomic


def evaluate(nix: Nix, ledger: Ledger, variables: dict[str, Any], expression: str) -> Any:
    """The value of an expression; `ledger`, `lib`, `plan` and `ir` are in scope."""
    cwd, ref = nix.source()
    folder = notes.directory(nix.work / "eval")
    values, code = folder / "ledger.json", folder / "expression.nix"
    write_atomic(values, json_text.dumps(ledger.document(1, variables)))
    # In a file, so that what the user typed is seen by no one in the list of processes.
    write_atomic(code, f"{{ ledger, lib, plan, ir }}:\n{expression}\n")
    argv = (
        str(nix.exe), "eval", "--impure", *restricted(nix.project / nix.flake),
        "-I", f"nivis-ledger={values}", "-I", f"nivis-code={code}", "-I", f"nivis-library={library_path()}",
        "--json", "--no-write-lock-file",
        *(() if nix.library == "locked" else ("--override-input", "nivis", f"path:{library_path().resolve()}")),
        f"{ref}#{nix.attr}", "--apply", _APPLY,
    )  # fmt: skip
    features = "extra-experimental-features = nix-command flakes"
    config = "\n".join(filter(None, [nix.env.get("NIX_CONFIG", ""), features]))
    try:
        done = process.run(argv, cwd=cwd, env={**os.environ, **nix.env, "NIX_CONFIG": config})
    finally:
        values.unlink(missing_ok=True)
        code.unlink(missing_ok=True)
    if done.returncode != 0:
        text = nix.words(done.stderr).replace(str(code), "EXPR")
        raise NixError(
            Diagnostic(
                "Nix could not evaluate the expression",
                "In scope are `ledger`, `lib`, `plan` (the function) and `ir` (its present result). Nix says:",
            ),
            raw=text,
        )
    return json_text.loads(done.stdout)


_APPLY = (
    "plan: let ledger = builtins.fromJSON (builtins.readFile <nivis-ledger>); lib = import <nivis-library>; "
    "in import <nivis-code> { inherit ledger lib plan; ir = plan ledger; }"
)
