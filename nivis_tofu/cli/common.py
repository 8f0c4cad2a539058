"""Options that every verb takes, and how a verb gets them. Annotations are values: texts would have to be compiled."""

import functools
import inspect
import typing
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nivis_tofu.cli.help_page import COMMON, ENGINE, SELECTION, STATE
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.namespace import PLAN, Namespace, of_stack

if TYPE_CHECKING:
    from nivis_tofu.run.session import Session

ENGINE_ARGS: ContextVar[tuple[str, ...]] = ContextVar("engine_args", default=())
"""What the user typed after `--`: flags for the engine's plan."""


Yes = Annotated[bool, typer.Option("--yes", "--auto-approve", help="Do not ask.")]


Ask = Annotated[bool, typer.Option("--ask", help="Ask about every change (environment: NIVIS_ASK=always).")]


Backup = Annotated[
    str | None, typer.Option("--backup", metavar="FILE", help="Save the old local state here; `-` saves none.")
]


class LogLevel(StrEnum):
    quiet = "quiet"
    info = "info"
    verbose = "verbose"
    debug = "debug"


class Noted(StrEnum):
    off = "off"
    error = "error"
    warn = "warn"
    info = "info"
    debug = "debug"
    trace = "trace"


class Colour(StrEnum):
    auto = "auto"
    always = "always"
    never = "never"


class OneOrPhases(StrEnum):
    on = "on"
    off = "off"
    careful = "careful"


class Library(StrEnum):
    bundled = "bundled"
    locked = "locked"


def _option(name: str, group: str, *, help: str, **more: Any) -> Any:  # noqa: A002 - typer's own word
    return typer.Option(name, help=help, rich_help_panel=group, **more)


@immutable
class Common:
    """The global options as typed. Field order is the order in `--help`."""

    flake: Annotated[
        str, _option("--flake", COMMON, help="Directory of the flake, or a flake reference.", metavar="DIR")
    ] = "."
    attr: Annotated[
        str, _option("--attr", COMMON, help="Attribute of the flake that holds the plan.", metavar="ATTR")
    ] = "nivis.plan"
    stack: Annotated[
        str | None, _option("--stack", COMMON, help="The stack to act on: `nivis.stacks.NAME`.", metavar="NAME")
    ] = None
    state: Annotated[
        str | None, _option("--state", STATE, help="Local state file (default: nivis.state.json).", metavar="FILE")
    ] = None
    var: Annotated[
        list[str] | None,
        _option("--var", COMMON, help="Set a variable of the flake; repeatable.", metavar="NAME=VALUE"),
    ] = None
    var_file: Annotated[
        list[str] | None,
        _option(
            "--var-file", COMMON, help="Read variables from a JSON, YAML or tfvars file; repeatable.", metavar="FILE"
        ),
    ] = None
    backend: Annotated[
        str | None, _option("--backend", STATE, help="Ignore the backend that the flake declares.", metavar="local")
    ] = None
    root: Annotated[
        str | None, _option("--root", COMMON, help="Directory of .tf files that the flake joins.", metavar="DIR")
    ] = None
    backend_config: Annotated[
        list[str] | None,
        _option(
            "--backend-config",
            STATE,
            help="A setting of the backend, or a file of them; repeatable.",
            metavar="NAME=VALUE",
        ),
    ] = None
    target: Annotated[
        list[str] | None,
        _option("--target", SELECTION, help="Only this resource and what it depends on; repeatable.", metavar="ID"),
    ] = None
    exclude: Annotated[
        list[str] | None,
        _option("--exclude", SELECTION, help="All but this resource and what depends on it; repeatable.", metavar="ID"),
    ] = None
    target_file: Annotated[
        list[str] | None,
        _option(
            "--target-file", SELECTION, help="Read --target from a file, one ID per line; repeatable.", metavar="FILE"
        ),
    ] = None
    exclude_file: Annotated[
        list[str] | None,
        _option(
            "--exclude-file", SELECTION, help="Read --exclude from a file, one ID per line; repeatable.", metavar="FILE"
        ),
    ] = None
    replace: Annotated[
        list[str] | None,
        _option(
            "--replace", SELECTION, help="Replace this resource even if nothing changed; repeatable.", metavar="ID"
        ),
    ] = None
    refresh: Annotated[
        bool, _option("--refresh/--no-refresh", STATE, help="Compare the state with the real objects first.")
    ] = True
    build: Annotated[bool, _option("--build/--no-build", ENGINE, help="Build files that come from Nix.")] = True
    one_plan: Annotated[
        OneOrPhases | None,
        _option("--one-plan", ENGINE, help="One plan and one apply; `careful` replaces nothing in doubt."),
    ] = None
    no_destroy: Annotated[
        bool, _option("--no-destroy", COMMON, help="Refuse a run that destroys or replaces anything.")
    ] = False
    check: Annotated[
        list[str] | None,
        _option(
            "--check", COMMON, help="A command that gets the plan and may refuse it; repeatable.", metavar="COMMAND"
        ),
    ] = None
    parallelism: Annotated[
        int | None, _option("--parallelism", ENGINE, min=1, help="How many operations may run at once.", metavar="N")
    ] = None
    lock: Annotated[bool, _option("--lock/--no-lock", STATE, help="Lock the state while it is in use.")] = True
    input_: Annotated[bool, _option("--input/--no-input", COMMON, help="Allow questions on the terminal.")] = True
    lock_timeout: Annotated[
        str,
        _option("--lock-timeout", STATE, help="How long to wait for a lock, such as 30s or 5m.", metavar="DURATION"),
    ] = "0s"
    max_phases: Annotated[
        int | None,
        _option("--max-phases", ENGINE, min=1, help="Stop after this many phases, wherever the run gets.", metavar="N"),
    ] = None
    lib: Annotated[
        Library, _option("--lib", COMMON, help="Nix library: that of this nivis, or the one locked by the flake.")
    ] = Library.bundled
    tofu: Annotated[
        str | None,
        _option("--tofu", ENGINE, help="OpenTofu or Terraform executable (environment: NIVIS_TOFU).", metavar="FILE"),
    ] = None
    json: Annotated[bool, _option("--json", COMMON, help="Print JSON instead of text.")] = False
    tofu_json: Annotated[bool, _option("--tofu-json", ENGINE, help="OpenTofu's -json.", hidden=True)] = False
    tofu_json_into: Annotated[
        Path | None, _option("--tofu-json-into", ENGINE, help="OpenTofu's -json-into.", hidden=True)
    ] = None
    log_level: Annotated[
        LogLevel, _option("--log-level", COMMON, help="How much to say on stderr.", envvar="NIVIS_LOG")
    ] = LogLevel.info
    provider_log_level: Annotated[
        Noted,
        _option(
            "--provider-log-level", ENGINE, help="Show what providers log, from this level up.", case_sensitive=False
        ),
    ] = Noted.off
    pager: Annotated[
        bool, _option("--pager/--no-pager", COMMON, help="Show long text through a pager on a terminal.")
    ] = True
    timestamps: Annotated[
        bool,
        _option(
            "--timestamps/--no-timestamps",
            COMMON,
            help="Start each line on stderr with the time.",
            envvar="NIVIS_TIMESTAMPS",
        ),
    ] = False
    color: Annotated[Colour, _option("--color", COMMON, help="Whether to use colours.")] = Colour.auto

    @property
    def namespace(self) -> Namespace:
        """What of the project a verb is about."""
        return PLAN if self.stack is None else of_stack(self.stack)

    @property
    def attribute(self) -> str:
        """The attribute of the flake that holds the plan."""
        return self.attr if self.stack is None else self.namespace.attribute

    @property
    def state_file(self) -> str:
        """The local state file, relative to the project."""
        return self.state or self.namespace.state


