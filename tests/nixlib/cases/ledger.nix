let
  common = import ./common.nix;
  inherit (common)
    lib
    bucket
    id
    encodeWith
    outputs
    ref
    ;
  bucketId = "aws.aws_s3_bucket.demo";
  name = bucket.refPath [
    "rules"
    1
    "name"
  ];
  pending = ledger: v: !((encodeWith (ledger // { inherit outputs; }) (lib.str [ v ])).__derived ? value);
  unknown = paths: { unknown.${bucketId} = paths; };
  only = paths: { only.${bucketId} = paths; };
in
{
  "known: without unknown and only" = {
    expr = pending {
      only = null;
      unknown = { };
    } name;
    expected = false;
  };
  "unknown: the path, a prefix of it, or below it" = {
    expr = map (p: pending (unknown [ p ]) name) [
      [ "rules" 1 "name" ]
      [ "rules" "1" "name" ]
      [ "rules" ]
      [ "rules" 1 "name" "x" ]
      [ ]
    ];
    expected = [ true true true true true ];
  };
  "unknown: beside the path" = {
    expr = map (p: pending (unknown [ p ]) name) [
      [ "rules" 0 "name" ]
      [ "id" ]
    ];
    expected = [ false false ];
  };
  "unknown: the whole list is not to be trusted if an element is not" = {
    expr = !((encodeWith ({ inherit outputs; } // unknown [ [ "rules" 0 ] ]) (
      lib.derived {
        inputs = [ (bucket.refAttr "rules") ];
        render = v: v;
      }
    )).__derived ? value);
    expected = true;
  };
  "only: trusts what it names and what lies below" = {
    expr = map (p: pending (only [ p ]) name) [
      [ "rules" ]
      [ "rules" 1 "name" ]
      [ "rules" 0 ]
      [ "id" ]
    ];
    expected = [ false false true true ];
  };
  "only: nothing of another resource" = {
    expr = pending { only = { }; } id;
    expected = true;
  };
  "only: unknown wins" = {
    expr = pending (only [ [ "id" ] ] // unknown [ [ "id" ] ]) id;
    expected = true;
  };
  "missing: an attribute that the resource lacks is pending" = {
    expr = (encodeWith { inherit outputs; } (lib.str [ (bucket.refAttr "arn") ])).__derived;
    expected = {
      inputs = [ "${bucketId}.arn" ];
      refs = [ (ref bucketId [ "arn" ]) ];
      parts = [ { __ref = ref bucketId [ "arn" ]; } ];
    };
  };
  "inexact: elsewhere does no harm, native references neither" = {
    expr =
      let
        ledger = {
          inherit outputs;
          inexact.${bucketId} = [
            {
              path = [ "count" ];
              text = "1.10";
            }
          ];
        };
      in
      [
        (lib.resolve ledger (lib.str [ id ]))
        (encodeWith ledger (bucket.refAttr "count")).__ref.path
      ];
    expected = [
      "demo-1"
      [ "count" ]
    ];
  };
}
