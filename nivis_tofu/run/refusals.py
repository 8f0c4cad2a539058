"""Why a run stops: the errors of the loop, each with what is wrong, why, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import Cancelled, EngineError, GuardError, NivisError, NotConverged
from nivis_tofu.core.outcome import Preview
from nivis_tofu.ir.model import Resource
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.run.decide.pace import Pace


def too_many_phases(pace: Pace, moving: Iterable[str]) -> NotConverged:
    detail = f"After {pace.phases} phases values still change. Still moving: {', '.join(sorted(moving))}."
    if pace.limit is not None:
        hint = "Allow more with `--max-phases N`, or leave it out: then a run goes on as long as it gets somewhere."
        return NotConverged.of("Too many phases", detail, hint)
    repeats = f"The last {pace.again} did nothing for the first time"
    why = repeats if pace.repeats else "Ever more comes, and no less waits"
    return NotConverged.of(
        "Too many phases",
        f"{detail} {why}.",
        "A value computed in Nix may depend on an output that it changes itself: break that circle. A run that is "
        "really that long goes on with `--max-phases N`.",
    )


def oscillates(moving: Iterable[str]) -> NotConverged:
    return NotConverged.of(
        "The configuration does not converge",
        f"The same phase came up a third time. Still moving: {', '.join(sorted(moving))}.",
        "A value computed in Nix depends on an output that it changes itself: break that circle.",
    )


def foreign_change(before: Snapshot, now: Snapshot) -> EngineError:
    return EngineError.of(
        "The state was changed by someone else during this run",
        f"Expected was serial {before.serial} of {before.lineage or 'a new state'}; found is serial {now.serial} of "
        f"{now.lineage or 'no state'}. This phase was not applied.",
        "Run nivis again: it starts from what the state says now.",
    )


def absent_modules(calls: Iterable[Resource]) -> NivisError:
    return NivisError(
        *(
            Diagnostic(
                "The directory of a module is not there",
                f"`{call.id}` calls `{call.source}`, which is no directory. Its path is relative to the project.",
                "Check the path.",
                address=call.id,
            )
            for call in calls
        )
    )


def unsaved(path: Path) -> NivisError:
    return NivisError.of(
        "The engine could not save the state",
        f"What an apply did is recorded in {path.name} only, not in the state; a run that does not know it would "
        "create things twice.",
        f"Fix the cause (disk, backend), then `nivis state push {path.name}` and delete the file; delete it without "
        "pushing if the state was repaired in another way.",
    )


def disk_full(directory: Path, left: int) -> Diagnostic:
    """`left`: bytes."""
    return Diagnostic(
        "The disk is full",
        f"{left // 1024} KiB are left for {directory}: the state of this phase, and words of the engine, may be lost.",
        "Free some space before the next run.",
    )


_SHOWN = 20
"""Ids in one sentence."""
_UNTOUCHED = "Nothing was touched."
_LATE = "What the phases before it did stays; nothing of this phase was applied."


def prevented(*ids: str, late: bool = False) -> NivisError:
    return NivisError(
        *(
            Diagnostic(
                "A resource must not be destroyed",
                f"`{i}` has meta.lifecycle.preventDestroy set, and this run would destroy it. "
                f"{_LATE if late else _UNTOUCHED}",
                "Remove preventDestroy, or change the configuration so that it can stay.",
                address=i,
            )
            for i in ids
        )
    )


def still_in_use(id_: str, error: NivisError) -> Diagnostic:
    reasons = "; ".join(d.summary for d in error.diagnostics if d.severity == "error")
    return Diagnostic(
        "An old object could not be destroyed yet",
        f"`{id_}` has its new object. The old one is still in use ({reasons}); a later phase removes it, when what "
        "depends on it has moved on.",
        severity="warning",
        address=id_,
    )


def no_destroy(preview: Preview, *, late: bool = False) -> NivisError:
    """`late`: earlier phases of the same run have been applied."""
    names = ", ".join(f"`{line.id}` ({line.action})" for line in preview.destructive)
    return NivisError.of(
        "The plan destroys something",
        f"--no-destroy was given, and this run would destroy or replace: {names}. {_LATE if late else _UNTOUCHED}",
        "Run without --no-destroy if that is meant.",
    )


def declined(*, before: bool = True) -> Cancelled:
    """`before`: nothing has been done yet in this run."""
    return Cancelled.of("Cancelled. Nothing was changed." if before else "Cancelled. Nothing more was changed.")


def unasked(verb: str) -> NivisError:
    """`-input=false`, as OpenTofu's users write it where there is nobody to ask."""
    return NivisError.of(
        "Nobody can be asked",
        f"`-input=false` forbids the question that `{verb}` may have to ask. Nothing was changed.",
        "Add `-auto-approve` (`--yes`) if nothing has to be asked, or apply a plan file.",
    )


