"""`render --out`: the phase's module in a directory of the user's, for stock OpenTofu and for scanners."""

from __future__ import annotations

from pathlib import Path

from nivis_tofu.core import json_text
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.providers import BUILTIN, full_source
from nivis_tofu.project.links import OVERRIDE, OWN, SETTINGS, SUFFIXES, clean
from nivis_tofu.project.run_directory import GIVEN_FILE, LOCK_FILE, SECRETS_FILE
from nivis_tofu.project.workdir import MODULE_FILE
from nivis_tofu.render.module import file_text
from nivis_tofu.run.decide.held import cut
from nivis_tofu.run.module import render
from nivis_tofu.run.session import Session
from nivis_tofu.run.start import start
from nivis_tofu.system.files import write_if_changed


@immutable
class Exported:
    """What was written, and ids that are not in it because they wait for outputs."""

    files: tuple[str, ...]
    held: tuple[str, ...]
    secrets: int
    unset: tuple[str, ...]
    """Backend settings that are secret: `init` needs them from elsewhere."""


def export(session: Session, out: Path, *, secrets: bool = True) -> Exported:
    """Write the module of the next phase; equal input gives equal bytes."""
    session, at = start(session)
    taken = cut(at)
    _need_schemas(session, at.ir)
    session.build(at.ir, taken.include)
    _refuse_foreign(session, out)
    module = render(session, at, taken.include, target=out.resolve())
    secret = session.workdir.settled.backend.secret
    out.mkdir(parents=True, exist_ok=True)
    if joined := session.workdir.settled.joined:
        joined.put(out, module.left_out, module.absent)
    else:
        clean(out, {})
    # A scanner that cannot read these blocks (checkov, 3.3) gives up the whole file.
    settings = {k: v for k, v in module.document.items() if k in _SETTINGS}
    texts = {MODULE_FILE: file_text({k: v for k, v in module.document.items() if k not in settings})}
    texts[SETTINGS] = file_text(settings)
    if module.override:
        texts[OVERRIDE] = file_text(module.override)
    else:
        (out / OVERRIDE).unlink(missing_ok=True)
    lock = session.workdir.work / LOCK_FILE
    if lock.exists():
        texts[LOCK_FILE] = lock.read_text(encoding="utf-8")
    for name, text in texts.items():
        write_if_changed(out / name, text)
        (out / name).chmod(0o644)  # nothing secret is in them, and a scanner may be another user
    private = {SECRETS_FILE: module.secrets_text}
    private[GIVEN_FILE] = file_text(module.given) if module.given else ""
    for name, text in private.items():
        if secrets and text:
            write_if_changed(out / name, text)
        else:
            (out / name).unlink(missing_ok=True)
    files = [*texts, *(name for name, text in private.items() if secrets and text)]
    held = (*sorted(taken.held), *sorted(n for n in taken.left_out if not n.startswith(("local.", "output."))))
    return Exported(tuple(sorted(files)), held, len(module.secrets) + len(module.private), tuple(sorted(secret)))


def _need_schemas(session: Session, ir: IR) -> None:
    """Schemas tell what is a block and what is secret; where none are cached, the engine has to be asked."""
    used = {ir.providers[r.provider].source for r in ir.resources.values() if r.provider in ir.providers}
    wanted = {full_source(source, session.tofu.kind) for source in used} - {BUILTIN}
    if session.tofu.absent and not wanted <= set(session.workdir.schemas.providers()):
        raise session.tofu.absent


def _refuse_foreign(session: Session, out: Path) -> None:
    """Refuse a directory in which something that is not of an earlier rendering would go, or join the module."""
    session.workdir.destinations.directory(out)
    if not out.is_dir():
        return
    joined = session.workdir.settled.joined
    linked = {p.name for p in joined.directory.iterdir()} if joined else set()
    ours = {*linked, *(f"root_{name}" for name in linked), *OWN} if _is_rendered(out) else set()
    there = [p for p in sorted(out.iterdir()) if p.is_symlink() or p.name.endswith(SUFFIXES) or p.name in _PRIVATE]
    if others := [p.name for p in there if p.name not in ours and not (_is_rendered(out) and _is_written(p))]:
        raise NivisError.of(
            "The directory holds another configuration",
            f"{out} has {', '.join(others)}, which would become part of what is rendered, or be overwritten.",
            "Use an empty directory.",
        )


_PRIVATE = (SECRETS_FILE, GIVEN_FILE, LOCK_FILE)
_SETTINGS = {"terraform", "moved", "import", "removed"}


def _is_written(path: Path) -> bool:
    """A link, or a file that stands beside the module and not in it."""
    return path.is_symlink() or path.name in _PRIVATE


def _is_rendered(out: Path) -> bool:
    """Was this directory written by an earlier run? Its two files are split, and spelt, as nobody else does it."""
    try:
        texts = [(out / name).read_text(encoding="utf-8") for name in (MODULE_FILE, SETTINGS)]
        main, settings = (json_text.loads(text) for text in texts)
    except (OSError, ValueError):
        return False
    if not (isinstance(main, dict) and isinstance(settings, dict)):
        return False
    spelt = [file_text(main), file_text(settings)] == texts
    return spelt and settings.keys() <= _SETTINGS and main.keys().isdisjoint(_SETTINGS)
