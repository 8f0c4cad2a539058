"""Situations of a run from literals: a configuration, a state and a plan in a few words each.

A resource `a` is `t.a` for the engine and `p.t.a` for people; its provider is `p`, from `registry.opentofu.org/x/p`.
Anything with a dot in it is taken as it is: `data.t.d`, `module.m`, `q.t.a`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, cast

from nivis_tofu.ir.model import IR, Group, Meta, Mode, Output, Provider, Resource
from nivis_tofu.ir.snapshot import Snapshot, snapshot
from nivis_tofu.ir.values import PENDING, Derived, Ref, Value
from nivis_tofu.run.decide.position import NO_ANSWER, Evaluation, Position, read
from nivis_tofu.tofu.address_syntax import Address
from nivis_tofu.tofu.documents import PlanChange
from nivis_tofu.tofu.messages import Action, Drift, OutputChange, Planned
from nivis_tofu.tofu.raw_state import RawInstance, RawOutput, RawState
from nivis_tofu.tofu.results import PlanResult

SOURCE = "registry.opentofu.org/x/"


def id_of(name: str) -> str:
    return name if "." in name else f"p.t.{name}"


def ref(name: str, *path: str | int) -> Ref:
    return Ref(id_of(name), path or ("id",))


def pending(*names: str) -> Derived:
    """A value that Nix computes from the ids of these once they are known; `a.x` is another attribute."""
    return Derived(tuple(map(_input, names)), PENDING)


def known(value: Value, *names: str) -> Derived:
    """A value that Nix has computed from the ids of these."""
    return Derived(tuple(map(_input, names)), value)


def _input(name: str) -> Ref:
    head, dot, attribute = name.partition("@")
    return ref(head, attribute) if dot else ref(head)


def res(name: str, *needs: Value, given: Iterable[str] = (), groups: Iterable[str] = (), **more: Any) -> Resource:
    """A resource with these values in its configuration (`v0`, `v1` …); other arguments are meta-arguments or fields.

    `given`: what its group's inputs are; `config`: attributes by name beside the values.
    """
    meta = {k: more.pop(k) for k in list(more) if k in Meta.__dataclass_fields__}
    if "depends_on" in meta:
        meta["depends_on"] = tuple(map(id_of, meta["depends_on"]))
    config = {**{f"v{i}": value for i, value in enumerate(needs)}, **more.pop("config", {})}
    whole = id_of(name)
    mode: Mode = "managed"
    fields: dict[str, Any]
    if whole.startswith("module."):
        fields = {"provider": "", "type": "", "name": whole.removeprefix("module.")}
        mode = "module"
    else:
        provider, kind, own = whole.removeprefix("data.").split(".", 2)
        mode = "data" if whole.startswith("data.") else "managed"
        fields = {"provider": provider, "type": kind, "name": own}
    own_name = more.pop("tofu_name", fields["name"])
    return Resource(
        id=whole,
        mode=mode,
        tofu_name=own_name,
        config=config,
        meta=Meta(**meta),
        given=tuple(map(_input, given)),
        groups=tuple(groups),
        **fields,
        **more,
    )


def ir(
    *resources: Resource,
    providers: Mapping[str, Mapping[str, Value]] = {},
    groups: Mapping[str, Iterable[str]] = {},
    outputs: Mapping[str, Value] = {},
    **more: Any,
) -> IR:
    """A configuration. `providers`: key -> configuration; `groups`: pending ones with their inputs."""
    keys = {"p": {}, **{r.provider: {} for r in resources if r.provider}, **providers}
    return IR(
        providers={k: Provider(k, SOURCE + k.partition("-")[0], "", config) for k, config in keys.items()},
        resources={r.id: r for r in resources},
        outputs={n: Output(n, value) for n, value in outputs.items()},
        groups=tuple(Group(n, tuple(map(_input, inputs))) for n, inputs in groups.items()),
        **more,
    )


def moved(*names: str) -> dict[str, Any]:
    """`moved` blocks, from one engine address to another; the latest comes first."""
    return {"moved": [{"to": new, "from": old} for new, old in pairwise(names)]}


def thing(
    address: str,
    *depends: str,
    deposed: str = "",
    first: bool = False,
    provider: str = "p",
    sensitive: Iterable[tuple[str | int, ...]] = (),
    **attributes: Any,
) -> RawInstance:
    """One object in the state; `first`: it is created before it is destroyed. Its id is `id-NAME` unless given."""
    text = address if "." in address else f"t.{address}"
    parsed = Address.parse(text)
    return RawInstance(
        address=text,
        mode=cast(Any, parsed.mode),
        module=parsed.module,
        type=parsed.type,
        name=parsed.name,
        index_key=parsed.key,
        provider=SOURCE + provider,
        attributes={"id": f"id-{parsed.name}", **attributes},
        sensitive_paths=tuple(sensitive),
        dependencies=tuple(d if "." in d else f"t.{d}" for d in depends),
        deposed=deposed,
        tainted=False,
        create_before_destroy=first,
    )


class _NoSchemas:
    def block(self, *_: Any) -> None:
        return None


def state(*things: RawInstance | str, outputs: Mapping[str, Any] = {}, serial: int = 1) -> Snapshot:
    """A state with these objects; of one that is only named, what `thing` makes of the name."""
    found = tuple(t if isinstance(t, RawInstance) else thing(t) for t in things)
    values = {n: RawOutput(v, "dynamic", sensitive=False) for n, v in outputs.items()}
    return snapshot(RawState("lineage", serial, 4, values, found), cast(Any, _NoSchemas()))


def at(
    configuration: IR,
    there: Snapshot | None = None,
    *,
    unknown: Iterable[str] = (),
    names: Mapping[str, str] = {},
    ledger: Mapping[str, Any] = {},
    **more: Any,
) -> Position:
    """Where a run stands with this configuration and state; `unknown`: values not to be trusted, as `a` or `a@x`."""
    position = read(there or Snapshot(), configuration, names, more.pop("kind", "tofu"))
    changes = {"unknown": frozenset(map(_input, unknown)), **ledger}
    evaluation = Evaluation(configuration, NO_ANSWER, more.pop("full", configuration))
    return position.with_(ledger=position.ledger.with_(**changes), evaluation=evaluation, **more)


def planned(text: str) -> Planned:
    """`create a`, `replace t.a["k"]`, `move t.new from t.old`, `import a`."""
    action, address, *rest = text.split(" ")
    whole = address if "." in address else f"t.{address}"
    previous = rest[1] if rest else ""
    if action == "import":
        return Planned(whole, "noop", importing_id="x")
    return Planned(whole, cast(Action, action), previous_addr=previous)


def plan(*changes: str, outputs: Mapping[str, str] = {}, drift: Iterable[str] = ()) -> PlanResult:
    """The engine's plan; outputs as name -> action."""
    found = {n: OutputChange(n, cast(Action, action), sensitive=False) for n, action in outputs.items()}
    drifted = tuple(Drift(f"t.{name}", "update") for name in drift)
    return PlanResult(tuple(map(planned, changes)), drifted, found, ())


def change(name: str, action: str, after: Any = None, unknown: Any = False, **more: Any) -> PlanChange:
    """One change of a plan's document."""
    actions = ("delete", "create") if action == "replace" else (action,)
    address = name if "." in name else f"t.{name}"
    return PlanChange(actions, after=after, after_unknown=unknown, address=address, **more)
