/**
  What derived values share: one that is used in many places is computed once for all of them.

  Nix has no memory for what a function returned and no names for values. So a derived value carries a token, which
  equals itself alone (Nix compares two references to one object no further), and a table of the derived values below
  the one that is wanted is made before any of them is computed. Were tokens not to be told apart, nothing would be
  shared, and the results the same.
*/
{ tag, builds }:
let
  inherit (builtins)
    add
    any
    attrNames
    attrValues
    concatLists
    concatMap
    filter
    foldl'
    head
    isAttrs
    isList
    length
    mapAttrs
    zipAttrsWith
    ;

  # As many computations as this are faster than a table of them.
  few = 4096;
  # A value of so few is not worth a place in a table.
  small = 32;
  countless = 1000000;

  same = a: b: a.token == b.token;
  known = (t: same t t) { token.f = _: null; };

  # The derived values of which a value is made, without those that are inside others.
  parts =
    v:
    if isList v then
      concatMap parts v
    else if !isAttrs v then
      [ ]
    else if tag.is "derived" v then
      [ v ]
    else if tag.is "sensitive" v then
      parts v.value
    else if tag.isTagged v || builds.isOpaque v then
      [ ]
    else
      concatMap parts (attrValues v);

  unique = foldl' (found: d: if any (same d) found then found else found ++ [ d ]) [ ];
  join = sets: if length sets == 1 then head sets else zipAttrsWith (_: lists: unique (concatLists lists)) sets;
in
{
  /**
    What a derived value of these inputs carries: its token, how many computations it takes if nothing is shared
    (`work`), and the values that can share, itself among them, by how deep they are: `family.<level>`.
  */
  of =
    self: inputs:
    let
      below = parts inputs;
      families = filter (f: f != { }) (map (d: d.family) below);
      deeper = if families == [ ] then { } else join families;
      work = foldl' add 1 (map (d: d.work) below);
    in
    {
      token.f = _: inputs;
      work = if work > countless then countless else work;
      level = toString (length (attrNames deeper));
      family = if known && work > small then deeper // { ${self.level} = [ self ]; } else { };
    };

  /** `ctx` in which what a derived value is made of is computed once, by `compute ctx`. */
  open =
    compute: ctx: d:
    let
      inner = ctx // {
        # What was opened first comes first: it may hold results already.
        tables = (ctx.tables or [ ]) ++ [ (mapAttrs (_: map entry) d.family) ];
      };
      entry = member: {
        inherit (member) token;
        result = compute inner member;
      };
    in
    if d.work > few then inner else ctx;

  /** `[ result ]` of a derived value for which `ctx` has a place, else `[ ]`. */
  find =
    ctx: d:
    map (e: e.result) (concatMap (table: filter (same d) (table.${d.level} or [ ])) (ctx.tables or [ ]));
}
