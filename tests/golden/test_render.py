"""IR -> generated module, byte for byte. `pytest tests/golden --adopt` takes what comes out now as expected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.ir.schema import BlockSchema
from tests.support.rendering import decode, render

HERE = Path(__file__).parent / "render"
CASES = sorted(path.name.removesuffix(".case.json") for path in HERE.glob("*.case.json"))
SECRETS = ("hunter2", "t0ken")


def case(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((HERE / f"{name}.case.json").read_text(encoding="utf-8"))
    return loaded


def rendered(name: str) -> tuple[str, str]:
    """The text of the module and of its secrets."""
    given = case(name)
    module = render(
        decode(given["ir"]),
        include=given.get("include"),
        schemas={kind: BlockSchema(data) for kind, data in given.get("schemas", {}).items()},
        backend=given.get("backend"),
        creates_first=given.get("creates_first", ()),
    )
    return module.text, module.secrets_text if module.secrets else ""


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str, adopt: bool) -> None:
    for text, path in zip(rendered(name), (HERE / f"{name}.tf.json", HERE / f"{name}.secrets.json"), strict=True):
        if adopt:
            path.write_text(text, encoding="utf-8") if text else path.unlink(missing_ok=True)
        expected = path.read_bytes().decode() if path.exists() else ""
        assert text == expected, f"{path.name} (adopt with --adopt)"


@pytest.mark.parametrize("name", CASES)
def test_no_secret_is_written_down(name: str) -> None:
    text, secrets = rendered(name)
    assert not [secret for secret in SECRETS if secret in text]
    if any(secret in json.dumps(case(name)) for secret in SECRETS):
        assert [secret for secret in SECRETS if secret in secrets]
