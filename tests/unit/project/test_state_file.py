"""Local state files as text: damaged ones included."""

from __future__ import annotations

import json
import threading
import time
import tracemalloc
from pathlib import Path

import pytest

from nivis_tofu.project import state_file

DEEP = "[" * 100_000


@pytest.mark.parametrize(
    ("text", "something"),
    [
        (None, False),
        ("", False),
        ("{}", False),
        ('{"resources": []}', False),
        ('{"resources": [{}]}', True),
        ('{"encrypted_data": "x"}', True),
        ("{", True),
        ("[]", True),
        (DEEP, True),
    ],
    ids=str,
)
def test_what_cannot_be_read_counts_as_something(tmp_path: Path, text: str | None, something: bool) -> None:
    if text is not None:
        (tmp_path / "s").write_text(text)
    assert state_file.has_resources(tmp_path / "s") is something


@pytest.mark.parametrize(
    ("text", "lineage"),
    [(None, ""), ('{"lineage": "l"}', "l"), ("{}", ""), ('{"lineage": null}', ""), ("{", ""), ("[]", ""), (DEEP, "")],
    ids=str,
)
def test_lineage(tmp_path: Path, text: str | None, lineage: str) -> None:
    if text is not None:
        (tmp_path / "s").write_text(text)
    assert state_file.lineage(tmp_path / "s") == lineage


def test_half_a_file_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "s"
    file.write_text('{"a": ')

    def finish() -> None:
        time.sleep(0.02)
        file.write_text('{"a": 1}\n')

    writer = threading.Thread(target=finish)
    writer.start()
    assert state_file.read_whole(file) == '{"a": 1}\n'
    writer.join()


@pytest.mark.parametrize(
    ("there", "older"),
    [
        ({"lineage": "l", "serial": 3}, True),
        ({"lineage": "l", "serial": 2}, True),
        ({"lineage": "l", "serial": 4}, False),
        ({"lineage": "m", "serial": 2}, False),
        ({"serial": 2}, False),
        ([], False),
        ({"lineage": "l", "serial": "2"}, False),
    ],
    ids=str,
)
def test_is_older(tmp_path: Path, there: object, older: bool) -> None:
    (tmp_path / "s").write_text(json.dumps(there))
    assert state_file.is_older(tmp_path / "s", '{"lineage": "l", "serial": 3}') is older
    assert not state_file.is_older(tmp_path / "none", '{"lineage": "l", "serial": 3}')


WHOLE = '{"version": 4, "lineage": "l", "serial": 7, "resources": [{}]}'


class TestRescued:
    """The state that the engine could not save."""

    @pytest.fixture
    def places(self, tmp_path: Path) -> tuple[Path, Path]:
        for name in ("home", "work"):
            (tmp_path / name).mkdir()
        return tmp_path / "home", tmp_path / "work"

    def test_it_comes_to_where_the_user_looks(self, places: tuple[Path, Path]) -> None:
        home, work = places
        assert state_file.rescued(home, work) is None
        (work / state_file.ERRORED).write_text(WHOLE)
        for _ in range(2):
            found = state_file.rescued(home, work, home)
            assert found == home / state_file.ERRORED
            assert found.read_text() == WHOLE

    @pytest.mark.parametrize("text", ["", WHOLE[:20], "[]"])
    def test_one_that_could_not_be_written_is_none(self, places: tuple[Path, Path], text: str) -> None:
        for place in places:
            (place / state_file.ERRORED).write_text(text)
        assert state_file.rescued(*places) is None
        assert not any((place / state_file.ERRORED).exists() for place in places)

    def test_a_link_is_not_followed(self, places: tuple[Path, Path]) -> None:
        home, work = places
        (home / "other").write_text(WHOLE)
        (work / state_file.ERRORED).symlink_to("../home/other")
        assert state_file.rescued(home, work) is None


def test_a_digest_is_that_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "state"
    file.write_text("ä" * 700_000 + "}\n", encoding="utf-8")
    text = state_file.read_whole(file)
    assert text == "ä" * 700_000 + "}\n"
    assert state_file.digest(text) == state_file.digest_of(file)
    assert state_file.digest_of(tmp_path / "nothing") is None


class TestLarge:
    @pytest.fixture(autouse=True)
    def from_here_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(state_file, "LARGE", 50)

    def test_it_is_what_its_text_says(self, tmp_path: Path) -> None:
        file = tmp_path / "s"
        file.write_text(WHOLE)
        assert state_file.large(file) == (state_file.digest_of(file), json.loads(WHOLE))

    @pytest.mark.parametrize(
        "text",
        [WHOLE[:40], WHOLE[:-2], f"[{WHOLE}]", WHOLE.replace("lineage", "line"), WHOLE.replace('"s', '"encrypted_data":0,"s')],
        ids=["small", "half", "a list", "another state", "encrypted"],
    )  # fmt: skip
    def test_others_are_read_as_text(self, tmp_path: Path, text: str) -> None:
        file = tmp_path / "s"
        file.write_text(text)
        assert state_file.large(file) is None
        assert state_file.large(tmp_path / "none") is None

    def test_its_text_is_never_in_memory_as_a_whole(self, tmp_path: Path) -> None:
        """The engine writes what `terraform_data` has twice; what is read has it once."""
        file, each, count = tmp_path / "s", 100_000, 120
        values = (f"{number:06}" + "x" * each for number in range(count))
        resources = [{"instances": [{"attributes": {"input": value, "output": value}}]} for value in values]
        file.write_text(json.dumps({"lineage": "l", "resources": resources}))
        del resources
        tracemalloc.start()
        try:
            found = state_file.large(file)
            assert found is not None
            assert tracemalloc.get_traced_memory()[1] < 1.5 * each * count < 0.8 * file.stat().st_size
        finally:
            tracemalloc.stop()
