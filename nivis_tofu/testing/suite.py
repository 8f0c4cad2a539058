"""All tests of a flake, and what became of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.testing.case import Case, Check, Played, Report, Verdict
from nivis_tofu.testing.flake import Flake
from nivis_tofu.testing.invent import Inventor
from nivis_tofu.testing.play import Play, Scene
from nivis_tofu.testing.rounds import play_all


@immutable
class Suite:
    """`variables`: those of files and the command line for a stack, or for "", which tests override."""

    flake: Flake
    around: Callable[[Case], Scene]
    variables: Callable[[str], Mapping[str, Any]]
    located: Callable[[NivisError, Play], NivisError] = lambda error, _: error
    """The error with places in the flake."""

    def run(self, names: Sequence[str], inventors: Sequence[Inventor], only: Callable[[Case], bool]) -> Report:
        """Every test once with each inventor. Raises NivisError if the tests cannot be read."""
        begun = time.monotonic()
        read = [(case, error) for case, error in self.flake.cases(names) if error or only(case)]
        found = {
            (case.name, invent): Verdict(case, invent.seed, invent.wild, error=error)
            for case, error in read
            for invent in inventors
        }
        good = [case for case, error in read if not error]
        of = {stack: self.variables(stack) for stack in {case.stack or "" for case in good}}
        given = [replace(case, variables={**of[case.stack or ""], **case.variables}) for case in good]
        plays = [Play(case, invent, self.around(case)) for case in given for invent in inventors]
        found |= {
            (play.case.name, play.invent): verdict for play, verdict in zip(plays, self._judged(plays), strict=True)
        }
        joined = frozenset(p.order.ir.root_module for p in plays) - {""}
        return Report(tuple(found.values()), time.monotonic() - begun, joined)

    def _judged(self, plays: Sequence[Play]) -> Iterator[Verdict]:
        """What each play comes to, and what its checks say of that."""
        results = play_all(plays, self.flake.plans)
        whole = [(p, r) for p, r in zip(plays, results, strict=True) if isinstance(r, Played)]
        answers = iter(self.flake.checks([(p.case, r) for p, r in whole if p.case.has_check]))
        for play, result in zip(plays, results, strict=True):
            verdict = Verdict(play.case, play.invent.seed, play.invent.wild)
            said: tuple[Check, ...] | NivisError
            if isinstance(result, Played):
                verdict = replace(verdict, phases=result.phases, converged=True)
                said = next(answers) if play.case.has_check else ()
            else:
                said = result
            if isinstance(said, NivisError):
                said = self.located(said, play)
                verdict = replace(verdict, error=said)
            else:
                verdict = replace(verdict, checks=said)
            yield verdict if verdict.ok else replace(verdict, values=play.values)
