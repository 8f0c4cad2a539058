"""Nivis: infrastructure as Nix code on the real OpenTofu engine. `Project` is the way in for Python programs."""

__version__ = "0.1.0"

# Each name is loaded when it is asked for: the command line imports this module, too, and needs none of them.
_HOMES = {
    "core.diagnostics": ("Diagnostic",),
    "core.errors": (
        *("EngineError", "GuardError", "IRError", "Interrupted", "NivisError", "NixError", "NotConverged"),
        *("PlanStale", "ProjectLocked"),
    ),
    "core.events": ("Event",),
    "core.plain": ("Json",),
    "core.run_result": ("Action", "AppliedChange", "OutputValues", "RunResult"),
    "api.options": ("RunOptions",),
    "api.project": ("Project",),
    "api.results": (
        *("AttributeChange", "DriftedResource", "Plan", "RefreshResult", "ResourceChange", "ResourceState", "State"),
    ),
    "tofu.results": ("LockHeldError",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
__all__ = ["__version__", "events", *_HOME_OF]


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name == "events":
        return import_module("nivis_tofu.core.events")
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"nivis_tofu.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
