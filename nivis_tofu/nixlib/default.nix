/**
  The Nix library of Nivis, `nivis.lib`: values and resources that become the IR.

  Every file below `internal/` holds one concern and gets the files it builds on as arguments.
*/
let
  trace = import ./internal/trace.nix;
  tag = import ./internal/tag.nix { inherit trace; };
  check = import ./internal/check.nix { inherit tag trace; };
  refs = import ./internal/refs.nix { inherit tag check; };
  ledger = import ./internal/ledger.nix { inherit check refs; };
  builds = import ./internal/builds.nix { inherit tag check; };
  shared = import ./internal/shared.nix { inherit tag builds; };
  resolve = import ./internal/resolve.nix { inherit tag trace check refs ledger builds shared; };
  values = import ./internal/values.nix { inherit tag check refs builds shared; };
  calls = import ./internal/calls.nix { inherit tag check values; };
  stacks = import ./internal/stack.nix { inherit check refs values; };
  resources = import ./internal/resources.nix { inherit tag check refs; };
  groups = import ./internal/groups.nix { inherit tag trace check refs resolve builds; };
  vars = import ./internal/vars.nix { inherit trace check values; };
  encode = import ./internal/encode.nix { inherit tag trace check refs resolve builds; };
  meta = import ./internal/meta.nix { inherit tag check refs encode; };
  edges = import ./internal/edges.nix;
  problems = import ./internal/problems.nix;
  functions = import ./internal/functions.nix { inherit tag check refs resolve encode builds ledger; };
  ir = import ./internal/ir.nix {
    inherit tag check resources groups ledger encode meta edges problems functions;
  };
  modules = import ./internal/modules.nix { inherit tag check ir lib nixModules; };
  nixModules = import ./internal/nix_modules.nix { inherit tag check builds values resources lib; };

  lib = {
    version = "0.1.0";

    inherit (refs) mkRef ref isRef;
    inherit (values) str derived expr sensitive isDerived;
    inherit (calls) call jsonencode yamlencode base64encode interpolate;
    inherit (builds) drv drvFile isBuild;
    inherit (stacks) stack;
    inherit (resolve) resolve;
    inherit (resources) mkResource mkData mkModule mkResources mkProvider;
    inherit (groups) whenKnown;
    inherit (vars) mkVars;
    inherit (nixModules) evalNixModules optionTypes terranixModule verbatim;
    inherit (modules) evalModules toModuleIR;
    inherit (ir) toIR;
  };
in
lib
