"""What must be in the state and in the cloud after a run that went well."""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from nivis_tofu.ir.engine_name import MODULE_OUTPUT
from tests.property import model
from tests.property.generator import Spec

Objects = dict[str, dict[str, Any]]
"""Name -> attributes, `input` and `triggers_replace` for every type."""


def read(path: Path) -> tuple[Objects, dict[str, Any]]:
    """Objects and outputs of a state file; none if it is missing."""
    if not path.exists() or not (text := path.read_text()):
        return {}, {}
    state = json.loads(text)
    found = {}
    for resource in state["resources"]:
        for instance in resource["instances"]:
            if "deposed" not in instance:
                found[_name(resource)] = _attributes(instance["attributes"], resource)
    outputs = {name: output["value"] for name, output in state["outputs"].items() if not name.startswith(MODULE_OUTPUT)}
    return found, outputs


def refresh(objects: Objects, existing: Mapping[str, Mapping[str, Any]], declared: Set[str]) -> None:
    """Replaces what the state says of things in the cloud by what they are; `existing`: by id."""
    for name in ghosts(objects, existing, declared):
        del objects[name]
    for found in objects.values():
        if now := existing.get(str(found.get("id"))):
            found |= {**now, "input": now["value"], "triggers_replace": now["kind"]}


def ghosts(objects: Objects, existing: Mapping[str, Mapping[str, Any]], declared: Set[str]) -> set[str]:
    """Names of things that are gone, and no longer declared: there is nothing to do, so the engine leaves them in its state."""
    things = {name: str(found["id"]) for name, found in objects.items() if "seen" in found}
    return {name for name, id_ in things.items() if id_ not in existing and name not in declared}


def deposed(path: Path) -> list[str]:
    """Names with an old object that a run has left."""
    if not path.exists():
        return []
    resources = json.loads(path.read_text() or '{"resources": []}')["resources"]
    return [r["name"] for r in resources if any("deposed" in i for i in r["instances"])]


def _name(resource: Mapping[str, Any]) -> str:
    return str(resource["module"]).removeprefix("module.") if "module" in resource else str(resource["name"])


def _attributes(raw: Mapping[str, Any], resource: Mapping[str, Any]) -> dict[str, Any]:
    plain = {key: _plain(value) for key, value in raw.items()}
    if resource["type"] == "lab_thing":
        return {**plain, "input": plain["value"], "triggers_replace": plain["kind"]}
    if "module" in resource:
        return {**plain, "out": plain["output"]}
    return plain


def _plain(value: Any) -> Any:
    typed = isinstance(value, dict) and value.keys() == {"value", "type"}
    return value["value"] if typed else value


def problems(spec: Spec, objects: Objects, outputs: Mapping[str, Any], around: Mapping[str, Any]) -> list[str]:
    """What differs from the model. `around`: secret and outputs of other stacks, as the model reads them."""
    try:
        model.check(spec, {**objects}, around)
    except AssertionError as error:
        return [f"the state is not what the model says: {error}"]
    except KeyError as error:
        return [f"{error} is missing from the state"]
    wanted = {name: model.evaluate(e, {**objects, **around}) for name, e in spec["outputs"].items()}
    return [] if wanted == dict(outputs) else [f"outputs are {outputs}, the model says {wanted}"]
