"""Calls with the same inputs: the engine makes one call for many of them, and takes each value from a local value.

It costs the engine, and us, as much as a single call; a thousand of them are a second each time it walks its graph.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field

from nivis_tofu.core.immutable import mutable
from nivis_tofu.hcl import quoting
from nivis_tofu.ir.calls import attribute, own_input
from nivis_tofu.ir.values import Call, Ref

MOST = 250
"""Values in one answer: a message of the protocol has a largest size."""
_Inputs = tuple[Ref, ...]


@mutable
class SharedCalls:
    """`inputs`: what several calls have in common. The local values fill while a module is written."""

    inputs: frozenset[_Inputs] = frozenset()
    _values: list[tuple[_Inputs, dict[str, None]]] = field(default_factory=list)
    _open: dict[_Inputs, int] = field(default_factory=dict)

    def expression(self, call: Call) -> str | None:
        """Where the value of this call is found; None for a call of its own."""
        if call.refs not in self.inputs or own_input(call):
            return None
        number, name = self._open.get(call.refs, -1), attribute(call.leaf)
        if number < 0 or (len(self._values[number][1]) == MOST and name not in self._values[number][1]):
            number = self._open[call.refs] = len(self._values)
            self._values.append((call.refs, {}))
        self._values[number][1][name] = None
        return f"local.{_name(number)}.{name}"

    def locals_(self, functions: str, traversal: Callable[[Ref], str]) -> dict[str, str]:
        """The local values that what was written refers to. `functions`: local name of the provider."""
        return {
            _name(number): "${" + called(functions, "values", " ".join(names), [traversal(r) for r in refs]) + "}"
            for number, (refs, names) in enumerate(self._values)
        }


def called(functions: str, function: str, what: str, inputs: list[str]) -> str:
    """A call of the provider as an expression."""
    return f"provider::{functions}::{function}({quoting.quote(what)}, [{', '.join(inputs)}])"


def _name(number: int) -> str:
    return f"nivis_values_{number}"
