{
  description = "The Nix library of Nivis";

  outputs =
    { self }:
    {
      lib = import ./.;
      flakeModule = ./flake-module.nix;
      flakeModules.default = ./flake-module.nix;
    };
}
