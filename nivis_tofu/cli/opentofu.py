"""Every verb and flag of OpenTofu, and what it is here: one table for the parser, the documentation and their tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from nivis_tofu.core.immutable import immutable


class Here(StrEnum):
    """What becomes of a flag."""

    WORKS = "works"
    PASSES = "passes through"
    IGNORED = "accepted, changes nothing"
    REFUSED = "refused"


@immutable(slots=True)
class Flag:
    """One flag of one verb. `note` says how it works, why it changes nothing, or what to do instead."""

    here: Here
    note: str = ""
    valued: bool = False
    """Does it take the next word as its value? Needed only where nivis drops it, or gives it to the engine."""


_WORKS = Flag(Here.WORKS)
_PASSES = Flag(Here.PASSES)


def _works(note: str) -> Flag:
    return Flag(Here.WORKS, note)


def _ignored(note: str, *, valued: bool = False) -> Flag:
    return Flag(Here.IGNORED, note, valued)


def _refused(note: str) -> Flag:
    return Flag(Here.REFUSED, note)


def _all(names: str, flag: Flag = _WORKS) -> dict[str, Flag]:
    return dict.fromkeys(names.split(), flag)


_REMOTE = _refused("use an engine of the version that the remote workspace asks for (`--tofu`)")
_OUT = _refused("copy the state file first, then name the copy with `-state`")
_TWO_STATES = _refused("`nivis state rm` in the one project and an `import` block in the other move an object")
_VARIABLES = _all("var var-file")
_WARNINGS = _all(
    "compact-warnings consolidate-warnings consolidate-errors",
    _ignored("nivis shows each diagnostic once, in its own form"),
)
_LOCK = _all("lock lock-timeout")
_TESTS = {"test-directory": _ignored("test files are no part of what is planned", valued=True)}
_OWN_JSON = {
    "json": _works("OpenTofu's own JSON lines, once for all phases; `--json` prints those of nivis"),
    "json-into": _works("the same lines, into a file"),
}
_DOCUMENT = {"json": _works("one JSON document of nivis, as `--json`"), "json-into": _works("the same, into a file")}
_OWN_DOCUMENT = {"json": _works("OpenTofu's own document"), "json-into": _works("the same, into a file")}
_CONCISE = {"concise": _ignored("say `--log-level quiet`")}
_DEPRECATION = {"deprecation": _ignored("deprecation warnings are shown as the engine sends them", valued=True)}
_BACKUP = _works("a local state; nivis keeps backups below `.nivis/` otherwise")
_STATE = _works("a local state file, by default `nivis.state.json`")
_STATE_OUT = _works("a local state; the run works on a copy of it, the old file stays")
_SECRETS = {"show-sensitive": _WORKS}

_PLANNING = {
    **_all("destroy refresh-only refresh replace target target-file exclude exclude-file detailed-exitcode"),
    **_all("input no-color parallelism out"),
    "generate-config-out": _works("`.tf` text for `import` blocks without a resource; `nivis convert` makes Nix of it"),
    "state": _STATE, "show-sensitive": _works("with `--diff`"),
    **_VARIABLES, **_WARNINGS, **_LOCK, **_CONCISE, **_DEPRECATION, **_OWN_JSON,
}  # fmt: skip
_APPLYING = {
    **_all("auto-approve destroy input no-color parallelism suppress-forget-errors"),
    "state": _STATE, "state-out": _STATE_OUT, "backup": _BACKUP,
    "show-sensitive": _ignored("nivis prints no values after an apply; `nivis output -show-sensitive` does"),
    **_VARIABLES, **_WARNINGS, **_LOCK, **_CONCISE, **_DEPRECATION, **_OWN_JSON,
}  # fmt: skip
_BY_HAND = {**_VARIABLES, **_LOCK, **_DOCUMENT, "ignore-remote-version": _REMOTE}
_LEGACY = {"state": _STATE, "state-out": _OUT, "backup": _BACKUP}
_WORKSPACE = {**_VARIABLES, **_DOCUMENT}

VERBS: Mapping[str, Mapping[str, Flag]] = {
    "": {
        "chdir": _works("as `--flake DIR`"),
        "help": _WORKS,
        "version": _works("the version of nivis; `nivis version` prints the engine's"),
    },
    "init": {
        "backend": _works("`-backend=false` leaves the declared backend alone"),
        "cloud": _works("as `-backend`"),
        **_all("backend-config input no-color plugin-dir reconfigure migrate-state upgrade lockfile force-copy"),
        "from-module": _refused("copy the module into the project, then run `nivis convert` or `nivis adopt`"),
        "get": _ignored("modules are installed as soon as something needs them"),
        "ignore-remote-version": _REMOTE,
        **_VARIABLES, **_WARNINGS, **_LOCK, **_TESTS, **_OWN_JSON,
    },
    "validate": {
        "no-color": _WORKS, "no-tests": _ignored("test files are not validated"),
        **_VARIABLES, **_WARNINGS, **_TESTS, **_OWN_DOCUMENT,
    },
    "plan": _PLANNING,
    "apply": _APPLYING,
    "destroy": {"suppress-forget-errors": _WORKS},
    "console": _all(
        "compact-warnings consolidate-warnings consolidate-errors state var var-file lock lock-timeout json-into",
        _PASSES,
    ),
    "fmt": _all("list write diff check no-color recursive", _PASSES),
    "force-unlock": {"force": _WORKS, **_VARIABLES, **_DOCUMENT},
    "get": _all("update no-color test-directory json json-into var var-file", _PASSES),
    "graph": {**_all("plan draw-cycles type module-depth", _PASSES), **_VARIABLES},
    "import": {
        **_all("input no-color"), "config": _refused("the flake is the configuration; name another with `--flake`"),
        **_WARNINGS, **_BY_HAND, **_LEGACY,
    },
    "login": {},
    "logout": {},
    "metadata": {},
    "metadata functions": {"json": _PASSES},
    "output": {
        **_all("no-color raw show-sensitive"), "state": _STATE, **_VARIABLES, **_OWN_DOCUMENT,
    },
    "providers": {**_VARIABLES, **_TESTS},
    "providers lock": _all("fs-mirror net-mirror platform var var-file json json-into", _PASSES),
    "providers mirror": _all("platform var var-file json json-into", _PASSES),
    "providers schema": _all("json var var-file", _PASSES),
    "refresh": {
        **_all("exclude target input no-color parallelism"),
        **_VARIABLES, **_WARNINGS, **_LOCK, **_CONCISE, **_OWN_JSON,
        "state": _STATE, "state-out": _OUT, "backup": _BACKUP,
    },
    "show": {
        "state": _works("what is shown without it, too; not the name of a file"),
        "plan": _works("as `nivis show FILE`"),
        "config": _PASSES,
        "no-color": _WORKS, **_VARIABLES, **_SECRETS, **_OWN_DOCUMENT,
    },
    "state": {},
    "state list": {"state": _STATE, "id": _WORKS, **_VARIABLES, **_DOCUMENT},
    "state mv": {"dry-run": _WORKS, **_BY_HAND, "state": _STATE, "state-out": _TWO_STATES, "backup": _BACKUP},
    "state pull": _VARIABLES,
    "state push": {"force": _WORKS, **_VARIABLES, **_LOCK, **_DOCUMENT},
    "state replace-provider": {"auto-approve": _WORKS, **_BY_HAND, **_LEGACY},
    "state rm": {"dry-run": _WORKS, "backup": _BACKUP, "state": _STATE, **_BY_HAND},
    "state show": {"state": _STATE, **_SECRETS, **_VARIABLES, **_DOCUMENT},
    "taint": {"allow-missing": _WORKS, **_BY_HAND, **_LEGACY},
    "test": {
        **_all("compact-warnings consolidate-warnings consolidate-errors verbose", _PASSES),
        **dict.fromkeys(("filter", "json-into", "test-directory"), Flag(Here.PASSES, valued=True)),
        "json": Flag(Here.PASSES, "`--json` prints the results of `nivis.tests`"),
        **_all("no-color var var-file", _works("for `nivis.tests` and for the engine's tests")),
    },
    "untaint": {"allow-missing": _WORKS, **_BY_HAND, **_LEGACY},
    "version": {"json": _PASSES},
    "workspace": {},
    "workspace delete": {"force": _WORKS, **_LOCK, **_WORKSPACE},
    "workspace list": _WORKSPACE,
    "workspace new": {
        **_LOCK, **_WORKSPACE, "state": _refused("make the workspace, then `nivis state push FILE`"),
    },
    "workspace select": {"or-create": _WORKS, **_WORKSPACE},
    "workspace show": {},
}  # fmt: skip
"""By the words of the verb; the empty one: what stands before a verb."""

ALONE = ("fmt", "login", "logout", "metadata", "version")
"""Verbs that need nothing from a flake."""
IN_PROJECT = ("console", "env", "get")
"""Verbs that see the configuration of the flake, where there is one."""
PASSING = (*ALONE, *IN_PROJECT)
_SUBVERBS = {"providers": {"lock", "mirror", "schema"}}
_ALIASES: Mapping[tuple[str, ...], str] = {("state", "ls"): "list", ("state", "move"): "mv", ("state", "remove"): "rm"}


def passes(words: Sequence[str]) -> bool:
    """Whether this line, from its verb on, goes to the engine unchanged."""
    verb, *rest = words or ("",)
    if verb in PASSING or (rest[:1] and rest[0] in _SUBVERBS.get(verb, ())):
        return True
    if verb not in ("graph", "show"):
        return False
    passing = {name for name, flag in VERBS[verb].items() if flag.here is Here.PASSES}
    return any(word.startswith("-") and word.lstrip("-").partition("=")[0] in passing for word in rest)


def full_name(words: Sequence[str]) -> list[str]:
    """The words of a line with other names of a verb replaced by its own."""
    found = list(words)
    if name := _ALIASES.get(tuple(found[:2])):
        found[1] = name
    return found


def flag_of(verb: str, name: str) -> Flag | None:
    """What a flag of OpenTofu does here; `destroy` takes the flags of `apply`, and both take those of `plan`."""
    chain = {"destroy": ("destroy", "apply", "plan"), "apply": ("apply", "plan")}.get(verb, (verb,))
    return next((VERBS[v][name] for v in chain if v in VERBS and name in VERBS[v]), None)
