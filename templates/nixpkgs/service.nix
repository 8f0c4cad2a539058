{
  config,
  lib,
  nivis,
  ...
}:
{
  network.cidr = lib.mkDefault "10.1.0.0/16";

  resource.terraform_data.service.input = {
    # Strings are templates of the engine, as in terranix.
    network = "in \${terraform_data.network.id}";
    policy = nivis.jsonencode { Resource = config.network.id; };
    # Nix computes this one, in a phase of its own.
    name = nivis.derived {
      inputs = [ config.network.id ];
      render = ids: "service-${builtins.substring 0 8 (builtins.head ids)}";
    };
  };
}
