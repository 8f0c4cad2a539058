/** The ledger: which outputs are known, which of them can be trusted, and how a path is looked up. */
{ check, refs }:
let
  inherit (builtins)
    all
    any
    attrNames
    elemAt
    filter
    genList
    head
    isAttrs
    isInt
    isList
    length
    match
    ;

  take = n: list: genList (elemAt list) n;

  # Indices come as integers or as digits, so steps are compared as text.
  isPrefix =
    a: b: length a <= length b && all (i: toString (elemAt a i) == toString (elemAt b i)) (genList (i: i) (length a));
  overlap = a: b: isPrefix a b || isPrefix b a;

  # As `overlap`, where a step of the first may be "*", which is any.
  alike =
    pattern: path:
    let
      common = if length pattern < length path then length pattern else length path;
      step = i: elemAt pattern i == "*" || toString (elemAt pattern i) == toString (elemAt path i);
    in
    all step (genList (i: i) common);

  index =
    step:
    if isInt step then
      step
    else if match "[0-9]{1,9}" step != null then
      # A leading zero is not JSON.
      builtins.fromJSON (head (match "0*([0-9]+)" step))
    else
      -1;

  shape =
    v:
    if isList v then
      "a list of ${toString (length v)}"
    else if isAttrs v then
      "an attribute set with ${check.names (attrNames v)}"
    else if v == null then
      "null"
    else
      check.typeName v;

  lookup =
    where: r: value: done:
    if done == length r.path then
      value
    else
      let
        step = elemAt r.path done;
        i = index step;
        stop = check.fail "nivis: ${where}: '${r.resource}' has no '${refs.pathText r.path}': '${refs.pathText (take done r.path)}' is ${shape value}, without '${toString step}'";
      in
      if isAttrs value then
        if value ? ${toString step} then lookup where r value.${toString step} (done + 1) else stop
      else if isList value && 0 <= i && i < length value then
        lookup where r (elemAt value i) (done + 1)
      else
        stop;

  # `v` behind a reference; an error if a number in it is one of `inexact`: `[ { path, text } ]`.
  exact =
    where: r: inexact: v:
    let
      lost = filter (e: overlap e.path r.path) inexact;
      first = head lost;
    in
    if lost == [ ] then
      v
    else
      check.fail "nivis: ${where}: the number ${first.text} at '${r.resource}.${refs.pathText first.path}' cannot be held by Nix exactly: use a native reference instead (refAttr or refPath as the whole value of an attribute, or in lib.expr)";
in
{
  /** What a value is behind a reference, or why Nix cannot hold it. */
  inherit exact;

  /**
    The ledger as the functions `known :: Ref -> Bool` and `value :: String -> Ref -> Any`.

    # Type
    ```
    open :: String -> AttrSet -> Ledger
    ```
  */
  open =
    fn: given:
    let
      ledger = check.attrs fn "ledger" given;
      outputs = ledger.outputs or { };
      unknown = ledger.unknown or { };
      only = ledger.only or null;
      inexact = ledger.inexact or { };
      sensitive = ledger.sensitive or { };
      # What the coming apply makes of an attribute; kept apart, so that `outputs` holds only what is.
      planned = ledger.planned or { };
      has = table: r: table ? ${r.resource} && table.${r.resource} ? ${toString (head r.path)};

      trusted =
        r:
        (only == null || any (p: isPrefix p r.path) (only.${r.resource} or [ ]))
        && !any (p: overlap p r.path) (unknown.${r.resource} or [ ]);
    in
    {
      # A missing attribute counts as not known: the orchestrator knows the resource and explains it.
      known = r: (has planned r || has outputs r) && trusted r;

      # Whether the engine calls a value sensitive, or a part of it.
      secret = r: any (p: alike p r.path) (sensitive.${r.resource} or [ ]);

      value =
        where: r:
        exact where r (inexact.${r.resource} or [ ]) (
          lookup where r (if has planned r then planned else outputs).${r.resource}.${toString (head r.path)} 1
        );
    };

}
