"""Bodies of native blocks -> Nix values; references to what is declared in Nix become references of the library."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from nivis_tofu.hcl import reader
from nivis_tofu.hcl.reader import Body, Source, Template, Traversal
from nivis_tofu.nix import syntax
from nivis_tofu.nix.syntax import Raw

_WORDS = {"provisioner": ("when", "on_failure"), "dynamic": ("iterator",)}
"""Attributes whose value is a word of the language, by the kind of their block: in JSON a plain string."""
_PATH = r"((?:\.[A-Za-z_][\w-]*|\[\d+\])+)"


class Writer:
    """`names`: address -> binding of what can be referred to as one object; `place`: what `path.module` is."""

    def __init__(self, names: Mapping[str, str], place: str = "") -> None:
        self.names, self.place = names, place
        self.uses_path = False
        choice = "|".join(sorted((re.escape(a) for a in names), key=len, reverse=True))
        self.mention = re.compile(rf"(?<![\w.-])({choice}){_PATH}") if names else None

    def body(self, body: Body, kind: str = "") -> dict[str, Any]:
        """In the engine's JSON syntax: nested blocks as lists, labelled ones below their labels."""
        words = _WORDS.get(kind, ())
        found: dict[str, Any] = {
            k: v.text if k in words and isinstance(v, Source | Traversal) else self.value(v)
            for k, v in body.attributes.items()
        }
        for kind, labels, inner in body.blocks:
            rendered = self.body(inner, kind)
            if kind == "timeouts":
                found[kind] = rendered  # the one block that is never repeated, wherever it stands
                continue
            target = found
            for label in (kind, *labels)[:-1]:
                target = target.setdefault(label, {})
            target.setdefault((kind, *labels)[-1], []).append(rendered)
        return found

    def value(self, value: Any) -> Any:
        match value:
            case Traversal():
                return self.traversal(value) or self.expression(f"${{{value.text}}}")
            case Template():
                pieces = []
                for part in value.parts:
                    if isinstance(part, str):
                        pieces.append(part.replace("${", "$${").replace("%{", "%%{"))
                    else:
                        pieces.append(f"${{{part.text}}}")
                return self.expression("".join(pieces))
            case Source(text) if text.startswith("<<"):
                # The text of a heredoc is a template as it is.
                return self.expression(reader.heredoc_text(text))
            case Source():
                return self.expression(f"${{{value.text}}}")
            case dict():
                return {k: self.value(v) for k, v in value.items()}
            case list():
                return [self.value(v) for v in value]
            case _:
                return value

    def traversal(self, found: Traversal) -> Raw | None:
        size = 3 if found.steps[0] == "data" else 2
        name = self.names.get(".".join(map(str, found.steps[:size])))
        path = found.steps[size:]
        return self.reference(name, path) if name and path else None

    @staticmethod
    def reference(name: str, path: tuple[str | int, ...]) -> Raw:
        if len(path) == 1 and isinstance(path[0], str):
            return Raw(f"{name}.refAttr {syntax.string(path[0])}")
        return Raw(f"{name}.refPath {syntax.value(list(path))}")

    def expression(self, text: str) -> Raw:
        """`lib.expr` with references put in where what is declared in Nix is named."""
        if self.place:
            here = re.sub(r"(?<![\w.-])path\.(module|root)(?![\w-])", f'"{self.place}"', text)
            self.uses_path, text = self.uses_path or here != text, here
        parts: list[Any] = []
        at = 0
        for match in self.mention.finditer(text) if self.mention else ():
            steps = re.findall(r"\.([A-Za-z_][\w-]*)|\[(\d+)\]", match[2])
            path = tuple(a or int(b) for a, b in steps)
            before, after = text[at : match.start()], text[match.end() :]
            whole = before.endswith("${") and after.startswith("}")
            parts += [before[:-2] if whole else before, self.reference(self.names[match[1]], path)]
            at = match.end() + whole
        if not parts:
            return Raw(f"lib.expr {syntax.string(text)}")
        parts = [p for p in [*parts, text[at:]] if p != ""]
        return Raw(f"lib.expr {syntax.value(parts)}")


def as_text(value: Any) -> Any:
    """A default, which is no expression of the engine, with numbers that Nix does not hold as text."""
    match value:
        case dict():
            return {k: as_text(v) for k, v in value.items()}
        case list():
            return [as_text(v) for v in value]
        case int() | Decimal() if not isinstance(value, bool) and not syntax.fits(value):
            return format(Decimal(value), "f")
        case _:
            return value
