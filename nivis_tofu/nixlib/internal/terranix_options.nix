/** Options that terranix declares for the authors of modules, beyond blocks of the engine. */
{ lib, ... }:
let
  inherit (lib) mkOption types;
in
{
  _file = "nivis";

  options = {
    provisioner.privateKeyFile = mkOption {
      type = types.str;
      description = "The private key with which provisioners reach machines.";
    };
    users = mkOption {
      type = types.attrsOf (
        types.attrsOf (
          types.submodule {
            options.publicKey = mkOption {
              type = types.nullOr types.str;
              default = null;
              description = "The user's public SSH key.";
            };
          }
        )
      );
      default = { };
      description = "People by group and name; those of `admins` can log in to servers.";
    };
  };
}
