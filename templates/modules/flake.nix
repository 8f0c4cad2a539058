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
    };
}
