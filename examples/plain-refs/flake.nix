{
  description = "Five references that stay native expressions: one phase";

  inputs.nivis.url = "github:wearetechnative/nivis";

  outputs =
    { self, nivis }:
    let
      lib = nivis.lib;
      data =
        name: input:
        lib.mkResource {
          provider = "terraform";
          type = "terraform_data";
          inherit name;
          config = { inherit input; };
        };
    in
    {
      nivis.plan =
        ledger:
        let
          vpc = data "vpc" { cidr = "10.0.0.0/16"; };
          left = data "left" (vpc.refAttr "id");
          right = data "right" (vpc.refPath [ "output" "cidr" ]);
          gateway = data "gateway" {
            network = vpc.refAttr "id";
            sides = [ (left.refAttr "id") (right.refAttr "id") ];
          };
        in
        lib.toIR {
          providers.terraform = lib.mkProvider { source = "terraform.io/builtin/terraform"; };
          resources = [ vpc left right gateway ];
          inherit ledger;
        };

      # `nivis test`: references cost no phase.
      nivis.tests.references.check =
        { resources, phases, ... }:
        let
          gateway = resources."terraform.terraform_data.gateway".config.input;
        in
        [
          {
            name = "cost no phase";
            ok = phases == 1;
          }
          {
            name = "are values of others";
            ok = gateway.network == resources."terraform.terraform_data.vpc".outputs.id;
          }
        ];
    };
}
