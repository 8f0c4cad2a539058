# Stands in for nixpkgs where there is no network: as much of its interface as our flake uses. Python, its
# packages, tofu, git and nix are those of the machine, named in host.nix beside this file.
{
  outputs =
    { self }:
    let
      host = import ./host.nix;
      lib = import ./lib.nix;
      systems = [
        "x86_64-linux"
        "aarch64-linux"
        "x86_64-darwin"
        "aarch64-darwin"
      ];
      packages = system: {
        inherit lib;
        callPackage =
          file: more:
          let
            function = import file;
          in
          function (builtins.intersectAttrs (builtins.functionArgs function) (packages system) // more);
        python3Packages = import ./python.nix { inherit host lib system; };
        installShellFiles = "installShellFiles";
        opentofu = lib.linked system "opentofu" { tofu = host.tofu; };
        git = lib.linked system "git" { git = host.git; };
        nix = lib.linked system "nix" {
          nix = host.nix;
          nix-store = "${host.nix}-store";
        };
        python3 = lib.linked system "python3" { python3 = host.python; };
        gnumake = lib.linked system "gnumake" { make = "/usr/bin/make"; };
        go = lib.linked system "go" { go = "/usr/bin/go"; };
        mkShell =
          { packages }:
          derivation {
            inherit system packages;
            name = "shell";
            builder = "/bin/sh";
            args = [
              "-c"
              "echo shell > $out"
            ];
          };
      };
    in
    {
      inherit lib;
      legacyPackages = builtins.listToAttrs (
        map (name: {
          inherit name;
          value = packages name;
        }) systems
      );
    };
}
