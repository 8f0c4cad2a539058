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

  directives = [ "if" "else" "endif" "for" "endfor" ];

  # What no engine accepts: `${HOME:-x}` of a shell, `%{http_code}`, and lone names such as `${HOME}`; where other
  # expressions stand beside those, they may be variables of theirs.
  refused =
    s:
    let
      text = replaceStrings [ "$\${" "%%{" ] [ "" "" ] s;
      all = pattern: filter isList (split pattern text);
      shell = map head (all "([$][{](${name}(:[^:]|#)|[#@*])[^}]{0,40}[}]?)");
      unknown = filter (m: !(elem (elemAt m 1) directives)) (all "(%[{]~? *([A-Za-z_]+)[^}]{0,40}[}]?)");
      lone = filter (m: !(elem (elemAt m 1) constants)) (all "([$][{] *(${name}) *[}])");
      others = length (all "[$%][{]") - length lone;
    in
    shell ++ map head unknown ++ (if others == 0 then map head lone else [ ]);
in
{
  /** What a string in a module means: a template where it has `${` or `%{`, else itself. */
  template =
    where: s:
    let
      wrong = refused s;
      shown = head wrong;
    in
    if !isTemplate s then
      (if builds.hasBuilds s then values.expr s else s)
    else if wrong != [ ] then
      check.fail "nivis: ${where}: '${shown}' is no expression of the engine, which reads the strings of a module as templates: write '${builtins.substring 0 1 shown}${shown}' for the text itself, or nivis.verbatim \"…\" for a whole string"
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
