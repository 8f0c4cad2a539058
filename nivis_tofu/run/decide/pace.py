"""Whether a run that goes on phase after phase still gets somewhere: depth alone stops none."""

from __future__ import annotations

from dataclasses import replace

from nivis_tofu.core.immutable import immutable

AGAIN, GROWING = 25, 100
"""Phases in a row that may do nothing but what was done before; and that may leave as much waiting as ever."""


@immutable
class Pace:
    """What the phases of a run have come to. `limit`: after how many it ends, wherever it gets; None: none is set."""

    limit: int | None = None
    phases: int = 0
    acted: int = 0
    """How many objects have been acted on, each counted once."""
    fewest: int | None = None
    """How few values and groups have waited at the end of a phase."""
    again: int = 0
    """Phases since something was acted on for the first time."""
    growing: int = 0
    """Phases since fewer waited than ever before: what nobody could foresee may come without end."""

    def after(self, acted: int, left: int) -> Pace:
        """The pace after one more phase. `acted`: objects of the whole run so far; `left`: what still waits."""
        fewer = self.fewest is None or left < self.fewest
        return replace(
            self,
            phases=self.phases + 1,
            acted=acted,
            fewest=left if fewer else self.fewest,
            again=0 if acted > self.acted else self.again + 1,
            growing=0 if fewer else self.growing + 1,
        )

    @property
    def over(self) -> bool:
        """Whether the run has to stop here."""
        if self.limit is not None:
            return self.phases >= self.limit
        return self.repeats or self.growing >= GROWING

    @property
    def repeats(self) -> bool:
        """Whether nothing new has been done for long."""
        return self.again >= AGAIN
