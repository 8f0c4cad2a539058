# Interprets graph.json: a random graph as `generator.py` writes it, or several as stacks that use each other's outputs.
{
  inputs.nivis.url = "github:wearetechnative/nivis";
  outputs =
    { self, nivis }:
    let
      lib = nivis.lib;
      written = builtins.fromJSON (builtins.readFile ./graph.json);
      text = v: if builtins.isString v then v else builtins.toJSON v;
      hash = v: builtins.substring 0 8 (builtins.hashString "sha256" v);
      functions = {
        cat = xs: builtins.concatStringsSep "-" (map text xs);
        hash = xs: hash (builtins.concatStringsSep "-" (map text xs));
        # Often equal although its inputs changed.
        parity = xs: if builtins.match "[0-7].*" (hash (builtins.concatStringsSep "-" (map text xs))) != null then "low" else "high";
        list = xs: map text xs;
      };
      lab = "nivis.invalid/nivis/lab";
      plan =
        spec: ledger:
        let
          secret = (lib.mkVars { canary = { type = "str"; sensitive = true; default = ""; }; } ledger.vars).canary;
          expr =
            e:
            if e.k == "const" then
              e.v
            else if e.k == "secret" then
              secret
            else if e.k == "up" then
              (lib.stack e.s).refAttr e.o
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
          trigger = n: name: if n.trigger == null then { } else { ${name} = expr n.trigger; };
          # The name of a thing stays when the resource is renamed.
          declared = {
            data = n: {
              type = "terraform_data";
              config = { input = expr n.input; } // trigger n "triggers_replace";
            };
            thing = n: {
              type = "lab_thing";
              config = { name = n.label; value = expr n.input; } // trigger n "kind";
            };
          };
          resource =
            n:
            lib.mkResource (
              {
                provider = n.provider or "terraform";
                inherit (n) name;
                meta = {
                  dependsOn = map (d: nodes.${d}) n.dependsOn;
                  lifecycle.createBeforeDestroy = n.cbd;
                };
              }
              // declared.${n.is or "data"} n
            );
          call = n: lib.mkModule { source = "./m"; inherit (n) name; config.input = expr n.input; };
          isCall = n: (n.is or "data") == "module";
          nodes = builtins.listToAttrs (
            map (n: {
              inherit (n) name;
              value = if isCall n then call n else resource n;
            }) spec.nodes
          );
          of = keep: map (n: nodes.${n.name}) (builtins.filter keep spec.nodes);
          member =
            g: xs: i:
            let
              shown =
                if xs.hidden != [ ] then
                  functions.cat xs.hidden
                else if g.shows then
                  functions.cat xs.own
                else
                  "fixed";
              name = "${g.name}_${toString i}";
            in
            lib.mkResource (
              if (g.is or "data") == "thing" then
                { inherit name; provider = "lab"; type = "lab_thing"; config = { inherit name; value = shown; }; }
              else
                { inherit name; provider = "terraform"; type = "terraform_data"; config.input = shown; }
            );
          # How many members: by the first digit of the hash.
          count = xs: if functions.parity xs == "low" then [ 0 ] else [ 0 1 2 ];
          group =
            g:
            lib.whenKnown {
              inherit (g) name;
              # How many members there are must not come from what may be a secret.
              inputs = {
                own = map expr g."in";
                hidden = if g ? hides then [ (expr g.hides) ] else [ ];
              };
              resources =
                xs:
                map (member g xs) (count xs.own)
                ++ (
                  if g.inner == null then
                    [ ]
                  else
                    [ (group g.inner) ]
                );
            };
          forgotten = map (from: { inherit from; lifecycle = [ { destroy = false; } ]; });
        in
        lib.toIR {
          providers = {
            terraform = lib.mkProvider { source = "terraform.io/builtin/terraform"; };
          }
          // (if spec ? region then {
            lab = lib.mkProvider { source = lab; };
            late = lib.mkProvider { source = lab; config.region = expr spec.region; };
          } else { });
          resources = of (n: !isCall n) ++ map group spec.groups;
          modules = of isCall;
          outputs = builtins.mapAttrs (name: value: {
            value = expr value;
            sensitive = spec ? region && name != "public";
          }) spec.outputs;
          extra =
            (if spec.moved or [ ] == [ ] then { } else { inherit (spec) moved; })
            // (if spec.forgotten or [ ] == [ ] then { } else { removed = forgotten spec.forgotten; });
          inherit ledger;
        };
    in
    {
      nivis = if written ? stacks then { stacks = builtins.mapAttrs (_: plan) written.stacks; } else { plan = plan written; };
    };
}
