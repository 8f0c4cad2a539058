"""What to do about a message of Nix's. Only advice hangs on its words: nothing is decided by them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.nearest import nearest
from nivis_tofu.core.nix_calls import NAME
from nivis_tofu.core.regex import regex
from nivis_tofu.nix.module_errors import UNKNOWN_VALUE

_REFERENCE = (
    "A reference (`refAttr`) stands for a value that is not there yet. Compute with it in "
    "`lib.derived { inputs; render; }`, join texts with `lib.str [ … ]`, make resources from it with `lib.whenKnown`."
)
_REFERENCES = (
    "A reference, or what is computed from one, stands for a value that is not there yet. An option takes it with the "
    "type `nivis.types.orRef lib.types.str` (or of another type), or `nivis.types.value` for any value with references "
    "in it; `nivis` is an argument of every module."
)
_TO_STRING = 'Turn the number into text with `toString n`, or write it into the text: `"…${toString n}"`.'
_SET = r"a set|an? attribute set|set"
_ADVICE: tuple[tuple[str, str], ...] = (
    (rf"is not of type (?s:.*)<{UNKNOWN_VALUE}>", _REFERENCES),
    (
        r"The option `[^']+' does not exist",
        "Declare it under `options`, or define what a configuration has: `resource.TYPE.NAME`, `data.TYPE.NAME`, "
        "`provider.NAME`, `module.NAME`, `output.NAME`, `variable`, `locals`, `backend` and so on.",
    ),
    (r"option `[^']+' (is not of type|has conflicting|was accessed|is defined|is used)", ""),
    (
        r"infinite recursion|stack overflow",
        "A value is computed from itself: look for a name in a `let` or `rec` that is used in its own definition, or "
        "for two that use each other. Outside modules a `refAttr` never recurses; in modules, two resources that refer "
        "to each other do.",
    ),
    (r"cannot coerce (an integer|a float) to a string|cannot add a string to an? \w+", _TO_STRING),
    (
        rf"cannot coerce ({_SET}) to a string|value is ({_SET}) while a (list|string) was expected"
        rf"|value is ({_SET}) while an? (Boolean|bool|integer|float|path) was expected"
        rf"|expected an? (Boolean|bool|integer|float|path) but found ({_SET})"
        rf"|expected a (list|string) but found ({_SET})|cannot compare .*({_SET})|cannot add ({_SET})",
        _REFERENCE,
    ),
    (
        r"value is a list while (a set|an attribute set) was expected|expected a set but found a list",
        "It is a list: take one of its elements (`builtins.head list`, `builtins.elemAt list 0`), or `map` over it.",
    ),
    (
        r"(value is a function|found a function)",
        "A function lacks an argument, such as the last one in `lib.mkVars { … } ledger.vars`.",
    ),
    (
        r"attempt to call something which is not a function",
        "A function has an argument too many, or a call in a list lacks its parentheses: `[ (f x) ]`. After a missing "
        "`;` the next line is taken for an argument too.",
    ),
    (r"unexpected ','", "Nix separates elements of a list by spaces, and attributes of a set by `;`: no comma."),
    (
        r"unexpected ':', expecting '\.' or '='",
        "An attribute is set with `=`: `{ name = value; }`.",
    ),
    (
        r"unexpected ':'",
        "Before the `:` of a function stands a name, or names in braces: `x: …`, `{ a, b }: …`. An attribute is set "
        "with `=`.",
    ),
    (r"unexpected invalid token", "Texts stand in double quotes (\"…\"), or in two single ones (''…'')."),
    (r"expecting (ELSE|'else')", "In Nix every `if` has an `else`: it is a value."),
    (
        r"expecting ';'|unexpected '='|unexpected ID",
        "A `;` or a closing bracket is missing at this place, or on the line before it.",
    ),
    (
        r"unexpected '?(ASSERT|ELSE|IF|IN|INHERIT|LET|REC|THEN|WITH|assert|else|if|in|inherit|let|rec|then|with)\b",
        "This word belongs to Nix: as the name of an attribute it needs quotes; else something is missing before it.",
    ),
    (r"unexpected end of file", "A closing bracket, a quote or the `in` of a `let` is missing."),
    (
        r"syntax error",
        "Look at this place and at what stands before it: an opening or closing bracket too many, or a `;`.",
    ),
    (r"assertion .*failed", "The flake asserts this itself: mend what it checks, or the `assert`."),
    (
        r"forbidden in (restricted|pure)",
        "Nix reads only what belongs to the flake: put the file beside flake.nix, and name it by a relative path.",
    ),
    (
        r"/nix/store/\w+-source'?:? (No such file|does not exist)",
        "If these are constructors: `nivis validate` and `nivis gen PROVIDER` put them into the store.",
    ),
    (
        r"No such file|does not exist",
        "Check the path: it is relative to the file in which it is written.",
    ),
    (r"called without required argument", "Pass the argument, or give it a default: `{ name ? value }: …`."),
    (
        r"called with unexpected argument",
        "Remove the argument, or let the function take it: name it among its arguments, or accept all with `...`.",
    ),
    (
        r"unable to download|cannot find flake|unable to access|Could not resolve",
        "An input of the flake cannot be fetched: check its `url` and the network.",
    ),
)
_UNDEFINED = regex(r"undefined variable '([^']+)'")
_MISSING = regex(r"attribute '([^']+)' missing")
_NO_FUNCTION = (
    "`nivis.lib` has no such function; the reference of the Nix library lists them. (nixpkgs' `lib` is another one.)"
)
_OF_LEDGER = regex(r"\bledger\.(outputs|vars)\.")
_NOT_YET = {
    "outputs": "Before the first run there are no outputs: refer to the resource (`refAttr`), or give a value for that "
    "time: `ledger.outputs.… or value`.",
    "vars": "Nothing sets it: `--var {name}=…`; or give it a default: `ledger.vars.{name} or value`, or `lib.mkVars`.",
}
"""What is missing in a ledger is not there yet, or not given."""
_SETTLED = {
    "lib": "Bind the library first: `outputs = { self, nivis }: let lib = nivis.lib; in { … }`.",
    "nivis": "Take the input: `outputs = { self, nivis }: …`.",
    "var": "A variable of the flake is declared by `lib.mkVars` and read as `vars.NAME`, or as `ledger.vars.NAME`; "
    'one of the engine\'s is written `lib.expr "\\${var.NAME}"`.',
    "ledger": "The plan is a function of the ledger: `nivis.plan = ledger: lib.toIR { …; inherit ledger; };`.",
}


@immutable(slots=True)
class Surroundings:
    """Where names may come from."""

    library: Collection[str]
    """What the library provides."""
    flake: Callable[[], str]
    """The text of its files."""
    outputs: Callable[[str], Collection[str]] = lambda _: ()
    """What can be referred to of a resource type, where that is known."""


def hint(message: str, row: str, known: Surroundings) -> str:
    """What to do about a message. `row`: the user's own line where it went wrong."""
    if found := _UNDEFINED.search(message):
        return _SETTLED.get(found[1]) or _similar(found[1], {*names(known.flake()), *_SETTLED})
    if found := _MISSING.search(message):
        return "" if "Did you mean" in message else _attribute(found[1], row, known)
    return next((advice for pattern, advice in _ADVICE if re.search(pattern, message)), "")


