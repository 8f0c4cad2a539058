from __future__ import annotations

from pathlib import Path

from nivis_tofu.tofu.site import Site


def test_without_more_said_the_engine_runs_in_one_place_and_files_have_their_names() -> None:
    site = Site(Path("/w"), Path("/s"))
    assert (site.reading, site.data_dir, site.var_files, site.module) == (None, "", (), None)
    assert site.name_of("main.tf") == "main.tf"
    with site.occupied() as nothing:
        assert nothing is None
