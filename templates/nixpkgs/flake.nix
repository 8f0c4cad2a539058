{
  description = "<<project>>";

  inputs.nivis.url = "github:wearetechnative/nivis";
  # The lib of nixpkgs alone, which is small; take github:NixOS/nixpkgs for packages, too.
  inputs.nixpkgs.url = "github:nix-community/nixpkgs.lib";

  outputs =
    {
      self,
      nivis,
      nixpkgs,
    }:
    {
      nivis.plan =
        ledger:
        nivis.lib.toModuleIR {
          inherit (nixpkgs) lib;
          modules = [
            ./network.nix
            ./service.nix
          ];
          inherit ledger;
        };

      # `nivis test`: no engine, no cloud.
      nivis.tests.service = {
        outputs."terraform.terraform_data.network".id = "abcdefgh-1";
        check =
          { resources, ... }:
          let
            service = resources."terraform.terraform_data.service".config.input;
          in
          [
            {
              name = "is named after the network";
              ok = service.name == "service-abcdefgh";
              message = "got ${service.name}";
            }
          ];
      };
    };
}
