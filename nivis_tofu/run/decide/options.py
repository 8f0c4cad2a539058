"""What the user asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.outcome import PlanStyle
from nivis_tofu.run.decide.select import Selection
from nivis_tofu.tofu.argv import Locking, PlanOptions


@immutable
class Options:
    """What the user asked for; ids and addresses are as typed."""

    variables: Mapping[str, Any] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)
    """Where each variable came from."""
    refresh: bool = True
    build: bool = True
    parallelism: int | None = None
    locking: Locking = Locking()
    max_phases: int | None = None
    """After how many phases a run ends; None: it goes on as long as it gets somewhere."""
    no_destroy: bool = False
    checks: tuple[str, ...] = ()
    """Commands that get each plan and may refuse it, beside those of the flake."""
    replace: tuple[str, ...] = ()
    selection: Selection = field(default_factory=Selection)
    engine_args: tuple[str, ...] = ()
    ask: Literal["", "always", "auto", "name"] = ""
    """What flags and environment say of questions; empty: nothing."""
    asks: Literal["", "terminal", "pipe"] = ""
    """Where answers would come from; empty: nobody is asked."""
    style: PlanStyle | None = None
    """How much of a plan is shown, by flags and environment; None: as the flake prefers."""
    one_plan: Literal["", "off", "on", "careful"] = ""
    """What flags and environment say of one plan; empty: nothing. `careful`: what would be replaced for want of a value
    waits for a phase."""
    detail: bool = False
    """A plan tells attributes in any style, which costs more engine processes."""
    show_sensitive: bool = False
    """Attributes that are told are told with their secrets."""
    backup: str = ""
    """Where the local state's backup goes, instead of below `.nivis/`; `-`: none."""
    generate_config_out: str = ""
    """Where the engine writes blocks for what is imported and not declared."""
    suppress_forget_errors: bool = False
    """A destroy that leaves forgotten objects behind has succeeded."""

    @property
    def plan(self) -> PlanOptions:
        """What holds for every plan of the run."""
        return PlanOptions(
            refresh=self.refresh,
            parallelism=self.parallelism,
            locking=self.locking,
            generate_config_out=self.generate_config_out,
            extra=self.engine_args,
        )
