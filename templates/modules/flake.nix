{
  description = "<<project>>";

  inputs.nivis.url = "github:wearetechnative/nivis";

  outputs =
    { self, nivis }:
    {
      nivis.plan =
        ledger:
        nivis.lib.toModuleIR {
          modules = [ ./modules/network.nix ./modules/service.nix ];
          specialArgs.stage = "test";
          inherit ledger;
        };

      # `nivis test`: no engine, no cloud.
      nivis.tests.service.check =
        { outputs, ... }:
        [
          {
            name = "lies in the network";
            ok = outputs.service == "service in 10.20.0.0/16";
            message = "got ${outputs.service}";
          }
        ];
    };
}
