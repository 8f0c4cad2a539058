{
  description = "<<project>>";

  inputs.nivis.url = "github:wearetechnative/nivis";

  outputs =
    { self, nivis }:
    let
      lib = nivis.lib;
    in
    {
      nivis.plan =
        ledger:
        let
          # Built into the engine: no cloud account and no download needed.
          hello = lib.mkResource {
            provider = "terraform";
            type = "terraform_data";
            name = "hello";
            config.input = "Hello from Nix";
          };
        in
        lib.toIR {
          providers.terraform = lib.mkProvider { source = "terraform.io/builtin/terraform"; };
          resources = [ hello ];
          outputs.hello = hello.refAttr "output";
          inherit ledger;
        };

      # `nivis test`: no engine, no cloud.
      nivis.tests.hello.check =
        { outputs, ... }:
        [
          {
            name = "comes out again";
            ok = outputs.hello == "Hello from Nix";
            message = "got ${outputs.hello}";
          }
        ];
    };
}
