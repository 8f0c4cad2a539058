"""Random graphs of terraform_data with references, derived values, groups; and random edits of them."""

from __future__ import annotations

import copy
import random
from typing import Any

Spec = dict[str, Any]
Expr = dict[str, Any]


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
