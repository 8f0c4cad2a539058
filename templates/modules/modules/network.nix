# A module is a function; what it returns is merged with what the others return.
{ lib, stage, ... }:
{
  providers.terraform = lib.mkProvider { source = "terraform.io/builtin/terraform"; };

  resources = [
    (lib.mkResource {
      provider = "terraform";
      type = "terraform_data";
      name = "network";
      config.input = { inherit stage; cidr = "10.20.0.0/16"; };
    })
  ];
}
