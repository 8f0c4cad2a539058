"""Messages of the plugin protocol."""

from __future__ import annotations

from nivis_tofu.functions import protocol
from nivis_tofu.functions.protobuf import chunk, chunks, decode, encode, text
from nivis_tofu.functions.protocol import Function, Parameter

TWICE = Function((Parameter("text", "string", allow_null=True, allow_unknown=True),), ["list", "string"], "Doubles.")


def test_the_schema_of_a_provider_with_functions_alone() -> None:
    fields = decode(protocol.provider_schema({"twice": TWICE}))
    assert decode(chunk(fields, 1)) == {2: [b""]}
    assert decode(chunk(fields, 6)) == {2: [1]}
    entry = decode(chunk(fields, 7))
    assert text(entry, 1) == "twice"
    function = decode(chunk(entry, 2))
    assert decode(chunk(function, 1)) == {1: [b"text"], 2: [b'"string"'], 3: [1], 4: [1]}
    assert decode(chunk(function, 3)) == {1: [b'["list", "string"]']}
    assert text(function, 4) == "Doubles."


def test_resources_beside_functions() -> None:
    fields = decode(protocol.provider_schema({}, {"t_x": b"schema"}))
    assert decode(chunk(fields, 2)) == {1: [b"t_x"], 2: [b"schema"]}
    names = decode(protocol.metadata({"twice": TWICE}, {"t_x": b""}))
    assert (chunks(names, 4), chunks(names, 5)) == ([encode((1, "t_x"))], [encode((1, "twice"))])
    assert len(chunks(decode(protocol.functions_only({"twice": TWICE})), 1)) == 1


def test_a_call_and_its_answers() -> None:
    call = protocol.read_call(encode((1, "eval"), (2, [encode((1, b"a")), encode((1, b""))])))
    assert call == protocol.Request("eval", (b"a", b""))
    assert decode(chunk(decode(protocol.answered(b"v")), 1)) == {1: [b"v"]}
    assert text(decode(chunk(decode(protocol.refused("no")), 2)), 1) == "no"
