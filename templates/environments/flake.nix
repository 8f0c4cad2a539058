{
  description = "<<project>>";

  inputs.nivis.url = "github:wearetechnative/nivis";

  outputs =
    { self, nivis }:
    let
      environment = import ./environment.nix { inherit (nivis) lib; };
    in
    {
      # A stack for each environment: one function, other values, a state of its own.
      nivis.stacks = {
        dev = environment { name = "dev"; };

        # `nivis destroy --stack prod` asks for its name.
        prod = environment {
          name = "prod";
          hosts = 3;
          settings.ask = "name";
        };
      };

      # `nivis test`: no engine, no cloud.
      nivis.tests.prod = {
        stack = "prod";
        check =
          { resources, ... }:
          [
            {
              name = "has three hosts";
              ok = resources ? "terraform.terraform_data.host-2";
              message = toString (builtins.attrNames resources);
            }
          ];
      };
    };
}
