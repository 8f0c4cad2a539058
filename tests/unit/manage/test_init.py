from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.manage import init
from nivis_tofu.tofu.argv import Locking

OLD = '{"resources": {"p.t.a": {"id": "p.t.a", "type": "t", "attrs": {}}}}'


def test_options_are_checked() -> None:
    found = init.options(True, "migrate", "readonly", Locking(), ("x",))
    assert (found.upgrade, found.backend_change, found.lockfile, found.plugin_dirs) == (
        True,
        "migrate",
        "readonly",
        ("x",),
    )
    with pytest.raises(NivisError, match="Unknown --lockfile"):
        init.options(False, "", "nope", Locking())


def test_a_state_that_was_taken_over_is_told_of_where_the_comparison_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Any) -> None:
        raise NivisError.of("The cloud is away")

    file = tmp_path / "old.json"
    file.write_text(OLD)
    monkeypatch.setattr("nivis_tofu.manage.init.migration.take_over", lambda *_: "done")
    monkeypatch.setattr("nivis_tofu.manage.init.refresh.refresh", fail)
    with pytest.raises(NivisError) as error:
        init.migrate(SimpleNamespace(workdir=SimpleNamespace(state_file=file)))  # type: ignore[arg-type]
    assert [d.summary for d in error.value.diagnostics] == ["The cloud is away", "The state was taken over"]
    assert error.value.diagnostics[1].severity == "warning"
    assert "nivis refresh" in (error.value.diagnostics[1].hint or "")
