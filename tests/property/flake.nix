# Interprets graph.json: a random graph as `generator.py` writes it.
{
  inputs.nivis.url = "github:wearetechnative/nivis";
  outputs =
    { self, nivis }:
    let
      lib = nivis.lib;
      spec = builtins.fromJSON (builtins.readFile ./graph.json);
      text = v: if builtins.isString v then v else builtins.toJSON v;
      hash = v: builtins.substring 0 8 (builtins.hashString "sha256" v);
      functions = {
        cat = xs: builtins.concatStringsSep "-" (map text xs);
        hash = xs: hash (builtins.concatStringsSep "-" (map text xs));
        # Often equal although its inputs changed.
        parity = xs: if builtins.match "[0-7].*" (hash (builtins.concatStringsSep "-" (map text xs))) != null then "low" else "high";
        list = xs: map text xs;
      };
      expr =
        e:
        if e.k == "const" then
          e.v
        else if e.k == "ref" then
          nodes.${e.n}.refAttr e.a
        else if e.k == "str" then
          lib.str (map expr e."in")
        else if e.k == "choose" then
          # The value decides which reference stands there.
          lib.derived {
            inputs = map expr e."in";
            render = xs: if functions.parity xs == "low" then expr e.low else expr e.high;
          }
        else
          lib.derived {
            inputs = map expr e."in";
            render = functions.${e.f};
          };
      resource =
        n:
        lib.mkResource {
          provider = "terraform";
          type = "terraform_data";
          inherit (n) name;
          config = {
            input = expr n.input;
          }
          // (if n.trigger == null then { } else { triggers_replace = expr n.trigger; });
          meta = {
            dependsOn = map (d: nodes.${d}) n.dependsOn;
            lifecycle.createBeforeDestroy = n.cbd;
          };
        };
      nodes = builtins.listToAttrs (
        map (n: {
          inherit (n) name;
          value = resource n;
        }) spec.nodes
      );
      member =
        g: xs: i:
        lib.mkResource {
          provider = "terraform";
          type = "terraform_data";
          name = "${g.name}_${toString i}";
          config.input = if g.shows then functions.cat xs else "fixed";
        };
      # How many members: by the first digit of the hash.
      count = xs: if functions.parity xs == "low" then [ 0 ] else [ 0 1 2 ];
      group =
        g:
        lib.whenKnown {
          inherit (g) name;
          inputs = map expr g."in";
          resources =
            xs:
            map (member g xs) (count xs)
            ++ (
              if g.inner == null then
                [ ]
              else
                [ (group g.inner) ]
            );
        };
    in
    {
      nivis.plan =
        ledger:
        lib.toIR {
          providers.terraform = lib.mkProvider { source = "terraform.io/builtin/terraform"; };
          resources = map (n: nodes.${n.name}) spec.nodes ++ map group spec.groups;
          outputs = builtins.mapAttrs (_: expr) spec.outputs;
          inherit ledger;
        };
    };
}
