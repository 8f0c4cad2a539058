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
    };
}
