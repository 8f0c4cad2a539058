from __future__ import annotations

from nivis_tofu.system.child_text import BoundedBuffer, LineSplitter


def test_splitter_joins_pieces_and_drops_carriage_returns() -> None:
    lines: list[str] = []
    splitter = LineSplitter(lines.append)
    for piece in (b"a", b"b\nc", b"\r\n\n", b"d"):
        splitter.add(piece)
    assert lines == ["ab", "c", ""]
    splitter.finish()
    splitter.finish()
    assert lines == ["ab", "c", "", "d"]


def test_bounded_buffer_keeps_both_ends() -> None:
    buffer = BoundedBuffer(head=3, tail=4)
    for _ in range(100):
        buffer.add(b"0123456789")
    assert buffer.text() == "012\n… 993 bytes left out …\n6789"


def test_bounded_buffer_leaves_short_text_alone() -> None:
    buffer = BoundedBuffer(head=3, tail=4)
    buffer.add(b"01234")
    assert buffer.text() == "01234"
