# What most cases build on: two resources, and a ledger that knows one of them.
rec {
  lib = import ../../../nivis_tofu/nixlib;

  bucket = lib.mkResource {
    provider = "aws";
    type = "aws_s3_bucket";
    name = "demo";
  };
  id = bucket.refAttr "id";
  web = lib.mkResource {
    provider = "aws";
    type = "aws_instance";
    name = "web";
  };
  ip = web.refAttr "ip";

  outputs."aws.aws_s3_bucket.demo" = {
    id = "demo-1";
    count = 3;
    enabled = true;
    rules = [
      { name = "first"; }
      { name = "second"; }
    ];
    forged = {
      __ref = {
        resource = "x";
        path = [ "y" ];
      };
    };
  };
  ledger = { inherit outputs; };
  both = {
    outputs = outputs // {
      "aws.aws_instance.web".ip = "10.0.0.1";
    };
  };

  providers.aws = lib.mkProvider { source = "hashicorp/aws"; };

  make =
    config:
    lib.mkResource {
      provider = "aws";
      type = "t";
      name = "x";
      inherit config;
    };

  withMeta =
    meta:
    lib.mkResource {
      provider = "aws";
      type = "t";
      name = "x";
      inherit meta;
    };

  ir =
    args:
    lib.toIR (
      {
        inherit providers;
        resources = [ ];
      }
      // args
    );

  # A value as it stands in the IR under this ledger.
  encodeWith =
    ledger: v:
    (ir {
      outputs.v = v;
      inherit ledger;
    }).outputs.v.value;
  encode = encodeWith ledger;

  # The entry of one resource, without positions.
  entry =
    args: resource:
    removeAttrs (builtins.head (ir (args // { resources = [ resource ]; })).resources) [ "pos" ];

  drv = derivation {
    name = "hello";
    system = "x86_64-linux";
    builder = "/bin/sh";
  };
  ref = resource: path: { inherit resource path; };
  refId = ref "aws.aws_s3_bucket.demo" [ "id" ];
  refIp = ref "aws.aws_instance.web" [ "ip" ];
  boom = throw "must not be evaluated";
}
