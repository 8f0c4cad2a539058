# Options that a module declares for one type of resources.
nixpkgs:
let
  nivis = import ../../../nivis_tofu/nixlib;
  inherit (nixpkgs) mkOption types;
  declared = {
    options.resource.t_server = mkOption {
      default = { };
      type = types.attrsOf (
        types.submodule {
          options = {
            image = mkOption { type = types.str; };
            size = mkOption { type = types.int; default = 1; };
            tags = mkOption { type = types.nullOr (types.attrsOf types.str); default = null; };
            lifecycle = mkOption { type = types.nullOr types.attrs; default = null; };
          };
        }
      );
    };
  };
  used =
    { config, ... }:
    {
      resource.terraform_data.app.input = config.resource.t_server.web.refAttr "ip";
      resource.t_server.web = {
        image = "debian";
        lifecycle.prevent_destroy = true;
      };
    };
  ir = modules: nivis.toModuleIR { lib = nixpkgs; inherit modules; };
  found = (ir [ declared used ]).resources;
  server = builtins.head found;
  app = builtins.elemAt found 1;
in
{
  value = {
    ids = map (r: r.id) [ app server ];
    server = server.config;
    inherit (app.config) input;
    inherit (server) meta;
    place = "${baseNameOf app.pos.input.file}:${toString app.pos.input.line}";
  };
  wrong = ir [
    declared
    {
      _file = "wrong.nix";
      resource.t_server.web = {
        image = "debian";
        size = "big";
      };
    }
  ];
}
