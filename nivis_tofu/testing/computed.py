"""Values of a configuration as plain data, as far as that needs no engine. Pure.

`UNKNOWN` stands for what only the apply tells; `OPAQUE` for what the engine computes and nobody else can.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from nivis_tofu.core import json_text
from nivis_tofu.ir.values import Build, Call, Derived, Expr, Ref, Value


class _Mark:
    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


UNKNOWN: Final = _Mark("UNKNOWN")
OPAQUE: Final = _Mark("OPAQUE")
Look = Callable[[Ref], Any]
"""Reference -> its value, or UNKNOWN."""


def plain(value: Value, look: Look) -> Any:
    """The value with every leaf replaced by what it comes to."""
    match value:
        case list():
            return [plain(item, look) for item in value]
        case dict():
            return {key: plain(item, look) for key, item in value.items()}
        case Ref():
            return look(value)
        case Derived():
            return UNKNOWN if value.pending else plain(value.value, look)  # type: ignore[arg-type]  # not pending
        case Expr():
            return _template(value, look)
        case Build():
            return value.path
        case Call():
            return UNKNOWN
        case _:
            return value


def holds(value: Any, mark: object) -> bool:
    """Whether one of the marks is the value, or in it."""
    match value:
        case list():
            return any(holds(item, mark) for item in value)
        case Mapping():
            return any(holds(item, mark) for item in value.values())
        case _:
            return value is mark


def filled(value: Any, mark: object, by: Callable[[], Any]) -> Any:
    """The value with something else in the place of a mark."""
    match value:
        case list():
            return [filled(item, mark, by) for item in value]
        case dict():
            return {key: filled(item, mark, by) for key, item in value.items()}
        case _:
            return by() if value is mark else value


def _template(expr: Expr, look: Look) -> Any:
    operands = [part if isinstance(part, str) else plain(part, look) for part in expr.parts]
    if any(holds(operand, UNKNOWN) for operand in operands):
        return UNKNOWN
    match operands:
        case ["${", operand, "}"] if not isinstance(expr.parts[1], str):
            return operand
        case ["${jsonencode(", operand, ")}"] if not holds(operand, OPAQUE):
            return _go_json(operand)
        case ["${base64encode(", str() as operand, ")}"]:
            return base64.b64encode(operand.encode()).decode()
    texts = [
        _literal(part) if isinstance(part, str) else _text(o) for part, o in zip(expr.parts, operands, strict=True)
    ]
    return OPAQUE if None in texts else "".join(text or "" for text in texts)


def _literal(text: str) -> str | None:
    """What template text means, where it has nothing in it to compute."""
    bare = text.replace("$${", "").replace("%%{", "")
    return None if "${" in bare or "%{" in bare else text.replace("$${", "${").replace("%%{", "%{")


def _text(value: Any) -> str | None:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int() | Decimal():
            return str(value)
        case _:
            return None


def _go_json(value: Any) -> str:
    """JSON as the engine's `jsonencode` writes it."""
    text = json_text.dumps(value)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
