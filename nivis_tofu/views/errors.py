"""Errors and warnings -> text for stderr."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable
from dataclasses import replace

from nivis_tofu.diagnostics import Diagnostic
from nivis_tofu.errors import NivisError

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
_TAKEN_CODE = re.compile(r"\w*Already(?:Exists|OwnedByYou)\w*")
_TAKEN_WORDS = re.compile(r"already exists|already taken", re.IGNORECASE)
_OBJECT = re.compile(r"\w \(([^()\s]+)\)")
"""`creating S3 Bucket (my-bucket): …`: how the AWS provider names it."""

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


def error(problem: NivisError) -> str:
    """All diagnostics, then the foreign tool's own text, whole; a hint does not come between it and its announcement."""
    found, raw = list(_distinct(problem.diagnostics)), problem.raw.rstrip()
    hint = ""
    if raw.strip() and found and found[-1].detail.endswith(":"):
        hint = _hint(found[-1])
        found[-1] = replace(found[-1], hint="", severity=found[-1].severity)
    parts = [*map(diagnostic, found)]
    text = "\n".join(diagnostic(d) for d in _distinct(problem.diagnostics))
    return f"{text}\n{problem.raw.rstrip()}\n" if problem.raw.strip() else text + "\n"


def diagnostic(found: Diagnostic) -> str:
    """`error: summary`, where, why, `hint:` what to do."""
    lines = [f"{found.severity}: {found.summary}"]
    where = [found.address, found.attribute and f"attribute {found.attribute}", str(found.position or "")]
    if any(where):
        lines.append(f"  at {', '.join(w for w in where if w)}")
    if found.snippet:
        lines += [f"  | {line}" for line in found.snippet.splitlines()]
    if found.detail:
        lines += [f"  {line}".rstrip() for line in found.detail.splitlines()]
    if hint := found.hint or _provider_hint(found):
        lines.append(f"hint: {hint}")
    return "\n".join(lines)


def bug(problem: BaseException, log: str) -> str:
    """Anything that is not a NivisError."""
    return f"error: {type(problem).__name__}\n  This is a bug in nivis. The log with the details: {log}\n"


def _provider_hint(found: Diagnostic) -> str:
    """A provider that refuses its own configuration lacks credentials more often than anything else."""
    if found.severity != "error" or not found.address.startswith(_PROVIDER):
        return ""
    name = found.address.removeprefix(_PROVIDER).split('"')[0].rsplit("/", 1)[-1]
    variables = _CREDENTIALS.get(name, "the environment variables that the provider's documentation names")
    return f"Check the provider's `config` in the flake and its credentials: {variables}."


def _distinct(found: Iterable[Diagnostic]) -> Iterable[Diagnostic]:
    return dict.fromkeys(found)
