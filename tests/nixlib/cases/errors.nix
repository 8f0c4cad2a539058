# One case for each error: the expression, and lines of the text that must come.
let
  common = import ./common.nix;
  inherit (common)
    lib
    bucket
    web
    id
    ip
    ir
    make
    withMeta
    encode
    encodeWith
    ledger
    outputs
    drv
    providers
    ;
  group = lib.whenKnown {
    inputs = [ id ];
    resources = _: [ ];
  };
  var = decl: given: (lib.mkVars { x = decl; } given).x;
  base = {
    provider = "aws";
    type = "t";
    name = "b";
  };
  called = name: lib.mkResource (base // { inherit name; });
  # The ids of the members of a group, where the bucket's id and rules are sensitive.
  members =
    inputs: resources:
    map (r: r.id)
      (ir {
        ledger = ledger // { sensitive."aws.aws_s3_bucket.demo" = [ [ "id" ] [ "rules" "*" "name" ] ]; };
        resources = [ bucket web (lib.whenKnown { name = "hosts"; inherit inputs resources; }) ];
      }).resources;
  many = args: lib.mkResources (base // { config = { }; } // args);
in
{
  "interpolated: a reference" = {
    expr = "x ${id}";
    message = [
      "nivis: the reference 'aws.aws_s3_bucket.demo.id' cannot be made into a string with \"\${…}\", toString or toJSON: use lib.str [ \"text\" value ], or lib.derived to compute with it"
    ];
  };
  "interpolated: a derived value" = {
    expr = toString (lib.str [ id ]);
    message = [ "nivis: a derived value cannot be made into a string with" ];
  };
  "interpolated: a sensitive variable" = {
    expr = "x ${var { sensitive = true; } { x = "s3cret"; }}";
    message = [ "nivis: a sensitive value cannot be made into a string with \"\${…}\", toString or toJSON: use lib.str" ];
  };
  "interpolated: a function of the engine" = {
    expr = "x ${lib.jsonencode { }}";
    message = [ "nivis: a lib.jsonencode cannot be made into a string" ];
  };
  "expr: two derivations of one name" = {
    expr = encode (lib.expr "${drv} ${derivation { inherit (drv) name; system = "other"; builder = "/bin/sh"; }}");
    message = [ "nivis: several derivations may make /nix/store/" "lib.drvFile" ];
  };
  "property: mkIf as an argument" = {
    expr = encode { a = [ { b = { _type = "if"; condition = true; content = 1; }; } ]; };
    message = [ "outputs.v.a.0.b: what mkIf of nixpkgs makes is no value" "if … then … else …" "lib.evalNixModules" ];
  };
  "property: mkMerge as all arguments" = {
    expr = (ir { resources = [ (make { _type = "merge"; contents = [ { } ]; }) ]; }).resources;
    message = [ "'aws.t.x', config: what mkMerge of nixpkgs makes is no value" ];
  };
  "property: mkForce in the list of resources" = {
    expr = ir { resources = [ bucket { _type = "override"; priority = 50; content = bucket; } ]; };
    message = [ "resources 1: what mkForce, mkDefault or mkOverride of nixpkgs makes is no value" ];
  };
  "property: mkIf in place of arguments of a function" = {
    expr = (lib.mkResource { _type = "if"; condition = true; content = { }; }).id;
    message = [ "mkResource: what mkIf of nixpkgs makes is no value" ];
  };
  "call: no name of a function" = {
    expr = lib.call "f(x)" [ ];
    message = [ "nivis.call: expects the name of a function of the engine, such as \"cidrsubnet\"" "got the string 'f(x)'" ];
  };
  "call: arguments that are no list" = {
    expr = (lib.call "upper" id).parts;
    message = [ "nivis.call: 'arguments of upper' must be a list, got the reference 'aws.aws_s3_bucket.demo.id'" ];
  };
  "jsonencode: of a function" = {
    expr = encode { a = lib.jsonencode { b = x: x; }; };
    message = [ "outputs.v.a.b: a function cannot be written to the plan" ];
  };
  "jsonencode: as an input of Nix" = {
    expr = encode (lib.str [ (lib.derived { inputs = [ (lib.jsonencode { }) ]; render = v: v; }) ]);
    message = [ "a lib.jsonencode is evaluated by the engine, so that Nix cannot compute with it" ];
  };
  "interpolate: a list" = {
    expr = lib.interpolate [ "a" [ id ] ];
    message = [ "nivis.interpolate: part 2 is a list of 1" "write other data with lib.jsonencode" ];
  };
  "interpolate: a resource" = {
    expr = lib.interpolate [ bucket ];
    message = [ "nivis.interpolate: part 1 is the resource 'aws.aws_s3_bucket.demo'" ];
  };
  "interpolated: an expr" = {
    expr = "x ${lib.expr "y"}";
    message = [ "nivis: a lib.expr cannot be made into a string" ];
  };
  "interpolated: a build" = {
    expr = "x ${lib.drv drv}";
    message = [ "nivis: a file built by Nix cannot be made into a string" ];
  };
  "interpolated: a resource" = {
    expr = "x ${bucket}";
    message = [ "nivis: the resource 'aws.aws_s3_bucket.demo' cannot be made into a string" ];
  };
  "interpolated: a group" = {
    expr = "x ${group}";
    message = [ "nivis: a lib.whenKnown group cannot be made into a string" ];
  };
  "toJSON: a reference" = {
    expr = builtins.toJSON { a = id; };
    message = [ "nivis: the reference 'aws.aws_s3_bucket.demo.id' cannot be made into a string" ];
  };
  "mkResource: unknown argument" = {
    expr = (lib.mkResource (base // { nme = "x"; })).id;
    message = [
      "nivis.mkResource: unknown argument 'nme' (it takes 'provider', 'type', 'name', 'config', 'meta', 'tofuName')"
    ];
  };
  "mkResource: missing argument" = {
    expr = (lib.mkResource { provider = "aws"; }).id;
    message = [ "nivis.mkResource: missing argument 'type'" ];
  };
  "mkResource: not a set" = {
    expr = (lib.mkResource [ ]).id;
    message = [ "nivis.mkResource: expects an attribute set, got a list of 0" ];
  };
  "mkResource: name that is no string" = {
    expr = (lib.mkResource (base // { name = 1; })).id;
    message = [ "nivis.mkResource: 'name' must be a string, got the integer 1" ];
  };
  "mkResource: empty name" = {
    expr = (lib.mkResource (base // { name = ""; })).id;
    message = [ "nivis.mkResource: 'name' is an empty string" ];
  };
  "mkResource: config that is no set" = {
    expr = (lib.mkResource (base // { config = id; })).config;
    message = [ "nivis.mkResource: 'config' must be an attribute set, got the reference 'aws.aws_s3_bucket.demo.id'" ];
  };
  "mkResource: meta that is no set" = {
    expr = (lib.mkResource (base // { meta = [ ]; })).meta;
    message = [ "nivis.mkResource: 'meta' must be an attribute set or null, got a list of 0" ];
  };
  "mkData: no meta" = {
    expr = (lib.mkData (base // { meta = { }; })).id;
    message = [ "nivis.mkData: unknown argument 'meta'" ];
  };
  "mkModule: source" = {
    expr =
      (lib.mkModule {
        name = "x";
        source = null;
      }).source;
    message = [ "nivis.mkModule: 'source' must be a string, got null" ];
  };
  "mkModule: provider key" = {
    expr =
      (lib.mkModule {
        name = "x";
        source = "./x";
        providers.aws = { };
      }).providers;
    message = [ "nivis.mkModule: 'providers.aws' must be a string, got an attribute set" ];
  };
  "mkProvider: source null" = {
    expr = lib.mkProvider { source = null; };
    message = [ "nivis.mkProvider: 'source' must be a string, got null: give its address, such as \"hashicorp/aws\"" ];
  };
  "mkProvider: source empty" = {
    expr = lib.mkProvider { source = ""; };
    message = [ "nivis.mkProvider: 'source' is an empty string: give its address, such as \"hashicorp/aws\"" ];
  };
  "mkProvider: source a number" = {
    expr = lib.mkProvider { source = 5; };
    message = [ "nivis.mkProvider: 'source' must be a string, got the integer 5" ];
  };
  "mkResources: neither count nor forEach" = {
    expr = many { };
    message = [ "nivis.mkResources: missing argument 'count' or 'forEach'" ];
  };
  "mkResources: both" = {
    expr = many {
      count = 1;
      forEach = { };
    };
    message = [ "nivis.mkResources: 'count' and 'forEach' exclude each other: give one of them" ];
  };
  "mkResources: count from a reference" = {
    expr = many { count = id; };
    message = [
      "nivis.mkResources: the reference 'aws.aws_s3_bucket.demo.id' is not known yet where resources are counted: use lib.whenKnown { inputs, resources }"
    ];
  };
  "mkResources: forEach from a reference" = {
    expr = many { forEach = id; };
    message = [ "is not known yet where resources are counted: use lib.whenKnown" ];
  };
  "mkResources: negative count" = {
    expr = many { count = -1; };
    message = [ "nivis.mkResources: 'count' must be an integer that is not negative, got the integer -1" ];
  };
  "mkResources: forEach over numbers" = {
    expr = map (r: r.id) (many { forEach = [ 1 ]; });
    message = [
      "nivis.mkResources: a list given as 'forEach' holds strings, got the integer 1: use an attribute set for other values"
    ];
  };
  "mkResources: forEach a string" = {
    expr = many { forEach = "x"; };
    message = [ "nivis.mkResources: 'forEach' must be an attribute set or a list of strings, got the string 'x'" ];
  };
  "refAttr: not a name" = {
    expr = (bucket.refAttr 1).path;
    message = [ "nivis.refAttr: the attribute of 'aws.aws_s3_bucket.demo' must be a name, got the integer 1" ];
  };
  "refAttr: a path" = {
    expr = (bucket.refAttr "a.0.b").path;
    message = [
      "nivis.refAttr: 'a.0.b' is not an attribute of 'aws.aws_s3_bucket.demo' but a path: use refPath [ \"a\" 0 \"b\" ]"
    ];
  };
  "refAttr: an index" = {
    expr = (bucket.refAttr "a[0]").path;
    message = [ "nivis.refAttr: 'a[0]' is not an attribute of 'aws.aws_s3_bucket.demo' but a path" ];
  };
  "refPath: not a list" = {
    expr = (bucket.refPath "a").path;
    message = [
      "nivis.refPath: the path below 'aws.aws_s3_bucket.demo' must be a list of names and indices, got the string 'a'"
    ];
  };
  "refPath: empty" = {
    expr = (bucket.refPath [ ]).path;
    message = [
      "nivis.refPath: the path below 'aws.aws_s3_bucket.demo' is empty: name an attribute, as in [ \"id\" ]"
    ];
  };
  "refPath: a step that is neither" = {
    expr = (bucket.refPath [ "a" true ]).path;
    message = [
      "nivis.refPath: a path below 'aws.aws_s3_bucket.demo' holds names (strings) and indices (integers) only"
    ];
  };
  "mkRef: no id" = {
    expr = (lib.mkRef bucket "id").path == (lib.mkRef bucket "id").resource;
    message = [ "nivis.mkRef: 'id' must be a string, got the resource 'aws.aws_s3_bucket.demo'" ];
  };
  "resolve: not known yet" = {
    expr = lib.resolve ledger [ id ip (lib.str [ ip ]) ];
    message = [ "nivis.resolve: not known yet: aws.aws_instance.web.ip" ];
  };
  "resolve: not a ledger" = {
    expr = lib.resolve [ ] id;
    message = [ "nivis.resolve: 'ledger' must be an attribute set, got a list of 0" ];
  };
  "str: not a list" = {
    expr = lib.str "x";
    message = [ "nivis.str: 'parts' must be a list, got the string 'x'" ];
  };
  "str: a boolean" = {
    expr = lib.str [ "x" true ];
    message = [
      "nivis.str: part 2 is the boolean true: a string is made of strings, numbers, references and derived values; turn it into one of them first"
    ];
  };
  "str: a list" = {
    expr = lib.str [ [ ] ];
    message = [ "nivis.str: part 1 is a list of 0: a string is made of" ];
  };
  "str: null" = {
    expr = lib.str [ null ];
    message = [ "nivis.str: part 1 is null: a string is made of" ];
  };
  "str: a set" = {
    expr = lib.str [ { } ];
    message = [ "nivis.str: part 1 is an attribute set: a string is made of" ];
  };
  "str: a path" = {
    expr = lib.str [ ./common.nix ];
    message = [
      "nivis.str: part 1 is a path: a file built by Nix is the whole value of an attribute: use lib.drvFile derivation \"path\" there"
    ];
  };
  "str: a derivation" = {
    expr = lib.str [ "x" drv ];
    message = [ "nivis.str: part 2 is a derivation: a file built by Nix is the whole value of an attribute: use lib.drvFile" ];
  };
  "str: a build" = {
    expr = lib.str [ (lib.drv drv) ];
    message = [ "nivis.str: part 1 is a file built by Nix: a file built by Nix is the whole value of an attribute" ];
  };
  "str: a resource" = {
    expr = lib.str [ bucket ];
    message = [ "nivis.str: part 1 is the resource 'aws.aws_s3_bucket.demo': use its reference, as in refAttr \"id\"" ];
  };
  "str: an expr" = {
    expr = lib.str [ (lib.expr "x") ];
    message = [
      "nivis.str: part 1 is a lib.expr, which the engine evaluates: use lib.interpolate [ … ] for the whole string"
    ];
  };
  "str: a reference to a boolean" = {
    expr = encode (lib.str [ "x" (bucket.refAttr "enabled") ]);
    message = [
      "nivis.str: part 2 (aws.aws_s3_bucket.demo.enabled) is a boolean: use lib.derived to turn it into a string"
    ];
  };
  "str: a reference to a list" = {
    expr = encode (lib.str [ (bucket.refAttr "rules") ]);
    message = [
      "nivis.str: part 1 (aws.aws_s3_bucket.demo.rules) is a list of 2: use lib.derived to turn it into a string"
    ];
  };
  "derived: render that is no function" = {
    expr = lib.isDerived (
      lib.derived {
        inputs = [ ];
        render = "x";
      }
    );
    message = [ "nivis.derived: 'render' must be a function of the inputs' values, got the string 'x'" ];
  };
  "derived: inputs that are neither list nor set" = {
    expr = lib.isDerived (
      lib.derived {
        inputs = "x";
        render = v: v;
      }
    );
    message = [ "nivis.derived: 'inputs' must be a list or an attribute set, got the string 'x'" ];
  };
  "derived: an expr among the inputs" = {
    expr = encode (
      lib.derived {
        inputs = [ (lib.expr "x") ];
        render = v: v;
      }
    );
    message = [
      "nivis: outputs.v: a lib.expr is evaluated by the engine, so that Nix cannot compute with it: give the references themselves as inputs"
    ];
  };
  "derived: a resource among the inputs" = {
    expr = encode (
      lib.derived {
        inputs = [ bucket ];
        render = v: v;
      }
    );
    message = [
      "nivis: outputs.v: the resource 'aws.aws_s3_bucket.demo' is used as a value: use a reference to one of its attributes, as in refAttr \"id\""
    ];
  };
  "expr: a part that is none" = {
    expr = encode (lib.expr [ true ]);
    message = [
      "nivis.expr: the boolean true cannot be part of a template: it is made of strings, references, derived and sensitive values"
    ];
  };
  "expr: neither string nor list" = {
    expr = encode (lib.expr 1);
    message = [ "nivis.expr: expects a string or a list of strings and references, got the integer 1" ];
  };
  "sensitive: a resource" = {
    expr = lib.isRef (lib.sensitive bucket);
    message = [ "nivis.sensitive: the resource 'aws.aws_s3_bucket.demo' cannot be made sensitive" ];
  };
  "drv: no derivation" = {
    expr = encode (lib.drv "/nix/store/x");
    message = [ "nivis.drv: expects a derivation, got the string '/nix/store/x'" ];
  };
  "drv: data that looks like one" = {
    expr = encode (lib.drv { type = "derivation"; drvPath = "/x"; outPath = "/y"; });
    message = [ "nivis.drv: expects a derivation, got an attribute set" ];
  };
  "drvFile: absolute path" = {
    expr = encode (lib.drvFile drv "/bin");
    message = [ "nivis.drvFile: '/bin' must be relative to the derivation's output" ];
  };
  "nested path: stops at a list" = {
    expr = encode (lib.str [ (bucket.refPath [ "rules" 5 "name" ]) ]);
    message = [
      "nivis: outputs.v: 'aws.aws_s3_bucket.demo' has no 'rules.5.name': 'rules' is a list of 2, without '5'"
    ];
  };
  "nested path: stops at a set" = {
    expr = encode (lib.str [ (bucket.refPath [ "rules" 0 "nam" ]) ]);
    message = [
      "nivis: outputs.v: 'aws.aws_s3_bucket.demo' has no 'rules.0.nam': 'rules.0' is an attribute set with 'name', without 'nam'"
    ];
  };
  "nested path: stops at a scalar" = {
    expr = encode (lib.str [ (bucket.refPath [ "id" "x" ]) ]);
    message = [ "'aws.aws_s3_bucket.demo' has no 'id.x': 'id' is a string, without 'x'" ];
  };
  "inexact: the number itself" = {
    expr = encodeWith (ledger // { inexact."aws.aws_s3_bucket.demo" = [ { path = [ "count" ]; text = "12345678901234567890"; } ]; }) (
      lib.str [ (bucket.refAttr "count") ]
    );
    message = [
      "nivis: outputs.v: the number 12345678901234567890 at 'aws.aws_s3_bucket.demo.count' cannot be held by Nix exactly: use a native reference instead (refAttr or refPath as the whole value of an attribute, or in lib.expr)"
    ];
  };
  "inexact: what contains it" = {
    expr = encodeWith (ledger // { inexact."aws.aws_s3_bucket.demo" = [ { path = [ "rules" 1 "n" ]; text = "0.123456789"; } ]; }) (
      lib.derived { inputs = [ (bucket.refAttr "rules") ]; render = v: v; }
    );
    message = [ "the number 0.123456789 at 'aws.aws_s3_bucket.demo.rules.1.n' cannot be held by Nix exactly" ];
  };
  "toIR: unknown argument" = {
    expr = ir { resource = [ ]; };
    message = [ "nivis.toIR: unknown argument 'resource' (it takes 'providers', 'resources'," ];
  };
  "toIR: duplicate id" = {
    expr = ir { resources = [ bucket [ bucket ] ]; };
    message = [ "nivis.toIR: duplicate resource id 'aws.aws_s3_bucket.demo': give one of them another name" ];
  };
  "toIR: two ids with one address" = {
    expr = ir {
      providers = providers // { west = providers.aws; };
      resources = [
        (lib.mkResource base)
        (lib.mkResource (base // { provider = "west"; }))
      ];
    };
    message = [
      "nivis.toIR: 'aws.t.b' and 'west.t.b' have one engine address, 't.b': give one of them another tofuName"
    ];
  };
  "toIR: undeclared provider" = {
    expr = ir { resources = [ (lib.mkResource (base // { provider = "gcp"; })) ]; };
    message = [
      "nivis.toIR: 'gcp.t.b' uses the provider 'gcp', which is not declared (declared: 'aws'): add providers.gcp = lib.mkProvider { source = …; }"
    ];
  };
  "toIR: undeclared provider of a module" = {
    expr = ir {
      providers = { };
      modules = [
        (lib.mkModule {
          name = "m";
          source = "./m";
          providers.aws = "aws";
        })
      ];
    };
    message = [ "'module.m' uses the provider 'aws', which is not declared (declared: none)" ];
  };
  "toIR: dangling dependsOn" = {
    expr = ir { resources = [ (withMeta { dependsOn = [ web ]; }) ]; };
    message = [
      "nivis.toIR: 'aws.t.x' has 'aws.aws_instance.web' in dependsOn, which is not among the resources: add it, or remove the dependency"
    ];
  };
  "toIR: several problems at once" = {
    expr = ir { resources = [ bucket bucket (withMeta { dependsOn = [ "a.b.c" ]; }) ]; };
    message = [
      "duplicate resource id 'aws.aws_s3_bucket.demo'"
      "'aws.t.x' has 'a.b.c' in dependsOn"
    ];
  };
  "toIR: dependsOn of something else" = {
    expr = ir { resources = [ (withMeta { dependsOn = [ 5 ]; }) ]; };
    message = [ "nivis: 'aws.t.x', meta.dependsOn: expects resources or ids, got the integer 5" ];
  };
  "toIR: dependsOn that is no list" = {
    expr = ir { resources = [ (withMeta { dependsOn = "x"; }) ]; };
    message = [ "nivis: 'aws.t.x', meta.dependsOn must be a list, got the string 'x'" ];
  };
  "toIR: replaceTriggeredBy of something else" = {
    expr = ir { resources = [ (withMeta { lifecycle.replaceTriggeredBy = [ 5 ]; }) ]; };
    message = [
      "nivis: 'aws.t.x', meta.lifecycle.replaceTriggeredBy: expects resources, references or ids, got the integer 5"
    ];
  };
  "toIR: a flag of lifecycle that is no boolean" = {
    expr = ir { resources = [ (withMeta { lifecycle.preventDestroy = "yes"; }) ]; };
    message = [ "nivis: 'aws.t.x', meta.lifecycle.preventDestroy must be a boolean, got the string 'yes'" ];
  };
  "toIR: ignoreChanges that is no list of names" = {
    expr = ir { resources = [ (withMeta { lifecycle.ignoreChanges = "tags"; }) ]; };
    message = [
      "nivis: 'aws.t.x', meta.lifecycle.ignoreChanges must be a list of attribute names, or \"all\", got the string 'tags'"
    ];
  };
  "toIR: an output whose `sensitive` is no boolean" = {
    expr = ir { outputs.o = { value = 1; sensitive = "yes"; }; };
    message = [ "nivis: outputs.o.sensitive must be a boolean, got the string 'yes'" ];
  };
  "toIR: an output whose description is no text" = {
    expr = ir { outputs.o = { value = 1; description = 5; }; };
    message = [ "nivis: outputs.o.description must be a string, got the integer 5" ];
  };
  "toIR: lifecycle that is no set" = {
    expr = ir { resources = [ (withMeta { lifecycle = [ ]; }) ]; };
    message = [ "nivis: 'aws.t.x', meta.lifecycle must be an attribute set, got a list of 0" ];
  };
  "toIR: an element that is no resource" = {
    expr = ir { resources = [ bucket [ { type = "x"; } ] ]; };
    message = [
      "nivis.toIR: resources 1 0 is an attribute set: expects what lib.mkResource, mkResources, mkData, mkModule or whenKnown return, or lists of them"
    ];
  };
  "toIR: resources that are no list" = {
    expr = ir { resources = bucket; };
    message = [ "nivis.toIR: 'resources' must be a list, got the resource 'aws.aws_s3_bucket.demo'" ];
  };
  "toIR: provider that is no set" = {
    expr = ir { providers.aws = "hashicorp/aws"; };
    message = [ "nivis.toIR: providers.aws must come from lib.mkProvider, got the string 'hashicorp/aws'" ];
  };
  "toIR: unknown block in extra" = {
    expr = ir { extra.resource = { }; };
    message = [
      "nivis.toIR: extra.resource is not a block that can be passed through (allowed: moved, import, removed, check, variable, locals, terraform, ephemeral)"
    ];
  };
  "toIR: backend without a type" = {
    expr = ir { backend.bucket = "x"; };
    message = [ "nivis.toIR: 'backend' must be an attribute set with a string 'type', as in { type = \"s3\"; … }" ];
  };
  "toIR: rootModule that is no string" = {
    expr = ir { rootModule = 1; };
    message = [ "nivis.toIR: 'rootModule' must be a string, a directory relative to the project, got the integer 1" ];
  };
  "toIR: a setting that there is not" = {
    expr = ir { settings.aks = "always"; };
    message = [ "nivis.toIR: settings.aks is not a setting (there are: ask, onePlan, style, checks)" ];
  };
  "toIR: a setting with a value that it cannot have" = {
    expr = ir { settings.ask = "never"; };
    message = [ "nivis.toIR: settings.ask must be one of \"always\", \"auto\", \"name\", got the string 'never'" ];
  };
  "toIR: a setting of another type" = {
    expr = ir { settings.onePlan = 1; };
    message = [ "nivis.toIR: settings.onePlan must be one of true, false, got the integer 1" ];
  };
  "toIR: checks that are no list of commands" = {
    expr = ir { settings.checks = "conftest"; };
    message = [ "nivis.toIR: settings.checks must be a list of commands, got the string 'conftest'" ];
  };
  "toIR: settings that are no set" = {
    expr = ir { settings = "always"; };
    message = [ "nivis.toIR: 'settings' must be an attribute set, got the string 'always'" ];
  };
  "toIR: a resource as a value" = {
    expr = ir { resources = [ bucket (make { tags = [ { b = bucket; } ]; }) ]; };
    message = [
      "nivis: 'aws.t.x', config.tags.0.b: the resource 'aws.aws_s3_bucket.demo' is used as a value: use a reference to one of its attributes, as in refAttr \"id\""
    ];
  };
  "toIR: a group as a value" = {
    expr = encode group;
    message = [ "nivis: outputs.v: a lib.whenKnown group is used as a value: put it into the list of resources" ];
  };
  "toIR: a function as a value" = {
    expr = encode { f = bucket.refAttr; };
    message = [ "nivis: outputs.v.f: a function cannot be written to the plan: call it (in a list a call has parentheses: [ (f x) ]), or remove it" ];
  };
  "toIR: a key that Nix cannot write" = {
    expr = encode { outPath = "x"; };
    message = [
      "nivis: outputs.v: Nix cannot write an attribute set with the key 'outPath' as JSON: use another key"
    ];
  };
  "toIR: an argument named like a leaf" = {
    expr = ir { resources = [ (make { __ref = 1; }) ]; };
    message = [ "nivis.toIR: 'aws.t.x', config: the name of an argument looks like a leaf of the IR" ];
  };
  "toIR: render fails" = {
    expr = encode (
      lib.derived {
        inputs = [ id ];
        render = _: throw "no such zone";
      }
    );
    message = [ "no such zone" ];
  };
  "whenKnown: resources that is no function" = {
    expr = lib.isRef (
      lib.whenKnown {
        inputs = [ ];
        resources = [ ];
      }
    );
    message = [ "nivis.whenKnown: 'resources' must be a function of the inputs' values, got a list of 0" ];
  };
  "whenKnown: name that is no string" = {
    expr = lib.isRef (
      lib.whenKnown {
        inputs = [ ];
        resources = _: [ ];
        name = 1;
      }
    );
    message = [ "nivis.whenKnown: 'name' must be a string, got the integer 1" ];
  };
  "whenKnown: a member that is no resource" = {
    expr = ir {
      inherit ledger;
      resources = [
        (lib.whenKnown {
          name = "g";
          inputs = [ id ];
          resources = _: [ 1 ];
        })
      ];
    };
    message = [ "nivis.toIR: lib.whenKnown 'g', resources 0 is the integer 1: expects what lib.mkResource" ];
  };
  "mkVars: required" = {
    expr = var { } { };
    message = [
      "nivis.mkVars: required variable 'x' is not set (declare a default or pass --var x=...)"
    ];
  };
  "mkVars: int" = {
    expr = var { type = "int"; } { x = "v"; };
    message = [ "nivis.mkVars: variable 'x' expects type 'int', got 'v'" ];
  };
  "mkVars: int beyond what Nix holds" = {
    expr = var { type = "int"; } { x = "12345678901234567890"; };
    message = [ "nivis.mkVars: variable 'x' expects type 'int', got '12345678901234567890'" ];
  };
  "mkVars: bool" = {
    expr = var { type = "bool"; } { x = "yes"; };
    message = [ "nivis.mkVars: variable 'x' expects type 'bool', got 'yes'" ];
  };
  "mkVars: str" = {
    expr = var { type = "str"; } { x = [ ]; };
    message = [ "nivis.mkVars: variable 'x' expects type 'str', got a list of 0" ];
  };
  "mkVars: list" = {
    expr = var { type = "list"; } { x = "{}"; };
    message = [ "nivis.mkVars: variable 'x' expects type 'list', got '{}'" ];
  };
  "mkVars: attrs" = {
    expr = var { type = "attrs"; } { x = 5; };
    message = [ "nivis.mkVars: variable 'x' expects type 'attrs', got '5'" ];
  };
  "mkVars: a default of the wrong type" = {
    expr = var {
      type = "int";
      default = "v";
    } { };
    message = [ "nivis.mkVars: variable 'x' expects type 'int', got 'v'" ];
  };
  "mkVars: a secret is not shown" = {
    expr = encode (var {
      type = "int";
      sensitive = true;
    } { x = "s3cret"; });
    message = [
      "nivis.mkVars: variable 'x' expects type 'int', got a string (hidden: the variable is sensitive)"
    ];
  };
  "mkVars: unknown type" = {
    expr = var { type = "number"; } { x = 1; };
    message = [
      "nivis.mkVars: variable 'x' has unknown type 'number' (known: 'any', 'attrs', 'bool', 'int', 'list', 'str')"
    ];
  };
  "mkVars: unknown key in a declaration" = {
    expr = var { defualt = 1; } { };
    message = [ "nivis.mkVars: variable 'x': unknown argument 'defualt'" ];
  };
  "mkVars: sensitive that is no boolean" = {
    expr = var { sensitive = "yes"; } { x = 1; };
    message = [ "nivis.mkVars: variable 'x': 'sensitive' must be a boolean, got the string 'yes'" ];
  };
  "evalModules: duplicate id" = {
    expr =
      (lib.evalModules {
        modules = [
          { resources = [ bucket ]; }
          (_: { resources = [ [ bucket ] ]; })
        ];
      }).resources == [ ];
    message = [ "nivis: duplicate resource id 'aws.aws_s3_bucket.demo' across modules" ];
  };
  "evalModules: duplicate output" = {
    expr =
      (lib.evalModules {
        modules = [
          { outputs.a = 1; }
          { outputs.a = 1; }
        ];
      }).outputs;
    message = [ "nivis: output 'a' is declared in several modules" ];
  };
  "evalModules: providers that differ" = {
    expr =
      (lib.evalModules {
        modules = [
          { providers.aws.source = "a/b"; }
          { providers.aws.source = "c/d"; }
        ];
      }).providers;
    message = [ "nivis: provider 'aws' is declared in several modules, differently" ];
  };
  "evalModules: a module that returns no set" = {
    expr = (lib.evalModules { modules = [ (_: [ ]) ]; }).outputs;
    message = [ "nivis.evalModules: module 0 must be a function returning an attribute set, got a list of 0" ];
  };
  "evalModules: an unknown key" = {
    expr = (lib.evalModules { modules = [ { resource = [ ]; } ]; }).outputs;
    message = [ "nivis.evalModules: module 0: unknown argument 'resource'" ];
  };
  "toModuleIR: unknown argument" = {
    expr = lib.toModuleIR {
      modules = [ ];
      specialArg = { };
    };
    message = [ "nivis.toModuleIR: unknown argument 'specialArg'" ];
  };
  "drvFile: no derivation" = {
    expr = encode (lib.drvFile { } "x");
    message = [ "nivis.drvFile: expects a derivation, got an attribute set" ];
  };
  "whenKnown: a sensitive output as a name" = {
    expr = members { inherit id; } ({ id }: [ (called id) ]);
    message = [
      "nivis.toIR: lib.whenKnown 'hosts': the names of its members, or how many there are, come from the input 'id' (aws.aws_s3_bucket.demo.id), which is sensitive, and names are shown: name them by something that is no secret; in their config a sensitive value may stand"
    ];
  };
  "whenKnown: a sensitive output, hashed, as a name" = {
    expr = members [ "x" id ] (v: [ (called (builtins.hashString "sha256" (builtins.elemAt v 1))) ]);
    message = [ "lib.whenKnown 'hosts': the names of its members, or how many there are, come from the input '1' (aws" ];
  };
  "whenKnown: a sensitive output as tofuName" = {
    expr = members [ id ] (v: [ (lib.mkResource (base // { tofuName = builtins.head v; })) ]);
    message = [ "come from the input '0' (aws.aws_s3_bucket.demo.id), which is sensitive" ];
  };
  "whenKnown: a sensitive output as keys of mkResources" = {
    expr = members [ id ] (v: many { forEach = v; });
    message = [ "come from the input '0' (aws.aws_s3_bucket.demo.id), which is sensitive" ];
  };
  "whenKnown: a sensitive output as the name of a module" = {
    expr = members [ id ] (v: [ (lib.mkModule { source = "./m"; name = builtins.head v; }) ]);
    message = [ "come from the input '0' (aws.aws_s3_bucket.demo.id), which is sensitive" ];
  };
  "whenKnown: a sensitive output as the name of a group among the members" = {
    expr = members [ id ] (v: [ (lib.whenKnown { name = builtins.head v; inputs = [ ip ]; resources = _: [ ]; }) ]);
    message = [ "come from the input '0' (aws.aws_s3_bucket.demo.id), which is sensitive" ];
  };
  "whenKnown: a sensitive output as the name of a member of a member" = {
    expr = members [ id ] (v: [ (lib.whenKnown { inputs = v; resources = map called; }) ]);
    message = [ "come from the input '0' (aws.aws_s3_bucket.demo.id), which is sensitive" ];
  };
  "whenKnown: how many members there are comes from a sensitive output" = {
    expr = members [ id ] (v: if builtins.head v == "demo-1" then [ ] else [ (called "b") ]);
    message = [ "come from the input '0' (aws.aws_s3_bucket.demo.id), which is sensitive" ];
  };
  "whenKnown: a function that catches errors does not get by" = {
    expr = members [ id ] (v: [ (called (if (builtins.tryEval (builtins.head v)).success then "b" else "c")) ]);
    message = [ "come from the input '0' (aws.aws_s3_bucket.demo.id), which is sensitive" ];
  };
  "whenKnown: a part of a sensitive output as a name" = {
    expr = members { deep = [ (bucket.refAttr "rules") ]; } (v: [ (called (builtins.head (builtins.head v.deep)).name) ]);
    message = [ "come from the input 'deep.0' (aws.aws_s3_bucket.demo.rules), which is sensitive" ];
  };
  "whenKnown: a derived value of a sensitive output as a name" = {
    expr = members { d = lib.str [ "a-" id ]; } (v: [ (called v.d) ]);
    message = [ "come from the input 'd' (aws.aws_s3_bucket.demo.id), which is sensitive" ];
  };
  "whenKnown: a reference made sensitive as a name" = {
    expr = members [ (lib.sensitive (bucket.refAttr "count")) ] (v: [ (called (toString (builtins.head v))) ]);
    message = [ "come from the input '0' (aws.aws_s3_bucket.demo.count), which is sensitive" ];
  };
  "whenKnown: a sensitive variable as a name" = {
    expr = members { pw = var { sensitive = true; } { x = "s3cret"; }; } (v: [ (called v.pw) ]);
    message = [ "come from the input 'pw', which is sensitive" ];
  };
}
