{
  description = "Nivis: infrastructure as Nix code on the real OpenTofu engine";

  # Only the packages need it: `lib`, `templates` and the CLI's own runs never fetch it.
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";

  outputs =
    { self, nixpkgs }:
    let
      inherit (builtins)
        attrNames
        filter
        listToAttrs
        readDir
        ;
      systems = [
        "x86_64-linux"
        "aarch64-linux"
        "x86_64-darwin"
        "aarch64-darwin"
      ];
      genAttrs =
        names: value:
        listToAttrs (
          map (name: {
            inherit name;
            value = value name;
          }) names
        );
      eachSystem = make: genAttrs systems (system: make nixpkgs.legacyPackages.${system});
      nivis = pkgs: pkgs.callPackage ./nix/package.nix { };
      entries = readDir ./templates;
    in
    {
      lib = import ./nivis_tofu/nixlib;

      # For flake-parts.
      flakeModule = ./nivis_tofu/nixlib/flake-module.nix;
      flakeModules.default = ./nivis_tofu/nixlib/flake-module.nix;

      templates = genAttrs (filter (name: entries.${name} == "directory") (attrNames entries)) (name: {
        path = ./templates + "/${name}";
        description = "Nivis project: ${name}";
      });

      packages = eachSystem (pkgs: {
        default = nivis pkgs;
        nivis = nivis pkgs;
      });

      apps = eachSystem (pkgs: {
        default = {
          type = "app";
          program = "${nivis pkgs}/bin/nivis";
          meta.description = "Plan and apply infrastructure that is written in Nix";
        };
      });

      devShells = eachSystem (pkgs: {
        default = pkgs.mkShell {
          # `make setup` makes the Python environment in .venv.
          packages = [
            pkgs.python3
            pkgs.gnumake
            pkgs.opentofu
            pkgs.git
            pkgs.go
          ];
        };
      });

      overlays.default = final: prev: { nivis = nivis final; };
    };
}
