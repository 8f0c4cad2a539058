"""Command lines of the engine: pure functions from options to argv, without the executable."""

from __future__ import annotations

from typing import Literal

from nivis_tofu.core.errors import EngineError
from nivis_tofu.core.immutable import immutable

EngineKind = Literal["tofu", "terraform"]
PlanMode = Literal["normal", "destroy", "refresh-only"]
Lockfile = Literal["", "readonly"]
BackendChange = Literal["", "reconfigure", "migrate"]
Argv = tuple[str, ...]


@immutable(slots=True)
class Locking:
    """Whether a command takes the state lock, and how long it waits."""

    lock: bool = True
    timeout: str = ""
    """A duration of the engine, e.g. `30s`; empty: fail at once."""

    def flags(self) -> Argv:
        return (*(() if self.lock else ("-lock=false",)), *_opt("lock-timeout", self.timeout))


DEFAULT_LOCKING = Locking()


@immutable(slots=True)
class InitOptions:
    upgrade: bool = False
    backend_change: BackendChange = ""
    backend: bool = True
    backend_config: Argv = ()
    lockfile: Lockfile = ""
    plugin_dirs: Argv = ()
    locking: Locking = DEFAULT_LOCKING
    extra: Argv = ()


@immutable(slots=True)
class PlanOptions:
    """What one plan looks at. `exclude` exists on OpenTofu only; it cannot be combined with `targets`."""

    out: str = ""
    mode: PlanMode = "normal"
    refresh: bool = True
    targets: Argv = ()
    exclude: Argv = ()
    exclude_file: str = ""
    replace: Argv = ()
    parallelism: int | None = None
    locking: Locking = DEFAULT_LOCKING
    var_files: Argv = ()
    generate_config_out: str = ""
    extra: Argv = ()

    @property
    def partial(self) -> bool:
        """Whether the plan is partial, so that the engine will warn about it."""
        return bool(self.targets or self.exclude or self.exclude_file)


@immutable(slots=True)
class ApplyOptions:
    """How a saved plan is applied."""

    parallelism: int | None = None
    locking: Locking = DEFAULT_LOCKING
    backup: str = ""
    """Path of the local state's backup; `-` for none; empty: the engine's default."""
    extra: Argv = ()


WITH_VALUES = frozenset({"console", "get", "graph", "providers", "test"})
"""Commands of the user's own that take values of variables."""


def is_usage(text: str) -> bool:
    """Is this what an engine says of a flag that it does not know?"""
    return text.lstrip().startswith("Usage: tofu") or "flag provided but not defined: -json" in text


NO_VALUES = "Can't set variables when applying a saved plan"
"""What an engine says that takes the values of a saved plan and no others, as OpenTofu 1.10 does."""


def with_var_files(line: Argv, files: Argv, kind: EngineKind, *, beside_plan: bool = True) -> Argv:
    """The command line with variable files. OpenTofu accepts them everywhere, for its backend and its encryption.

    `beside_plan`: does this one accept them beside a saved plan, too?
    """
    words = 2 if line[0] in ("state", "workspace", "providers") else 1
    plans = line[0] in ("init", "plan", "import", "console") or (line[0] == "apply" and "-auto-approve" in line)
    saved = line[0] == "apply" and not plans
    if not (plans or kind == "tofu") or (saved and not beside_plan):
        return line
    return (*line[:words], *(f"-var-file={file}" for file in files), *line[words:])


def init(options: InitOptions) -> Argv:
    change = {"": (), "reconfigure": ("-reconfigure",), "migrate": ("-migrate-state", "-force-copy")}
    return (
        *("init", "-json", "-input=false", "-no-color"),
        *_switch("upgrade", options.upgrade),
        *change[options.backend_change],
        *(() if options.backend else ("-backend=false",)),
        *(f"-backend-config={item}" for item in options.backend_config),
        *_opt("lockfile", options.lockfile),
        *(f"-plugin-dir={item}" for item in options.plugin_dirs),
        *options.locking.flags(),
        *options.extra,
    )


def plan(options: PlanOptions, kind: EngineKind) -> Argv:
    return (
        *("plan", "-json", "-input=false", "-no-color"),
        *_opt("out", options.out),
        *_operation(options, kind),
        *_opt("generate-config-out", options.generate_config_out),
        *options.extra,
    )


def apply_saved(plan_file: str, options: ApplyOptions) -> Argv:
    return ("apply", "-json", "-input=false", "-no-color", *_apply_flags(options), *options.extra, plan_file)


def apply_direct(plan_options: PlanOptions, options: ApplyOptions, kind: EngineKind) -> Argv:
    """Plan and apply in one process, unasked; `out` has no meaning here, locking is that of `options`."""
    return (
        *("apply", "-json", "-auto-approve", "-input=false", "-no-color"),
        *_apply_flags(options),
        *_scope(plan_options, kind),
        *plan_options.extra,
        *options.extra,
    )


