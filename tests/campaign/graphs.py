"""Graphs with everything that a run can hold: two providers, one of them configured late, modules, secrets, renames, stacks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any, TypeVar

from tests.property.generator import Expr, Generator, Spec

T = TypeVar("T")
ADDRESS = {"n": "terraform_data.", "t": "lab_thing.", "p": "lab_thing.", "m": "module."}
"""First letter of a name -> what stands before it in an address; `p`: of the provider that is configured late."""
ATTRIBUTES = {"n": ("id", "output"), "t": ("id", "value", "seen", "secret"), "m": ("id", "out")}
ATTRIBUTES["p"] = ATTRIBUTES["t"]


def address(name: str) -> str:
    return ADDRESS[name[0]] + name


class Graphs(Generator):
    """`stack`: which one it is of several, that may use the outputs of those before it."""

    def __init__(self, seed: str) -> None:
        super().__init__(0)
        self.random.seed(seed)
        self.upstream: list[str] = []
        self.public = False
        """Is what is made now to hold no secret? How many members a group has cannot be one."""

    def spec(self) -> Spec:
        spec = super().spec()
        first = self.first(spec)
        return {**spec, "region": self.text(first), "moved": [], "forgotten": []}

    def stacks(self) -> Spec:
        """Several graphs; each may use outputs of those before it."""
        made: dict[str, Spec] = {}
        for number in range(self.random.randint(2, 3)):
            self.upstream = list(made)
            spec = self.spec()
            names = [n["name"] for n in spec["nodes"]]
            spec["outputs"] = {"o": self.text(names), "public": self.without_secrets(partial(self.text, names))}
            made[f"s{number}"] = spec
        return {"stacks": made}

    def edit(self, old: Spec) -> Spec:
        if "stacks" not in old:
            return super().edit(old)
        names = list(old["stacks"])
        chosen = self.random.choice(names)
        self.upstream = names[: names.index(chosen)]
        return {"stacks": {**old["stacks"], chosen: super().edit(old["stacks"][chosen])}}

    def first(self, spec: Spec) -> list[str]:
        """The name that depends on nothing, if its provider is not the late one."""
        return [n["name"] for n in spec["nodes"][:1] if n["name"][0] != "p"]

    def without_secrets(self, make: Callable[[], T]) -> T:
        self.public = True
        try:
            return make()
        finally:
            self.public = False

    def constant(self) -> Expr:
        kind = self.random.random()
        if kind < 0.1 and not self.public:
            return {"k": "secret"}
        if kind < 0.4 and self.upstream:
            return {"k": "up", "s": self.random.choice(self.upstream), "o": "public" if self.public else "o"}
        return super().constant()

    def ref(self, names: list[str]) -> Expr:
        name = self.random.choice(names)
        attributes = ATTRIBUTES[name[0]]
        if self.public:
            attributes = tuple(a for a in attributes if a in ("id", "seen"))
        return {"k": "ref", "n": name, "a": self.random.choice(attributes)}

    def text(self, names: list[str]) -> Expr:
        """A string always."""
        if not names or self.random.random() < 0.3:
            return super().constant()
        if self.random.random() < 0.3:
            return self.id(names)
        return {"k": "derived", "f": self.random.choice(["cat", "hash", "parity"]), "in": [self.expr(names, 1)]}

    def node(self, name: str, before: list[str]) -> Spec:
        node = super().node(name, before)
        node["is"] = {"n": "data", "m": "module"}.get(name[0], "thing")
        if node["is"] == "thing":
            node |= {"label": name, "provider": "late" if name[0] == "p" else "lab"}
            node["trigger"] = self.text(before) if node["trigger"] else None
        elif node["is"] == "module":
            node["trigger"] = None
        return node

    def add_node(self, spec: Spec) -> None:
        letter = self.random.choice("nnntttttpm" if spec["nodes"] else "nt")
        spec["nodes"].append(self.node(self.name(letter), [n["name"] for n in spec["nodes"]]))

    def add_group(self, spec: Spec) -> None:
        self.without_secrets(lambda: super(Graphs, self).add_group(spec))
        group = spec["groups"][-1]
        group["is"] = self.random.choice(["data", "thing"])
        # Dice of its own: lives that were told of before stay what they were.
        dice, self.random = self.random, Random(group["name"])
        if self.random.random() < 0.5:
            group["hides"] = self.text([n["name"] for n in spec["nodes"]])
        self.random = dice

    def edit_once(self, spec: Spec) -> None:
        kind = self.random.random()
        if kind < 0.1:
            self.rename(spec, self.random.choice(spec["nodes"])["name"])
        elif kind < 0.15 and len(spec["nodes"]) > 2:
            self.forget(spec)
        elif kind < 0.22:
            spec["region"] = self.text(self.first(spec))
        elif kind < 0.27 and "o" in spec["outputs"]:
            spec["outputs"]["o"] = self.text([n["name"] for n in spec["nodes"]])
        else:
            super().edit_once(spec)
        for node in spec["nodes"]:
            if node["is"] == "module":
                node["trigger"] = None

    def rename(self, spec: Spec, old: str) -> None:
        """Another name everywhere; the engine is told, or destroys one and creates the other."""
        new = self.name(old[0])

        def patch(e: Any) -> Any:
            if isinstance(e, dict):
                return {k: new if k in ("n", "name") and v == old else patch(v) for k, v in e.items()}
            return [new if v == old else patch(v) for v in e] if isinstance(e, list) else e

        for key in ("nodes", "groups", "outputs", "region"):
            spec[key] = patch(spec[key])
        if self.random.random() < 0.7:
            spec["moved"] = [*spec["moved"], {"from": address(old), "to": address(new)}]

    def forget(self, spec: Spec) -> None:
        """Leaves the state and goes on existing."""
        chosen = self.random.choice([n["name"] for n in spec["nodes"][1:]])
        self.remove(spec, chosen)
        where = address(chosen)
        spec["moved"] = [m for m in spec["moved"] if where not in m.values()]
        spec["forgotten"] = [*spec["forgotten"], where]

    def remove(self, spec: Spec, name: str) -> None:
        self.without_secrets(lambda: super(Graphs, self).remove(spec, name))
        if name in str(spec["region"]):
            spec["region"] = super().constant()
