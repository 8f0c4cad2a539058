"""A provider in the process of a test: resources that are slow, fail, crash, lie or drift on command.

    with provider(tmp_path) as lab:
        lab.on("create", "b", fail="no room")
        run(env=lab.environment(os.environ))

Every resource is a `lab_thing` with the arguments `name`, `value` (anything) and `kind` (another one replaces it), and the
computed attributes `id`, `seen` (how often it was written) and `secret` (sensitive). Objects live in `lab.objects`, as in a
cloud; changing them there is drift, deleting one is deletion behind the engine's back.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal

import msgpack

from nivis_tofu.functions import protocol, values
from nivis_tofu.functions.protobuf import chunk, decode, encode, text
from nivis_tofu.functions.server import Server, announced
from nivis_tofu.functions.values import UNKNOWN

SOURCE = "nivis.invalid/nivis/lab"
TYPE = "lab_thing"
KIND = [
    "object",
    {
        "id": "string",
        "name": "string",
        "value": "dynamic",
        "kind": "string",
        "seen": "number",
        "secret": "string",
    },
]
Verb = Literal["create", "read", "update", "delete", "plan"]


@dataclass(frozen=True)
class Fault:
    """What one verb does to one resource: each part of it, in this order."""

    seconds: float = 0.0
    crash: bool = False
    """The connection breaks, as when a provider dies; the object stays as it is."""
    late_crash: bool = False
    """The same, after the cloud has done it."""
    fail: str = ""
    half: bool = False
    """What fails has been done all the same: the state gets the object, tainted where it is new."""
    answer: Mapping[str, Any] = field(default_factory=dict)
    """Attributes that come out otherwise than planned."""
    times: int = 10**9


class Crash(Exception):
    """Ends a call without an answer."""


@dataclass
class Lab:
    """The cloud behind the provider, and what was done to it."""

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Name -> attributes."""
    former: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Id -> attributes of what exists beside a newer one of its name."""
    done: list[tuple[str, str]] = field(default_factory=list)
    """(verb, name) of everything, in order; reads and plans are not in it."""
    faults: dict[tuple[Verb, str], Fault] = field(default_factory=dict)
    secret: str = "s3cr3t-"
    """How the sensitive attribute begins."""
    running: dict[str, int] = field(default_factory=dict)
    """Name -> calls that run now."""
    _ids: Iterator[int] = field(default_factory=lambda: count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    server: Server | None = None

    def on(self, verb: Verb, name: str = "*", **fault: Any) -> None:
        """From now on; `name`: of the resource, `*` for any."""
        self.faults[verb, name] = Fault(**fault)

    def well(self) -> None:
        """Everything works again."""
        self.faults.clear()

    @property
    def existing(self) -> dict[str, dict[str, Any]]:
        """Id -> attributes of everything."""
        return {o["id"]: o for o in [*self.objects.values(), *self.former.values()]}

    def drift(self, name: str, **attributes: Any) -> None:
        self.objects[name] |= attributes

    def environment(self, env: Mapping[str, str]) -> dict[str, str]:
        assert self.server is not None
        return announced(env, self.server)

    def wait(self, condition: Callable[[], bool], seconds: float = 30.0) -> None:
        until = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < until, "it did not come to that"
            time.sleep(0.01)

    # What the engine asks.

    def handlers(self) -> dict[str, Callable[[bytes], bytes]]:
        schema = {TYPE: _schema()}
        return {
            "GetProviderSchema": lambda _: protocol.provider_schema({}, schema) + encode((1, _configuration())),
            "GetMetadata": lambda _: protocol.metadata({}, schema),
            "ValidateProviderConfig": lambda _: b"",
            "ValidateResourceConfig": lambda _: b"",
            "ConfigureProvider": lambda _: b"",
            "StopProvider": lambda _: b"",
            "UpgradeResourceState": lambda r: encode((1, _packed(_from_json(r)))),
            "ReadResource": self._read,
            "PlanResourceChange": self._plan,
            "ApplyResourceChange": self._apply,
            "ImportResourceState": self._import,
        }

    def _read(self, request: bytes) -> bytes:
        before = _value(request, 2)
        fault = self._fault("read", before["name"])
        if fault.fail:
            return encode((1, _packed(before)), (2, [_error(fault.fail)]))
        found = self.existing.get(before["id"])
        return encode((1, _packed({**found, **fault.answer} if found else None)))

    def _plan(self, request: bytes) -> bytes:
        before, wanted = _value(request, 2), _value(request, 3)
        if wanted is None:
            return encode((1, _packed(None)))
        fault = self._fault("plan", wanted["name"])
        if fault.fail:
            return encode((1, _packed(before)), (4, [_error(fault.fail)]))
        same = before is not None and all(_same(before[k], wanted[k]) for k in ("name", "value", "kind"))
        if not same:
            wanted["seen"] = UNKNOWN
            wanted["secret"] = UNKNOWN
        if before is None:
            wanted["id"] = UNKNOWN
        replaced = [k for k in ("name", "kind") if before is not None and not _same(before[k], wanted[k])]
        steps = [encode((1, [encode((1, k))])) for k in replaced]
        answer = values.encode({**wanted, **fault.answer}, KIND)
        if "value" not in fault.answer:
            answer = _as_proposed(answer, chunk(decode(chunk(decode(request), 3)), 1))
        return encode((1, encode((1, answer))), (2, steps))

    def _apply(self, request: bytes) -> bytes:
        before, planned = _value(request, 2), _value(request, 3)
        name = str((planned or before)["name"])
        verb: Verb = "create" if before is None else "delete" if planned is None else "update"
        with self._lock:
            self.running[name] = self.running.get(name, 0) + 1
        try:
            fault = self._fault(verb, name)
            if fault.fail and not fault.half:
                return encode((1, _packed(before)), (3, [_error(fault.fail)]))
            after = self._do(verb, before or planned, planned, fault)
            if fault.late_crash:
                raise Crash
            problems = [_error(fault.fail)] if fault.fail else []
            return encode((1, _packed(after)), (3, problems))
        finally:
            with self._lock:
                self.running[name] -= 1

    def _do(
        self, verb: Verb, before: dict[str, Any], planned: dict[str, Any] | None, fault: Fault
    ) -> dict[str, Any] | None:
        with self._lock:
            name = str((planned or before)["name"])
            self.done.append((verb, name))
            if planned is None:
                self.former.pop(before["id"], None)
                if self.objects.get(name, {}).get("id") == before["id"]:
                    del self.objects[name]
                return None
            seen = self.existing.get(before["id"], {}).get("seen", 0) + 1
            id_ = planned["id"] if planned["id"] is not UNKNOWN else f"{name}-{next(self._ids)}"
            after = {**planned, "id": id_, "seen": seen, "secret": f"{self.secret}{id_}", **fault.answer}
            if (other := self.objects.get(name)) and other["id"] != id_:
                self.former[other["id"]] = other
            self.objects[name] = dict(after)
            return after

    def _import(self, request: bytes) -> bytes:
        found = next((o for o in self.objects.values() if o["id"] == text(decode(request), 2)), None)
        if found is None:
            return encode((2, [_error("there is no such object")]))
        return encode((1, [encode((1, TYPE), (2, _packed(found)))]))

    def _fault(self, verb: Verb, name: str) -> Fault:
        with self._lock:
            key = (verb, name) if (verb, name) in self.faults else (verb, "*")
            fault = self.faults.get(key, Fault())
            if fault.times <= 0:
                return Fault()
            if key in self.faults:
                self.faults[key] = Fault(**{**vars(fault), "times": fault.times - 1})
        time.sleep(fault.seconds)
        if fault.crash:
            raise Crash
        return fault


@contextlib.contextmanager
def provider(lab: Lab | None = None) -> Iterator[Lab]:
    """A lab for the length of a block."""
    lab = lab or Lab()
    lab.server = Server(lab.handlers(), SOURCE)
    lab.server.start()
    try:
        yield lab
    finally:
        lab.server.close()


def _configuration() -> bytes:
    """The schema of the provider's own block."""
    return encode((2, encode((2, [encode((1, "region"), (2, b'"string"'), (5, True))]))))


