"""New projects from the templates; the same files serve `nix flake init -t`, so each is a valid flake as it is."""

from __future__ import annotations

from pathlib import Path

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.nearest import did_you_mean

DEFAULT = "minimal"
ABOUT = {
    "minimal": "one resource, no cloud account needed",
    "aws": "a bucket and an object whose content Nix computes",
    "multi-phase": "values and resources that follow from outputs",
    "modules": "a configuration split into modules",
    "nixpkgs": "modules with options, for the module system of nixpkgs",
    "environments": "the same for dev and prod, each with a state of its own",
}
_STACKS = frozenset({"environments"})
"""Those that have no plan, but stacks."""


@immutable
class Scaffolded:
    """Files relative to the project; `kept` existed already."""

    created: tuple[Path, ...]
    kept: tuple[Path, ...]
    first: str = "nivis plan"
    """The command to begin with."""


def templates_directory() -> Path:
    """The directory of the templates: beside this file in a wheel, at the top of a checkout."""
    here = Path(__file__).parents[1]
    return here / "templates" if (here / "templates").is_dir() else here.parent / "templates"


def scaffold(project: Path, template: str, name: str) -> Scaffolded:
    """Write a template's files into a project; a file that exists is never touched."""
    if template not in ABOUT:
        raise NivisError.of(
            "No such template",
            f"`{template}` is not one of: {', '.join(ABOUT)}.",
            did_you_mean(template, ABOUT, "Take one with `--template NAME`."),
        )
    source = templates_directory() / template
    created, kept = [], []
    for file in sorted(p for p in source.rglob("*") if p.is_file()):
        relative = file.relative_to(source)
        target = project / relative
        text = _render(file.read_text(encoding="utf-8"), name)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with target.open("x", encoding="utf-8") as out:
                out.write(text)
        except FileExistsError:
            kept.append(relative)
            continue
        # The user commits these: they are as public as the rest of the project.
        target.chmod(0o644)
        created.append(relative)
    first = "nivis stacks plan" if template in _STACKS else "nivis plan"
    return Scaffolded(tuple(created), tuple(kept), first)


def _render(text: str, name: str) -> str:
    from jinja2 import Environment, StrictUndefined

    # `<<name>>` is plain text to Nix, so that a template needs no rendering to be a flake.
    environment = Environment(
        variable_start_string="<<",
        variable_end_string=">>",
        # The usual marks of blocks and comments could be Nix.
        block_start_string="<<%",
        block_end_string="%>>",
        comment_start_string="<<#",
        comment_end_string="#>>",
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Nix, not HTML; the one value is escaped for a Nix string
    )
    quoted = name.replace("\\", "\\\\").replace('"', '\\"').replace("${", "\\${")
    return environment.from_string(text).render(project=quoted)
