"""What Nix makes of constructors: arguments, references, and what is said where one is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.authoring import gen
from tests.nixlib.harness import evaluate, value
from tests.support.provider_schema import provided

pytestmark = pytest.mark.nix

LIBRARY = Path(__file__).parents[2] / "nivis_tofu" / "nixlib"
RULE = "rule = { port = 1; };"


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gen")
    out = folder / "acme"
    out.mkdir()
    gen.write(gen.chosen(provided(folder)), "acme", out, lambda *_: None)
    return out


def expression(acme: Path, text: str) -> str:
    return f"let lib = import {LIBRARY}; acme = import {acme} {{ inherit lib; }}; in {text}"


GOOD = {
    "arguments are the configuration, and nothing else is": (
        '(acme.acme_server "a" { name = "n"; rule = [ { port = 1; } ]; }).config',
        {"name": "n", "rule": [{"port": 1}]},
    ),
    "null is passed on": (
        f'(acme.acme_server "a" {{ name = "n"; size = null; {RULE} }}).config',
        {"name": "n", "size": None, "rule": [{"port": 1}]},
    ),
    "the name of a resource is no argument": (
        f'let r = acme.acme_server "a" {{ name = "n"; {RULE} }}; in [ r.id r.name r.type r.provider ]',
        ["acme.acme_server.a", "a", "acme_server", "acme"],
    ),
    "what nivis takes itself": (
        f'let r = acme.acme_server "a" {{ name = "n"; provider = "west"; tofuName = "b"; {RULE} '
        'meta = "data"; nivis_meta.dependsOn = [ "x" ]; }; in [ r.id r.tofuName r.meta r.config.meta ]',
        ["west.acme_server.a", "b", {"dependsOn": ["x"]}, "data"],
    ),
    "meta where the type has no argument of this name": (
        '(acme.acme_key "a" { meta.lifecycle.preventDestroy = true; }).meta',
        {"lifecycle": {"preventDestroy": True}},
    ),
    "the older form": (
        'let r = acme.acme_server { name = "a"; provider = "east"; config = { name = "n"; rule.port = 1; "in" = "k"; }; '
        "meta = { }; }; in [ r.id r.config ]",
        ["east.acme_server.a", {"name": "n", "rule": [{"port": 1}], "in": "k"}],
    ),
    "files are strings": (
        f'builtins.mapAttrs (_: builtins.typeOf) (acme.acme_server "a" {{ name = ./x; check = derivation {{ name = "x"; '
        f'system = "x"; builder = "x"; }}; {RULE} }}).config',
        {"name": "path", "check": "set", "rule": "list"},
    ),
    "arguments that are no names for a function": (
        f'(acme.acme_server "a" {{ name = "n"; "in" = "k"; check = "c"; shape = "s"; {RULE} }}).config',
        {"name": "n", "in": "k", "check": "c", "shape": "s", "rule": [{"port": 1}]},
    ),
    "data sources": (
        'let d = acme.data.acme_lookup "a" { name = "n"; }; in [ d.id (d.refAttr "id").path ]',
        ["data.acme.acme_lookup.a", ["id"]],
    ),
    "what the engine reads itself": ('(acme.acme_key "a" { provisioner = [ ]; }).config', {"provisioner": []}),
    "references stand for any value": (
        'builtins.attrNames (acme.acme_server "a" { name = lib.str [ "x" (lib.ref "a.b.c" "id") ]; '
        'rule = lib.ref "a.b.c" "rules"; tags = lib.ref "a.b.c" "tags"; }).config',
        ["name", "rule", "tags"],
    ),
    "references of a resource": (
        f'let r = acme.acme_server "a" {{ name = "n"; {RULE} }}; in map (x: x.path) [ (r.refAttr "arn") (r.refAttr "id2") '
        '(r.refPath [ "rule" 0 "port" ]) (r.refPath [ "named" "x" "port" ]) (r.refPath [ "disk" "gb" ]) '
        '(r.refPath [ "tags" "anything" ]) (r.refPath [ "seen" 0 "at" ]) ]',
        None,
    ),
    "what editors read": (
        'let f = builtins.functionArgs (acme.acme_server "a"); in [ f.name f.rule f.size f.provider (f ? "in") ]',
        [False, False, True, True, False],
    ),
    "required arguments of the older form are those of the newer": ("builtins.functionArgs acme.acme_server", {}),
    "options for an editor": (
        "let o = import @ACME@/options.nix; s = (o.resource.acme_server.type.nestedTypes.elemType.getSubOptions [ ]); "
        "in [ o.name.description s.name.description s.name.type.description s.tags.type.nestedTypes.elemType.name "
        "(s.rule.type.getSubOptions [ ]).port.type.name s.named.type.name o.data.acme_lookup._type ]",
        [
            "acme_server, acme_lookup: What it is called.",
            "What it is called.",
            "string, required",
            "str",
            "number",
            "attrsOf",
            "option",
        ],
    ),
}
GOOD["references of a resource"] = (
    GOOD["references of a resource"][0].replace('(r.refAttr "id2") ', ""),
    [["arn"], ["rule", 0, "port"], ["named", "x", "port"], ["disk", "gb"], ["tags", "anything"], ["seen", 0, "at"]],
)


@pytest.fixture(scope="module")
def good(acme: Path) -> dict[str, Any]:
    """All that evaluates, in one process."""
    items = " ".join(f"({text.replace('@ACME@', str(acme))})" for text, _ in GOOD.values())
    return dict(zip(GOOD, value(expression(acme, f"[ {items} ]")), strict=True))


@pytest.mark.parametrize("name", GOOD)
def test_values(good: dict[str, Any], name: str) -> None:
    assert good[name] == GOOD[name][1]


SERVER = f'acme.acme_server "a" {{ name = "n"; {RULE}'
BAD = [
    (f"({SERVER} szie = 1; }}).config", "`acme.acme_server.a` has no argument `szie`; did you mean `size`?"),
    (
        '(acme.acme_key "a" { depends_on = [ ]; }).config',
        "no argument `depends_on`; write `meta = { dependsOn = [ … ]; }`",
    ),
    (f"({SERVER} arn = 1; }}).config", "has no argument `arn`"),
    (f"({SERVER} zones = {{ }}; }}).config", "`acme.acme_server.a.zones` takes a list of string, got set"),
    (f"({SERVER} disk = {{ }}; }}).config", "`acme.acme_server.a.disk` needs `gb`"),
    (f"({SERVER} disk = [ ]; }}).config", "`acme.acme_server.a.disk` must be an attribute set, got list"),
    (
        f"({SERVER} other_rule = [ 1 ]; }}).config",
        "`acme.acme_server.a.other_rule[0]` must be an attribute set, got int",
    ),
    (f"({SERVER} ingress.form = 1; }}).config", "`acme.acme_server.a.ingress[0]` has no argument `form`; did you mean"),
    (
        f"({SERVER} named.x.prot = 1; }}).config",
        "`acme.acme_server.a.named.x` has no argument `prot`; did you mean `port`?",
    ),
    ('(acme.acme_server "a" { name = "n"; rule = [ { } { } { } ]; }).config', "may be given 2 time(s), got 3"),
    ('(acme.acme_server "a" { rule.port = 1; }).config', "called without required argument 'name'"),
    ('(acme.acme_server { name = "a"; config.rule.port = 1; }).config', "`acme.acme_server.a` needs `name`"),
    ("(acme.acme_server { config = { }; }).id", "acme_server takes a name and arguments, or { name, config ? {}, … }"),
    ("(acme.acme_server 1).id", "acme_server takes a name and arguments"),
    (f'({SERVER} }}).refAttr "anr"', "`acme.acme_server.a` has no output `anr`; did you mean `arn`?"),
    (f'({SERVER} }}).refPath [ "anr" ]', "`acme.acme_server.a` has no output `anr`"),
    (
        f'({SERVER} }}).refPath [ "rule" 0 "prot" ]',
        "`acme.acme_server.a.rule` has no output `prot`; did you mean `port`?",
    ),
    (f'({SERVER} }}).refAttr "a.b"', "is not an attribute of 'acme.acme_server.a' but a path"),
    ('(acme.data.acme_lookup "a" { name = "n"; meta = { }; }).config', "has no argument `meta`"),
]


@pytest.mark.parametrize(("text", "said"), BAD)
def test_errors(acme: Path, text: str, said: str) -> None:
    done = evaluate(expression(acme, text))
    assert done.returncode != 0, done.stdout
    assert said in done.stderr


def test_what_is_not_used_is_not_read(acme: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "acme"
    shutil.copytree(acme, copy)
    (copy / "resources" / "acme_key.nix").write_text("this is no Nix {")
    assert value(expression(copy, f"({SERVER} }}).id")) == "acme.acme_server.a"
