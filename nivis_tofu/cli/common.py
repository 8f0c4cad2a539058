"""Options that every verb takes, and how a verb gets them."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from nivis_tofu.run.session import Session

PANEL = "Global options"

ENGINE_ARGS: ContextVar[tuple[str, ...]] = ContextVar("engine_args", default=())
"""What the user typed after `--`: flags for the engine's plan."""


Yes = Annotated[bool, typer.Option("--yes", "--auto-approve", help="Ask nothing.")]


Backup = Annotated[str | None, typer.Option("--backup", help="File for the backup of a local state; `-`: none.")]


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


class Library(StrEnum):
    bundled = "bundled"
    locked = "locked"


def _option(*names: str, help: str, **more: Any) -> Any:  # noqa: A002 - typer's own word
    return typer.Option(*names, help=help, rich_help_panel=PANEL, **more)


@dataclass(frozen=True)
class Common:
    """The global options as typed. Field order is the order in `--help`."""

    flake: Annotated[str, _option("--flake", help="Directory of the flake, or a flake reference.")] = "."
    attr: Annotated[str, _option("--attr", help="Attribute that holds the plan function.")] = "nivis.plan"
    state: Annotated[str | None, _option("--state", help="Local state file (default: nivis.state.json).")] = None
    var: Annotated[list[str] | None, _option("--var", help="name=value for lib.mkVars; may be repeated.")] = None
    var_file: Annotated[list[str] | None, _option("--var-file", help="Variables from a json, yaml or tfvars file.")] = (
        None
    )
    backend: Annotated[str | None, _option("--backend", help="`local`: ignore the declared backend.")] = None
    root: Annotated[str | None, _option("--root", help="Directory of an existing root module that joins.")] = None
    backend_config: Annotated[
        list[str] | None, _option("--backend-config", help="NAME=VALUE or a file, for the backend; may be repeated.")
    ] = None
    target: Annotated[
        list[str] | None, _option("--target", help="Only this, and what it depends on; id or glob, may be repeated.")
    ] = None
    exclude: Annotated[
        list[str] | None, _option("--exclude", help="Not this, nor what depends on it; id or glob, may be repeated.")
    ] = None
    target_file: Annotated[
        list[str] | None, _option("--target-file", help="Like --target, for each line of a file; may be repeated.")
    ] = None
    exclude_file: Annotated[
        list[str] | None, _option("--exclude-file", help="Like --exclude, for each line of a file; may be repeated.")
    ] = None
    replace: Annotated[
        list[str] | None, _option("--replace", help="Replace this resource; id or glob, may be repeated.")
    ] = None
    refresh: Annotated[bool, _option("--refresh/--no-refresh", help="Compare the state with the real objects.")] = True
    build: Annotated[bool, _option("--build/--no-build", help="Realise files built by Nix.")] = True
    no_destroy: Annotated[bool, _option("--no-destroy", help="Refuse to destroy or replace anything.")] = False
    parallelism: Annotated[int | None, _option("--parallelism", min=1, help="Concurrent operations of the engine.")] = (
        None
    )
    lock: Annotated[bool, _option("--lock/--no-lock", help="Take the engine's state lock.")] = True
    input_: Annotated[bool, _option("--input/--no-input", help="Ask questions, where there are any.")] = True
    lock_timeout: Annotated[str, _option("--lock-timeout", help="How long to wait for a lock, e.g. 30s or 5m.")] = "0s"
    max_phases: Annotated[int, _option("--max-phases", min=1, help="Give up after so many phases.")] = 25
    lib: Annotated[Library, _option("--lib", help="Nix library: ours, or the one the flake locks.")] = Library.bundled
    tofu: Annotated[str | None, _option("--tofu", help="Engine executable (environment: NIVIS_TOFU).")] = None
    json: Annotated[bool, _option("--json", help="Machine-readable output.")] = False
    tofu_json: Annotated[bool, _option("--tofu-json", help="OpenTofu's -json.", hidden=True)] = False
    tofu_json_into: Annotated[Path | None, _option("--tofu-json-into", help="OpenTofu's -json-into.", hidden=True)] = (
        None
    )
    log_level: Annotated[LogLevel, _option("--log-level", help="How much talk on stderr.", envvar="NIVIS_LOG")] = (
        LogLevel.info
    )
    provider_log_level: Annotated[
        Noted, _option("--provider-log-level", help="How much of what providers log is shown.", case_sensitive=False)
    ] = Noted.off
    pager: Annotated[
        bool, _option("--pager/--no-pager", help="Long text on a terminal goes through NIVIS_PAGER, PAGER or less.")
    ] = True
    timestamps: Annotated[
        bool,
        _option("--timestamps/--no-timestamps", help="Begin lines of talk with the time.", envvar="NIVIS_TIMESTAMPS"),
    ] = False
    color: Annotated[Colour, _option("--color", help="When to colour.")] = Colour.auto


VALUE_OPTIONS = frozenset("--" + f.name.replace("_", "-") for f in fields(Common) if not isinstance(f.default, bool))


@functools.cache
def _shared() -> list[inspect.Parameter]:
    """The global options as parameters; the same for every verb."""
    hints = typing.get_type_hints(Common, include_extras=True)
    return [
        inspect.Parameter(f.name, inspect.Parameter.KEYWORD_ONLY, default=f.default, annotation=hints[f.name])
        for f in fields(Common)
    ]


def verb(function: Callable[..., int]) -> Callable[..., int]:
    """Give a command all global options; it takes them as one `Common` in its parameter `common`."""
    hints = typing.get_type_hints(function, include_extras=True)
    signature = inspect.signature(function)
    own = [p.replace(annotation=hints[p.name]) for p in signature.parameters.values() if p.name != "common"]
    shared = _shared()

    @functools.wraps(function)
    def wrapper(**arguments: Any) -> int:
        common = Common(**{f.name: arguments.pop(f.name) for f in fields(Common)})
        return function(common=common, **arguments)

    keyword = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
    wrapper.__signature__ = signature.replace(parameters=[*keyword, *shared])  # type: ignore[attr-defined]
    wrapper.__annotations__ = {p.name: p.annotation for p in [*keyword, *shared]} | {"return": int}
    return wrapper


def backup_path(session: Session, given: str | None) -> str:
    """Where `--backup` wants the backup; relative paths are relative to the project directory."""
    if not given or given == "-":
        return given or ""
    path = session.space.project / given
    path.parent.stat()  # in a directory that was mistyped the engine can keep neither backup nor state
    return str(path)


def project_file(common: Common, file: Path) -> Path:
    """Relative paths are relative to the project directory."""
    flake = Path(common.flake).expanduser()
    return (flake if flake.is_dir() else Path.cwd()) / file
