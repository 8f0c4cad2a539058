# `tf` holds the resources of all modules by id.
{ lib, tf, ... }:
let
  network = tf."terraform.terraform_data.network";
  service = lib.mkResource {
    provider = "terraform";
    type = "terraform_data";
    name = "service";
    config.input = lib.str [ "service in " (network.refPath [ "output" "cidr" ]) ];
  };
in
{
  resources = [ service ];
  outputs.service = service.refAttr "output";
}
