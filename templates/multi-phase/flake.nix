{
  description = "<<project>>";

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
          # Phase 1: its `id` is chosen when it is created.
          network = data "network" "10.20.0.0/16";

          # Phase 2, a value: Nix computes a label from that id.
          label = lib.derived {
            inputs = [ (network.refAttr "id") ];
            render = values: "net-${builtins.substring 0 8 (builtins.head values)}";
          };
          subnet = data "subnet" label;

          # Phase 3, a structure: how many hosts there are follows from an output.
          hosts = lib.whenKnown {
            name = "hosts";
            inputs = [ (subnet.refAttr "output") ];
            resources =
              values: map (n: data "host-${toString n}" "${builtins.head values}-${toString n}") [ 1 2 3 ];
          };
        in
        lib.toIR {
          providers.terraform = lib.mkProvider { source = "terraform.io/builtin/terraform"; };
          resources = [ network subnet hosts ];
          outputs.label = label;
          inherit ledger;
        };

      # `nivis test`: the three phases are played without an engine.
      nivis.tests.hosts = {
        outputs."terraform.terraform_data.network".id = "abcdefgh-1";
        check =
          { resources, outputs, phases }:
          [
            {
              name = "the label begins like the id";
              ok = outputs.label == "net-abcdefgh";
              message = "got ${outputs.label}";
            }
            {
              name = "three hosts in the last phase";
              ok = resources."terraform.terraform_data.host-3".phase == phases && phases == 3;
            }
          ];
      };
    };
}
