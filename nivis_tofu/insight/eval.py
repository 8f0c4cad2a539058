"""`eval`: a Nix expression with the ledger, the library and the configuration in scope."""

from __future__ import annotations

from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.ir.ledger import Ledger
from nivis_tofu.nix.allowed_uris import restricted
from nivis_tofu.nix.diagnose import Diagnosis
from nivis_tofu.nix.evaluate import Nix
from nivis_tofu.nix.failure import answer
from nivis_tofu.nix.tree import library_path
from nivis_tofu.system import notes
from nivis_tofu.system.files import write_atomic


def evaluate(nix: Nix, ledger: Ledger, variables: dict[str, Any], expression: str) -> Any:
    """The value of an expression; `ledger`, `lib`, `plan` and `ir` are in scope."""
    cwd, ref = nix.source
    folder = notes.directory(nix.work / "eval")
    values, code = folder / "ledger.json", folder / "expression.nix"
    write_atomic(values, json_text.dumps(ledger.document(1, variables)))
    # In a file, so that what the user typed is seen by no one in the list of processes.
    write_atomic(code, expression)
    argv = (
        str(nix.exe), "eval", "--impure", *restricted(nix.project / nix.flake),
        "-I", f"nivis-ledger={values}", "-I", f"nivis-code={code}", "-I", f"nivis-library={library_path()}",
        "--json", "--no-write-lock-file", *nix.library_args(), f"{ref}#{nix.attr}", "--apply", _APPLY,
    )  # fmt: skip
    try:
        done = nix.run(argv, cwd)
        if done.returncode != 0:
            raise Diagnosis(nix, code).expression(nix.trace(argv, cwd, done.seconds))
    finally:
        values.unlink(missing_ok=True)
        code.unlink(missing_ok=True)
    nix.tell(done.stderr)
    return answer(done.stdout)


_APPLY = (
    "plan: let ledger = builtins.fromJSON (builtins.readFile <nivis-ledger>); lib = import <nivis-library>; "
    # So that the places in it are those of what was typed.
    "in builtins.scopedImport { inherit ledger lib plan; ir = plan ledger; } <nivis-code>"
)
