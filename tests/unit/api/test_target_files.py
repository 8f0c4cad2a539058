from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.api.target_files import named_in
from nivis_tofu.core.errors import NivisError


def test_one_name_a_line_in_order(tmp_path: Path) -> None:
    (tmp_path / "a").write_text('# head\n\n aws.x.y  # why\nt.x["#1 \\" b"] # key\n*.z\n')
    (tmp_path / "b").write_text("last")
    found = named_in([tmp_path / "a", tmp_path / "b"])
    assert list(found) == ["aws.x.y", 't.x["#1 \\" b"]', "*.z", "last"]


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xff\xfe")
    with pytest.raises(NivisError, match="A file of targets cannot be read"):
        list(named_in([tmp_path / "a"]))


def test_a_number_sign_in_a_key_begins_no_comment(tmp_path: Path) -> None:
    file = tmp_path / "targets"
    file.write_text('# all\n\n x.a["b#c"] # "one"\n//x\n')
    assert list(named_in([file])) == ['x.a["b#c"]', "//x"]
