{
  description = "A chain in which Nix computes between the resources: three phases";

  inputs.nivis.url = "github:wearetechnative/nivis";

  outputs =
    { self, nivis }:
    let
      lib = nivis.lib;
      data =
        name: input:
        lib.mkResource {
          provider = "terraform";
          type = "terraform_data";
          inherit name;
          config = { inherit input; };
        };
    in
    {
      nivis.plan =
        ledger:
        let
          # `id` is chosen by the engine when the resource is created: nobody knows it before.
          network = data "network" "10.20.0.0/16";

          # Nix builds a label out of it. That needs the real value, so `subnet` has to wait a phase ...
          label = lib.derived {
            inputs = { id = network.refAttr "id"; };
            render = { id }: "net-${builtins.substring 0 8 id}";
          };
          subnet = data "subnet" label;

          # ... and so has `hosts`, which Nix lists from the id of `subnet`.
          hosts = data "hosts" (
            lib.derived {
              inputs = [ (subnet.refAttr "id") label ];
              render =
                values:
                let
                  tag = builtins.substring 0 4 (builtins.elemAt values 0);
                in
                map (n: "${builtins.elemAt values 1}-${tag}-${toString n}") [ 1 2 3 ];
            }
          );
        in
        lib.toIR {
          providers.terraform = lib.mkProvider { source = "terraform.io/builtin/terraform"; };
          resources = [ network subnet hosts ];
          outputs.hosts = hosts.refAttr "output";
          inherit ledger;
        };

      # `nivis test` plays the three phases without an engine.
      nivis.tests.three-hosts = {
        outputs."terraform.terraform_data.network".id = "abcdefgh-1";
        check =
          { resources, outputs, phases }:
          [
            {
              name = "three hosts";
              ok = builtins.length outputs.hosts == 3;
              message = "got ${toString (builtins.length outputs.hosts)}";
            }
            {
              name = "each computation costs a phase";
              ok = phases == 3 && resources."terraform.terraform_data.subnet".phase == 2;
            }
          ];
      };
    };
}
