/**
  Derived values one by one, for an engine that asks for each when its inputs become known.

  A question names a place, as in `[ "resource" "aws.aws_x.y" "config" "tags" 0 ]`, and gives values of references:
  `{ resource, path, value, unknown, inexact }`, `unknown` being `true` or nested where parts are not known.
*/
{
  tag,
  check,
  refs,
  resolve,
  encode,
  builds,
  ledger,
}:
let
  inherit (builtins)
    all
    attrValues
    concatStringsSep
    elemAt
    genList
    isAttrs
    isInt
    isList
    length
    listToAttrs
    mapAttrs
    seq
    tail
    tryEval
    typeOf
    ;

  # More computations than this are not worth a look at what can be known of their result.
  many = 4096;
  unknown = check.fail "nivis: not known yet";

  key = r: "${r.resource}\n${concatStringsSep "\n" (map toString r.path)}";

  # A ledger that holds these values and nothing else.
  holding =
    given:
    let
      table = listToAttrs (
        map (g: {
          name = key g;
          value = g;
        }) given
      );
    in
    {
      # Whether a reference is among what was given, known or not.
      has = r: table ? ${key r};
      known = r: table ? ${key r};
      secret = _: false;
      value = where: r: ledger.exact where r (table.${key r}.inexact or [ ]) (hide table.${key r});
    };

  # The value, what is not known in it being an error to look at.
  hide = g: masked (g.unknown or null) g.value;
  masked =
    mask: v:
    if mask == null then
      v
    else if mask == true then
      unknown
    else if isList v then
      genList (i: masked (mask.${toString i} or null) (elemAt v i)) (length v)
    else
      mapAttrs (k: masked (mask.${k} or null)) v;

  # One step down from a value, the way its encoding is built.
  down =
    ctx: where: step: v:
    if tag.is "derived" v then
      down ctx where step (resolve.run ctx where v).output
    else if tag.is "sensitive" v then
      down ctx where step v.value
    else if tag.is "expr" v then
      elemAt v.parts step
    else if isList v then
      elemAt v step
    else
      v.${step};

  at =
    ctx: where: path: v:
    if path == [ ] then v else at ctx where (tail path) (down ctx where (builtins.head path) v);

  # What is computed from values of which some are errors to look at.
  lazy =
    ctx: where: v:
    let
      kinds = {
        ref = if ctx.has v then ctx.value where v else unknown;
        derived = if v.work > many then unknown else lazy ctx where (resolve.render where v (lazy ctx where v.inputs));
        sensitive = lazy ctx where v.value;
        build = v.path;
      };
    in
    if isList v then
      map (lazy ctx where) v
    else if !isAttrs v || builds.isOpaque v then
      v
    else if tag.isTagged v then
      kinds.${tag.kindOf v} or unknown
    else
      mapAttrs (_: lazy ctx where) v;

  # `null` where a value is not known, else `{ value }`, `{ list }` or `{ set }`.
  partly =
    ctx: where: v:
    let
      head = tryEval (seq v (typeOf v));
      kinds = {
        list = {
          list = map (partly ctx where) v;
        };
        set = if builds.isOpaque v then whole else { set = mapAttrs (_: partly ctx where) v; };
        lambda = null;
      };
      whole = {
        value = encode.value ctx where v;
      };
    in
    if head.success then kinds.${head.value} or whole else null;

  # `{ value }`, or `{ missing }`: references that the value turned out to need and that were not given.
  wholly =
    ctx: where: v:
    let
      found = resolve.consume ctx where v;
    in
    if found.known then
      { value = encode.value ctx where found.value; }
    else
      { missing = map refs.text (refs.unique (builtins.filter (r: !ctx.has r) found.refs)); };

  one =
    places: question:
    let
      ctx = holding question.given;
      kind = elemAt question.at 0;
      name = elemAt question.at 1;
      rest = tail (tail question.at);
      where = "'${name}'${if rest == [ ] then "" else ", ${text rest}"}";
      value = at ctx where rest (
        places.${kind}.${name} or (check.fail "nivis: '${name}' is not in the configuration any more")
      );
    in
    if all (g: (g.unknown or null) == null) question.given then
      wholly ctx where value
    else
      { partly = partly ctx where (lazy ctx where value); };

  text = path: concatStringsSep "." (map (s: if isInt s then toString s else s) path);
in
{
  /**
    The function that answers questions about the values of a configuration.

    # Type
    ```
    answer :: { <kind> :: { <name> :: Any } } -> { at :: [String | Int], given :: [Given] } -> AttrSet
    ```
  */
  answer = one;
}
