"""What to do where `init` failed: it sets up the backend, fetches modules and installs providers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.providers import BUILTIN

_BACKEND = "Check the type of the backend, its settings and its credentials."
_MODULE = "Check the module's `source` and `version`, and whether it can be reached from here."
_PROVIDER = (
    "Check the provider's `source` and `version`; without a network, name a mirror in the file that "
    "TF_CLI_CONFIG_FILE points to."
)


def advised(found: Sequence[Diagnostic], ir: IR, *, remote: bool) -> tuple[Diagnostic, ...]:
    """The diagnostics with hints, equal ones only once. `remote`: the backend is not the local one."""
    found = [_placed(d, ir, remote=remote) for d in found]
    hints = [d.hint or _hint(d, ir, remote=remote) for d in found]
    last = [hint if hint != after else "" for hint, after in pairwise([*hints, ""])]
    return tuple(replace(d, hint=hint) for d, hint in zip(found, last, strict=True))


def _placed(found: Diagnostic, ir: IR, *, remote: bool) -> Diagnostic:
    """What only a backend can have said is told of it."""
    named = found.address or found.position or found.severity == "warning"
    return found if named or [*_all(ir, remote=remote)] != [_BACKEND] else replace(found, address="backend")


def _hint(found: Diagnostic, ir: IR, *, remote: bool) -> str:
    if found.severity == "warning":
        return ""
    for start, hint in (("backend", _BACKEND), ("module.", _MODULE), ("provider.", _PROVIDER)):
        if found.address.startswith(start):
            return hint
    if found.address or found.position:
        return ""  # the configuration is wrong, and it says where
    return " ".join(_all(ir, remote=remote))


def _all(ir: IR, *, remote: bool) -> Iterable[str]:
    """Nothing says what failed: all that may have."""
    if remote:
        yield _BACKEND
    if any(r.mode == "module" for r in ir.resources.values()) or ir.foreign:
        yield _MODULE
    if any(p.source != BUILTIN for p in ir.providers.values()) or ir.foreign:
        yield _PROVIDER
