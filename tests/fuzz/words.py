"""Readers of texts: what people type, what programs write for people, and what comes over a socket."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

from nivis_tofu.api.request import seconds_of
from nivis_tofu.cli import app
from nivis_tofu.core import globs, nearest, visible
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.namespace import of_stack
from nivis_tofu.editor.knowledge import Knowledge
from nivis_tofu.editor.server import LanguageServer
from nivis_tofu.functions import server, values
from nivis_tofu.functions.protobuf import encode
from nivis_tofu.hcl import blocks, reader
from nivis_tofu.ir import conversion, engine_name, positions, types
from nivis_tofu.ir.decode import decode
from nivis_tofu.ir.names import Names
from nivis_tofu.ir.schema import BlockSchema, below, is_set
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.nix import comparisons, evaluator, failure, hints, module_errors, trace
from nivis_tofu.nix.trace import TraceReader
from nivis_tofu.project.schema_cache import Schemas
from nivis_tofu.run.decide.select import Selection
from nivis_tofu.stacks import shipment
from nivis_tofu.stacks.shipment import Shipment
from nivis_tofu.system import forked
from nivis_tofu.system.child_text import LineSplitter
from nivis_tofu.testing.invent import Inventor
from nivis_tofu.tofu import address_syntax, results
from nivis_tofu.tofu.address_syntax import Address
from nivis_tofu.views import diff
from tests.fuzz.documents import SCHEMAS
from tests.fuzz.files import FLAKE, TF
from tests.fuzz.reader import Reader, scratch, seeds, text
from tests.support import rendering
from tests.unit.functions.test_server import Echo
from tests.unit.nix import test_trace

_IR = decode(rendering.document(rendering.data("a", 1), rendering.data("b", {"__ref": rendering.ref("a")})))
_NAMES = Names.of(_IR, Snapshot())
_VERBS = ["init", "plan", "apply", "destroy", "refresh", "validate", "render", "show", "output", "state", "import", "taint", "untaint", "providers", "workspace", "graph", "why", "diff", "gen", "convert", "adopt", "force-unlock", "doctor", "completion", "eval", "test", "stacks", "help", "version", "fmt", "get", "console", "metadata"]  # fmt: skip


def _ids(made: str) -> None:
    for name in (
        engine_name.encode_name,
        engine_name.decode_name,
        engine_name.guess_address,
        visible.line,
        visible.block,
    ):
        assert isinstance(name(made), str)
    assert engine_name.decode_name(engine_name.encode_name(made)) == made
    base, key = engine_name.split_key(made)
    assert base + key == made
    engine_name.guess_id(made, "registry.opentofu.org/hashicorp/x")
    globs.matches(made, "aws_s3_bucket.demo")
    nearest.did_you_mean(made, ["aws.aws_s3_bucket.demo"], "")
    for call in (
        _NAMES.find,
        _NAMES.target,
        lambda t: _NAMES.match([t]),
        of_stack,
        lambda t: Selection((t,), (t,)).restrict(_IR, Snapshot(), {}),
    ):
        with contextlib.suppress(NivisError):
            call(made)


def _address(made: str) -> None:
    address_syntax.bare(made)
    address_syntax.order(made)
    found = Address.parse(made)
    # What the engine writes is written so again.
    assert Address.parse(str(found)) == found


def _type(made: bytes) -> None:
    from nivis_tofu.core import json_text

    kind = json_text.loads(made)
    attribute = BlockSchema({"attributes": {"a": {"type": kind}}}).attributes["a"]
    types.type_text(kind)
    types.has_dynamic(kind)
    conversion.never(kind, "string")
    for spot in (kind, attribute, attribute.objects):
        is_set(spot)
        below(below(spot, 0), "x")
    for value in ([1, {"x": None}], {"x": [Decimal("1.5")]}, "s"):
        with contextlib.suppress(KeyError):
            types.mapped(value, kind, lambda item, _: item)
    for wild in (False, True):
        Inventor(1, wild).value(kind, ("a.b.c", "x"), ())


def _call(made: bytes) -> None:
    """A call of the engine: answered, refused in words, or not understood; never a value of another size than its bytes."""
    found = server.handlers(Echo())["CallFunction"](made)
    assert isinstance(found, bytes)
    assert len(found) < 40 * len(made) + 10_000


def calls() -> Sequence[bytes]:
    given = ({"a": [1, Decimal("2.50"), None, values.UNKNOWN]}, ["x", True], 10**30, "é")
    packed = [[values.encode("leaf", "string"), values.encode(list(some))] for some in ((given[0],), given[1:], ())]
    return [
        encode((1, name), (2, [encode((1, part)) for part in parts])) for parts in packed for name in ("eval", "values")
    ]


def _served(made: bytes) -> None:
    known = Schemas(scratch() / "lsp.zip")
    if not known.known:
        known.store(SCHEMAS)
    found = LanguageServer(lambda _: Knowledge([known]))
    sink = io.BytesIO()
    found.serve(io.BytesIO(made), sink)
    assert b"Traceback" not in sink.getvalue()


def sessions() -> Sequence[bytes]:
    uri = {"uri": "file:///p/flake.nix"}
    at = {"textDocument": uri, "position": {"line": 3, "character": 20}}
    asked: tuple[Mapping[str, Any], ...] = (
        {"id": 1, "method": "initialize", "params": {"capabilities": {"textDocument": {"completion": {"completionItem": {"snippetSupport": True}}}}}},
        {"method": "textDocument/didOpen", "params": {"textDocument": {**uri, "text": FLAKE.decode()}}},
        {"method": "textDocument/didChange", "params": {"textDocument": uri, "contentChanges": [{"text": "x = lib.mkResource { type = \"x_y\"; config = { "}]}},
        {"id": 2, "method": "textDocument/completion", "params": at}, {"id": "h", "method": "textDocument/hover", "params": at},
        {"method": "textDocument/didClose", "params": {"textDocument": uri}}, {"id": 3, "method": "shutdown"}, {"method": "exit"},
    )  # fmt: skip
    bodies = [json.dumps(one).encode() for one in asked]
    return [b"".join(b"Content-Length: %d\r\n\r\n%b" % (len(body), body) for body in bodies)]


def _trace(made: str) -> None:
    reader_ = TraceReader(str, lambda file: Path("flake.nix") if file.name == "flake.nix" else None, Path("/p/.nivis"))
    tuple(trace.remarks(made))
    trace.whole(made)
    trace.separated(made)
    found = reader_.failure(made)
    if found:
        teller = failure.FailureTeller("Nix could not evaluate the plan", lambda *_: "", lambda _: FLAKE.decode())
        assert teller(found)
        module_errors.place(found.message, lambda _: FLAKE.decode())
        hints.hint(found.message, "x", hints.Surroundings(["mkResource"], FLAKE.decode, lambda _: set()))
    module_errors.told(made)


def _steps(made: bytes) -> None:
    """A failure as Nix writes it, as a whole."""
    _trace(f"@nix {made.decode('utf-8', 'replace')}")


def _step(made: bytes) -> None:
    """What our library says in a step of one."""
    step = {"raw_msg": f"nivis-step {made.decode('utf-8', 'replace')}"}
    _trace(f"@nix {json.dumps({'action': 'msg', 'msg': step['raw_msg'], 'raw_msg': 'no', 'trace': [step]})}")


SAID = (
    ("doing", "reading", "p.t.a", ["/nix/store/x-source/flake.nix", 3, 1]),
    ("argument", "x", None),
    ("variable", "missing", "x", "int"),
    ("error", "no", {"name": "x", "known": ["y"]}),
    ("error", "no", {"problems": [{"text": "t", "at": [["/nix/store/x-source/flake.nix", 3, 1]]}]}),
)
TOLD = """error: no
nivis-step ["/p/.nivis/eval/l","doing","reading","p.t.a",["flake.nix",3,1]]
nivis-step ["/p/.nivis/eval/l","argument","x",null]
nivis-step ["/p/.nivis/eval/l","variable","missing","x","int"]"""


def traces() -> Sequence[bytes]:
    step, said = test_trace.step, test_trace.said
    problems = {"problems": [{"text": "t", "at": [["/nix/store/x-source/flake.nix", 3, 1]]}]}
    texts = (
        f"@nix {json.dumps({'msg': TOLD, 'raw_msg': 'no'})}\n",
        test_trace.failure(
            step("while calling 'throw'", 1), step("while evaluating 'f'", 7), step("from call site", 9)
        ),
        test_trace.failure(said("doing", "reading", "p.t.a", ["/nix/store/x-source/flake.nix", 3, 1]), line=3),
        test_trace.failure(
            said("error", "no", problems), said("argument", "x", None), said("variable", "missing", "x", "int")
        ),
        "trace: x\nwarning: y\nerror: z at /nix/store/x-source/flake.nix:3:1\n",
    )
    return [text.encode() for text in texts]


def _code(made: str) -> None:
    """Expressions as the engine has them, wherever a template or a type is looked into."""
    blocks.names_in_template(made)
    blocks.names_in(made)
    found = list(blocks.split(made))
    for block in found:
        assert block.names is not None
        assert block.references is not None
    blocks.taken_out(made, found)
    with contextlib.suppress(ValueError):
        reader.expression(made)


def _source(made: bytes) -> None:
    place = scratch() / "unpacked"
    import shutil

    shutil.rmtree(place, ignore_errors=True)
    shipment.unpack(Shipment(made, "p", False, {"a/b": "x"}), place, {})


def archives() -> Sequence[bytes]:
    top = scratch() / "packed"
    (top / "p").mkdir(parents=True, exist_ok=True)
    (top / "p" / "flake.nix").write_bytes(FLAKE)
    return [shipment._archive(top, ["p/flake.nix"])]


def _words_of_diff(made: str) -> None:
    diff._layout(made)
    lines = made.split("\n")
    with contextlib.suppress(ValueError):
        positions.json_path(made, min(3, len(lines)))


def _lines(made: bytes) -> None:
    heard: list[str] = []
    splitter = LineSplitter(heard.append)
    for at in range(0, len(made), 7):
        splitter.add(made[at : at + 7])
    splitter.finish()


def _command(made: str) -> None:
    """A command line, where there is neither flake nor engine."""
    argv = [word for word in made.replace("\0", "").split("\n") if word][:12]
    if argv[:1] and argv[0].strip("-") in ("setup", "lsp", "login", "logout"):
        return  # these ask the network, or wait for an editor
    _ran(argv, {})


def _environment(made: str) -> None:
    """Settings in the environment, as every verb reads them."""
    pairs = [line.partition("=")[::2] for line in made.replace("\0", "").split("\n")]
    env = {f"NIVIS_{name}": value for name, value in pairs if name and "=" not in name}
    _ran(["plan"], env)
    server.announced({server.REATTACH: made})
    with contextlib.suppress(NivisError):
        evaluator.seconds(env)
    with contextlib.suppress(NivisError):
        seconds_of(pairs[0][1])


def _ran(argv: Sequence[str], env: Mapping[str, str]) -> None:
    empty = scratch() / "empty"
    empty.mkdir(exist_ok=True)
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", errors="surrogateescape") for _ in range(2))
    before = Path.cwd()
    os.chdir(empty)
    umask = os.umask(0o022)
    kept = {"HOME": str(empty), "PATH": str(empty), "NIVIS_TOFU_MIRROR": "file:///nowhere", **env}
    try:
        with mock.patch.dict(os.environ, kept, clear=True), mock.patch("signal.signal"), \
             contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), mock.patch("sys.stdin", io.StringIO()):  # fmt: skip
            code = app.run(argv)
    finally:
        os.umask(umask)
        os.chdir(before)
    err.flush()
    assert code in (0, 1, 2, 3)
    said = err.buffer.getvalue().decode("utf-8", "replace")
    assert "This is a bug" not in said, said[-1500:]


COMMANDS = [
    b"plan\n--target\na.b.c\n--var\nx=1\n-out\nF", b"apply\nF\n-auto-approve\n-parallelism=3", b"state\nshow\nx", b"state\nmv\na\nb",
    b"stacks\nplan\n--parallel\n2\n--affected\nHEAD", b"test\n--random\n3\n--seed\n4\n--junit\nj.xml", b"why\na.b.c", b"init\n--template\naws",
    b"workspace\nselect\nx", b"output\n-json\nx", b"graph\n-type=plan", b"render\n--out\nd", b"import\na\nb", b"gen\nhashicorp/aws",
    b"--flake\n.\nplan\n--\n-x", b"eval\n1", b"convert\n--out\nf", b"stacks\npipeline\n--for\ngithub", b"-chdir=x\nplan", b"help\nplan",
    *(verb.encode() for verb in _VERBS),
]  # fmt: skip
_WORDS = tuple(f"\n{word}\n".encode() for word in (
    "--help", "--json", "-json", "--stack", "--attr", "--color", "always", "--log-level", "--lock-timeout", "5m", "1" * 60 + "x", "--var-file",
    "-", "--", "=", "--=", "-var=", "--state", "--root", "--executor", "dask=tcp://x:1", "--max-phases", "-1", "99999999999999999999", "1e9",
    "--parallelism=x", "-no-color", "-input=maybe", "--target=", "[", "]", "*", "$HOME", "~", "/dev/null", "..", "--diff", "--style=",
))  # fmt: skip
WORDS = (
    Reader("command lines", text(_command, "surrogateescape"), seeds(*COMMANDS), _WORDS, raises=(), weight=8),
    Reader("NIVIS_* variables", text(_environment, "surrogateescape"), seeds(
        b"LOG=debug\nASK=always\nSTYLE=diff\nONE_PLAN=1\nTOFU=/x\nVAR_x=1\nNIX_TIMEOUT=60\nPAGER=0", b"LOCK=1h30m\nSTACKS_CHANGING={}\nCACHE=/x"),
        tuple(f"\n{name}=".encode() for name in ("LOG", "ASK", "STYLE", "ONE_PLAN", "TOFU", "VAR_x", "NIX_TIMEOUT", "TIMESTAMPS", "PLAN", "CACHE")), weight=4),
    Reader("ids and globs", text(_ids, "surrogateescape"), seeds(
        b"aws.aws_s3_bucket.demo", b'data.x.y.z["a\\"b"][0]', b"module.net.id", b"*.b__[0-9]", b"a_x2e_b", b"stack.network"),
        (b"_x110000_", b"_xffffffff_", b"[", b'["', b"data.", b"module.", b"*", b"_x")),
    Reader("engine addresses", text(_address), seeds(
        b'module.m["k"].data.aws_x.y[0]', b'a.b["\\u00e9\\n$${x}"]', b"ephemeral.a.b", b"module.a[1].module.b.c.d"),
        (b'["', b'"]', b"[-", b"\\U0011ffff", b"\\ud800", b"module.", b"data.")),
    Reader("types of the engine", _type, seeds(
        ["object", {"a": ["list", "string"], "b": ["tuple", ["bool", ["map", "dynamic"]]]}, ["a"]], '"dynamic"', ["set", ["set", "number"]]),
        json=True, raises=(ValueError, RecursionError)),
    Reader("calls of functions", _call, calls, raises=()),
    Reader("language server", _served, sessions, raises=()),
    Reader("traces of Nix", text(_trace), traces),
    Reader("a failure of Nix", _steps, lambda: [line.removeprefix("@nix ").encode() for found in traces()[1:4]
                                                for line in found.decode().splitlines() if "raw_msg" in line], json=True),
    Reader("what the library tells in a trace", _step, seeds(*(["/p/.nivis/eval/l", *said] for said in SAID)), json=True),
    Reader("flake's comparisons", text(lambda t: tuple(comparisons.warnings({"flake.nix": t}))), seeds(FLAKE, b"x = if a.refAttr \"id\" == null then 1 else 2;")),
    Reader("expressions", text(_code), seeds(TF, b"a ${b.c} %{ if d }e%{ endif }", b'x = "${"${"${y}"}"}"')),
    Reader("text of a difference", text(_words_of_diff), seeds({"a": [1, {"b": "c"}]}, b"a\nb\n"), json=True),
    Reader("source for a cluster", _source, archives, raises=(OSError,)),
    Reader("orders to a fork", text(forked._order), seeds('[["plan"], {"A": "b"}]'), json=True, raises=(ValueError, TypeError, RecursionError)),
    Reader("lines of a program", _lines, seeds(b"a\nb\r\n\xff\n")),
    Reader("engine's lock", text(lambda t: results.LockInfo.parse(t).is_later(datetime.now(UTC))), seeds(
        b"Lock Info:\n  ID:        f3\n  Path:      s\n  Operation: OperationTypeApply\n  Who:       a@b\n  Created:   2026-01-02 11:23:36.2 +0000 UTC\n")),
)  # fmt: skip
