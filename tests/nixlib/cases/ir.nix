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
    providers
    refId
    ref
    ledger
    ;
in
{
  "toIR: the least" = {
    expr = removeAttrs (ir { }) [ "positions" ];
    expected = {
      schemaVersion = 1;
      providers.aws = {
        source = "hashicorp/aws";
        config = { };
      };
      resources = [ ];
      edges = [ ];
      nixConsumers = [ ];
    };
  };
  "toIR: says that it got no ledger only where something waits for it" = {
    expr =
      let
        told = more: (ir more).noLedger or false;
        waits = lib.derived {
          inputs = [ (bucket.refAttr "id") ];
          render = builtins.head;
        };
        group = lib.whenKnown {
          inputs = [ (bucket.refAttr "id") ];
          resources = _: [ ];
        };
      in
      map told [
        { outputs.o = 1; }
        {
          resources = [ bucket ];
          outputs.o = bucket.refAttr "id";
        }
        { outputs.o.__derived = 1; }
        {
          resources = [ bucket ];
          outputs.o = [ { x = waits; } ];
        }
        {
          resources = [
            bucket
            group
          ];
        }
        {
          resources = [ bucket ];
          outputs.o = waits;
          ledger.phase = 1;
        }
      ];
    expected = [
      false
      false
      false
      true
      true
      false
    ];
  };
  "toIR: where providers, outputs and blocks were written" = {
    expr =
      let
        found =
          (ir {
            providers.aws = lib.mkProvider {
              source = "hashicorp/aws";
              config.region = "x";
            };
            outputs.a = 1;
            extra = {
              check.healthy = { };
              moved = [ ];
            };
          }).positions;
        shape = builtins.mapAttrs (_: builtins.attrNames) found;
        at = name: key: found.${name}.${key}.line;
      in
      {
        inherit shape;
        file = baseNameOf found."output.a"."".file;
        inOrder = at "provider.aws" "" < at "provider.aws" "region" && at "provider.aws" "region" < at "output.a" "";
      };
    expected = {
      shape = {
        "provider.aws" = [
          ""
          "region"
        ];
        "output.a" = [ "" ];
        "extra.check" = [
          ""
          "healthy"
        ];
        "extra.moved" = [ "" ];
      };
      file = "ir.nix";
      inOrder = true;
    };
  };
  "toIR: outputs short and long" = {
    expr =
      (ir {
        outputs = {
          a = id;
          b = {
            value = 1;
            sensitive = true;
            description = "d";
          };
          c = {
            value = 1;
            other = 2;
          };
        };
      }).outputs;
    expected = {
      a.value.__ref = refId;
      b = {
        value = 1;
        sensitive = true;
        description = "d";
      };
      c.value = {
        value = 1;
        other = 2;
      };
    };
  };
  "toIR: backend, rootModule and consumers" = {
    expr =
      let
        r = ir {
          backend = {
            type = "s3";
            bucket = "b";
          };
          rootModule = "legacy";
          settings = {
            ask = "always";
            style = null;
            onePlan = true;
          };
          nixConsumers = [
            {
              name = "host";
              target = bucket;
            }
          ];
        };
      in
      [
        r.backend
        r.rootModule
        r.settings
        r.nixConsumers
      ];
    expected = [
      {
        type = "s3";
        bucket = "b";
      }
      "legacy"
      {
        ask = "always";
        style = null;
        onePlan = true;
      }
      [
        {
          name = "host";
          target.__ref = ref "aws.aws_s3_bucket.demo" [ ];
        }
      ]
    ];
  };
  "toIR: extra blocks, addresses as strings, ids or resources" = {
    expr =
      (ir {
        extra = {
          moved = [
            {
              from = "aws_s3_bucket.old";
              to = bucket;
            }
          ];
          check.health."assert" = {
            condition = lib.expr [ "\${" id " != null}" ];
            error_message = "no id";
          };
          terraform.encryption.method = { };
          locals.a = 1;
        };
      }).extra;
    expected = {
      moved = [
        {
          from = "aws_s3_bucket.old";
          to.__ref = ref "aws.aws_s3_bucket.demo" [ ];
        }
      ];
      check.health."assert" = {
        condition.__expr = [ "\${" { __ref = refId; } " != null}" ];
        error_message = "no id";
      };
      terraform.encryption.method = { };
      locals.a = 1;
    };
  };
  "toIR: providers may hold references" = {
    expr =
      (ir {
        providers.aws = lib.mkProvider {
          source = "hashicorp/aws";
          config.region = ip;
        };
      }).providers.aws.config.region.__ref.resource;
    expected = "aws.aws_instance.web";
  };
  "toIR: the same type and name as managed and as data" = {
    expr = builtins.length (ir {
      resources = [
        (make { })
        (lib.mkData {
          provider = "aws";
          type = "t";
          name = "x";
        })
      ];
    }).resources;
    expected = 1;
  };
  "toIR: a thousand resources" = {
    expr =
      let
        name = i: "n${toString i}";
        one = i: lib.mkResource {
          provider = "aws";
          type = "t";
          name = name i;
          config = {
            a = bucket.refAttr "id";
            b = lib.str [ "x" id (toString i) ];
            c = if i == 0 then null else lib.ref "aws.t.${name (i - 1)}" "id";
          };
          meta.dependsOn = [ web ];
        };
        r = ir {
          resources = [ bucket web (builtins.genList one 1000) ];
          inherit ledger;
        };
      in
      [
        (builtins.length r.resources)
        (builtins.length r.edges)
        (builtins.elemAt r.resources 1001).config.b.__derived.value
      ];
    expected = [
      1002
      3999
      "xdemo-1999"
    ];
  };
  "evalModules: tf, config and specialArgs reach every module" = {
    expr =
      let
        r = lib.toModuleIR {
          modules = [
            ({ lib, tf, ... }: {
              resources = [ (make { a = tf."aws.aws_s3_bucket.demo".refAttr "id"; }) ];
            })
            ({ config, region, ... }: {
              inherit (common) providers;
              resources = [ [ bucket ] ];
              outputs = {
                inherit region;
                count = builtins.length config.resources;
              };
            })
          ];
          specialArgs.region = "eu";
          resources = [ web ];
          outputs.own = 1;
          inherit ledger;
        };
      in
      [
        (map (e: e.id) r.resources)
        r.outputs
        (builtins.head r.resources).config
        (builtins.attrNames r.providers)
      ];
    expected = [
      [ "aws.t.x" "aws.aws_s3_bucket.demo" "aws.aws_instance.web" ]
      {
        region.value = "eu";
        count.value = 3;
        own.value = 1;
      }
      { a.__ref = refId; }
      [ "aws" ]
    ];
  };
  "evalModules: config from specialArgs" = {
    expr =
      (lib.evalModules {
        modules = [ ({ config, ... }: { outputs.x = config.x; }) ];
        specialArgs.config.x = 7;
      }).outputs;
    expected.x = 7;
  };
  "evalModules: providers that are alike" = {
    expr = builtins.attrNames (lib.evalModules {
      modules = [
        (_: { inherit providers; })
        { inherit providers; }
      ];
    }).providers;
    expected = [ "aws" ];
  };
}
