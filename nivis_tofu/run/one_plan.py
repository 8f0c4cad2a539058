"""One plan: for one run, which derived values the engine asks for, and the server that answers.

Data: IR -> the same IR with calls (`ir/calls`) -> rendered -> the engine's questions -> `functions`, and Nix behind it.
What turns out not to fit is remembered here, and waits for a phase from then on.
"""

from __future__ import annotations

import hashlib
import importlib
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, Literal

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NixError
from nivis_tofu.core.events import Answered, Event
from nivis_tofu.core.immutable import mutable
from nivis_tofu.ir import calls, graph
from nivis_tofu.ir.ledger import Ledger
from nivis_tofu.ir.model import IR, Resource
from nivis_tofu.ir.schema import BlockSchema
from nivis_tofu.ir.values import Call, Ref
from nivis_tofu.nix import flake_digest
from nivis_tofu.nix.evaluate import Nix
from nivis_tofu.nix.flake_digest import FlakeDigest
from nivis_tofu.nix.variables import texts
from nivis_tofu.run.decide.look import is_unknown
from nivis_tofu.tofu.documents import PlanChange

if TYPE_CHECKING:
    from nivis_tofu.functions.answers import Answers, Pins
    from nivis_tofu.functions.server import Server
    from nivis_tofu.nix.evaluator import Evaluator, Question
    from nivis_tofu.run import sidecar

Wanted = Literal["", "off", "on", "careful"]
DOUBT = "for want of a value; `--one-plan=careful`: replace, unless the value comes out equal"


