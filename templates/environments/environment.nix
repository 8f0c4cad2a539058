# What all environments share: from their differences to a plan.
{ lib }:
{
  name,
  hosts ? 1,
  settings ? { },
}:
ledger:
let
  # `nivis.auto.prod.yaml` beside the flake sets variables for prod alone, `nivis.auto.yaml` for all.
  vars = lib.mkVars {
    owner = {
      type = "str";
      default = "nobody";
    };
  } ledger.vars;

  data =
    own: input:
    lib.mkResource {
      provider = "terraform";
      type = "terraform_data";
      name = own;
      config = { inherit input; };
    };

  network = data "network" {
    inherit name;
    inherit (vars) owner;
  };

  host = n: data "host-${toString n}" (lib.str [ name "-" n " in " (network.refAttr "id") ]);
in
lib.toIR {
  # A state of its own for each, for example:
  # backend = { type = "s3"; bucket = "states"; key = "${name}.tfstate"; region = "eu-central-1"; use_lockfile = true; };
  providers.terraform = lib.mkProvider { source = "terraform.io/builtin/terraform"; };
  resources = [ network ] ++ builtins.genList host hosts;
  outputs.network = network.refAttr "id";
  inherit settings ledger;
}
