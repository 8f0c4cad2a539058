"""A generated module of the played type, and the values of the expressions that nivis writes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

Attributes = dict[str, Any]


class Unknown:
    """Known after apply."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()


class Module:
    """What stands in a directory: resources, outputs, and the values of its expressions."""

    def __init__(self, document: Mapping[str, Any], variables: Mapping[str, Any]) -> None:
        self.document = document
        declared = {n: v["default"] for n, v in document.get("variable", {}).items() if "default" in v}
        self.variables = {**declared, **variables}
        self.resources: dict[str, Attributes] = {
            f"t.{name}": body for name, body in document.get("resource", {}).get("t", {}).items()
        }
        self.outputs: dict[str, Attributes] = document.get("output", {})

    @property
    def sources(self) -> set[str]:
        """Of the providers that are required."""
        required = self.document.get("terraform", {}).get("required_providers", {})
        return {str(entry["source"]) for entry in required.values()}

    def value(self, given: Any, objects: Mapping[str, Attributes]) -> Any:
        if not isinstance(given, str) or not (whole := re.fullmatch(r"\$\{(.*)\}", given, re.DOTALL)):
            assert not isinstance(given, str) or not re.search(r"(?<!\$)\$\{", given), given
            return given.replace("$${", "${") if isinstance(given, str) else given
        return self._expression(whole[1], objects)

    def _expression(self, text: str, objects: Mapping[str, Attributes]) -> Any:
        if "terraform_data.nivis_unknown" in text and " ? " not in text:
            return UNKNOWN
        if found := re.fullmatch(r"jsondecode\((local\.\S+(?: && local\.\S+)*) \? (.*) : terraform_data\S+\)", text):
            same = [self.value(self.document["locals"][n[6:]], objects) for n in found[1].split(" && ")]
            literal = self._expression(found[2], objects)
            return json.loads(literal) if all(s is True for s in same) else UNKNOWN
        if found := re.fullmatch(r"nonsensitive\(jsonencode\((.*)\) == jsonencode\((.*)\)\)", text):
            left, right = (self._expression(part, objects) for part in found.groups())
            return left == right if not isinstance(left, Unknown) else UNKNOWN
        if found := re.fullmatch(r"(sensitive|jsonencode)\((.*)\)", text):
            inner = self._expression(found[2], objects)
            return json.dumps(inner) if found[1] == "jsonencode" and inner is not UNKNOWN else inner
        if text.startswith('"'):
            return json.loads(text)
        if text.startswith("var."):
            return self.variables[text[4:]]
        found = re.fullmatch(r"(t\.\w+)\.(\w+)", text)
        assert found, f"an expression that is not played: {text}"
        return objects.get(found[1], {}).get(found[2], UNKNOWN)

    def creates_first(self, address: str) -> bool:
        return bool(self.resources[address].get("lifecycle", {}).get("create_before_destroy"))

    def depends(self, address: str) -> list[str]:
        body = self.resources[address]
        refs = re.findall(r"\bt\.\w+", json.dumps({k: v for k, v in body.items() if k != "depends_on"}))
        return sorted({*(r for r in refs if r in self.resources), *body.get("depends_on", ())} & self.resources.keys())

    @property
    def ordered(self) -> list[str]:
        """Addresses, each after those it depends on."""
        done: dict[str, None] = {}

        def visit(address: str) -> None:
            for other in self.depends(address):
                visit(other)
            done[address] = None

        for address in self.resources:
            visit(address)
        return list(done)