@mutable
class OnePlan:
    """`phased`: leaves, `exact`: ids whose values wait for a phase; both grow while a run finds out."""

    nix: Nix
    wish: Wanted = ""
    """Of flags and environment."""
    hide: Callable[[Iterable[str]], None] = lambda _: None
    """Takes secrets out of all that is shown."""
    tell: Callable[[Event], None] = lambda _: None
    secret: Callable[[Call], bool] = lambda _: False
    phased: set[str] = field(default_factory=set)
    exact: set[str] = field(default_factory=set)
    given_up: bool = False
    """The engine cannot plan with calls: everything waits for phases."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """By id, why something of it waits."""
    pins: Pins | None = None
    """The answers of the plan that is applied, where it was saved."""
    inputs: Mapping[str, tuple[Ref, ...]] = field(default_factory=dict)
    """Leaf -> what the engine asks for it with, in a plan that was saved."""
    doubtful: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Id of what the plan replaces for want of a value -> ids whose values it waits for."""
    partial: bool = False
    """The last apply ended before values that need a phase."""
    _calls: dict[str, Call] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)
    """Leaves of which the last evaluation has told the value."""
    _document: Mapping[str, Any] = field(default_factory=dict)
    _answers: Answers | None = None
    _evaluator: Evaluator | None = None
    _server: Server | None = None

    def wanted(self, ir: IR) -> bool:
        """By flags and environment, else by the flake."""
        return self.wish in ("on", "careful") or (not self.wish and bool(ir.settings.one_plan))

    def warm_up(self) -> None:
        """Load what serves while Nix evaluates: it takes as long."""
        threading.Thread(target=importlib.import_module, args=("nivis_tofu.functions.server",), daemon=True).start()

    def shape(self, ir: IR, schema: Callable[[Resource], BlockSchema | None], present: Collection[str]) -> IR:
        """The IR with calls; `present`: addresses in the state."""
        if self.given_up:
            return ir
        # What must not be destroyed is planned with values alone: an unknown one would seem to replace it.
        kept = {r.id for r in ir.managed if r.meta.prevent_destroy and r.address in present}
        found = calls.called(ir, schema, self.phased, self.exact | kept)
        self.reasons = found.reasons
        return found.ir

    def hides(self, secret: Callable[[Call], bool]) -> None:
        """From now on this says which calls are given secrets."""
        self.secret = secret

    def know(self, raw: IR, shaped: IR, ledger: Ledger, document: Mapping[str, Any]) -> None:
        """What Nix has just made of this ledger: the values it knows need no question. Raises NivisError where the
        engine was told something else of one."""
        found = calls.calls(shaped)
        found |= {leaf: replace(found[leaf], refs=refs) for leaf, refs in self.inputs.items() if leaf in found}
        self._calls |= found
        if document != self._document:
            self._end_evaluator()
            self._document = document
        if not found or self.given_up:
            return
        answers = self.answers
        for leaf, call in found.items():
            known, value = calls.computed(raw, call)
            given = [ledger.lookup(ref) if ledger.trusts(ref) else (False, None) for ref in call.refs]
            if not known or not all(there for there, _ in given):
                self._told.discard(leaf)
            elif error := answers.learn(leaf, [v for _, v in given], value):
                raise error
            else:
                self._told.add(leaf)

    def environment(self, env: Mapping[str, str]) -> Mapping[str, str]:
        """An engine's environment, with the provider that answers, if there is anything to ask."""
        if not self._calls:
            return env
        from nivis_tofu.functions.server import announced

        self.answers.engine_starts()
        if self._calls.keys() - self._told and self._evaluator is None:
            threading.Thread(target=self._asking().start, daemon=True).start()
        return announced(env, *((self._server,) if self._server else ()))

    def answer_nothing(self) -> None:
        """Be there for an engine that reads a plan and asks for no value."""
        self._calls[""] = Call("", (), ())
        self._told.add("")

    def explain(self, found: Diagnostic) -> Diagnostic | None:
        """An engine's diagnostic of a call that failed, as what failed; None for any other."""
        for words, error in (self._answers.failures if self._answers else {}).items():
            if " ".join(words.split()) in " ".join(found.detail.split()):
                own, raw = error.diagnostics[0], f"\n{error.raw.rstrip()}" if error.raw else ""
                return Diagnostic(
                    own.summary, own.detail + raw, own.hint, "error", found.address, found.attribute, found.position
                )
        return None

    def waits_now(self) -> bool:
        """Did calls fail since the last time for no other reason than that their values need a phase? They wait now."""
        answers, self.partial = self._answers, False
        if answers is None or not answers.unanswered or answers.unanswered <= self.phased:
            return False
        fine = self.partial = len(answers.failures) == len(answers.unanswered - self.phased)
        self.phased |= answers.unanswered
        if fine:
            answers.failures.clear()
        return fine

    def stop(self) -> None:
        """Go on without calls."""
        self.given_up = True

    def gives_up(self) -> bool:
        """Go on without calls after the engine refused. False if there are none, or they are not to blame."""
        answers = self._answers
        # What Nix says of a value it says in phases too, and there nobody looks at the clock.
        if self.idle or (answers and any(isinstance(error, NixError) for error in answers.failures.values())):
            return False
        self.stop()
        return True

    def doubt(self, ir: IR, changes: Iterable[PlanChange]) -> bool:
        """Note what a plan replaces for want of a value. Is it to be planned again, with values in these places?"""
        self.doubtful = self._unsure(ir, changes)
        if not (self.careful and self.doubtful):
            return False
        self.exact |= set().union(*self.doubtful.values())
        return True

    def _unsure(self, ir: IR, changes: Iterable[PlanChange]) -> dict[str, set[str]]:
        """Id of what is replaced for want of a value -> ids whose calls it may come from."""
        above, found = graph.objects(ir), dict[str, set[str]]()
        callers = {owner for owner, _ in calls.owners(ir)}
        for change in changes:
            resource = ir.owner(change.address)
            if resource is None or change.action != "replace":
                continue
            if any(is_unknown(change.after_unknown, path) for path in change.replace_paths) and (
                origin := graph.closure([resource.id], above) & callers
            ):
                found[resource.id] = origin
        return found

    def notes(self, unanswered: Collection[str]) -> dict[str, str]:
        """By id, why something waits for a phase, or is replaced."""
        found = {} if self.idle else dict.fromkeys(self.doubtful, DOUBT)
        return found | {i: f"waits for a phase: {why}" for i, why in self.reasons.items() if i in unanswered}

    @property
    def idle(self) -> bool:
        """Is there nothing that the engine asks for?"""
        return self.given_up or not self._calls

    @property
    def careful(self) -> bool:
        return self.wish == "careful" and not self.given_up

    def sealed(self, plan: FilePath) -> sidecar.Calls | None:
        """What has to be the same when this plan file is applied; None where it calls nothing."""
        if self.idle:
            return None
        from nivis_tofu.functions.answers import Pins
        from nivis_tofu.run import sidecar

        answered = self._answers.known.values() if self._answers else ()
        flake = flake_digest.of(self.nix)
        return sidecar.Calls(
            self.digest,
            {"letter": flake.letter, "meaning": flake.meaning},
            tuple(sorted(self.phased)),
            tuple(sorted(self.exact)),
            Pins.of(_key(plan), answered).answers,
            {leaf: call.refs for leaf, call in sorted(self._calls.items())},
        )

    def resume(self, before: sidecar.Calls, plan: FilePath) -> None:
        """Be as it was when the plan was made."""
        from nivis_tofu.functions.answers import Pins

        self.phased, self.exact = set(before.phased), set(before.exact)
        self.pins, self.inputs = Pins(_key(plan), before.answers), before.inputs

    def resumed(self) -> None:
        """The saved plan is applied: what is asked for from now on is in modules of this run."""
        self.inputs = {}

    def fits(self, before: sidecar.Calls) -> bool:
        """Is what the engine may ask for what it was when the plan was made?"""
        flake = FlakeDigest(before.flake.get("letter", ""), before.flake.get("meaning", ""))
        return self.digest == before.digest and flake_digest.of(self.nix).same(flake)

    @property
    def digest(self) -> str:
        """Of what the engine may ask for."""
        lines = (f"{leaf} {call.place}" for leaf, call in sorted(self._calls.items()))
        return hashlib.sha256("\0".join(lines).encode()).hexdigest()

    def close(self) -> None:
        self._end_evaluator()
        if self._server is not None:
            self._server.close()
            self._server = None

    @property
    def answers(self) -> Answers:
        """What answers the engine; the server is there with it."""
        if self._answers is None:
            from nivis_tofu.functions.answers import Answers
            from nivis_tofu.functions.server import Server, handlers

            self._answers = Answers(self._calls, self._ask, self.nix.realise, self.pins)
            self._server = Server(handlers(self._answers))
            self._server.start()
        return self._answers

    def _ask(self, questions: Sequence[Question]) -> list[Any]:
        for _, given, name in questions:
            if self.secret(self._calls[name]):
                # Nix may quote what it is given.
                self.hide(text for item in given for text in texts(item["value"]))
        return self._asking().ask(questions)

    def _asking(self) -> Evaluator:
        from nivis_tofu.nix.evaluator import Evaluator, seconds  # few runs ask

        self._evaluator = self._evaluator or Evaluator(self.nix, self._document, seconds(self.nix.env))
        return self._evaluator

    def _end_evaluator(self) -> None:
        if (evaluator := self._evaluator) is not None:
            evaluator.close()
            if evaluator.answered:
                self.tell(Answered(evaluator.answered, evaluator.began, evaluator.ended))
            self._evaluator = None


def _key(plan: FilePath) -> bytes:
    """Known to who has the plan file, which holds the values anyway, and not to who has the sidecar alone."""
    return hashlib.sha512(plan.read_bytes()).digest()
