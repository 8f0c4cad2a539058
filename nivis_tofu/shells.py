"""Completion scripts: verbs and options are written into them, ids are asked for at each tab."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Shell = Literal["bash", "zsh", "fish"]
ID_ARGUMENTS = frozenset({"ID", "ID...", "ID.ATTR", "OLD"})
ID_OPTIONS = frozenset({"--target", "--exclude", "--replace"})
_BASH_IDS = r"""
# What is typed of the last word, unquoted, and the quote that is open. (COMP_WORDS cuts words at `:`.)
_nivis_typed() {
  local line="${COMP_LINE:0:COMP_POINT}" i c
  typed="" quote="" line="${line:-$1}"
  for ((i = 0; i < ${#line}; i++)); do
    c="${line:i:1}"
    case "$quote$c" in
      " " | $'\t') typed="" ;;
      \' | \") quote="$c" ;;
      "''" | '""') quote="" ;;
      \\ | '"\') i=$((i + 1)); typed+="${line:i:1}" ;;
      # The shell will put something else here: a newline is in no id.
      \$ | \` | '"$' | '"`') typed+=$'\n' ;;
      *) typed+="$c" ;;
    esac
  done
}

# Ids that begin with that. What is typed ($1) stays, the rest is quoted: an id is data.
_nivis_offer_ids() {
  local typed quote id rest
  _nivis_typed "$1"
  while IFS= read -r id; do
    [[ -n "$id" && "$id" == "$typed"* ]] || continue
    rest="${id:${#typed}}"
    case "$quote" in
      \') rest="${rest//\'/\'\\\'\'}" ;;
      \") rest="$(printf '%s' "$rest" | sed 's/[\\"`$]/\\&/g')" ;;
      *) [[ -z "$rest" ]] || printf -v rest '%q' "$rest" ;;
    esac
    COMPREPLY+=("$1$rest")
  done < <(_nivis_ids)
}
"""


@dataclass(frozen=True, slots=True)
class Verb:
    """One command: its words (`state rm`), help, options (`--flag` -> help), and whether it takes ids."""

    words: str
    help: str
    options: Mapping[str, str]
    valued: frozenset[str]
    takes_ids: bool
    below: tuple[tuple[str, str], ...] = ()
    """Names and helps of its sub-commands."""


def verbs(command: Any, words: str = "") -> list[Verb]:
    """The tree of a command line parser, flat; a hidden command is left out."""
    options: dict[str, str] = {}
    valued: set[str] = set()
    takes_ids = False
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            takes_ids |= str(parameter.metavar or "").strip("[]") in ID_ARGUMENTS
            continue
        for name in (*parameter.opts, *parameter.secondary_opts):
            if name.startswith("--"):
                options[name] = _line(parameter.help)
                if not (parameter.is_flag or parameter.count):
                    valued.add(name)
    options["--help"] = "Show this message and exit."
    subs = {n: c for n, c in getattr(command, "commands", {}).items() if not c.hidden}
    below = tuple((n, _line(c.help)) for n, c in subs.items())
    found = [Verb(words, _line(command.help), options, frozenset(valued), takes_ids, below)]
    for name, sub in subs.items():
        found += verbs(sub, f"{words} {name}".strip())
    return found


def script(shell: Shell, tree: Iterable[Verb]) -> str:
    """The script for a shell, from the template of its name."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("nivis_tofu", "completions"),
        undefined=StrictUndefined,
        # `${#x}` is a length in shells.
        comment_start_string="{##",
        comment_end_string="##}",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - shell scripts, and every text comes from our own help
    )
    environment.filters["quote"] = lambda text: "'" + str(text).replace("'", "'\\''") + "'"
    environment.filters["fish"] = lambda text: "'" + str(text).replace("\\", "\\\\").replace("'", "\\'") + "'"
    environment.filters["described"] = lambda pair: f"{str(pair[0]).replace(':', chr(92) + ':')}:{pair[1]}"
    text = environment.get_template(f"nivis.{shell}.j2").render(verbs=list(tree), id_options=sorted(ID_OPTIONS))
    return _ids_as_data(text) if shell == "bash" else text


def _ids_as_data(text: str) -> str:
    """`compgen -W` would run what stands in `$(…)` of an id, and cut ids at blanks; the loop below does neither."""
    unsafe = 'COMPREPLY=($(compgen -W "$(_nivis_ids)" -- "$cur"))'
    safe = text.replace(unsafe, '_nivis_offer_ids "${2-$cur}"')
    return safe if safe == text else safe.replace("_nivis() {", f"{_BASH_IDS}\n_nivis() {{", 1)


def _line(text: str | None) -> str:
    """The first line of a help text."""
    return (text or "").strip().split("\n")[0]
