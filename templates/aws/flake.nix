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
          vars = lib.mkVars {
            region = {
              type = "str";
              default = "eu-central-1";
              description = "Where everything lies";
            };
          } ledger.vars;

          bucket = lib.mkResource {
            provider = "aws";
            type = "aws_s3_bucket";
            name = "demo";
            config.force_destroy = true;
          };

          # Nix computes the content from the bucket's name, which AWS chooses: this object waits for a
          # second phase. `bucket` is a plain reference, which costs none.
          note = lib.mkResource {
            provider = "aws";
            type = "aws_s3_object";
            name = "note";
            config = {
              bucket = bucket.refAttr "id";
              key = "hello-from-nix.txt";
              content = lib.str [ "Stored in the bucket named: " (bucket.refAttr "id") "\n" ];
              content_type = "text/plain";
            };
          };
        in
        lib.toIR {
          providers.aws = lib.mkProvider {
            source = "registry.opentofu.org/hashicorp/aws";
            config = {
              region = vars.region;
              # A block is written as a list.
              default_tags = [ { tags.managed-by = "nivis"; } ];
            };
          };
          resources = [ bucket note ];
          outputs.bucket = bucket.refAttr "id";
          inherit ledger;
        };

      # `nivis test`: no engine, no account. What AWS would choose is made up, or fixed here.
      nivis.tests.note = {
        outputs."aws.aws_s3_bucket.demo".id = "demo-1";
        check =
          { resources, phases, ... }:
          let
            note = resources."aws.aws_s3_object.note".config;
          in
          [
            {
              name = "names the bucket";
              ok = note.content == "Stored in the bucket named: demo-1\n";
              message = "got ${note.content}";
            }
            {
              name = "waits for its name";
              ok = phases == 2;
            }
          ];
      };
    };
}