def show(plan_file: str = "") -> Argv:
    """JSON of a saved plan, or of the state."""
    return ("show", "-json", "-no-color", *((plan_file,) if plan_file else ()))


def validate() -> Argv:
    return ("validate", "-json", "-no-color")


def version() -> Argv:
    return ("version", "-json")


def providers_schema() -> Argv:
    return ("providers", "schema", "-json")


def output() -> Argv:
    return ("output", "-json", "-no-color")


def state_pull() -> Argv:
    return ("state", "pull")


def state_list(addresses: Argv = ()) -> Argv:
    return ("state", "list", *addresses)


def state_push(path: str, locking: Locking, kind: EngineKind, *, force: bool = False) -> Argv:
    return ("state", "push", *_switch("force", force), *locking.flags(), *_json(kind), path)


def state_mv(source: str, destination: str, locking: Locking, kind: EngineKind, *, dry_run: bool = False) -> Argv:
    dry = ("-dry-run",) if dry_run else ()
    return ("state", "mv", *dry, *locking.flags(), *_json(kind), source, destination)


def state_rm(addresses: Argv, locking: Locking, kind: EngineKind) -> Argv:
    return ("state", "rm", *locking.flags(), *_json(kind), *addresses)


def state_replace_provider(source: str, destination: str, locking: Locking, kind: EngineKind) -> Argv:
    flags = ("-auto-approve", *locking.flags(), *_json(kind))
    return ("state", "replace-provider", *flags, source, destination)


def import_(address: str, import_id: str, locking: Locking, kind: EngineKind, var_files: Argv = ()) -> Argv:
    flags = (*locking.flags(), *(f"-var-file={file}" for file in var_files), *_json(kind))
    return ("import", "-input=false", "-no-color", *flags, address, import_id)


def taint(address: str, locking: Locking, kind: EngineKind) -> Argv:
    return ("taint", *locking.flags(), *_json(kind), address)


def untaint(address: str, locking: Locking, kind: EngineKind) -> Argv:
    return ("untaint", *locking.flags(), *_json(kind), address)


def touch_lock(locking: Locking, kind: EngineKind) -> Argv:
    """A command that takes the state lock and releases it, without changing anything or starting a provider."""
    return ("taint", *locking.flags(), "-allow-missing", *_json(kind), "terraform_data.nivis_nothing")


def force_unlock(lock_id: str, kind: EngineKind) -> Argv:
    return ("force-unlock", "-force", *_json(kind), lock_id)


def workspace_list() -> Argv:
    return ("workspace", "list")


def workspace_new(name: str, locking: Locking, kind: EngineKind) -> Argv:
    return ("workspace", "new", *locking.flags(), *_json(kind), name)


def workspace_select(name: str, kind: EngineKind) -> Argv:
    return ("workspace", "select", *_json(kind), name)


def workspace_delete(name: str, locking: Locking, kind: EngineKind, *, force: bool = False) -> Argv:
    return ("workspace", "delete", *_switch("force", force), *locking.flags(), *_json(kind), name)


def _operation(options: PlanOptions, kind: EngineKind) -> Argv:
    return (*_parallel(options.parallelism), *options.locking.flags(), *_scope(options, kind))


def _apply_flags(options: ApplyOptions) -> Argv:
    return (*_parallel(options.parallelism), *options.locking.flags(), *_opt("backup", options.backup))


def _scope(options: PlanOptions, kind: EngineKind) -> Argv:
    excludes = (
        *(f"-exclude={address}" for address in options.exclude),
        *_opt("exclude-file", options.exclude_file),
    )
    if excludes and kind != "tofu":
        raise EngineError.of(
            "Terraform cannot exclude resources",
            "Leaving resources out of a plan by name (-exclude) exists in OpenTofu only.",
            "Run OpenTofu (--tofu), or name what is to be planned as targets.",
        )
    if excludes and options.targets:
        raise EngineError.of(
            "Targets and exclusions cannot be combined",
            "The engine plans either some resources by name or all but some.",
        )
    return (
        *(() if options.mode == "normal" else (f"-{options.mode}",)),
        *(() if options.refresh else ("-refresh=false",)),
        *(f"-target={address}" for address in options.targets),
        *excludes,
        *(f"-replace={address}" for address in options.replace),
        *(f"-var-file={file}" for file in options.var_files),
    )


def _json(kind: EngineKind) -> Argv:
    """Commands that speak JSON on OpenTofu only; Terraform refuses the flag there."""
    return ("-json",) if kind == "tofu" else ()


def _parallel(parallelism: int | None) -> Argv:
    return () if parallelism is None else (f"-parallelism={parallelism}",)


def _opt(name: str, value: str) -> Argv:
    return (f"-{name}={value}",) if value else ()


def _switch(name: str, on: bool) -> Argv:
    return (f"-{name}",) if on else ()
