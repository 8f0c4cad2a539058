"""Answers to the engine's calls: each (leaf, inputs) is computed once, and a leaf that contradicts itself is named.

Data: leaf and values of its inputs -> a question to Nix -> its answer as plain JSON, with `UNKNOWN` for what is open.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NivisError, NotConverged
from nivis_tofu.core.immutable import immutable, mutable
from nivis_tofu.functions.values import UNKNOWN, blanked, unknown_mask
from nivis_tofu.ir.calls import attribute
from nivis_tofu.ir.decode_values import ValueDecoder
from nivis_tofu.ir.ledger import exact
from nivis_tofu.ir.values import Build, Call, Ref, Value

Question = tuple[Sequence[Any], Sequence[Mapping[str, Any]], str]
"""Place of a value, values of its inputs, and its leaf."""


class WaitingError(NivisError):
    """A value turned out to need something that the engine did not give: it is known in a phase of its own."""


@mutable
class Answers:
    """`calls`: what the engine may ask for, by leaf; `build` realises derivations that an answer refers to."""

    calls: Mapping[str, Call]
    ask: Callable[[list[Question]], list[Any]]
    """Asks Nix for the values at places, with values of their inputs. See nix.evaluator."""
    build: Callable[[list[str]], None] = lambda _: None
    pinned: Pins | None = None
    """What the answers were when the plan was made that is applied now."""
    failures: dict[str, NivisError] = field(default_factory=dict)
    """What went wrong, by the text that the engine was told."""
    unanswered: set[str] = field(default_factory=set)
    """Leaves that need a phase of their own."""
    known: dict[str, tuple[str, list[Any], Any]] = field(default_factory=dict)
    """Digest of leaf and inputs -> leaf, inputs, answer."""
    _checked_first: set[str] = field(default_factory=set)
    """Leaves that the engine has not asked for since it started."""
    _ahead: dict[str, Any] = field(default_factory=dict)
    """Digest of leaf and inputs -> what Nix said before the engine asked, or a NivisError."""
    _all_blank: bool = False
    _open: dict[str, list[tuple[list[Any], Any]]] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, leaf: str, inputs: list[Any]) -> Any:
        """The value of a leaf. Raises NivisError."""
        with self._lock:
            try:
                return self._value(leaf, inputs, _digest(inputs))
            except NivisError as error:
                self.failures[words(error)] = error
                raise

    def engine_starts(self) -> None:
        """From now on another process of the engine asks. It begins with a check of the configuration, in which nothing
        is known and whose values it forgets: nobody need compute them."""
        with self._lock:
            self._checked_first = set(self.calls)

    def shared(self, names: Sequence[str], inputs: list[Any]) -> dict[str, Any]:
        """Values of many leaves with the same inputs, by attribute (`ir.calls.attribute`). One that cannot be had is
        left out, and fails only who uses it: the engine then says which attribute it misses."""
        with self._lock:
            digest, found = _digest(inputs), {}
            leaves = {name: self._named.get(name, name) for name in names}
            if not self._checking(leaves.values(), inputs):
                self._look_ahead([leaf for leaf in leaves.values() if leaf in self.calls], inputs, digest)
            for name, leaf in leaves.items():
                try:
                    found[name] = self._value(leaf, inputs, digest)
                except NivisError as error:
                    self.failures[f'"{name}"'] = error
            return found

    @property
    def _named(self) -> Mapping[str, str]:
        """Attribute -> leaf."""
        if len(self._names) != len(self.calls):
            self._names = {attribute(leaf): leaf for leaf in self.calls}
        return self._names

    def _value(self, leaf: str, inputs: list[Any], digest: str) -> Any:
        if self._checking([leaf], inputs):
            self._checked_first.discard(leaf)
            return UNKNOWN
        key = f"{leaf} {digest}"
        if (found := self.known.get(key)) is not None:
            return found[2]
        value = self._checked(leaf, inputs, self._asked(leaf, inputs, key))
        self.known[key] = (leaf, inputs, value)
        return value

    def learn(self, leaf: str, inputs: list[Any], value: Any) -> NivisError | None:
        """What an evaluation of the whole says of a leaf. The error if the engine was told something else."""
        with self._lock:
            found = self.known.setdefault(f"{leaf} {_digest(inputs)}", (leaf, inputs, value))
        return None if json_text.same(found[2], value) else _contradiction(leaf)

    def _checking(self, leaves: Iterable[str], inputs: list[Any]) -> bool:
        return self._checked_first.issuperset(leaves) and all(value is UNKNOWN for value in inputs)

    def _asked(self, leaf: str, inputs: list[Any], key: str) -> Any:
        call = self.calls.get(leaf)
        if call is None or len(call.refs) != len(inputs):
            raise NivisError.of("No such value", f"`{leaf}` is not a value that this configuration computes.")
        self._look_ahead([leaf], inputs, key.removeprefix(f"{leaf} "))
        answer = self._ahead.pop(key)
        if isinstance(answer, NivisError):
            raise answer
        if missing := answer.get("missing"):
            self.unanswered.add(leaf)
            raise _waits(leaf, missing)
        return self._partly(answer["partly"], leaf) if "partly" in answer else self._plain(answer["value"], leaf)

    def _look_ahead_blank(self) -> None:
        """Ask what is known of every value without any input: the engine begins with these questions."""
        self._all_blank = True
        by_inputs: dict[tuple[Ref, ...], list[str]] = {}
        for leaf, call in self.calls.items():
            by_inputs.setdefault(call.refs, []).append(leaf)
        questions, keys = list[Question](), list[str]()
        for refs, leaves in by_inputs.items():
            inputs: list[Any] = [UNKNOWN] * len(refs)
            given, digest = _all_given(refs, inputs), _digest(inputs)
            questions += [(self.calls[leaf].place, given, leaf) for leaf in leaves]
            keys += [f"{leaf} {digest}" for leaf in leaves]
        self._put_questions(questions, keys)

    def _look_ahead(self, leaves: list[str], inputs: list[Any], digest: str) -> None:
        """Ask for values of leaves that have the same inputs."""
        if not self._all_blank and all(value is UNKNOWN for value in inputs):
            self._look_ahead_blank()
        wanted = [leaf for leaf in leaves if f"{leaf} {digest}" not in self.known.keys() | self._ahead.keys()]
        if wanted:
            given = _all_given(self.calls[wanted[0]].refs, inputs)
            self._put_questions(
                [(self.calls[leaf].place, given, leaf) for leaf in wanted], [f"{leaf} {digest}" for leaf in wanted]
            )

    def _put_questions(self, questions: list[Question], keys: list[str]) -> None:
        self._ahead.update(zip(keys, self.ask(questions), strict=True))

    def _partly(self, tree: Any, leaf: str) -> Any:
        match tree:
            case {"value": value}:
                return self._plain(value, leaf)
            case {"list": list(items)}:
                return [self._partly(item, leaf) for item in items]
            case {"set": dict(fields)}:
                return {key: self._partly(item, leaf) for key, item in fields.items()}
            case _:
                return UNKNOWN

    def _plain(self, data: Any, leaf: str) -> Any:
        decoder = ValueDecoder()
        value = decoder.value(data, leaf)
        decoder.check()
        if drvs := sorted({b.drv for b in _builds(value) if b.drv and not Path(b.path).exists()}):
            self.build(drvs)
        return _bare(value)

    def _checked(self, leaf: str, inputs: list[Any], value: Any) -> Any:
        """What was said of a part that was known stays so when more of the inputs is known."""
        before = self._open.setdefault(leaf, [])
        if any(refines(inputs, old) and not refines(value, said) for old, said in before):
            raise _contradiction(leaf)
        if unknown_mask(inputs) is not None:
            before.append((inputs, value))
        if self.pinned and not self.pinned.fits(leaf, inputs, value):
            raise _contradiction(leaf, planned=True)
        return value


@immutable
class Pins:
    """What answers were, so that only who has the key (the plan file) can tell: digest of question -> of answer."""

    key: bytes
    answers: Mapping[str, str]

    @classmethod
    def of(cls, key: bytes, answers: Iterable[tuple[str, list[Any], Any]]) -> Pins:
        found = {}
        for leaf, inputs, value in answers:
            if unknown_mask(inputs) is None:
                found[_sealed(key, [leaf, inputs])] = _sealed(key, value)
        return cls(key, found)

    def fits(self, leaf: str, inputs: list[Any], value: Any) -> bool:
        """Is this what was answered, or a question that was not asked then?"""
        if unknown_mask(inputs) is not None:
            return True
        before = self.answers.get(_sealed(self.key, [leaf, inputs]))
        return before is None or hmac.compare_digest(before, _sealed(self.key, value))


def refines(value: Any, earlier: Any) -> bool:
    """Is a value one that an earlier one, with unknown parts, may have turned into?"""
    match earlier:
        case dict() if isinstance(value, dict):
            return value.keys() == earlier.keys() and all(refines(value[k], v) for k, v in earlier.items())
        case list() if isinstance(value, list):
            return len(value) == len(earlier) and all(map(refines, value, earlier))
        case _:
            return earlier is UNKNOWN or (value is not UNKNOWN and json_text.same(value, earlier))


def words(error: NivisError) -> str:
    """An error as the engine is told it."""
    return "\n".join(d.detail or d.summary for d in error.diagnostics)


def _all_given(refs: Sequence[Ref], inputs: list[Any]) -> list[dict[str, Any]]:
    return [_given(ref, value) for ref, value in zip(refs, inputs, strict=True)]


def _given(ref: Ref, value: Any) -> dict[str, Any]:
    return {"resource": ref.resource, "path": list(ref.path), "unknown": unknown_mask(value), **_held(value)}


def _held(value: Any) -> dict[str, Any]:
    """The value as Nix can hold it; numbers that it cannot are named."""
    inexact: dict[str, list[dict[str, Any]]] = {}
    plain = exact(blanked(value), "", (), inexact)
    return {"value": plain, "inexact": inexact.get("", [])}


def _builds(value: Value) -> list[Build]:
    match value:
        case Build():
            return [value]
        case list():
            return [build for item in value for build in _builds(item)]
        case dict():
            return [build for item in value.values() for build in _builds(item)]
        case _:
            return []


def _bare(value: Value) -> Any:
    match value:
        case Build():
            return value.path
        case list():
            return [_bare(item) for item in value]
        case dict():
            return {key: _bare(item) for key, item in value.items()}
        case _:
            return value


def _digest(inputs: list[Any]) -> str:
    text = json_text.dumps([blanked(inputs), unknown_mask(inputs)])
    return hashlib.sha256(text.encode()).hexdigest()


def _sealed(key: bytes, value: Any) -> str:
    return hmac.new(key, json_text.dumps(value).encode(), hashlib.sha256).hexdigest()


def _waits(leaf: str, missing: list[str]) -> WaitingError:
    return WaitingError(
        Diagnostic(
            "A value waits for a phase",
            f"`{leaf}` turned out to refer to {', '.join(missing)}, which is not among its inputs: it is written down "
            "in a phase of its own.",
            "Run `nivis apply`: it goes on from here.",
        )
    )


def _contradiction(leaf: str, *, planned: bool = False) -> NotConverged:
    when = "when the plan was made" if planned else "before, in this run"
    return NotConverged.of(
        "A value that is computed differently each time",
        f"`{leaf}` came out as another value than {when}, although the inputs are the same.",
        "A value must depend on its inputs alone: look for `builtins.currentTime`, for `tryEval` around an input, or "
        "for a file that changed. Without `--one-plan` nivis applies it as it comes out.",
    )
