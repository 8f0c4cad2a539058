"""Where a diagnostic's cause stands: generated file -> resource and attribute -> the flake's own file and line.

Data: a line of a generated module -> JSON path -> address and attribute -> the position that the library recorded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from nivis_tofu.core import json_text, nix_calls
from nivis_tofu.core.diagnostics import Diagnostic, Position
from nivis_tofu.core.excerpt import excerpt
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.regex import regex
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.providers import full_source, local_names
from nivis_tofu.ir.values import format_path

JsonPath = tuple[str | int, ...]
_WORD = regex(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_STORE = regex(r"/nix/store/[^/]+/")
_COPY = regex(r".*/\.nivis/flake/")


def at_home(position: Position, home: Path, project: Path) -> Position:
    """The position in the user's file for one in `home`, the copy that Nix evaluates (in the store or `.nivis/`).

    A file that is not in that tree, such as one of another input, stays as it is.
    """
    rest, copied = _COPY.subn("", position.file)
    base = project
    if not copied:
        rest, copied = _STORE.subn("", position.file, count=1)
        base = home
    if not copied or not (base / rest).is_file():
        return position
    path = base / rest
    shown = path.relative_to(project) if path.is_relative_to(project) else path
    return replace(position, file=str(shown))


def json_path(text: str, line: int) -> JsonPath:
    """The path of what stands on a line (from 1) of JSON that has at most one key on each line."""
    stack: list[str | int] = []
    found: JsonPath = ()
    key = ""
    for number, row in enumerate(text.split("\n"), 1):
        if number > line:
            break
        words = _WORD.findall(row)
        begins = [i for i, word in enumerate(words) if number == line and word not in "}],"][-1:]
        for i, word in enumerate(words):
            last = stack[-1] if stack else None
            if word in "{[":
                stack.append("" if word == "{" else 0)
            elif word in "}]":
                stack[-1:] = []
            elif word == ",":
                if isinstance(last, int):
                    stack[-1] = last + 1
            elif stack and word[0] == '"' and words[i + 1 : i + 2] == [":"]:
                key = json_text.loads(word)
                stack[-1] = key
            if i in begins:
                found = tuple(s for s in stack if s != "")
        if number == line and not found:
            found = tuple(s for s in stack if s != "")
    return found


@immutable
class Translator:
    """Turns diagnostics of the engine into diagnostics about the flake."""

    ir: IR
    home: Path
    """The tree that Nix copied: the git work tree, or the project."""
    project: Path
    redact: Callable[[str], str] = lambda text: text

    def __call__(self, found: Diagnostic, module: Path | None) -> Diagnostic:
        """Addresses become ids; a position in a generated module becomes the one in the flake."""
        owner, attribute = self._owner(found, module) if module else ("", "")
        resource = self.ir.owner(found.address) or self.ir.owner(owner)
        if resource is not None:
            # What happened in a module is told of its call, whose attributes are none of it.
            attribute = attribute if resource.address == owner else ""
            found = replace(found, address=resource.id + _instance(found.address, resource.address))
        if not module:
            if found.position:
                return self._of_file(found, found.position)
            return found if found.address else self._of_provider(found)
        name = resource.id if resource else owner
        found = replace(found, address=found.address or owner, attribute=attribute, position=None, snippet="")
        return self._placed(found, name)

    def _of_file(self, found: Diagnostic, place: Position) -> Diagnostic:
        """With three lines of the user's own file.

        Of a JSON file that is not whole in this phase the engine saw a copy with other lines: what it quotes is looked
        for; if it stands there once, that is the place.
        """
        text, quoted = self._text(place), _quoted(found.snippet)
        rows = text.splitlines()
        if quoted and place.line <= len(rows) and rows[place.line - 1].strip() == quoted:
            return replace(found, snippet=excerpt(text, place.line, place.column))
        if not (rows and place.file.endswith(".json")):
            return found
        part = quoted.removesuffix(",")
        spots = [(number, row.index(part) + 1) for number, row in enumerate(rows, 1) if part and part in row]
        if len(spots) != 1:
            return replace(found, position=None, snippet="", address=found.address or place.file)
        return replace(found, position=Position(place.file, *spots[0]), snippet=excerpt(text, *spots[0]))

    def _of_provider(self, found: Diagnostic) -> Diagnostic:
        """What `init` says of a provider names it by its source alone: with where that was declared."""
        for key, provider in self.ir.providers.items():
            source = re.escape("/".join(full_source(provider.source).split("/")[-2:]))
            if re.search(rf"(?<![\w.-]){source}(?![\w/-])", f"{found.summary}\n{found.detail}", re.IGNORECASE):
                return self._placed(replace(found, address=f"provider.{key}"), f"provider.{key}")
        return found

    def locate(self, found: Diagnostic) -> Diagnostic:
        """Our own diagnostic with the place where the flake declares what it is about."""
        if found.position is not None:
            place = at_home(found.position, self.home, self.project)
            return replace(found, position=place, snippet=found.snippet or self._source(place))
        if not found.address:
            return found
        resource = self.ir.owner(found.address)
        base = found.address.split("[", 1)[0]
        return self._placed(found, resource.id if resource else base)

    def _placed(self, found: Diagnostic, name: str) -> Diagnostic:
        """With the position of an attribute, or of what it belongs to, by id or name of the owner."""
        owner = self.ir.resources.get(name)
        places = owner.pos if owner else self.ir.positions.get(name, {})
        position = places.get(found.attribute.split(".")[0].split("[")[0]) or places.get(f"meta.{found.attribute}")
        position = position or places.get("")
        if position is None:
            return found
        place = at_home(position, self.home, self.project)
        return self._by_helper(replace(found, position=place, snippet=self._source(place)), name)

    def _by_helper(self, found: Diagnostic, name: str) -> Diagnostic:
        """Where a function of the flake made it: the call comes first, unless one attribute is the matter."""
        place = found.position
        text = self._text(place)
        if place is None or found.helper or not place.file.endswith(".nix"):
            return found
        function = nix_calls.helper(text, place.line, place.column)
        if function is None:
            return found
        own = name.rsplit(".", 1)[-1]
        spots = nix_calls.calls(text, function, own) or nix_calls.calls(text, function, own.split("__")[0])
        if not spots:
            return replace(found, helper=f"in `{function.name}`")
        call = Position(place.file, *spots[0])
        if found.attribute:
            return replace(found, helper=f"in `{function.name}`, called at {call}")
        helper = f"by `{function.name}` ({place})"
        return replace(found, position=call, helper=helper, snippet=excerpt(text, call.line, call.column))

    def home_of(self, found: Diagnostic) -> Diagnostic:
        """Our own diagnostic with its position in the user's file."""
        if found.position is None:
            return found
        place = at_home(found.position, self.home, self.project)
        shown = replace(found, position=place, snippet=found.snippet or self._source(place))
        return self._by_helper(shown, found.address)

    def _owner(self, found: Diagnostic, module: Path) -> tuple[str, str]:
        """(name, attribute) of what stands at a position in a generated module."""
        assert found.position
        try:
            text = module.read_text(encoding="utf-8")
            path = json_path(text, found.position.line)
        except (OSError, ValueError, IndexError):
            return "", ""
        match path:
            case ["provider", local, int(index), *rest]:
                alias = json_text.loads(text)["provider"][local][index].get("alias", "")
                keys = [key for key, name in local_names(self.ir).items() if name == (local, alias)]
                return f"provider.{keys[0] if keys else local}", _attribute(rest)
            case ["terraform", "backend", _, *rest]:
                return "backend", _attribute(rest)
            case ["resource", kind, name, *rest]:
                return f"{kind}.{name}", _attribute(rest)
            case ["data", kind, name, *rest]:
                return f"data.{kind}.{name}", _attribute(rest)
            case [("module" | "output") as kind, name, *rest]:
                return f"{kind}.{name}", _attribute(rest)
            case [("resource" | "data") as mode, kind]:
                # The type itself is meant, which is unknown: the first of its resources tells where it is written.
                wanted = ("managed" if mode == "resource" else "data", kind)
                alike = (r.address for r in self.ir.resources.values() if (r.mode, r.type) == wanted)
                return next(alike, str(kind)), ""
            case [kind, *rest]:
                return f"extra.{kind}", _attribute([s for s in rest if isinstance(s, str)])
            case _:
                return "", ""

    def _source(self, place: Position) -> str:
        """The lines around the place."""
        return excerpt(self._text(place), place.line, place.column)

    def _text(self, place: Position | None) -> str:
        if place is None:
            return ""
        try:
            return self.redact((self.project / place.file).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return ""


def _quoted(snippet: str) -> str:
    """The first line of what the engine shows of a file."""
    return snippet.split("\n")[0].partition(" | ")[2].strip()


def _instance(address: str, base: str) -> str:
    """The instance key, or the rest of the way into a module."""
    return address.removeprefix(base) if address.startswith(base) else ""


def _attribute(steps: list[str | int]) -> str:
    return format_path(tuple(steps)).removeprefix(".")