def _schema() -> bytes:
    """Attribute: name 1, type 2, required 4, optional 5, computed 6, sensitive 7."""
    attributes = [
        encode((1, "id"), (2, b'"string"'), (6, True)),
        encode((1, "name"), (2, b'"string"'), (4, True)),
        encode((1, "value"), (2, b'"dynamic"'), (5, True)),
        encode((1, "kind"), (2, b'"string"'), (5, True)),
        encode((1, "seen"), (2, b'"number"'), (6, True)),
        encode((1, "secret"), (2, b'"string"'), (6, True), (7, True)),
    ]
    return encode((2, encode((2, attributes))))


def _value(request: bytes, number: int) -> Any:
    return values.decode(chunk(decode(chunk(decode(request), number)), 1), KIND)


def _from_json(request: bytes) -> Any:
    from nivis_tofu.core import json_text

    raw = json_text.loads(chunk(decode(chunk(decode(request), 3)), 1))
    return {**raw, "value": raw["value"]["value"] if raw.get("value") else None}


def _as_proposed(answer: bytes, proposed: bytes) -> bytes:
    """The answer with the value as the engine has sent it: what is unknown has a type, which must come back."""
    both = [msgpack.unpackb(m, strict_map_key=False) for m in (answer, proposed)]
    packed: bytes = msgpack.packb({**both[0], "value": both[1]["value"]})
    return packed


def _packed(value: Any) -> bytes:
    return encode((1, values.encode(value, KIND)))


def _same(before: Any, after: Any) -> bool:
    return after is not UNKNOWN and values.unknown_mask(after) is None and before == after


def _error(message: str) -> bytes:
    return encode((1, 1), (2, message), (3, f"The lab says: {message}."))
