"""Mistakes that people make, each as the lines in which its flake differs from one that works."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

FLAKE = """{
  inputs.nivis.url = "github:wearetechnative/nivis";
  outputs = { self, nivis }: let
    lib = nivis.lib;
    store = name: input: lib.mkResource {
      provider = "terraform";
      type = "terraform_data";
      inherit name;
      config = { inherit input; };
    };
  in {
    nivis.plan = ledger: let
      net = store "net" { cidr = "10.0.0.0/16"; };
@let@
    in lib.toIR {
      providers.terraform = lib.mkProvider { source = "terraform.io/builtin/terraform"; };
      resources = [ @resources@ ];
@more@
      inherit ledger;
    };
  };
}
"""


@dataclass(frozen=True)
class Case:
    """One mistake: what is bound by `let`, which resources are listed, further arguments of `toIR`."""

    let: str = ""
    resources: str = "net"
    more: str = ""
    swap: tuple[str, str] = ("", "")
    """A text of the flake, and what stands in its place."""
    files: Mapping[str, str] = field(default_factory=dict)
    flake: str = ""
    """A whole flake, where the usual one does not serve."""
    argv: tuple[str, ...] = ("plan",)
    git: tuple[str, ...] = ()
    """Files that git tracks; the flake is in no work tree if there are none."""
    code: int = 1

    @property
    def text(self) -> str:
        if self.flake:
            return self.flake
        text = FLAKE.replace("@let@\n", _indented(self.let)).replace("@resources@", self.resources)
        text = text.replace("@more@\n", _indented(self.more))
        assert self.swap[0] in text
        return text.replace(*self.swap) if self.swap[0] else text


def _indented(text: str) -> str:
    return "".join(f"      {row}\n" if row else "\n" for row in text.splitlines())


def resource(config: str, more: str = "", kind: str = "terraform_data") -> Case:
    """A resource `app` with this config and further arguments."""
    head = f'provider = "terraform"; type = "{kind}"; name = "app";'
    lines = ["app = lib.mkResource {", f"  {head}", f"  config = {config};", *([f"  {more}"] if more else []), "};"]
    return Case("\n".join(lines), "net app")


CASES: Mapping[str, Case] = {
    # names
    "a misspelt resource type": resource("{ }", kind="terraform_dta"),
    "a misspelt argument of the type": resource("{ inptu = 1; }"),
    "a misspelt argument of mkResource": Case(
        'app = lib.mkResource { provider = "terraform"; type = "terraform_data"; name = "app"; confg = { }; };',
        "net app",
    ),
    "a misspelt argument in a helper": Case(swap=("config = { inherit input; };", "confg = { inherit input; };")),
    "a misspelt attribute of a reference": resource('{ input = net.refAttr "outptu"; }'),
    "a misspelt function of the library": Case(
        'app = lib.mkResorce { provider = "terraform"; type = "terraform_data"; name = "app"; };', "net app"
    ),
    "a function that the library does not have": Case('app = lib.forEachHost [ "a" ];', "net app"),
    "an undefined variable": Case(resources="nett"),
    "lib is not bound": Case(swap=("    lib = nivis.lib;\n", "")),
    "an attribute of a resource without refAttr": resource("{ input = net.output; }"),
    "a misspelt attribute of one's own set": Case('hosts.web = 1;\napp = store "app" hosts.wbe;', "net app"),
    "a misspelt meta-argument": resource("{ }", "meta.dependOn = [ net ];"),
    "a misspelt key of lifecycle": resource("{ }", "meta.lifecycle.preventDestory = true;"),
    "a misspelt argument of toIR": Case(more='output.cidr = net.refAttr "output";'),
    "a misspelt block in extra": Case(more='extra.move = [ { from = "a"; to = "b"; } ];'),
    "a misspelt setting": Case(more='settings.aks = "always";'),
    # references
    "a reference in a string": resource('{ input = "net is ${net.refAttr "id"}"; }'),
    "a resource in a string": resource('{ input = "net is ${net}"; }'),
    "a reference in toString": resource('{ input = toString (net.refAttr "id"); }'),
    "a reference added to a string": resource('{ input = "net is " + (net.refAttr "id"); }'),
    "a reference compared": resource('{ input = if net.refAttr "id" < "b" then 1 else 2; }'),
    "a reference mapped over": Case('apps = map (zone: store "app-${zone}" zone) (net.refAttr "output");', "net apps"),
    "a reference as a resource": Case(resources='net (net.refAttr "id")'),
    "a resource as a value": resource("{ input = net; }"),
    "a path given to refAttr": resource('{ input = net.refAttr "output.cidr"; }'),
    "a reference counted": Case(
        """apps = lib.mkResources {
  provider = "terraform"; type = "terraform_data"; name = "app";
  count = net.refAttr "output"; config = { };
};""",
        "net apps",
    ),
    "a derived value with a misspelt input": resource(
        '{ input = lib.derived { inputs.id = net.refAttr "id"; render = { ident }: ident; }; }'
    ),
    "a derived value whose render is no function": resource(
        '{ input = lib.derived { inputs = [ (net.refAttr "id") ]; render = "x"; }; }'
    ),
    "a part of lib.str that is a list": resource('{ input = lib.str [ "a" [ "b" ] ]; }'),
    "a function in the config": resource("{ input = x: x; }"),
    # syntax
    "a missing semicolon": Case(swap=('type = "terraform_data";', 'type = "terraform_data"')),
    "a missing semicolon in a let": Case('size = 3\napp = store "app" size;', "net app"),
    "a missing bracket": Case(swap=("resources = [ net ];", "resources = [ net ;")),
    "a missing quote": Case(swap=('type = "terraform_data";', 'type = "terraform_data;')),
    "a call in a list without parentheses": Case(resources='store "app" 1'),
    "a comma in a list": resource("{ input = [ 1, 2 ]; }"),
    "a comma in a set": resource("{ input = 1, triggers_replace = 2; }"),
    "a colon in a set": resource("{ input: 1; }"),
    "single quotes": resource("{ input = 'x'; }"),
    "an if without else": resource("{ input = if true then 1; }"),
    "a list as the argument of a function": Case("f = [ id ]: id;"),
    "a word of Nix as a name": Case(more="extra.check.c.assert = [ ];"),
    # Nix
    "a number in a string": resource('{ input = "port " + 80; }'),
    "a number interpolated": resource('{ input = "port ${80}"; }'),
    "a set where a list is expected": resource("{ input = map (x: x) { a = 1; }; }"),
    "infinite recursion": Case('a = b; b = a; app = store "app" a;', "net app"),
    "a missing argument of a function": Case(
        'host = { name, size }: store name size;\napp = host { name = "app"; };', "net app"
    ),
    "an argument too many": Case('host = { name }: store name 1;\napp = host { name = "app"; size = 2; };', "net app"),
    "an import of a file that is not there": Case('app = store "app" (import ./hosts.nix);', "net app"),
    "a file that git does not know": Case(
        'app = store "app" (import ./hosts.nix);', "net app", files={"hosts.nix": "1"}, git=("flake.nix",)
    ),
    "a flake that git does not know": Case(git=("README",), files={"README": ""}),
    "a failed assertion": resource("{ input = assert 1 + 1 == 3; 1; }"),
    "a throw of one's own": Case(
        """zone = name: if name == "eu" then "eu-1" else throw "no zone is called ${name}";
