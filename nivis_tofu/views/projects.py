"""What was written for a project, and what it needs: files, flakes, providers, tools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from nivis_tofu.core.errors import ExitCode
from nivis_tofu.core.visible import line
from nivis_tofu.views.human import Style
from nivis_tofu.views.page import Page, done, lines, report

if TYPE_CHECKING:  # each verb loads what it needs itself
    from nivis_tofu.authoring.adopt import Adopted
    from nivis_tofu.authoring.convert_files import Written
    from nivis_tofu.authoring.gen import Generated
    from nivis_tofu.authoring.scaffold import Scaffolded
    from nivis_tofu.insight.doctor import Finding
    from nivis_tofu.manage.init import Initialised
    from nivis_tofu.manage.providers_used import Used
    from nivis_tofu.run.export import Exported

MARKS = {"ok": "✓", "warning": "~", "missing": "-"}


def scaffolded(made: Scaffolded, *, in_git: bool) -> Page:
    """`in_git`: Nix sees only what git knows."""
    rows = [f" + {path}" for path in made.created]
    rows += [f" = {path}  kept, it was there already" for path in made.kept]
    body = {"created": list(map(str, made.created)), "kept": list(map(str, made.kept))}
    return done(body, *rows, "", f"Next: {'`git add .`, then ' if in_git else ''}`{made.first}`.")


def initialised(found: Initialised) -> Page:
    rows = [f" {source}  {version or 'not locked'}" for source, version in found.providers]
    body = {"backend": found.backend, "providers": dict(found.providers)}
    return done(body, f"Initialised. State: backend `{found.backend}`.", *rows)


def generated(found: Generated, out: Path) -> Page:
    body = {"source": found.source, "resources": found.resources, "data": found.data, "out": str(out)}
    text = f"Wrote {found.resources} resource(s) and {found.data} data source(s) of {found.source} to {out}."
    return done(body, text)


def stored(found: Generated, name: str, path: Path, declaration: str, *, declared: bool) -> Page:
    """A flake in the Nix store. `name`, `declaration`: of the input that it is meant to be, or is (`declared`)."""
    body = {"source": found.source, "provider_version": found.version, "resources": found.resources, "data": found.data}
    what = " ".join(filter(None, [found.source, found.version]))
    wrote = f"Wrote {found.resources} resource(s) and {found.data} data source(s) of {what} to the Nix store"
    use = (f"  {declaration}", f"  {name} = inputs.{name}.lib {{ inherit lib; }};")
    rows = (f"{wrote}, where flake.nix has them.",) if declared else (f"{wrote}. In flake.nix:", *use)
    return done({**body, "path": str(path), "input": declaration}, *rows)


def converted(found: Written, out: Path) -> Page:
    files = [str(out / name) for name in found.files]
    left = [{"what": place, "reason": reason} for place, reason in found.left]
    talk = lines(*(f"look at {place}: {reason}" for place, reason in found.left))
    return report({"files": files, "not_converted": left}, lines(*(f"Wrote {name}" for name in files)), after=talk)


def adopted(found: Adopted) -> Page:
    plan = f"the plan is what it was, {found.changes} change(s)" if found.changes else "the plan has no changes"
    rows = [f"Adopted {len(found.moved)} resource(s) into flake.nix; {plan}:", *(f" = {id_}" for id_ in found.moved)]
    if found.staying:
        head = f"{len(found.staying)} stay in their .tf files, which are part of the configuration (rootModule):"
        rows += ["", head, *(f"   {address}: {reason}" for address, reason in found.staying)]
    body = {"adopted": found.moved, "staying": dict(found.staying), "backup": str(found.backup or "")}
    talk = lines(*([f"The files as they were: {found.backup}"] if found.backup else []))
    return done({**body, "changes": found.changes}, *rows, after=talk)


def rendered(found: Exported, out: Path, *, secrets: bool) -> Page:
    """`secrets`: were the values of sensitive variables written?"""
    talk = [line(f"left out, it waits for outputs: {id_}") for id_ in found.held]
    if found.secrets and not secrets:
        talk.append(f"{found.secrets} sensitive variable(s) are declared without a value.")
    talk += [f"backend setting `{name}` is sensitive: give it to `tofu init -backend-config`." for name in found.unset]
    body = {"out": str(out), **asdict(found)}
    return done(body, *(f"{out}/{name}" for name in found.files), before=lines(*talk))


def providers(found: Sequence[Used]) -> Page:
    rows = []
    for use in found:
        wanted = f", wanted {use.constraint}" if use.constraint else ""
        rows.append(f"{use.key or '(only in the state)'}  {use.source}  {use.version or 'not locked'}{wanted}")
        rows += [f"   {user}" for user in use.users]
    rows = rows or ["No providers declared."]
    return report({"providers": [asdict(use) for use in found]}, lines(*map(line, rows)))


def engine_ready(exe: Path, version: str, sha256: str) -> Page:
    """`sha256`: of the archive that it came in."""
    return done({"engine": str(exe), "version": version, "sha256": sha256}, f"OpenTofu {version} is ready: {exe}")


def doctor(found: Sequence[Finding], *, well: bool) -> Page:

    def text(style: Style) -> str:
        rows = []
        for finding in found:
            word = "" if finding.verdict == "ok" else f"{finding.verdict}: "
            rows.append(f" {style.marker(MARKS[finding.verdict])} {line(f'{finding.what}: {word}{finding.found}')}")
            rows += [f"     fix: {line(finding.fix)}"] if finding.fix else []
        rows.append("Everything needed is there." if well else "Something that is needed is missing.")
        return lines(*rows)(style)

    page = report({"ok": well, "findings": [asdict(finding) for finding in found]}, text)
    return replace(page, code=ExitCode.OK if well else ExitCode.ERROR)
