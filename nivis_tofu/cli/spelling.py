"""OpenTofu's spelling of flags -> ours, so that a pipeline's line works with `tofu` replaced by `nivis`."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Literal

from nivis_tofu.cli.common import VALUE_OPTIONS
from nivis_tofu.cli.opentofu import PASSING, Here, flag_of, full_name, passes
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.regex import regex


@immutable(slots=True)
class VerbOptions:
    """What a verb takes, without dashes."""

    switches: frozenset[str] = frozenset()
    """There or not."""
    pairs: frozenset[str] = frozenset()
    """Switches with a `--no-` form."""
    valued: frozenset[str] = frozenset()


GROUPS = {"state", "workspace", "stacks"}
"""Verbs with verbs below them."""
_SAME = {"yes", "auto-approve", "force"}
"""Names of one switch."""
_ENGINE_VERBS = {"init", "plan", "apply", "destroy", "refresh", "validate", "show", "output", "import"}
_OWN_JSON = {"init", "plan", "apply", "destroy", "refresh", "show"}
"""Verbs where `-json` is not what `--json` is: OpenTofu's own output."""
_INTO = {"plan", "apply", "destroy"}
"""Verbs with a `--json-into` for the JSON of nivis."""
ENGINE = "__engine"
"""The hidden verb that runs the engine where a line is for it although the verb is one of ours."""
_FLAG = regex(r"--?[a-z][a-z]")
# As Go's strconv.ParseBool, which reads the flags of OpenTofu.
_ON = {"1", "t", "T", "TRUE", "true", "True"}
_OFF = {"0", "f", "F", "FALSE", "false", "False"}