app = store "app" (zone "us");""",
        "net app",
    ),
    "a throw of one's own in another file": Case(
        'app = store "app" (import ./zone.nix "us");',
        "net app",
        files={"zone.nix": '# Zones\nname:\n  throw "no zone is called ${name}"\n'},
    ),
    "an error in render": resource('{ input = lib.derived { inputs = [ "x" ]; render = x: builtins.head 5; }; }'),
    "a file outside the flake": resource("{ input = builtins.readFile /etc/passwd; }"),
    "a secret file": Case(
        'app = store "app" (builtins.readFile ./server.key);', "net app", files={"server.key": "hush"}
    ),
    "a builtin that Nix does not have": resource('{ input = builtins.toUpper "a"; }'),
    "a function of the library of nixpkgs": resource('{ input = lib.strings.toUpper "a"; }'),
    "a list where a resource is expected": Case('apps = [ net ];\napp = store "app" (apps.refAttr "id");', "app"),
    "a call in a list of values without parentheses": resource('{ input = [ net.refAttr "id" ]; }'),
    "an output read from the ledger": resource(
        '{ input = ledger.outputs."terraform.terraform_data.net".id; }',
    ),
    "a variable read from the ledger": resource("{ input = ledger.vars.zone; }"),
    "a misspelt argument of an input": Case(swap=("inputs.nivis.url", "inputs.nivis.ulr")),
    # the plan
    "a function in jsonencode": resource("{ input = lib.jsonencode { a = x: x; }; }"),
    "an expression that is a number": resource("{ input = lib.expr 5; }"),
    "an output that may be sensitive": Case(more='outputs.x = { value = 1; sensitive = "yes"; };'),
    "a plan without toIR": Case(swap=("lib.toIR {", "{")),
    "an attribute that is not there": Case(argv=("plan", "--attr", "nivis.paln")),
    "a plan that is no function": Case(swap=("nivis.plan = ledger: let", "nivis.plan = let ledger = { };")),
    "no flake": Case(flake="-"),
    "the ledger is forgotten": Case(
        'app = store "app" (lib.str [ "net is " (net.refAttr "id") ]);',
        "net app",
        swap=("      inherit ledger;\n", ""),
    ),
    "a missing argument of mkResource": Case(
        'app = lib.mkResource { provider = "terraform"; type = "terraform_data"; };', "net app"
    ),
    "a name that is no string": Case(resources="net (store 5 1)"),
    "a config that is a list": Case(
        'app = lib.mkResource { provider = "terraform"; type = "terraform_data"; name = "app"; config = [ ]; };',
        "net app",
    ),
    "two resources with one id": Case('net2 = store "net" 2;', "net net2"),
    "two resources with one tofuName": Case(
        """app = lib.mkResource {
  provider = "terraform"; type = "terraform_data"; name = "app";
  tofuName = "net";
};""",
        "net app",
    ),
    "a bad tofuName": resource("{ }", "tofuName = 5;"),
    "a provider that is not declared": Case(swap=('provider = "terraform";', 'provider = "aws";')),
    "a dependency that is no list": resource("{ }", "meta.dependsOn = net;"),
    "a flag that is no boolean": resource("{ }", 'meta.lifecycle.preventDestroy = "yes";'),
    "ignored attributes that are no list": resource("{ }", 'meta.lifecycle.ignoreChanges = "input";'),
    "a file that is no derivation": resource('{ input = lib.drvFile ./app.zip "app"; }'),
    "a module that is not there": Case('m = lib.mkModule { source = "./nope"; name = "m"; };', more="modules = [ m ];"),
    "a misspelt argument of a local backend": Case(more='backend = { type = "local"; pth = "x"; };'),
    "a backend without what it needs": Case(more='backend.type = "http";'),
    "a target that is not there": Case(argv=("plan", "--target", "nett")),
    "a provider without lib.mkProvider": Case(more='providers.aws = "hashicorp/aws";'),
    "a provider without a source": Case(more='providers.aws = lib.mkProvider { version = "5.0"; };'),
    "count and forEach": Case(
        """apps = lib.mkResources {
  provider = "terraform"; type = "terraform_data"; name = "app";
  count = 2; forEach = [ "a" ]; config = { };
};""",
        "net apps",
    ),
    "meta that is a list": resource("{ }", "meta = [ net ];"),
    "a dependency that is not among the resources": resource(
        "{ }", 'meta.dependsOn = [ "terraform.terraform_data.nat" ];'
    ),
    "a reference to a resource that is not listed": Case('app = store "app" (net.refAttr "id");', "app"),
    "a cycle": Case('a = store "a" (b.refAttr "id");\nb = store "b" (a.refAttr "id");', "net a b"),
    "a cycle of derived values": Case(
        'a = store "a" (lib.str [ "x" (b.refAttr "id") ]);\nb = store "b" (lib.str [ "x" (a.refAttr "id") ]);',
        "net a b",
    ),
    "an unknown backend": Case(more='backend = { type = "s4"; bucket = "b"; };'),
    "a backend without a type": Case(more='backend.bucket = "b";'),
    "a setting with a wrong value": Case(more='settings.ask = "sometimes";'),
    "a list among the outputs": Case(more="outputs = [ ];"),
    # variables
    "a variable that is not set": Case(
        'vars = lib.mkVars { region = { type = "str"; }; } ledger.vars;\napp = store "app" vars.region;', "net app"
    ),
    "a variable of a wrong type": Case(
        'vars = lib.mkVars { size = { type = "int"; }; } ledger.vars;\napp = store "app" vars.size;',
        "net app",
        argv=("plan", "--var", "size=big"),
    ),
    "a variable of an unknown type": Case(
        'vars = lib.mkVars { size = { type = "number"; default = 1; }; } ledger.vars;\napp = store "app" vars.size;',
        "net app",
    ),
    "mkVars without the ledger's variables": Case(
        'vars = lib.mkVars { size = { default = 1; }; };\napp = store "app" vars.size;', "net app"
    ),
    "a misspelt variable on the command line": Case(
        'vars = lib.mkVars { size = { type = "int"; default = 1; }; } ledger.vars;\napp = store "app" vars.size;',
        "net app",
        argv=("plan", "--var", "siez=2"),
        code=0,
    ),
    # the engine
    "an expression with an unknown name": resource('{ input = lib.expr "\\${nosuch.thing}"; }'),
    "a value that the engine does not take": resource("{ input = 1; }", "meta.timeouts = 5;"),
    "a provider that cannot be had": Case(
        more='providers.things = lib.mkProvider { source = "example.invalid/nosuch/things"; };',
    ),
    "a path into an output that is not there": replace(
        resource('{ input = lib.str [ "x" (net.refPath [ "output" "cdir" ]) ]; }'), argv=("apply",)
    ),
    "a render that returns a function": replace(
        resource('{ input = lib.derived { inputs = [ (net.refAttr "id") ]; render = _: x: x; }; }'), argv=("apply",)
    ),
    "a provisioner that fails": replace(
        resource('{ provisioner."local-exec" = [ { command = "exit 3"; } ]; }'), argv=("apply",)
    ),
}
