"""Constructors that a flake takes from the Nix store: put there by `gen`, and again where the store lacks them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.events import Counted, Stage, Told
from nivis_tofu.nix import generated
from nivis_tofu.system import notes

if TYPE_CHECKING:
    from nivis_tofu.authoring.gen import Types
    from nivis_tofu.nix.generated import GeneratedInput
    from nivis_tofu.run.session import Session


def restored(session: Session) -> dict[str, Path]:
    """Generate what the flake names and the store lacks, as in a fresh clone; what came out elsewhere, by input."""
    named = generated.inputs(session.nix.project / session.nix.flake)
    missing = [found for found in named if not found.path.exists()]
    made = ((lacking, _remembered(session, lacking) or _again(session, lacking)) for lacking in missing)
    return {lacking.name: new for lacking, new in made if new != lacking.path}


def _remembered(session: Session, lacking: GeneratedInput) -> Path | None:
    """What this nivis made before in the place of an input that another version of it made."""
    from nivis_tofu.authoring.gen import generator

    match (notes.read(_note(session, lacking)) or "").split("\n"):
        case [wanted, by, path] if (wanted, by) == (str(lacking.path), generator()) and Path(path).exists():
            return Path(path)
    return None


def _note(session: Session, lacking: GeneratedInput) -> Path:
    return session.workdir.root / "gen" / f"{lacking.name}.made"


def _again(session: Session, lacking: GeneratedInput) -> Path:
    from nivis_tofu.authoring import gen
    from nivis_tofu.project.provider_mirror import is_from_here
    from nivis_tofu.project.provider_schemas import schemas_of

    what = " ".join(filter(None, [lacking.source, lacking.version]))
    if is_from_here(lacking.source):
        raise NivisError.of(
            "Constructors are missing",
            f"The Nix store does not have those of {what}. They were made from a directory or an executable, which "
            "flake.nix does not name.",
            f"Run `nivis gen` with it, or keep them as files: `nivis gen … --out {lacking.name}`.",
        )
    session.emit(Told(f"generating the constructors of {what}, which the Nix store does not have"))
    session.emit(Stage("reading the provider's schemas"))
    types = gen.chosen(schemas_of(session.workdir, session.tofu, lacking.source, lacking.version))
    made = stored(session, types, lacking.name).path
    if made != lacking.path:
        session.emit(
            Told(f"flake.nix names those of another nivis: `nivis gen {lacking.source}` prints the line for it")
        )
    notes.write(_note(session, lacking), f"{lacking.path}\n{gen.generator()}\n{made}")
    return made


def stored(session: Session, types: Types, name: str) -> GeneratedInput:
    """Write constructors as a flake into the store. `name`: of the input."""
    from nivis_tofu.authoring import gen_flake

    session.emit(Stage("writing constructors"))
    add = gen_flake.store_adder(session.nix.exe, session.nix.environment, session.workdir.root / "roots")
    folder = notes.directory(session.workdir.root / "gen")
    return gen_flake.into_store(types, name, folder, add, lambda done, total: session.emit(Counted(done, total)))
