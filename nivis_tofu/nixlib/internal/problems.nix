/** What can be wrong among resources that are right each by itself; all of it is found at once. */
let
  inherit (builtins)
    attrNames
    attrValues
    concatMap
    concatStringsSep
    filter
    groupBy
    head
    length
    elemAt
    ;

  twice = key: list: filter (g: length g > 1) (attrValues (groupBy key list));
  quote = s: "'${s}'";

  # Where entries were written.
  at = concatMap (e: if e ? pos.${""} then [ e.pos.${""} ] else [ ]);

  address =
    e:
    if e.kind == "module" then
      "module.${e.name}"
    else
      "${if e.kind == "data" then "data." else ""}${e.type}.${e.tofuName or e.name}";
in
{
  /**
    The problems among encoded resources (with `kind`), as `{ text, at }` with the places of each.

    `complete`: no group is pending, so that every id there will be is known.
  */
  find =
    {
      entries,
      providers,
      ids,
      complete,
    }:
    let
      declared = concatStringsSep ", " (map quote (attrNames providers));
      problem = es: text: {
        inherit text;
        at = at es;
      };
      undeclared =
        e: key:
        problem [ e ]
          "'${e.id}' uses the provider '${key}', which is not declared (declared: ${
            if declared == "" then "none" else declared
          }): add providers.${key} = lib.mkProvider { source = …; }";
      missing =
        e: d:
        problem [ e ]
          "'${e.id}' has '${d}' in dependsOn, which is not among the resources: add it, or remove the dependency";
      keys = e: if e.kind == "module" then attrValues (e.providers or { }) else [ e.provider ];
      unique = map head (attrValues (groupBy (e: e.id) entries));
    in
    map (g: problem g "duplicate resource id '${(head g).id}': give one of them another name") (
      twice (e: e.id) entries
    )
    ++ map (
      g:
      problem g "'${(head g).id}' and '${(elemAt g 1).id}' have one engine address, '${address (head g)}': give one of them another tofuName"
    ) (twice address unique)
    ++ concatMap (e: map (undeclared e) (filter (k: !(providers ? ${k})) (keys e))) entries
    ++ (
      if complete then
        concatMap (e: map (missing e) (filter (d: !(ids ? ${d})) (e.meta.dependsOn or [ ]))) entries
      else
        [ ]
    );
}
