let
  common = import ./common.nix;
  inherit (common)
    lib
    bucket
    id
    ip
    entry
    make
    withMeta
    web
    ir
    ref
    refId
    refIp
    ledger
    providers
    ;
  brief = r: { inherit (r) name config meta; };
  noPos = map (r: removeAttrs r [ "pos" ]);
in
{
  "mkResource: its attributes" = {
    expr = builtins.removeAttrs bucket [
      "__nivis"
      "__toString"
      "refAttr"
      "refPath"
      "pos"
    ];
    expected = {
      id = "aws.aws_s3_bucket.demo";
      provider = "aws";
      type = "aws_s3_bucket";
      name = "demo";
      tofuName = "demo";
      config = { };
      meta = null;
    };
  };
  "mkResource: in the IR" = {
    expr = entry { } (make {
      a = id;
      n = null;
    });
    expected = {
      id = "aws.t.x";
      provider = "aws";
      type = "t";
      name = "x";
      config = {
        a.__ref = refId;
        n = null;
      };
    };
  };
  "mkResource: tofuName is shown where it differs" = {
    expr =
      (entry { } (
        lib.mkResource {
          provider = "aws";
          type = "t";
          name = "x";
          tofuName = "y";
        }
      )).tofuName;
    expected = "y";
  };
  "mkResource: positions of the resource and of its arguments" = {
    expr =
      let
        pos = (builtins.head (ir { resources = [ (make { a = 1; }) ]; }).resources).pos;
      in
      [
        (builtins.attrNames pos)
        (baseNameOf pos."".file)
        (baseNameOf pos.a.file)
        (builtins.isInt pos.a.line && builtins.isInt pos.a.column)
      ];
    expected = [
      [ "" "a" ]
      "common.nix"
      "resources.nix"
      true
    ];
  };
  "mkData: goes to dataSources, wherever it stands" = {
    expr = noPos (ir {
      resources = [
        [
          (lib.mkData {
            provider = "aws";
            type = "aws_ami";
            name = "x";
            config.most_recent = true;
          })
        ]
      ];
    }).dataSources;
    expected = [
      {
        id = "data.aws.aws_ami.x";
        provider = "aws";
        type = "aws_ami";
        name = "x";
        config.most_recent = true;
      }
    ];
  };
  "mkModule: in the IR, outputs by refAttr" = {
    expr =
      let
        net = lib.mkModule {
          source = "terraform-aws-modules/vpc/aws";
          name = "net";
          version = "5.0.0";
          config.cidr = ip;
          providers.aws = "aws";
          meta.dependsOn = [ bucket ];
        };
        result = ir {
          modules = [ net ];
          resources = [ bucket web ];
          outputs.vpc = net.refAttr "vpc_id";
        };
      in
      [
        (noPos result.modules)
        result.outputs.vpc
        result.edges
      ];
    expected = [
      [
        {
          id = "module.net";
          name = "net";
          source = "terraform-aws-modules/vpc/aws";
          version = "5.0.0";
          config.cidr.__ref = refIp;
          providers.aws = "aws";
          meta.dependsOn = [ "aws.aws_s3_bucket.demo" ];
        }
      ]
      { value.__ref = ref "module.net" [ "vpc_id" ]; }
      [
        {
          from = "module.net";
          to = "aws.aws_instance.web";
          via = "ref";
        }
        {
          from = "module.net";
          to = "aws.aws_s3_bucket.demo";
          via = "dependsOn";
        }
      ]
    ];
  };
  "mkResources: by count" = {
    expr = map brief (
      lib.mkResources {
        provider = "aws";
        type = "t";
        name = "base";
        count = 2;
        config = i: { n = i; };
        meta = i: { dependsOn = [ "d${toString i}" ]; };
      }
    );
    expected = [
      {
        name = "base__0";
        config.n = 0;
        meta.dependsOn = [ "d0" ];
      }
      {
        name = "base__1";
        config.n = 1;
        meta.dependsOn = [ "d1" ];
      }
    ];
  };
  "mkResources: by forEach over attributes" = {
    expr = map brief (
      lib.mkResources {
        provider = "aws";
        type = "t";
        name = "base";
        forEach = {
          b = 2;
          a = 1;
        };
        config = key: value: { inherit key value; };
      }
    );
    expected = [
      {
        name = "base__a";
        config = {
          key = "a";
          value = 1;
        };
        meta = null;
      }
      {
        name = "base__b";
        config = {
          key = "b";
          value = 2;
        };
        meta = null;
      }
    ];
  };
  "mkResources: by forEach over strings, config as a set" = {
    expr = map (r: r.id) (
      lib.mkResources {
        provider = "aws";
        type = "t";
        name = "base";
        forEach = [ "z" "y" ];
        config = { };
      }
    );
    expected = [ "aws.t.base__z" "aws.t.base__y" ];
  };
  "mkProvider: several configurations of one source" = {
    expr =
      (ir {
        providers = providers // {
          west = lib.mkProvider {
            source = "hashicorp/aws";
            version = "~> 5.0";
            config.region = "us-west-2";
          };
        };
      }).providers;
    expected = {
      aws = {
        source = "hashicorp/aws";
        config = { };
      };
      west = {
        source = "hashicorp/aws";
        version = "~> 5.0";
        config.region = "us-west-2";
      };
    };
  };
  "meta: resources become ids and references" = {
    expr =
      (entry { dataSources = [ bucket web ]; } (withMeta {
        dependsOn = [ bucket "aws.aws_instance.web" ];
        lifecycle = {
          preventDestroy = true;
          replaceTriggeredBy = [ bucket id "aws.aws_instance.web" "terraform_data.other" ];
        };
        timeouts.create = "5m";
      })).meta;
    expected = {
      dependsOn = [ "aws.aws_s3_bucket.demo" "aws.aws_instance.web" ];
      lifecycle = {
        preventDestroy = true;
        replaceTriggeredBy = [
          { __ref = ref "aws.aws_s3_bucket.demo" [ ]; }
          { __ref = refId; }
          { __ref = ref "aws.aws_instance.web" [ ]; }
          "terraform_data.other"
        ];
      };
      timeouts.create = "5m";
    };
  };
  "edges: of references, derived values and dependencies, each once" = {
    expr =
      (ir {
        resources = [
          bucket
          web
          (make {
            a = id;
            b = [ { c = id; } ];
            d = lib.str [ id ip ];
            e = lib.expr [ ip ];
          } // { meta.dependsOn = [ bucket ]; })
        ];
        inherit ledger;
      }).edges;
    expected =
      let
        edge = via: to: {
          from = "aws.t.x";
          inherit via to;
        };
      in
      [
        (edge "ref" "aws.aws_s3_bucket.demo")
        (edge "derived" "aws.aws_s3_bucket.demo")
        (edge "derived" "aws.aws_instance.web")
        (edge "ref" "aws.aws_instance.web")
        (edge "dependsOn" "aws.aws_s3_bucket.demo")
      ];
  };
}
