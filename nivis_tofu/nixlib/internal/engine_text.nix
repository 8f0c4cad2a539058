/** Strings as the engine reads them: templates, and addresses in them. */
{
  check,
  values,
  builds,
}:
let
  inherit (builtins)
    concatStringsSep
    elem
    elemAt
    filter
    head
    isList
    length
    match
    replaceStrings
    split
    ;

  name = "[A-Za-z_][A-Za-z0-9_-]*";
  constants = [ "true" "false" "null" ];
  without = replaceStrings [ "\${" "%{" ] [ "" "" ];
  isTemplate = s: without s != s;

  # `${HOME}`: lone names are never expressions, but where others stand beside them they may be variables of those.
  lone =
    s:
    let
      text = replaceStrings [ "$\${" ] [ "" ] s;
      found = filter (m: isList m && !(elem (head m) constants)) (split "[$][{] *(${name}) *[}]" text);
      others = length (filter isList (split "[$%][{]" text)) - length found;
    in
    if others == 0 then map head found else [ ];
in
{
  /** What a string in a module means: a template where it has `${` or `%{`, else itself. */
  template =
    where: s:
    let
      names = lone s;
      word = head names;
    in
    if !isTemplate s then
      (if builds.hasBuilds s then values.expr s else s)
    else if names != [ ] then
      check.fail "nivis: ${where}: '\${${word}}' is no expression of the engine, which reads the strings of a module as templates: write '$\${${word}}' for the text itself, or nivis.verbatim \"…\" for a whole string"
    else
      values.expr s;

  /** The expression that is the whole of a string, else the string. */
  bare =
    s:
    let
      inner = if builtins.stringLength s > 1000 then null else match "[$][{] *([^{}]*[^{} ]) *[}]" s;
    in
    if inner == null then s else head inner;

  /** `{ kind, type, name, path }` of an address such as `aws_vpc.main.id` or `module.net`, else null. */
  address =
    s:
    let
      m = if builtins.stringLength s > 1000 then null else match "(data|module)?[.]?(${name})[.]?(${name})?[.]?(${name})?" s;
      steps = filter (step: step != null) (map (elemAt m) [ 1 2 3 ]);
      kind = elemAt m 0;
      depth = if kind == "module" then 1 else 2;
      made = "${if kind == null then "" else "${kind}."}${concatStringsSep "." steps}";
    in
    if m == null || length steps < depth || made != s then
      null
    else
      {
        kind = if kind == null then "resource" else kind;
        type = if depth == 1 then null else head steps;
        name = elemAt steps (depth - 1);
        path = if length steps > depth then [ (elemAt steps depth) ] else [ ];
      };
}
