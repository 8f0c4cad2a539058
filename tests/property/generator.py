"""Random graphs of terraform_data with references, derived values, groups; random edits; and a model of them.

The model shares nothing with nivis: it says what every value must be, given the outputs that are in the state.
"""

from __future__ import annotations

import copy
import hashlib
import json
import random
from collections.abc import Mapping
from typing import Any

Spec = dict[str, Any]
Expr = dict[str, Any]
State = Mapping[str, Mapping[str, Any]]


class Generator:
    """Makes specs and edits them; the same seed makes the same sequence."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.made = 0

    def spec(self) -> Spec:
        spec: Spec = {"nodes": [], "groups": [], "outputs": {}}
        for _ in range(self.random.randint(2, 7)):
            self.add_node(spec)
        if self.random.random() < 0.4:
            self.add_group(spec)
        if self.random.random() < 0.5:
            spec["outputs"]["o"] = self.expr([n["name"] for n in spec["nodes"]])
        return spec

    def name(self, prefix: str) -> str:
        self.made += 1
        return f"{prefix}{self.made}"

    def constant(self) -> Expr:
        return {"k": "const", "v": f"c{self.random.randint(0, 99)}"}

    def expr(self, names: list[str], depth: int = 0) -> Expr:
        kind = self.random.random()
        if not names or kind < 0.2:
            return self.constant()
        if kind < 0.45 or depth >= 2:
            return self.ref(names)
        inputs = [self.expr(names, depth + 1) for _ in range(self.random.randint(1, 2))]
        if kind < 0.55:
            return {"k": "str", "in": [self.id(names), {"k": "const", "v": "/"}, self.id(names)]}
        if kind < 0.65:
            return {"k": "choose", "in": inputs, "low": self.ref(names), "high": self.ref(names)}
        return {"k": "derived", "f": self.random.choice(["cat", "hash", "parity", "list"]), "in": inputs}

    def ref(self, names: list[str]) -> Expr:
        return {"k": "ref", "n": self.random.choice(names), "a": self.random.choice(["id", "output"])}

    def id(self, names: list[str]) -> Expr:
        """Always a string, as `lib.str` needs."""
        return {"k": "ref", "n": self.random.choice(names), "a": "id"}

    def node(self, name: str, before: list[str]) -> Spec:
        trigger = self.expr(before) if self.random.random() < 0.4 else None
        depends = [self.random.choice(before)] if before and self.random.random() < 0.2 else []
        return {
            "name": name,
            "input": self.expr(before),
            "trigger": trigger,
            "dependsOn": depends,
            "cbd": self.random.random() < 0.15,
        }

    def add_node(self, spec: Spec) -> None:
        spec["nodes"].append(self.node(self.name("n"), [n["name"] for n in spec["nodes"]]))

    def add_group(self, spec: Spec) -> None:
        names = [n["name"] for n in spec["nodes"]]
        inner = None
        if self.random.random() < 0.4:
            inner = {"name": self.name("i"), "in": [self.ref(names)], "shows": True, "inner": None}
        spec["groups"].append(
            {
                "name": self.name("g"),
                "in": [self.expr(names) for _ in range(self.random.randint(1, 2))],
                "shows": self.random.random() < 0.6,
                "inner": inner,
            }
        )

    def edit(self, old: Spec) -> Spec:
        spec: Spec = copy.deepcopy(old)
        for _ in range(self.random.randint(1, 2)):
            self.edit_once(spec)
        return spec

    def edit_once(self, spec: Spec) -> None:
        nodes = spec["nodes"]
        kind = self.random.random()
        index = self.random.randrange(len(nodes))
        before = [n["name"] for n in nodes[:index]]
        if kind < 0.3:
            nodes[index]["input"] = self.constant()
        elif kind < 0.5:
            nodes[index]["trigger"] = self.constant()
        elif kind < 0.65:
            nodes[index]["input"] = self.expr(before)
        elif kind < 0.75:
            nodes[index] = self.node(nodes[index]["name"], before)
        elif kind < 0.85:
            self.add_node(spec)
        elif kind < 0.9 and spec["groups"]:
            spec["groups"].pop()
        elif kind < 0.93:
            self.add_group(spec)
        elif len(nodes) > 2:
            self.remove(spec, nodes[index]["name"])
        else:
            nodes[index]["cbd"] = not nodes[index]["cbd"]

    def remove(self, spec: Spec, name: str) -> None:
        """Take a node out; what referred to it becomes a constant."""
        spec["nodes"] = [n for n in spec["nodes"] if n["name"] != name]

        def patch(e: Any) -> Any:
            if isinstance(e, dict):
                if e.get("k") == "ref" and e.get("n") == name:
                    return self.constant()
                return {k: patch(v) for k, v in e.items()}
            if isinstance(e, list):
                return [patch(v) for v in e if v != name or not isinstance(v, str)]
            return e

        for key in ("nodes", "groups", "outputs"):
            spec[key] = patch(spec[key])


def evaluate(expr: Expr, state: State) -> Any:
    """What this expression is, given the outputs in the state."""
    match expr["k"]:
        case "const":
            return expr["v"]
        case "ref":
            return state[expr["n"]][expr["a"]]
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
