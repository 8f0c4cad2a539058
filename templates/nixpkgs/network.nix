# Options of our own, and what becomes of them.
{
  config,
  lib,
  nivis,
  ...
}:
{
  options.network = {
    cidr = lib.mkOption {
      type = lib.types.str;
      default = "10.0.0.0/16";
      description = "Addresses of the network.";
    };
    id = lib.mkOption {
      # A reference: its value exists once the network does.
      type = nivis.types.ref;
      description = "The network's id, for other modules.";
    };
  };

  config = {
    resource.terraform_data.network.input.cidr = config.network.cidr;
    network.id = config.resource.terraform_data.network.refAttr "id";
    output.network.value = config.network.id;
  };
}
