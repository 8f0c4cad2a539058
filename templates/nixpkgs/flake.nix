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
    };
}
