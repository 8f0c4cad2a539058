let
  common = import ./common.nix;
  inherit (common)
    lib
    bucket
    web
    id
    ip
    ir
    make
    ledger
    both
    refId
    refIp
    boom
    ;
  group = lib.whenKnown {
    inputs = { inherit id; };
    resources = { id }: [ [ (make { a = "for ${id}"; }) ] ];
  };
  nested = lib.whenKnown {
    inputs = [ id ];
    resources = _: [
      (lib.whenKnown {
        name = "inner";
        inputs = [ (lib.str [ ip ]) ];
        resources = v: [
          (make { a = builtins.head v; })
          (lib.mkData {
            provider = "aws";
            type = "d";
            name = "y";
          })
        ];
      })
    ];
  };
  run = ledger: resources: ir { inherit ledger resources; };
  named = name: a: lib.mkResource { provider = "aws"; type = "t"; inherit name; config = { inherit a; }; };
  secret = ledger // { sensitive."aws.aws_s3_bucket.demo" = [ [ "id" ] [ "rules" 0 ] ]; };
  last = r: builtins.elemAt r.resources 2;
in
{
  "whenKnown: pending, named by its first input, function not called" = {
    expr =
      let
        r = run { } [
          bucket
          (lib.whenKnown {
            inputs = [ id ip ];
            resources = _: boom;
          })
        ];
      in
      [
        r.pending
        (map (e: e.id) r.resources)
      ];
    expected = [
      [
        {
          name = "aws.aws_s3_bucket.demo.id";
          refs = [ refId refIp ];
        }
      ]
      [ "aws.aws_s3_bucket.demo" ]
    ];
  };
  "whenKnown: known, members are given the inputs" = {
    expr =
      let
        r = run ledger [ bucket web group ];
      in
      [
        (r ? pending)
        (last r).config
        (last r).given
        r.edges
      ];
    expected = [
      false
      { a = "for demo-1"; }
      [ refId ]
      [
        {
          from = "aws.t.x";
          to = "aws.aws_s3_bucket.demo";
          via = "group";
        }
      ]
    ];
  };
  "whenKnown: nested, the inner group waits" = {
    expr = (run ledger [ bucket web nested ]).pending;
    expected = [
      {
        name = "inner";
        refs = [ refIp ];
      }
    ];
  };
  "whenKnown: nested and known, given merged, data sources apart" = {
    expr =
      let
        r = run both [ bucket web nested ];
      in
      [
        (last r).config
        (last r).given
        (map (d: d.given) r.dataSources)
      ];
    expected = [
      { a = "10.0.0.1"; }
      [ refId refIp ]
      [ [ refId refIp ] ]
    ];
  };
  "whenKnown: nested, all waits for the outer one" = {
    expr = map (p: p.name) (run { } [ bucket web nested ]).pending;
    expected = [ "aws.aws_s3_bucket.demo.id" ];
  };
  "whenKnown: not trusted means pending" = {
    expr =
      (run (ledger // { unknown."aws.aws_s3_bucket.demo" = [ [ "id" ] ]; }) [ bucket group ]) ? pending;
    expected = true;
  };
  "whenKnown: in dataSources" = {
    expr =
      (ir {
        dataSources = [ group ];
        resources = [ bucket ];
        inherit ledger;
      }).edges;
    expected = [
      {
        from = "aws.t.x";
        to = "aws.aws_s3_bucket.demo";
        via = "group";
      }
    ];
  };
  "whenKnown: while one is pending, a dependency may be inside it" = {
    expr = builtins.length (run { } [
      group
      (bucket // { meta.dependsOn = [ "aws.t.x" ]; })
    ]).resources;
    expected = 1;
  };
  "whenKnown: inputs that are used twice on every level of a deep chain" = {
    expr =
      let
        chain = builtins.genList (
          i:
          lib.derived {
            inputs = if i == 0 then [ id ] else [ (below i) (below i) ];
            render = builtins.head;
          }
        ) 41;
        below = i: builtins.elemAt chain (i - 1);
        deep = lib.whenKnown {
          inputs = [ (below 41) (below 41) ];
          resources = v: [ (make { a = builtins.head v; }) ];
        };
      in
      [
        (builtins.elemAt (run ledger [ bucket deep ]).resources 1).config
        (builtins.head (run { } [ bucket deep ]).pending).refs
      ];
    expected = [
      { a = "demo-1"; }
      [ refId ]
    ];
  };
  "whenKnown: what is sensitive may stand in the config of members, whose names do not come from it" = {
    expr =
      let
        members =
          inputs: resources:
          (run secret [ bucket (lib.whenKnown { inherit inputs resources; }) ]).resources;
      in
      map (rs: (builtins.elemAt rs 1).config) [
        (members { inherit id; } ({ id }: [ (make { a = "for ${id}"; }) ]))
        (members { deep = [ { inherit id; } ]; } (v: [ (make { a = (builtins.head v.deep).id; }) ]))
        (members [ id (bucket.refAttr "count") ] (v: [ (named "n${toString (builtins.elemAt v 1)}" (builtins.head v)) ]))
        (members [ (bucket.refPath [ "rules" 1 "name" ]) ] (v: [ (named (builtins.head v) "x") ]))
      ];
    expected = [
      { a = "for demo-1"; }
      { a = "demo-1"; }
      { a = "demo-1"; }
      { a = "x"; }
    ];
  };
}