def spelled(common: Common) -> list[str]:
    """The options as somebody would type them who means the same."""
    found: list[str] = []
    for option in fields(Common):
        name, value = "--" + option.name.rstrip("_").replace("_", "-"), getattr(common, option.name)
        match value:
            case _ if value == option.default:
                continue
            case bool():
                found.append(name if value else name.replace("--", "--no-", 1))
            case list() | tuple():
                found += [f"{name}={item}" for item in value]
            case _:
                found.append(f"{name}={value.value if isinstance(value, StrEnum) else value}")
    return found


VALUE_OPTIONS = frozenset("--" + f.name.replace("_", "-") for f in fields(Common) if not isinstance(f.default, bool))
VALUE_OPTIONS -= {"--one-plan"}  # its value is never the next word


@functools.cache
def _shared() -> list[inspect.Parameter]:
    """The global options as parameters; the same for every verb."""
    return _parameters(Common)


def _parameters(group: type[Any]) -> list[inspect.Parameter]:
    hints = typing.get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(f.name, inspect.Parameter.KEYWORD_ONLY, default=f.default, annotation=hints[f.name])
        for f in fields(group)
    ]


def verb(function: Callable[..., int]) -> Callable[..., int]:
    """Give a command all global options, which it takes as one `Common` in its parameter `common`.

    Another parameter whose type is a dataclass takes the options that are the fields of that in the same way.
    """
    hints = typing.get_type_hints(function, include_extras=True)
    groups: dict[str, type[Any]] = {
        name: kind for name, kind in hints.items() if isinstance(kind, type) and is_dataclass(kind)
    }
    own = [
        one
        for p in inspect.signature(function).parameters.values()
        if p.name != "common"
        for one in (_parameters(groups[p.name]) if p.name in groups else [p.replace(annotation=hints[p.name])])
    ]
    shared = _shared()

    @functools.wraps(function)
    def wrapper(**arguments: Any) -> int:
        for name, kind in groups.items():
            arguments[name] = kind(**{f.name: arguments.pop(f.name) for f in fields(kind)})
        return function(**arguments)

    keyword = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
    wrapper.__signature__ = inspect.Signature([*keyword, *shared], return_annotation=int)  # type: ignore[attr-defined]
    wrapper.__annotations__ = {}  # typer would evaluate them a second time, beside the signature
    return wrapper


def backup_path(session: "Session", given: str | None) -> str:
    """The path for `--backup`; relative paths are relative to the project directory."""
    if not given or given == "-":
        return given or ""
    path = session.workdir.project / given
    path.parent.stat()  # in a directory that was mistyped the engine can keep neither backup nor state
    return str(path)


def project_file(common: Common, file: Path) -> Path:
    """Relative paths are relative to the project directory."""
    flake = Path(common.flake).expanduser()
    return (flake if flake.is_dir() else Path.cwd()) / file
