"""What every value of a generated graph must be, given the outputs that are in the state.

This shares nothing with nivis.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from tests.property.generator import Expr, Spec

State = Mapping[str, Mapping[str, Any]]
"""Name -> attributes."""


def check(spec: Spec, state: State, around: State | None = None) -> None:
    """`around`: what values come from beside the state: the secret, outputs of other stacks."""
    seen = {**state, **(around or {})}
    expected = {n["name"]: evaluate(n["input"], seen) for n in spec["nodes"]}
    for group in spec["groups"]:
        expected |= members(group, seen)
    assert state.keys() == expected.keys()
    assert {n: o["input"] for n, o in state.items()} == expected
    for node in spec["nodes"]:
        if node["trigger"] is not None:
            assert state[node["name"]]["triggers_replace"] == evaluate(node["trigger"], seen), node["name"]


def must_stay(old: Spec, new: Spec, before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """Names that nothing forces to be replaced.

    Their trigger is the same value before and after, and nothing upstream was replaced: a dependant that may have
    to be replaced goes before its upstream does, when nobody can know yet that its trigger comes out equal.
    """
    triggers = {n["name"]: n["trigger"] for n in old["nodes"]}
    replaced = {n for n in before if n not in after or before[n]["id"] != after[n]["id"]}
    above = upstream(old, new)
    stay = set()
    for node in new["nodes"]:
        name = node["name"]
        if name not in before or name not in triggers or above[name] & replaced:
            continue
        now = evaluate(node["trigger"], after) if node["trigger"] is not None else None
        if before[name]["triggers_replace"] == now:
            stay.add(name)
    members = {n for n in before if n.startswith(("g", "i")) and n in after}
    return stay | members


def evaluate(expr: Expr, state: State) -> Any:
    """What this expression is, given the outputs in the state."""
    match expr["k"]:
        case "const":
            return expr["v"]
        case "ref":
            return state[expr["n"]][expr["a"]]
        case "secret":
            return state["var"]["canary"]
        case "up":
            return state[f"stack.{expr['s']}"][expr["o"]]
        case "str":
            return "".join(evaluate(e, state) for e in expr["in"])
        case "choose":
            values = [evaluate(e, state) for e in expr["in"]]
            return evaluate(expr["low"] if parity(values) == "low" else expr["high"], state)
    values = [evaluate(e, state) for e in expr["in"]]
    match expr["f"]:
        case "cat":
            return "-".join(map(text, values))
        case "hash":
            return digest(values)
        case "parity":
            return parity(values)
    return [text(v) for v in values]


def text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def digest(values: list[Any]) -> str:
    return hashlib.sha256("-".join(map(text, values)).encode()).hexdigest()[:8]


def parity(values: list[Any]) -> str:
    return "low" if digest(values)[0] in "01234567" else "high"


def members(group: Spec, state: State) -> dict[str, Any]:
    """Name -> input of every member that must exist."""
    values = [evaluate(e, state) for e in group["in"]]
    indices = [0] if parity(values) == "low" else [0, 1, 2]
    shown = "-".join(map(text, values)) if group["shows"] else "fixed"
    if "hides" in group:
        shown = text(evaluate(group["hides"], state))
    found = {f"{group['name']}_{i}": shown for i in indices}
    return found | (members(group["inner"], state) if group["inner"] else {})


def refs(expr: Expr | None) -> set[str]:
    """Names a native or derived expression refers to."""
    if expr is None:
        return set()
    found = {expr["n"]} if expr["k"] == "ref" else set()
    for e in [*expr.get("in", ()), *(expr[k] for k in ("low", "high") if k in expr)]:
        found |= refs(e)
    return found


def derived(expr: Expr | None) -> bool:
    return expr is not None and expr["k"] not in ("const", "ref")


def depth(spec: Spec) -> int:
    """Longest chain of values that Nix computes from another resource's outputs."""
    level: dict[str, int] = {}

    def of(expr: Expr | None) -> int:
        below = max((level[n] for n in refs(expr)), default=0)
        return below + (1 if derived(expr) and refs(expr) else 0)

    for n in spec["nodes"]:
        level[n["name"]] = max(of(n["input"]), of(n["trigger"]), *(level[d] for d in n["dependsOn"]), 0)
    deepest = max(level.values(), default=0)

    def group(g: Spec) -> int:
        own = max((of(e) + (0 if derived(e) else 1) for e in g["in"]), default=0)
        return max(own, group(g["inner"]) if g["inner"] else 0) + 1

    return max([deepest, *(group(g) for g in spec["groups"])])


def upstream(*specs: Spec) -> dict[str, set[str]]:
    """Name -> everything it depends on in any of the specs, directly or not."""
    direct: dict[str, set[str]] = {}
    for spec in specs:
        for n in spec["nodes"]:
            direct.setdefault(n["name"], set()).update(refs(n["input"]) | refs(n["trigger"]) | set(n["dependsOn"]))
    found: dict[str, set[str]] = {}
    for name in direct:
        seen: set[str] = set()
        stack = list(direct[name])
        while stack:
            other = stack.pop()
            if other not in seen:
                seen.add(other)
                stack += direct.get(other, ())
        found[name] = seen
    return found