def for_name(about: Mapping[str, Any]) -> str:
    """What to do about an error of the library's own: which name may be meant, where it knows all; else it says so."""
    near = nearest(about["name"], about["known"]) if "known" in about else ""
    return f"Did you mean `{near}`?" if near else ""


def names(text: str) -> set[str]:
    """The names of which Nix code is made."""
    return set(re.findall(NAME, text))


def _attribute(name: str, row: str, known: Surroundings) -> str:
    if found := _OF_LEDGER.search(row):
        return _NOT_YET[found[1]].format(name=name)
    flake = known.flake()
    found = re.search(rf"([A-Za-z_][\w'-]*)\.{re.escape(name)}(?![\w'-])", row)
    if not found and re.search(rf"[{{,]\s*{re.escape(name)}\s*,[^{{}}]*\.\.\.\s*}}\s*(@\s*\w+)?:", flake):
        given = f"`specialArgs = {{ {name} = …; }};`"
        return f"A module takes `{name}`, which nobody gives it: add it to the arguments of modules, as in {given}."
    owner = found[1] if found else ""
    if owner == "lib":
        near = nearest(name, known.library, 0.7)
        return f"Did you mean `{near}`?" if near else _NO_FUNCTION
    if owner == "builtins":
        return "Nix has no such builtin; its manual lists them."
    is_set = owner in ("", "config", "vars") or re.search(
        rf"\b{re.escape(owner)}(\.[\w'-]+)*\s*=\s*((rec\s*)?\{{|import\b)|\b{owner}\.[\w'-]+\s*=", flake
    )
    if is_set:
        return _similar(name, names(flake))
    made = re.search(rf"""\b{re.escape(owner)}\s*=\s*[\w.'-]+\.([\w'-]+)\s*["{{]""", flake)
    if made and (near := nearest(name, known.outputs(made[1]))):
        return f'Did you mean `{owner}.refAttr "{near}"`?'
    return f'If `{owner}` is a resource, refer to its attribute: `{owner}.refAttr "{name}"`.'


def _similar(name: str, known: Collection[str], otherwise: str = "") -> str:
    near = nearest(name, [word for word in known if word != name], 0.6)
    return f"Did you mean `{near}`?" if near else otherwise
