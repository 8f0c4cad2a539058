# As much of flake-parts as its modules meet, over the lib of nixpkgs.
lib: {
  mkFlake =
    { inputs }:
    module:
    (lib.evalModules {
      specialArgs = {
        inherit inputs;
        inherit (inputs) self;
        flake-parts-lib.mkSubmoduleOptions =
          options: lib.mkOption { type = lib.types.submoduleWith { modules = [ { inherit options; } ]; }; };
      };
      modules = [
        {
          options.systems = lib.mkOption { type = lib.types.listOf lib.types.str; };
          options.flake = lib.mkOption {
            type = lib.types.submoduleWith {
              modules = [ { freeformType = lib.types.lazyAttrsOf (lib.types.unique { message = "Define it once."; } lib.types.raw); } ];
            };
          };
        }
        module
      ];
    }).config.flake;
}
