"""Seals on texts."""

from __future__ import annotations

from nivis_tofu.run import seal


def test_seals_tell_sameness_and_nothing_else() -> None:
    one, two = seal.seal("hunter2"), seal.seal("hunter2")
    assert one != two
    assert seal.fits("hunter2", one)
    assert seal.fits("hunter2", two)
    assert not seal.fits("hunter3", one)
    assert not any(seal.fits("x", broken) for broken in ("", ":", "zz:00", "00", "é:é"))
