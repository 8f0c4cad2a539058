/**
  A module for flake-parts: configurations of a flake, as modules that several files may add to.

  `nivis.modules` becomes `flake.nivis.plan`, `nivis.stacks.NAME.modules` becomes `flake.nivis.stacks.NAME`.
*/
{
  config,
  lib,
  flake-parts-lib,
  inputs,
  self,
  ...
}:
let
  inherit (lib) mkOption types;
  nivis = import ./.;

  configuration = {
    modules = mkOption {
      type = types.listOf types.deferredModule;
      default = [ ];
      description = "Modules that define resources, providers and outputs.";
    };
    specialArgs = mkOption {
      type = types.lazyAttrsOf types.raw;
      default = { };
      description = "Arguments for the modules, beside `config`, `lib`, `nivis`, `vars`, `inputs` and `self`.";
    };
    variables = mkOption {
      type = types.lazyAttrsOf types.raw;
      default = { };
      description = "Declarations of variables, as `nivis.lib.mkVars` takes them; modules get their values as `vars`.";
    };
    templates = mkOption {
      type = types.bool;
      default = true;
      description = "Are strings of modules templates of the engine, as in terranix?";
    };
  };

  plan =
    c: ledger:
    nivis.toModuleIR {
      inherit lib ledger;
      inherit (c) modules templates;
      specialArgs = {
        inherit inputs self;
        vars = nivis.mkVars c.variables (ledger.vars or { });
      }
      // c.specialArgs;
    };

  functions = types.addCheck types.raw builtins.isFunction;
in
{
  options = {
    nivis = configuration // {
      stacks = mkOption {
        type = types.lazyAttrsOf (types.submodule { options = configuration; });
        default = { };
        description = "Configurations with a state of their own, by name.";
      };
    };
    flake = flake-parts-lib.mkSubmoduleOptions {
      nivis = mkOption {
        type = types.lazyAttrsOf (types.either functions (types.lazyAttrsOf types.raw));
        default = { };
        description = "What nivis reads of the flake: `plan`, `stacks` and the like.";
      };
    };
  };

  config.flake.nivis =
    lib.optionalAttrs (config.nivis.modules != [ ]) { plan = plan config.nivis; }
    // lib.optionalAttrs (config.nivis.stacks != { }) { stacks = builtins.mapAttrs (_: plan) config.nivis.stacks; };
}
