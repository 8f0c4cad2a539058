# A flake by flake-parts, whose lib is `parts`, with our module.
parts:
let
  flake = parts.mkFlake { inputs.self.outPath = "/flake"; } {
    imports = [
      ../../../nivis_tofu/nixlib/flake-module.nix
      {
        nivis.modules = [ { resource.terraform_data.b.input = "second"; } ];
        nivis.stacks.net.modules = [ { resource.terraform_data.n = { }; } ];
        flake.nivis.stacks.own = _: { resources = [ { id = "written by hand"; } ]; };
        flake.nivis.tests.one.check = true;
      }
    ];
    systems = [ ];
    flake.other = 1;
    nivis.variables.region = {
      type = "str";
      default = "eu";
    };
    nivis.specialArgs.stage = "test";
    nivis.modules = [
      (
        { vars, stage, self, ... }:
        {
          resource.terraform_data.a.input = "${vars.region} ${stage} ${self.outPath}";
        }
      )
    ];
  };
  ledger = {
    phase = 1;
    outputs = { };
    vars.region = "us";
  };
in
{
  inherit (flake) other;
  inherit (flake.nivis) tests;
  names = builtins.attrNames flake.nivis;
  plan = map (r: r.config.input) (flake.nivis.plan ledger).resources;
  stacks = builtins.mapAttrs (_: stack: map (r: r.id) (stack ledger).resources) flake.nivis.stacks;
}
