/** Values computed from references: by Nix (`str`, `derived`) or by the engine (`expr`). */
{
  tag,
  check,
  refs,
  builds,
  shared,
}:
let
  inherit (builtins)
    any
    concatStringsSep
    elem
    elemAt
    genList
    isFloat
    isFunction
    isInt
    isList
    isString
    length
    toJSON
    typeOf
    unsafeGetAttrPos
    ;

  # `written`: where `render` was written, for errors. `text`: it is the concatenation of its inputs.
  make =
    {
      written ? null,
      secret ? false,
      text ? false,
    }:
    inputs: render:
    let
      self = tag.mk "derived" "a derived value" (
        { inherit secret text inputs render written; } // shared.of self inputs
      );
    in
    self;

  useBuild = "a file built by Nix is the whole value of an attribute: use lib.drvFile derivation \"path\" there";

  number = where: v: if isFloat v then toJSON (check.float where v) else toString v;

  computable =
    v:
    elem (tag.kindOf v) [
      "ref"
      "derived"
      "sensitive"
    ];

  # What a part of a string may be before its value is known.
  checkPart =
    i: part:
    let
      where = "nivis.str: part ${toString (i + 1)}";
    in
    if isString part || isInt part || isFloat part then
      part
    else if typeOf part == "path" || builds.isDerivation part || builds.isBuild part then
      check.fail "${where} is ${if tag.isTagged part then "a file built by Nix" else if typeOf part == "path" then "a path" else "a derivation"}: ${useBuild}"
    else if computable part then
      part
    else if tag.kindOf part == "expr" then
      check.fail "${where} is ${check.describe part}, which the engine evaluates: use lib.interpolate [ … ] for the whole string"
    else if tag.isTagged part then
      check.fail "${where} is ${check.describe part}: use its reference, as in refAttr \"id\""
    else
      check.fail "${where} is ${check.describe part}: a string is made of strings, numbers, references and derived values; turn it into one of them first";

  valueText =
    i: part: v:
    let
      where = "nivis.str: part ${toString (i + 1)}";
      from = if refs.isRef part then " (${part.text})" else "";
    in
    if isString v then
      v
    else if isInt v || isFloat v then
      number "${where}${from}" v
    else
      check.fail "${where}${from} is ${check.typeName v}: use lib.derived to turn it into a string";

  mapIndexed = f: list: genList (i: f i (elemAt list i)) (length list);

  checkExprPart =
    part:
    if isString part then
      part
    else if isInt part || isFloat part then
      number "nivis.expr" part
    else if computable part then
      part
    else
      check.fail "nivis.expr: ${check.describe part} cannot be part of a template: it is made of strings, references, derived and sensitive values";
in
{
  /** Data as an operand: what a template takes for text elsewhere is data in it. */
  constant = v: make { } [ ] (_: v);

  /**
    The concatenation of strings, numbers, references and derived values; a plain string if nothing in it has to wait.

    # Type
    ```
    str :: [String | Number | Ref | Derived] -> String | Derived
    ```

    # Examples
    ```
    str [ "s3://" (bucket.refAttr "id") "/logs" ]
    ```
  */
  str =
    parts:
    let
      checked = mapIndexed checkPart (check.list "str" "parts" parts);
    in
    if any tag.isTagged checked then
      make { text = true; } checked (values: concatStringsSep "" (mapIndexed (i: valueText i (elemAt checked i)) values))
    else
      concatStringsSep "" (mapIndexed (i: v: valueText i v v) checked);

  /**
    A value that Nix computes with `render` once all `inputs` are known.

    # Type
    ```
    derived :: { inputs :: [Any] | { Any }, render :: Any -> Any } -> Derived
    ```

    # Examples
    ```
    derived { inputs = { arn = role.refAttr "arn"; }; render = { arn }: builtins.toJSON { Principal = arn; }; }
    ```
  */
  derived =
    given:
    let
      args = check.args "derived" [ "inputs" "render" ] [ ] given;
      inputs = args.inputs;
    in
    if !isFunction args.render && !(args.render ? __functor) then
      check.argument given "render" (
        check.fail "nivis.derived: 'render' must be a function of the inputs' values, got ${check.describe args.render}"
      )
    else if !isList inputs && !builtins.isAttrs inputs then
      check.argument given "inputs" (
        check.fail "nivis.derived: 'inputs' must be a list or an attribute set, got ${check.describe inputs}"
      )
    else
      check.inputsOf "derived" "render" args (
        make { written = unsafeGetAttrPos "render" given; } inputs args.render
      );

  /**
    A template that the engine evaluates: strings as they are, references interpolated.

    # Type
    ```
    expr :: String | [String | Ref | Derived] -> Expr
    ```

    # Examples
    ```
    expr [ "\${cidrsubnet(" (vpc.refAttr "cidr_block") ", 8, 1)}" ]
    ```
  */
  expr =
    template:
    tag.mk "expr" "a lib.expr" {
      parts =
        if isString template then
          [ template ]
        else if isList template then
          map checkExprPart template
        else
          check.fail "nivis.expr: expects a string or a list of strings and references, got ${check.describe template}";
    };

  /**
    The same value as a secret: hidden in what is shown, and so is what is computed from it.

    # Type
    ```
    sensitive :: Any -> Tagged
    ```
  */
  sensitive =
    v:
    if refs.isRef v then
      refs.secretly v
    else if tag.is "derived" v then
      make {
        inherit (v) written text;
        secret = true;
      } v.inputs v.render
    else if tag.is "sensitive" v then
      v
    else if tag.isTagged v then
      check.fail "nivis.sensitive: ${check.describe v} cannot be made sensitive: give a reference, a derived value or data"
    else
      tag.mk "sensitive" "a sensitive value" { value = v; };

  /** Whether a value is a derived value. */
  isDerived = tag.is "derived";
}
