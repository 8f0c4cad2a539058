"""References that a flake compares: Nix answers at once, and always the same. Found in its text. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from nivis_tofu.core import nix_calls
from nivis_tofu.core.diagnostics import Diagnostic, Position
from nivis_tofu.core.excerpt import excerpt
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.regex import regex

# Strings are blank in what is searched, so that an attribute's name is spaces.
_REFERENCE = r"(?<![\w'.-])\(?\s*[A-Za-z_][\w'.-]*\.(?:refAttr|refPath)\b\s*(?:\[[^\]]*\]\s*|\([^()]*\)\s*)?\)?\s*"
_COMPARED = regex(rf"(?P<one>{_REFERENCE})(?P<op>==|!=)|(?P<op2>==|!=)\s*(?P<two>{_REFERENCE})")
_BOUND = regex(rf"(?<![\w'.-])([A-Za-z_][\w'-]*)\s*=(?!=)\s*({_REFERENCE};)?")
_NAME = r"(?<![\w'.$-])[A-Za-z_][\w'-]*(?![\w'.-])"
_OF_NAMES = (
    regex(rf"(?P<name>{_NAME})\s*(?P<op>==|!=)"),
    regex(rf"(?P<op>==|!=)\s*(?P<name>{_NAME})(?!\s*:)"),
)
_TAKEN = regex(r"(?<![\w'.-])([A-Za-z_][\w'-]*)\s*(?:\:(?!//)|[,?}])")
_TO_NULL = regex(r"\s*null\b")


@immutable(slots=True)
class _Found:
    start: int
    operator: str


def warnings(files: Mapping[str, str]) -> Iterator[Diagnostic]:
    """A warning for each comparison in the files of a flake, by name."""
    for file, text in files.items():
        if not ((".refAttr" in text or ".refPath" in text) and ("==" in text or "!=" in text)):
            continue  # nearly every flake, without compiling the patterns
        for found in _comparisons(text, nix_calls.code(text)):
            line = text.count("\n", 0, found.start) + 1
            column = found.start - text.rfind("\n", 0, found.start)
            yield Diagnostic(
                "A reference is compared",
                "A reference is not its value, which does not exist yet when Nix evaluates this line: "
                f"`{found.operator}` is always {'false' if found.operator == '==' else 'true'} here.",
                "Compare in the `render` of `lib.derived { inputs; render; }`, where values are real, or in the "
                "`resources` of `lib.whenKnown` if resources depend on it.",
                severity="warning",
                position=Position(file, line, column),
                snippet=excerpt(text, line, column),
            )


def _comparisons(text: str, code: str) -> Iterator[_Found]:
    for found in _COMPARED.finditer(code):
        operator = found["op"] or found["op2"]
        side = found["one"] or found["two"]
        start = found.start("one" if found["op"] else "two") + len(side) - len(side.lstrip("( \n\t"))
        if not _null_beside(code, found):
            yield _Found(start, operator)
    names = _names(code)
    for pattern in _OF_NAMES:
        for found in pattern.finditer(code):
            # A string between the two is blank in the code, and then something else is compared.
            direct = text[found.start() : found.end()] == found[0]
            if direct and found["name"] in names and not _null_beside(code, found):
                yield _Found(found.start("name"), found["op"])


def _null_beside(code: str, found: re.Match[str]) -> bool:
    before = code[max(0, found.start() - 20) : found.start()]
    return bool(_TO_NULL.match(code, found.end()) or re.search(r"\bnull\s*\Z", before))


def _names(code: str) -> set[str]:
    """Names that stand for references wherever the file binds them, and that no function takes."""
    bound: dict[str, bool] = {}
    for found in _BOUND.finditer(code):
        bound[found[1]] = bound.get(found[1], True) and bool(found[2])
    return {name for name, only in bound.items() if only} - set(_TAKEN.findall(code))
