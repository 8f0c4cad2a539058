"""Many exclusions go through a file."""

from __future__ import annotations

from pathlib import Path

from nivis_tofu.tofu.argv import PlanOptions
from nivis_tofu.tofu.exclude_file import ABOVE, through

MANY = tuple(f"terraform_data.x{n}" for n in range(ABOVE + 1))


def test_many_are_in_a_file_that_goes_afterwards(tmp_path: Path) -> None:
    with through(PlanOptions(exclude=MANY), "tofu", tmp_path) as options:
        assert options.exclude == ()
        assert Path(options.exclude_file or "").read_text().splitlines() == list(MANY)
    assert list(tmp_path.iterdir()) == []


def test_few_and_those_of_terraform_stay_on_the_command_line(tmp_path: Path) -> None:
    for options, kind in ((PlanOptions(exclude=MANY[1:]), "tofu"), (PlanOptions(exclude=MANY), "terraform")):
        with through(options, kind, tmp_path) as same:  # type: ignore[arg-type]  # a literal of two
            assert same == options