def not_approved(plan: str) -> GuardError:
    return GuardError.of(
        "Later phases are not what was approved",
        f"The flake, a module or a `.tf` file was edited since {plan} was made. {plan} was applied as it is; the "
        "phases after it would do what nobody has seen.",
        "Run `nivis plan` to see what would be done now, then apply that.",
    )


def another_flake(plan: str) -> NivisError:
    return NivisError.of(
        "The flake is not the one that was planned",
        f"{plan} was made with --one-plan: while it is applied, Nix computes values with the functions of the flake, "
        "and the flake that is here now makes another module, or has other functions. Nothing was done.",
        f"Take the flake that {plan} was made of, or make a new plan: `nivis plan --one-plan -out {plan}`.",
    )


def lost(id_: str, *, destroys: bool = False) -> Diagnostic:
    becomes = "It is not destroyed with the rest" if destroys else "Where it is declared, it will be created now"
    return Diagnostic(
        "A resource of the last run may exist without being in the state",
        f"The last run ended while `{id_}` was being created, or before the state was written, so nivis cannot know "
        f"whether it exists. {becomes}.",
        f"If it exists already, remove it or import it: `nivis import {id_} <its id>`.",
        severity="warning",
        address=id_,
    )


def unheard(ids: Sequence[str], *, destroys: bool = False) -> Diagnostic:
    """Of the last run's creations of which the engine said nothing before both were ended."""
    becomes = "What exists of them is not destroyed with the rest" if destroys else "What is declared is created now"
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    return Diagnostic(
        "Resources of the last run may exist without being in the state",
        "The last run was ended together with its engine before it heard whether these had been begun, so they may "
        f"exist: {', '.join(ids[:_SHOWN])}{more}. {becomes}.",
        "Look whether they exist, and remove or import what does: `nivis import ID ITS-ID`.",
        severity="warning",
    )


def other_attribute(owner: str, asked: str) -> NivisError:
    return NivisError.of(
        "The state belongs to another configuration",
        f"It was made by `{owner}`, and this run is about `{asked}`, which would destroy what it does not declare. "
        "Nothing was touched.",
        f"Give `{asked}` a state of its own: `--state {asked.rpartition('.')[2]}.state.json`, or a directory of its "
        f"own. If it is `{owner}` under a new name, delete `.nivis/attributes.json`.",
    )


def undecided(old: str, new: str) -> NivisError:
    return NivisError.of(
        "Nobody said what becomes of the state",
        f"There is a state in {old}, and the flake says that it is in {new}. Starting afresh there would create "
        "everything a second time. Nothing was changed.",
        "Answer `yes` to copy it or `no` to start afresh; `-force-copy` or `nivis init -migrate-state` copies it "
        "without a question.",
    )


def left_behind(old: str, new: str) -> NivisError:
    return NivisError.of(
        "The state lies elsewhere",
        f"There is a state in {old}, but the flake says that it is in {new}, where there is none. "
        "Going on would create everything a second time.",
        "`nivis state migrate` (or `nivis init -migrate-state`) moves the state; `nivis init -reconfigure` begins "
        "anew and leaves the old one as it is.",
    )


def state_beside_backend(backend: str) -> NivisError:
    return NivisError.of(
        "--state with a remote backend",
        f"The flake declares the backend `{backend}`; --state names a local file.",
        "Add `--backend local` to use the file, or omit --state.",
    )