def split(argv: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Split a command line into our part and the engine's: a verb of the engine, or what comes after `--`."""
    front, rest = _front(argv)
    if passes(rest):
        return [*front, rest[0] if rest[0] in PASSING else ENGINE], tuple(rest)
    args = list(argv)
    end = args.index("--") if "--" in args else len(args)
    if rest[:1] == ["test"]:
        own, engine = _shared("test", args[:end])
        return own, (*engine, *args[end + 1 :])
    return args[:end], tuple(args[end + 1 :])


def _shared(verb: str, words: Sequence[str]) -> tuple[list[str], list[str]]:
    """A line of which both nivis and the engine have a part: the words of each, flags that both know in both."""
    own, engine = [], []
    left = list(words)
    while left:
        word = left.pop(0)
        name = word.lstrip("-").partition("=")[0]
        flag = flag_of(verb, name) if _FLAG.match(word) and word != "--json" else None
        valued = "=" not in word and (_takes_next(word) or (flag is not None and flag.valued))
        whole = [word, *([left.pop(0)] if valued and left else [])]
        if flag is None or flag.here is not Here.PASSES:
            own += whole
        if flag is not None:
            engine += whole
    return own, engine


def options(command: Any) -> VerbOptions:
    """What a command of the parser takes."""
    found: dict[str, set[str]] = {"switches": set(), "pairs": set(), "valued": set()}
    for parameter in command.params:
        if parameter.param_type_name == "option":
            kind = "valued" if not parameter.is_flag else "pairs" if parameter.secondary_opts else "switches"
            found[kind] |= {name.removeprefix("--") for name in parameter.opts if name.startswith("--")}
    return VerbOptions(**{kind: frozenset(names) for kind, names in found.items()})


def normalise(argv: Sequence[str], env: Mapping[str, str], known: Callable[[str], VerbOptions]) -> list[str]:
    """`-flag=x` becomes `--flag=x`; global options before the verb move behind it.

    TF_CLI_ARGS and TF_CLI_ARGS_<verb> count as typed behind the verb, as with OpenTofu; they are for the user's own
    command and never reach the engine processes behind it. `known`: verb -> what it takes.
    """
    front, head = _front(argv)
    if head[:1] and head[0] in ("-help", "--help", "-h"):
        return ["help", *(word for word in head[1:] if not word.startswith("-"))]
    head = full_name(head)
    words = 2 if head[:1] and head[0] in GROUPS and not _FLAG.match("".join(head[1:2])) else 1
    verb = " ".join(head[:words])
    return [*head[:words], *_translated(verb, known(verb), [*_environment(head[:1], env), *front, *head[words:]])]


def _front(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """Global options before the verb, and the rest."""
    head, front = list(argv), []
    while head and _is_option(head[0]):
        front.append(head.pop(0))
        if _takes_next(front[-1]) and head:
            front.append(head.pop(0))
    return front, head


def switched(flag: str, value: str) -> bool:
    """The value of a switch as OpenTofu reads it."""
    if value in _ON | _OFF:
        return value in _ON
    raise NivisError.of(
        "Malformed switch",
        f"`{flag}={value}`: `{value}` is neither true nor false.",
        f"Write `{flag}=true` or `{flag}=false`; 1, t, T, TRUE, True and 0, f, F, FALSE, False are understood too.",
    )


def _environment(verb: Sequence[str], env: Mapping[str, str]) -> list[str]:
    """What stands in TF_CLI_ARGS for this verb."""
    if not verb or verb[0] not in _ENGINE_VERBS:
        return []
    return shlex.split(env.get("TF_CLI_ARGS", "")) + shlex.split(env.get(f"TF_CLI_ARGS_{verb[0]}", ""))


def _translated(verb: str, known: VerbOptions, words: Iterable[str]) -> list[str]:
    """Our spelling of every flag; of a switch that is given twice the last one holds."""
    found: list[str] = []
    value_follows: Literal["", "kept", "dropped"] = ""
    for raw in words:
        if value_follows or not _FLAG.match(raw):
            found += [] if value_follows == "dropped" else [raw]
            value_follows = ""
            continue
        taken_back, meant = _flag(verb, known, raw)
        found = [word for word in found if word not in taken_back]
        found += meant
        if "=" not in raw:
            entry = flag_of(verb, raw.lstrip("-"))
            dropped = entry and entry.here is Here.IGNORED and entry.valued
            value_follows = "dropped" if dropped else "kept" if meant and _takes_next(meant[0], known.valued) else ""
    return found


def _flag(verb: str, known: VerbOptions, raw: str) -> tuple[set[str], list[str]]:
    """(words before it that a flag takes back, words that it is)."""
    name, equals, value = raw.lstrip("-").partition("=")
    entry = flag_of(verb, name)
    ours = raw.startswith("--")
    if entry and entry.here is Here.REFUSED and not (ours and f"--{name}" in VALUE_OPTIONS):
        raise NivisError.of(
            "A flag of OpenTofu that nivis does not have",
            f"`-{name}` of `tofu {verb}` has no meaning here.",
            f"Instead: {entry.note}.",
        )
    if name in ("one-plan", "no-one-plan"):
        return set(), [f"--one-plan={_one_plan(raw, name, value)}"]
    if name == "chdir":
        return set(), [f"--flake={value}"]
    if entry and entry.here is Here.IGNORED:
        if equals and not entry.valued:
            switched(raw.partition("=")[0], value)
        return set(), []
    if verb == "show" and (name == "plan" or (name == "state" and not ours)):
        return set(), [value] if equals and name == "plan" else []
    if (name == "json" and not ours and verb in _OWN_JSON) or (name == "json-into" and not (ours and verb in _INTO)):
        name = f"tofu-{name}"
    if name in known.pairs | known.switches | {"no-color"}:
        return _switch(name, name in known.pairs, on=not equals or switched(raw.partition("=")[0], value))
    if name in ("backend", "cloud") and value in _ON | _OFF:  # of `init`; else it is a name
        return set(), [] if value in _ON else ["--backend=local"]
    return set(), [f"--{name}{equals}{value}"]


def _one_plan(flag: str, name: str, value: str) -> str:
    """A switch in both forms, or how careful it is to be."""
    if name == "one-plan" and value in ("on", "off", "careful"):
        return value
    on = not value or switched(flag.partition("=")[0], value)
    return "on" if on == (name == "one-plan") else "off"


def _switch(name: str, paired: bool, *, on: bool) -> tuple[set[str], list[str]]:
    if paired:
        return set(), [f"--{name}" if on else f"--no-{name}"]
    if name == "no-color":
        return {"--color=never"}, ["--color=never"] if on else []
    if on:
        return set(), [f"--{name}"]
    return {f"--{same}" for same in (_SAME if name in _SAME else {name})}, []


def _is_option(raw: str) -> bool:
    return bool(_FLAG.match(raw)) and raw.lstrip("-") not in ("help", "version")


def _takes_next(raw: str, valued: Collection[str] = ()) -> bool:
    """Is the next word the value of this flag? `valued`: options of the verb's own that take one."""
    return "=" not in raw and (f"--{raw.lstrip('-')}" in VALUE_OPTIONS or raw.lstrip("-") in valued)
