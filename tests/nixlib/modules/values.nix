# What modules for nixpkgs' module system evaluate to; `nixpkgs` is its lib, or a stand-in.
nixpkgs:
let
  nivis = import ../../../nivis_tofu/nixlib;
  inherit (nixpkgs)
    mkIf
    mkMerge
    mkForce
    mkDefault
    mkOverride
    mkBefore
    mkAfter
    mkOption
    types
    ;
  ir = modules: nivis.toModuleIR { lib = nixpkgs; inherit modules; };
  plain = modules: nivis.toModuleIR { lib = nixpkgs; inherit modules; templates = false; };
  configs =
    modules:
    builtins.listToAttrs (
      map (r: {
        name = r.name;
        value = r.config;
      }) (ir modules).resources
    );
  ofA = modules: (configs modules).a;
  a = input: { resource.terraform_data.a = { inherit input; }; };
  ref = name: attr: {
    __ref = {
      resource = "terraform.terraform_data.${name}";
      path = [ attr ];
    };
  };
  both = { resource.terraform_data = { a = { }; b = { }; }; };
  strip = map (r: removeAttrs r [ "pos" ]);
in
{
  "merging: attribute sets at every depth, lists in order, equal values once" = {
    expr = ofA [
      (a {
        x.y = 1;
        list = [ 1 ];
        same = "s";
      })
      (a {
        x.z.w = [ { } ];
        list = mkAfter [ 3 ];
        same = "s";
      })
      (a { list = [ 2 ]; })
      (a { list = mkBefore [ 0 ]; })
    ];
    expected.input = {
      x = {
        y = 1;
        z.w = [ { } ];
      };
      list = [ 0 2 1 3 ];
      same = "s";
    };
  };
  "conditions: at every depth, in lists, and what is switched off is gone" = {
    expr = configs [
      (mkIf false { resource.terraform_data.gone = { }; })
      {
        resource = mkMerge [
          { terraform_data.a.input = mkIf false 1; }
          (mkIf true { terraform_data.b = mkMerge [ { input.x = mkIf true "x"; } (mkIf false { input.y = 1; }) ]; })
        ];
      }
      { resource.terraform_data.c = mkIf false { input = 1; }; }
      { resource.terraform_data.d.input = [ 1 (mkIf false 2) (mkIf true { x = mkIf false 3; }) ]; }
    ];
    expected = {
      a = { };
      b.input.x = "x";
      d.input = [ 1 { } ];
    };
  };
  "priorities: default, force and a number, for values and for whole blocks" = {
    expr = configs [
      (a { x = mkDefault 1; y = 1; z = mkOverride 40 1; w = mkDefault { old = 1; }; })
      (a { x = 2; y = mkForce 2; z = mkForce 2; w.new = 2; })
      { resource.terraform_data.b.input = "gone"; }
      { resource.terraform_data.b = mkForce { triggers_replace = 1; }; }
    ];
    expected = {
      a.input = {
        x = 2;
        y = 2;
        z = 1;
        w.new = 2;
      };
      b.triggers_replace = 1;
    };
  };
  "references: atoms as values of options, whatever is defined around them" = {
    expr = ofA [
      both
      ({ config, ... }: a {
        attr = config.resource.terraform_data.b.refAttr "id";
        path = (config.resource.terraform_data.b.refPath [ "output" "x" ]);
        computed = nivis.str [ "b is " (config.resource.terraform_data.b.refAttr "id") ];
        default = mkDefault (config.resource.terraform_data.b.refAttr "id");
        twice = config.resource.terraform_data.b.refAttr "id";
        list = [ (config.resource.terraform_data.b.refAttr "id") ];
      })
      ({ config, ... }: a {
        default = "plain";
        twice = config.resource.terraform_data.b.refAttr "id";
        list = [ "more" ];
      })
    ];
    expected.input = {
      attr = ref "b" "id";
      path.__ref = {
        resource = "terraform.terraform_data.b";
        path = [ "output" "x" ];
      };
      computed.__derived = {
        inputs = [ "terraform.terraform_data.b.id" ];
        refs = [ (ref "b" "id").__ref ];
        parts = [ "b is " (ref "b" "id") ];
      };
      default = "plain";
      twice = ref "b" "id";
      list = [ "more" (ref "b" "id") ];
    };
  };
  "references: through options of modules" = {
    expr = ofA [
      both
      {
        options = {
          raw = mkOption { };
          typed = mkOption { type = (nivis.optionTypes nixpkgs).orRef types.str; };
          only = mkOption { type = (nivis.optionTypes nixpkgs).ref; };
          many = mkOption { type = types.listOf ((nivis.optionTypes nixpkgs).orRef types.str); };
          any = mkOption { type = types.attrsOf (nivis.optionTypes nixpkgs).value; };
        };
      }
      ({ config, ... }:
        let
          id = config.resource.terraform_data.b.refAttr "id";
        in
        {
          raw = id;
          typed = id;
          only = id;
          many = [ "text" id ];
          any.deep.er = [ id ];
        })
      ({ config, ... }: { any.deep.other = 1; only = config.resource.terraform_data.b.refAttr "id"; })
      ({ config, ... }: a { inherit (config) raw typed only many any; })
    ];
    expected.input = {
      raw = ref "b" "id";
      typed = ref "b" "id";
      only = ref "b" "id";
      many = [ "text" (ref "b" "id") ];
      any.deep = {
        er = [ (ref "b" "id") ];
        other = 1;
      };
    };
  };
  "config: blocks as they are written, beside references" = {
    expr = ofA [
      { resource.terraform_data.b.input = "in"; data.terraform_remote_state.r = { backend = "local"; id = "own"; }; }
      ({ config, ... }: a {
        read = config.resource.terraform_data.b.input;
        id = config.resource.terraform_data.b.id;
        own = config.data.terraform_remote_state.r.id;
        data = config.data.terraform_remote_state.r.refAttr "outputs";
      })
    ];
    expected.input = {
      read = "in";
      id = "terraform.terraform_data.b";
      own = "own";
      data.__ref = {
        resource = "data.terraform.terraform_remote_state.r";
        path = [ "outputs" ];
      };
    };
  };
  "strings: templates of the engine, a whole address of a block being a reference" = {
    expr = ofA [
      both
      ({ config, ... }: a {
        text = "plain";
        whole = "\${terraform_data.b.id}";
        spaced = "\${ terraform_data.b.id }";
        part = "id-\${terraform_data.b.id}";
        elsewhere = "\${var.x}";
        deep = "\${terraform_data.b.output[0].x}";
        escaped = "$\${HOME}";
        odd = "$\${A:-x} %%{http_code} \${provider::x::f(1)} %{ if true }\${true}%{~ else ~}\${1}%{ endif }";
        loop = "\${join(\",\", [for x in y : \"\${x}-a\"])}";
        data = nivis.verbatim "\${HOME}";
        called = config.resource.terraform_data.b "output";
        calledWithin = "http://${config.resource.terraform_data.b "output"}:80";
        list = [ { x = "\${terraform_data.b.id}"; } ];
        own = "\${terraform_data.a.id}";
      })
    ];
    expected.input = {
      text = "plain";
      whole = ref "b" "id";
      spaced = ref "b" "id";
      part.__expr = [ "id-\${terraform_data.b.id}" ];
      elsewhere.__expr = [ "\${var.x}" ];
      deep.__expr = [ "\${terraform_data.b.output[0].x}" ];
      escaped.__expr = [ "$\${HOME}" ];
      odd.__expr = [ "$\${A:-x} %%{http_code} \${provider::x::f(1)} %{ if true }\${true}%{~ else ~}\${1}%{ endif }" ];
      loop.__expr = [ "\${join(\",\", [for x in y : \"\${x}-a\"])}" ];
      data = "\${HOME}";
      called = ref "b" "output";
      calledWithin.__expr = [ "http://\${terraform_data.b.output}:80" ];
      list = [ { x = ref "b" "id"; } ];
      own.__expr = [ "\${terraform_data.a.id}" ];
    };
  };
  "strings: what Nix builds is built, wherever its path stands" = {
    expr =
      let
        drv = derivation { name = "job"; system = "x"; builder = "/bin/sh"; };
        found = ofA [ ({ lib, ... }: a { file = lib.tf.file "${drv}"; text = "see ${drv} there"; whole = "${drv}/f"; itself = drv; }) ];
        drvs = v: if v ? __build then [ v.__build.drv ] else if v ? __expr then builtins.concatMap (p: if p ? __derived then drvs p.__derived.value else [ ]) v.__expr else [ ];
      in
      builtins.mapAttrs (_: v: map (path: path == builtins.unsafeDiscardStringContext drv.drvPath) (drvs v)) found.input;
    expected = {
      file = [ true ];
      text = [ true ];
      whole = [ true ];
      itself = [ true ];
    };
  };
  "strings: data where templates are switched off" = {
    expr =
      (builtins.head
        (plain [
          both
          ({ config, lib, ... }: a {
            text = "\${HOME} \${terraform_data.b.id}";
            ref = config.resource.terraform_data.b "id";
            written = lib.tfRef "var.x";
          })
        ]).resources
      ).config;
    expected.input = {
      text = "\${HOME} \${terraform_data.b.id}";
      ref = ref "b" "id";
      written.__expr = [ "\${var.x}" ];
    };
  };
  "meta-arguments: as the engine spells them" = {
    expr = strip (ir [
      { resource.terraform_data.b = { count = 2; }; module.net.source = "./net"; }
      ({ config, ... }: {
        resource.terraform_data.a = {
          depends_on = [
            "terraform_data.b"
            "\${module.net}"
            config.resource.terraform_data.b
            (config.resource.terraform_data.b.refAttr "id")
          ];
          lifecycle = {
            create_before_destroy = true;
            prevent_destroy = null;
            ignore_changes = [ "all" ];
            replace_triggered_by = [ "terraform_data.b" "\${terraform_data.c.id}" (config.resource.terraform_data.c.refAttr "output") ];
            precondition = {
              condition = "\${terraform_data.c.id != \"\"}";
              error_message = "no id";
            };
          };
          for_each = "\${toset([\"x\"])}";
        };
        resource.terraform_data.c = { };
      })
    ]).resources;
    expected = [
      {
        id = "terraform.terraform_data.a";
        name = "a";
        type = "terraform_data";
        provider = "terraform";
        config.for_each.__expr = [ "\${toset([\"x\"])}" ];
        meta = {
          dependsOn = [ "terraform.terraform_data.b" "module.net" "terraform.terraform_data.b" "terraform.terraform_data.b" ];
          lifecycle = {
            createBeforeDestroy = true;
            ignoreChanges = "all";
            replaceTriggeredBy = [
              {
                __ref = {
                  resource = "terraform.terraform_data.b";
                  path = [ ];
                };
              }
              (ref "c" "id")
              (ref "c" "output")
            ];
            precondition = [
              {
                condition.__expr = [ "\${terraform_data.c.id != \"\"}" ];
                error_message = "no id";
              }
            ];
          };
        };
      }
      {
        id = "terraform.terraform_data.b";
        name = "b";
        type = "terraform_data";
        provider = "terraform";
        config.count = 2;
      }
      {
        id = "terraform.terraform_data.c";
        name = "c";
        type = "terraform_data";
        provider = "terraform";
        config = { };
      }
    ];
  };
  "providers: implied by types, required, configured, with aliases" = {
    expr =
      let
        found = ir [
          {
            terraform.required_version = ">= 1.8";
            terraform.required_providers = {
              hcloud = {
                source = "hetznercloud/hcloud";
                version = "~> 1.0";
              };
              old = "1.2.3";
            };
            provider.aws = [
              { region = "eu"; }
              { alias = "west"; region = "\${var.region}"; }
            ];
            provider.google.alias = "only";
            resource = {
              aws_vpc.a.cidr = "1";
              aws_vpc.b.provider = "aws.west";
              google_x.c.provider = "\${google.only}";
              google_x.d.provider = "google-beta";
              random_id.e = { };
              hcloud_server.f = { };
            };
            module.net = {
              source = "./net";
              providers."aws" = "aws.west";
            };
          }
        ];
      in
      {
        inherit (found) providers;
        used = builtins.listToAttrs (
          map (r: {
            inherit (r) name;
            value = r.id;
          }) found.resources
        );
        module = (builtins.head found.modules).providers;
        terraform = found.extra.terraform;
      };
    expected = {
      terraform.required_version = ">= 1.8";
      module.aws = "west";
      used = {
        a = "aws.aws_vpc.a";
        b = "west.aws_vpc.b";
        c = "only.google_x.c";
        d = "google-beta.google_x.d";
        e = "random.random_id.e";
        f = "hcloud.hcloud_server.f";
      };
      providers = {
        aws = {
          source = "hashicorp/aws";
          config.region = "eu";
        };
        west = {
          source = "hashicorp/aws";
          config.region.__expr = [ "\${var.region}" ];
        };
        only = {
          source = "hashicorp/google";
          config = { };
        };
        google-beta = {
          source = "hashicorp/google-beta";
          config = { };
        };
        random = {
          source = "hashicorp/random";
          config = { };
        };
        hcloud = {
          source = "hetznercloud/hcloud";
          version = "~> 1.0";
          config = { };
        };
        old = {
          source = "hashicorp/old";
          version = "1.2.3";
          config = { };
        };
      };
    };
  };
  "providers: one alias of two providers is told apart by the provider" = {
    expr = map (r: r.id) (ir [
      {
        provider.aws.alias = "west";
        provider.google.alias = "west";
        resource.aws_vpc.a.provider = "aws.west";
        resource.google_x.b.provider = "google.west";
      }
    ]).resources;
    expected = [ "aws_west.aws_vpc.a" "google_west.google_x.b" ];
  };
  "blocks: outputs, variables, locals, state, renames and the rest" = {
    expr =
      let
        found = ir [
          both
          ({ config, ... }: {
            output.a.value = config.resource.terraform_data.a.refAttr "id";
            output.b = {
              value = "\${local.x}";
              sensitive = true;
              description = "d";
            };
            variable.v = {
              type = "string";
              default = "\${kept}";
            };
            locals.x = "\${var.v}";
            backend.local.path = "x.tfstate";
            moved = [ { from = "terraform_data.old"; to = "terraform_data.a"; } ];
            import = [ { to = "terraform_data.b"; id = "1"; } ];
            check.ok."assert" = { condition = "\${true}"; error_message = "m"; };
            remote_state.s3.net.bucket = "b";
            settings.ask = "always";
            resources = [ (nivis.whenKnown { inputs = [ (config.resource.terraform_data.a.refAttr "id") ]; resources = _: [ ]; }) ];
          })
          { moved = [ { from = "terraform_data.older"; to = "terraform_data.b"; } ]; }
        ];
      in
      {
        inherit (found) outputs extra backend settings;
        states = strip found.dataSources;
        pending = map (p: p.refs) found.pending;
      };
    expected = {
      outputs = {
        a.value = ref "a" "id";
        b = {
          value.__expr = [ "\${local.x}" ];
          sensitive = true;
          description = "d";
        };
      };
      extra = {
        variable.v = {
          type = "string";
          default = "\${kept}";
        };
        locals.x.__expr = [ "\${var.v}" ];
        moved = [
          { from = "terraform_data.older"; to = "terraform_data.b"; }
          { from = "terraform_data.old"; to = "terraform_data.a"; }
        ];
        import = [ { to = "terraform_data.b"; id = "1"; } ];
        check.ok."assert" = {
          condition.__expr = [ "\${true}" ];
          error_message = "m";
        };
      };
      backend = {
        type = "local";
        path = "x.tfstate";
      };
      settings.ask = "always";
      states = [
        {
          id = "data.terraform.terraform_remote_state.net";
          name = "net";
          type = "terraform_remote_state";
          provider = "terraform";
          config = {
            backend = "s3";
            config.bucket = "b";
          };
        }
      ];
      pending = [ [ (ref "a" "id").__ref ] ];
    };
  };
  "modules: calls and their outputs" = {
    expr = strip (ir [
      ({ config, ... }: {
        module.net = {
          source = "./net";
          cidr = "\${terraform_data.a.id}";
          depends_on = [ "terraform_data.a" ];
        };
        resource.terraform_data.a = { };
        module.app = {
          source = "./app";
          version = "1.0";
          net = config.module.net.refAttr "id";
        };
      })
    ]).modules;
    expected = [
      {
        id = "module.app";
        name = "app";
        source = "./app";
        version = "1.0";
        config.net.__ref = {
          resource = "module.net";
          path = [ "id" ];
        };
      }
      {
        id = "module.net";
        name = "net";
        source = "./net";
        config.cidr = ref "a" "id";
        meta.dependsOn = [ "terraform.terraform_data.a" ];
      }
    ];
  };
  "arguments of modules: specialArgs, nivis, tf and lib with what terranix adds" = {
    expr =
      (builtins.head
        (nivis.toModuleIR {
          lib = nixpkgs;
          specialArgs.stage = "test";
          modules = [
            ({ stage, nivis, tf, lib, config, options, ... }: a {
              inherit stage;
              version = nivis.version == (import ../../../nivis_tofu/nixlib).version;
              ids = builtins.attrNames tf;
              tf = lib.tf.ref "var.x";
              old = lib.tfRef "var.x";
              file = lib.tf.file "x";
              declared = options ? resource;
            })
          ];
        }).resources
      ).config;
    expected.input = {
      stage = "test";
      version = true;
      ids = [ "terraform.terraform_data.a" ];
      tf.__expr = [ "\${var.x}" ];
      old.__expr = [ "\${var.x}" ];
      file.__expr = [ "\${file(\"x\")}" ];
      declared = true;
    };
  };
  "imports: files, attribute sets and functions" = {
    expr = configs [
      ./imported.nix
      { imports = [ { resource.terraform_data.b.input = 1; } ]; }
    ];
    expected = {
      a.input = "from a file";
      b.input = 1;
    };
  };
  "result: what toIR takes, with more beside it" = {
    expr =
      let
        m = nivis.evalNixModules {
          lib = nixpkgs;
          modules = [ (a "x") { output.o.value = 1; } ];
        };
        names = map (r: r.name);
      in
      {
        given = names (nivis.toIR (m // { ledger = { }; })).resources;
        picked = names (nivis.toIR { inherit (m) resources providers outputs; }).resources;
        more =
          let
            found = nivis.toModuleIR {
              lib = nixpkgs;
              modules = [ (a "x") { output.o.value = 1; } ];
              resources = [ (nivis.mkResource { provider = "terraform"; type = "terraform_data"; name = "b"; }) ];
              outputs.p = 2;
              extra.locals.x = 1;
            };
          in
          {
            resources = names found.resources;
            inherit (found) outputs extra;
          };
        config = m.config.resource.terraform_data.a.input;
        options = m.options ? resource;
        tf = builtins.attrNames m.tf;
      };
    expected = {
      given = [ "a" ];
      picked = [ "a" ];
      more = {
        resources = [ "a" "b" ];
        outputs = {
          o.value = 1;
          p.value = 2;
        };
        extra.locals.x = 1;
      };
      config = "x";
      options = true;
      tf = [ "terraform.terraform_data.a" ];
    };
  };
  "places: where definitions were written" = {
    expr =
      let
        at = builtins.mapAttrs (_: pos: "${baseNameOf pos.file}:${toString pos.line}:${toString pos.column}");
        found = ir [ ./imported.nix ];
      in
      {
        resource = at (builtins.head found.resources).pos;
        output = at found.positions."output.o";
        provider = at found.positions."provider.random";
        names = builtins.attrNames found.positions;
      };
    expected = {
      resource = {
        "" = "imported.nix:8:51";
        input = "imported.nix:6:3";
        "meta.dependsOn" = "imported.nix:8:51";
      };
      output = {
        "" = "imported.nix:10:3";
        value = "imported.nix:10:3";
      };
      provider = {
        "" = "imported.nix:11:3";
        x = "imported.nix:11:23";
      };
      names = [ "output.o" "provider.random" ];
    };
  };
  "sensitive values: atoms that stay secret" = {
    expr = ofA [ (a { s = nivis.sensitive "hush"; }) ];
    expected.input.s.__derived = {
      inputs = [ ];
      refs = [ ];
      sensitive = true;
      value = "hush";
    };
  };
  "one block where there could be several: the engine's JSON takes it" = {
    expr = (ir [ ]).singleBlocks;
    expected = true;
  };
}
