from __future__ import annotations

from nivis_tofu.run.decide.options import Options
from nivis_tofu.tofu.argv import Locking, PlanOptions


def test_what_holds_for_every_plan() -> None:
    asked = Options(refresh=False, parallelism=2, locking=Locking(lock=False), engine_args=("-x",), replace=("a",))
    assert asked.plan == PlanOptions(refresh=False, parallelism=2, locking=Locking(lock=False), extra=("-x",))
    assert Options().plan == PlanOptions()
