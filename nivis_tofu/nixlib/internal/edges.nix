/** Edges between resources, read from what was encoded. */
let
  inherit (builtins)
    any
    attrValues
    concatMap
    genericClosure
    isAttrs
    isList
    ;

  edge = via: to: { inherit via to; };

  leaves =
    v:
    if isList v then
      concatMap leaves v
    else if !isAttrs v then
      [ ]
    else if v ? __ref then
      [ (edge "ref" v.__ref.resource) ]
    else if v ? __sensitiveRef then
      [ (edge "ref" v.__sensitiveRef.resource) ]
    else if v ? __derived then
      map (r: edge "derived" r.resource) v.__derived.refs ++ leaves (v.__derived.value or null)
    else
      # What a literal holds is data whose keys look like leaves.
      concatMap leaves (attrValues (v.__literal or v));

  pending =
    v:
    if isList v then
      any pending v
    else if !isAttrs v then
      false
    else if v ? __derived then
      !(v.__derived ? value) || pending v.__derived.value
    else
      any pending (attrValues (v.__literal or v));
in
{
  /** Is a derived value in what was encoded not known yet? */
  inherit pending;

  /** What one encoded resource depends on: `[ { from, to, via } ]`, each once. */
  of =
    resource:
    let
      meta = resource.meta or { };
      all =
        leaves resource.config
        ++ leaves meta
        ++ map (r: edge "group" r.resource) (resource.given or [ ])
        ++ map (edge "dependsOn") (meta.dependsOn or [ ]);
    in
    map (e: e.edge) (genericClosure {
      startSet = map (e: {
        key = "${e.via} ${e.to}";
        edge = e // { from = resource.id; };
      }) all;
      operator = _: [ ];
    });
}
