"""`gen`: constructors for a provider's resources, from its schema: one Nix file a type, read when it is used.

Data: schemas -> texts by file name -> a directory of the user's, or a flake in the Nix store.
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from nivis_tofu.authoring.constructors import Arguments, constructor
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.regex import regex
from nivis_tofu.ir.schema import Kind
from nivis_tofu.nix import syntax
from nivis_tofu.project.provider_schemas import Provided
from nivis_tofu.system.destination import Destinations, head

Tell = Callable[[int, int], None]
"""Gets how many types are written, and how many there are."""
FOLDERS: tuple[tuple[str, Kind], ...] = (("resources", "resource"), ("data", "data"))
SHIPPED = ("check.nix", "options.nix", "flake.nix")
"""What is the same for every provider."""
OTHERS = (*SHIPPED, "arguments.nix", "default.nix")
"""All files but those of types."""
_LISTED = regex(r"load \./((?:resources|data)/[^/;]+\.nix);")
"""What the index names."""


@immutable
class Generated:
    resources: int
    data: int
    source: str
    version: str


@immutable
class Types:
    """The types of a provider that are to be written."""

    provider: Provided
    names: Mapping[Kind, list[str]]

    @property
    def count(self) -> int:
        return sum(map(len, self.names.values()))

    @property
    def generated(self) -> Generated:
        found = self.provider
        return Generated(len(self.names["resource"]), len(self.names["data"]), found.source, found.version)


def chosen(provider: Provided, pattern: str = "*") -> Types:
    """The types that match a pattern. Raises NivisError where none does."""
    found: dict[Kind, list[str]] = {
        kind: [t for t in provider.schemas.types(provider.source, kind) if fnmatch.fnmatchcase(t, pattern)]
        for _, kind in FOLDERS
    }
    if not any(found.values()):
        known = len(provider.schemas.types(provider.source, "resource"))
        why = f"None of the {known} resource types of {provider.source} matches `{pattern}`."
        raise NivisError.of("No such type", why)
    return Types(provider, found)


def into_directory(types: Types, out: Path, places: Destinations, tell: Tell) -> Generated:
    """Write constructors into a directory of the user's, in place of those that it holds."""
    _refuse_foreign(places.directory(out))
    out.mkdir(parents=True, exist_ok=True, mode=0o755)
    # Beside the old files until all are there: a run that is killed leaves those as they were.
    fresh = Path(tempfile.mkdtemp(dir=out, prefix=".gen-"))
    try:
        write(types, out.name, fresh, tell)
        for name in (*(folder for folder, _ in FOLDERS), *OTHERS):
            if (out / name).is_dir():
                shutil.rmtree(out / name)
            if (fresh / name).exists():
                (fresh / name).replace(out / name)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return types.generated


def write(types: Types, name: str, out: Path, tell: Tell) -> None:
    """Write the files of a provider into a new directory; `name`: what the directory is called where it is used."""
    done = 0
    for path, text in texts(types, name):
        (out / path).parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        (out / path).write_text(text, encoding="utf-8")
        # The user commits these, and Nix copies them: they are as public as the rest of a flake.
        (out / path).chmod(0o644)
        done += "/" in path
        tell(done, types.count)
    for folder in (out, *(out / folder for folder, _ in FOLDERS if (out / folder).is_dir())):
        folder.chmod(0o755)


def texts(types: Types, name: str) -> Iterator[tuple[str, str]]:
    """(file name, text); the index comes last."""
    provider, arguments = types.provider, Arguments()
    for folder, kind in FOLDERS:
        for type_ in types.names[kind]:
            block = provider.schemas.block(provider.source, kind, type_)
            assert block
            arguments.add(type_, block)
            yield f"{folder}/{type_}.nix", constructor(provider.source, kind, type_, block)
    yield "arguments.nix", arguments.text()
    for shipped in SHIPPED:
        yield shipped, (templates() / shipped).read_text(encoding="utf-8")
    yield "default.nix", _index(types, name)


def templates() -> Path:
    return Path(__file__).parents[1] / "nixgen"


def generator() -> str:
    """A digest of what decides how constructors come out, beside the schemas."""
    code = sorted([*templates().glob("*.nix"), *Path(__file__).parent.glob("*.py")])
    return hashlib.sha256(b"".join(path.read_bytes() for path in code)).hexdigest()


def _index(types: Types, name: str) -> str:
    provider, resources, data = types.provider, types.names["resource"], types.names["data"]
    local = provider.source.rsplit("/", 1)[-1]
    example = resources[0] if resources else f"data.{data[0]}"
    version = f" {provider.version}" if provider.version else ""
    return f"""\
# {syntax.GENERATED} from the schema of {provider.source}{version}. Do not edit: it is written anew.
#
# {local} = import ./{name} {{ inherit lib; }};
# demo = {local}.{example} "demo" {{ … }};
{{ lib, provider ? {syntax.string(local)} }}:
let
  check = import ./check.nix {{ inherit lib provider; }};
  # Nothing is read but what is used.
  load = file: import file check;
  files = {{
    resources = {{
{_entries("resources", resources)}    }};
    data = {{
{_entries("data", data)}    }};
  }};
  constructors = builtins.mapAttrs (type: file: file.${{type}});
in
constructors files.resources
// {{
  data = constructors files.data;
  # What arguments take, for those who read it with a program.
  shapes = builtins.mapAttrs (_: builtins.mapAttrs (_: file: file.shape)) files;
}}
"""


def _entries(folder: str, types: list[str]) -> str:
    return "".join(f"      {syntax.key(type_)} = load ./{folder}/{type_}.nix;\n" for type_ in types)


def _refuse_foreign(out: Path) -> None:
    """A directory with anything in the places of what is generated that `gen` did not write is not touched."""
    if not out.exists() or not any(out.iterdir()):
        return
    index = out / "default.nix"
    marked = _is_marked(index)
    # Older versions marked only some of their files; the index names the others.
    listed = {out / name for name in _LISTED.findall(index.read_text(encoding="utf-8"))} if marked else set()
    folders = [out / folder for folder, _ in FOLDERS]
    there = [*(out / name for name in OTHERS), *folders, *(p for folder in folders for p in folder.rglob("*"))]

    def ours(path: Path) -> bool:
        return not path.is_symlink() and (path in folders or path in listed or _is_marked(path))

    foreign = [path for path in there if os.path.lexists(path) and not ours(path)]
    if foreign or not marked:
        named = f", such as {foreign[0].relative_to(out)}" if foreign else ""
        raise NivisError.of(
            "The directory is not empty",
            f"{out} holds files that `nivis gen` did not write{named}.",
            "Name another --out.",
        )


def _is_marked(path: Path) -> bool:
    return path.is_file() and syntax.GENERATED.encode() in head(path, 200)
