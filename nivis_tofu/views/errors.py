"""Errors and warnings -> text for stderr."""

from __future__ import annotations

import errno
import os
import re
import shlex
from collections.abc import Iterable
from dataclasses import replace

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import Cancelled, NivisError
from nivis_tofu.core.regex import regex
from nivis_tofu.core.visible import block, line
from nivis_tofu.views.human import Style

_PLAIN = Style()
_CREDENTIALS = {
    "aws": "AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "azurerm": "ARM_SUBSCRIPTION_ID, ARM_TENANT_ID, ARM_CLIENT_ID and ARM_CLIENT_SECRET",
    "cloudflare": "CLOUDFLARE_API_TOKEN",
    "digitalocean": "DIGITALOCEAN_TOKEN",
    "github": "GITHUB_TOKEN",
    "google": "GOOGLE_APPLICATION_CREDENTIALS, or `gcloud auth application-default login`",
    "hcloud": "HCLOUD_TOKEN",
    "kubernetes": "KUBE_CONFIG_PATH",
}
_PROVIDER = 'provider["'

# An object of this name is there: the codes of AWS, and the words of others.
_TAKEN_CODE = regex(r"\w*Already(?:Exists|OwnedByYou)\w*")
_TAKEN_WORDS = regex(r"already exists|already taken", re.IGNORECASE)
_OBJECT = regex(r"\w \(([^()\s]+)\)")
"""`creating S3 Bucket (my-bucket): …`: how the AWS provider names it."""

# Who asks, and may they? The words of many providers; only advice hangs on them.
_ACCESS = regex(
    r"credential|authenti|unauthori|not authori|forbidden|access denied|log ?in\b|\b(40[13]|"
    r"(api|access|secret)[ _-]?key|token|password|sso|subscription|assume[ _]?role)\b",
    re.IGNORECASE,
)
_PERMISSION = "Name a place that you may use, or change its permissions."
_SPACE = "Free some space and run the command again."
_REFUSED = {
    errno.ENOENT: "Check the path: everything above the file must exist.",
    errno.ENOTDIR: "A part of the path is a file; name another path.",
    errno.EEXIST: "A file is in the way; name another path.",
    errno.EISDIR: "That is a directory; name a file.",
    errno.EACCES: _PERMISSION,
    errno.EPERM: _PERMISSION,
    errno.EROFS: _PERMISSION,
    errno.ENOSPC: _SPACE,
    errno.EDQUOT: _SPACE,
}


def error(problem: NivisError, style: Style = _PLAIN) -> str:
    """All diagnostics, then the whole text of the foreign tool."""
    if isinstance(problem, Cancelled):
        return f"{problem}\n"  # an answer, and no error
    raw = _shown(problem.raw.rstrip())
    parts = [*(diagnostic(d, style) for d in _distinct(problem.diagnostics)), *([raw] if raw.strip() else [])]
    return "\n".join(parts) + "\n"


def whole(problem: NivisError) -> list[Diagnostic]:
    """The diagnostics, with the foreign tool's text in the detail of the last one."""
    found, raw = list(problem.diagnostics), problem.raw.strip("\n")
    if found and raw.strip():
        found[-1] = replace(found[-1], detail="\n".join(filter(None, [found[-1].detail, raw])))
    return found


def diagnostic(found: Diagnostic, style: Style = _PLAIN) -> str:
    """`error: summary`, where, why, `hint:` what to do."""
    return "\n".join([*_body(found, style), *_hint(found, style)])


def hint(found: Diagnostic) -> str:
    """The hint of the diagnostic, or one known for similar errors."""
    return found.hint or _provider_hint(found) or _taken_hint(found)


def refused(problem: OSError, where: str) -> Diagnostic:
    """The error for a refusal of the operating system: which file, why, and what to do."""
    name = problem.filename2 or problem.filename  # a rename is about where it goes
    file = os.fsdecode(name) if isinstance(name, str | bytes) else where
    reason = (problem.strerror or str(problem) or type(problem).__name__).rstrip(".")
    todo = _REFUSED.get(problem.errno or 0, "Check the path and its permissions.")
    # Some are raised by the library, with a sentence in the place of a number.
    detail = f"{file}: {reason}." if problem.errno else f"{reason}."
    return Diagnostic("A file cannot be read or written", detail, todo)


def bug(problem: BaseException, log: str, style: Style = _PLAIN) -> str:
    """The text for an exception that is not a NivisError."""
    head = f"{style.marker('error')}: {type(problem).__name__}"
    return f"{head}\n  This is a bug in nivis. The log with the details: {log}\n"


def _shown(text: str) -> str:
    """Text of others: how their lines end is not the point."""
    return block(text.replace("\r\n", "\n"))


def _body(found: Diagnostic, style: Style) -> list[str]:
    lines = [f"{style.marker(found.severity)}: {line(found.summary)}"]
    place = f"{found.position or ''} {found.helper}".strip()
    where = [found.address, found.attribute and f"attribute {found.attribute}", place]
    if any(where):
        lines.append(f"  at {line(', '.join(w for w in where if w))}")
    lines += [f"    {row}" for row in _shown(found.snippet).splitlines()]
    return lines + [f"  {row}".rstrip() for row in _shown(found.detail).splitlines()]


def _hint(found: Diagnostic, style: Style) -> list[str]:
    return [f"{style.marker('hint')}: {line(text)}"] if (text := hint(found)) else []


def _provider_hint(found: Diagnostic) -> str:
    """A provider that speaks of credentials lacks them, or has the wrong ones."""
    if found.severity != "error" or not found.address.startswith(_PROVIDER) or found.attribute:
        return ""
    if not _ACCESS.search(f"{found.summary}\n{found.detail}"):
        return ""
    name = found.address.removeprefix(_PROVIDER).split('"')[0].rsplit("/", 1)[-1]
    variables = _CREDENTIALS.get(name, "the environment variables that the provider's documentation names")
    return f"Check the provider's `config` in the flake and its credentials: {variables}."


def _taken_hint(found: Diagnostic) -> str:
    """Somebody has an object of this name already. Only advice: nothing is decided by such words."""
    text = f"{found.summary}\n{found.detail}"
    if found.severity != "error" or not (_TAKEN_CODE.search(text) or (found.address and _TAKEN_WORDS.search(text))):
        return ""
    named = _OBJECT.search(text)
    name = shlex.quote(named[1]) if named else "NAME"
    return (
        "Choose another name, or take the object over if it is yours: "
        f"`nivis import {shlex.quote(found.address) if found.address else 'ID'} {name}`."
    )


def _distinct(found: Iterable[Diagnostic]) -> Iterable[Diagnostic]:
    return dict.fromkeys(found)
