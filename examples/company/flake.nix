{
  description = "A company in miniature: network, data and three applications, in two environments";

  inputs.nivis.url = "github:wearetechnative/nivis";

  outputs =
    { self, nivis }:
    let
      lib = nivis.lib;

      # What every stack has: a provider, and a state of its own in one bucket.
      stack =
        name: resources: outputs: ledger:
        lib.toIR {
          providers.aws = lib.mkProvider {
            source = "hashicorp/aws";
            config = {
              region = "eu-central-1";
              default_tags = [ { tags.stack = name; } ];
            };
          };
          backend = {
            type = "s3";
            bucket = "acme-states";
            key = "${name}.tfstate";
            region = "eu-central-1";
            use_lockfile = true;
            use_path_style = true;
          };
          inherit resources outputs ledger;
        };
      aws = type: name: config: lib.mkResource { provider = "aws"; inherit type name config; };

      network =
        env: cidr:
        let
          vpc = aws "aws_vpc" "main" { cidr_block = cidr; tags.Name = env; };
          subnet = aws "aws_subnet" "main" { vpc_id = vpc.refAttr "id"; cidr_block = cidr; };
        in
        stack "${env}-network" [ vpc subnet ] {
          vpc = vpc.refAttr "id";
          subnet = subnet.refAttr "id";
          domain = "${env}.acme.internal";
        };

      data =
        env:
        let
          table = aws "aws_dynamodb_table" "orders" {
            name = "${env}-orders";
            billing_mode = "PAY_PER_REQUEST";
            hash_key = "id";
            attribute = [ { name = "id"; type = "S"; } ];
          };
        in
        stack "${env}-data" [ table ] { table = table.refAttr "arn"; };

      # `uses`: attributes of the application that come from other stacks.
      app =
        env: name: uses:
        let
          config = aws "aws_ssm_parameter" "config" {
            name = "/${env}/${name}/config";
            type = "String";
            # Nix writes the whole document; the parts that other stacks make are values in it.
            value = lib.derived {
              inputs = uses;
              render = values: builtins.toJSON (values // { inherit name; });
            };
          };
        in
        stack "${env}-${name}" [ config ] { parameter = config.refAttr "arn"; };

      environment =
        env: cidr:
        let
          net = lib.stack "${env}-network";
          db = lib.stack "${env}-data";
        in
        {
          "${env}-network" = network env cidr;
          "${env}-data" = data env;
          "${env}-shop" = app env "shop" { vpc = net.refAttr "vpc"; table = db.refAttr "table"; };
          "${env}-search" = app env "search" { subnet = net.refAttr "subnet"; };
          "${env}-reports" = app env "reports" { table = db.refAttr "table"; };
        };
    in
    {
      nivis.stacks = environment "dev" "10.1.0.0/16" // environment "prod" "10.2.0.0/16";

      # `nivis test`: what the other stacks have is fixed here, or made up.
      nivis.tests.shop = {
        stack = "prod-shop";
        outputs."stack.prod-network".vpc = "vpc-1";
        check =
          { resources, ... }:
          let
            config = builtins.fromJSON resources."aws.aws_ssm_parameter.config".config.value;
          in
          [
            {
              name = "knows its network";
              ok = config.vpc == "vpc-1" && config ? table;
              message = builtins.toJSON config;
            }
          ];
      };
    };
}
