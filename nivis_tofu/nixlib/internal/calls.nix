/** What the engine computes at the moment when it knows the operands: its functions, and texts that it joins. */
{
  tag,
  check,
  values,
}:
let
  inherit (builtins)
    any
    concatLists
    elem
    elemAt
    foldl'
    genList
    isAttrs
    isFloat
    isInt
    isList
    isString
    length
    match
    replaceStrings
    toJSON
    ;

  make =
    name: parts:
    tag.mk "expr" "a ${name}" {
      called = "a ${name}";
      inherit parts;
    };

  checkName =
    name:
    if isString name && match "[A-Za-z_][A-Za-z0-9_]*(::[A-Za-z_][A-Za-z0-9_-]*)*" name != null then
      name
    else
      check.fail "nivis.call: expects the name of a function of the engine, such as \"cidrsubnet\" or \"provider::aws::arn_parse\", got ${check.describe name}";

  # Strings among the arguments are text, references stay references.
  applied =
    shown: name: args:
    let
      before = i: if i == 0 then "\${${name}(" else ", ";
      one = i: [
        (before i)
        (values.constant (elemAt args i))
      ];
    in
    make shown (
      if args == [ ] then [ "\${${name}()}" ] else concatLists (genList one (length args)) ++ [ ")}" ]
    );

  # A part is what `str` takes, or what the engine computes.
  piece =
    i: part:
    let
      where = "nivis.interpolate: part ${toString (i + 1)}";
    in
    if isString part then
      part
    else if isInt part then
      toString part
    else if isFloat part then
      toJSON (check.float where part)
    else if elem (tag.kindOf part) [ "ref" "derived" "sensitive" ] then
      part
    else if tag.is "expr" part then
      values.constant part
    else
      check.fail "${where} is ${check.describe part}: a string is made of strings, numbers, references and what is computed from them${
        if (isAttrs part || isList part) && !tag.isTagged part then
          "; write other data with lib.jsonencode"
        else
          ""
      }";

  # Neighbouring texts are one: a marker could stand on their border.
  join = foldl' (
    done: part:
    let
      last = length done - 1;
    in
    if isString part && done != [ ] && isString (elemAt done last) then
      genList (elemAt done) last ++ [ (elemAt done last + part) ]
    else
      done ++ [ part ]
  ) [ ];

  escape = replaceStrings [ "\${" "%{" ] [ "$\${" "%%{" ];
in
{
  /**
    What a function of the engine makes of its arguments, references among them. It costs no phase.

    # Type
    ```
    call :: String -> [Any] -> Expr
    ```

    # Examples
    ```
    call "cidrsubnet" [ (vpc.refAttr "cidr_block") 8 1 ]
    ```
  */
  call =
    name: args:
    builtins.seq (checkName name) (
      applied "lib.call" name (check.list "call" "arguments of ${name}" args)
    );

  /**
    JSON text of a value, written by the engine when it knows the references in it: for policies. It costs no phase.

    # Type
    ```
    jsonencode :: Any -> Expr
    ```

    # Examples
    ```
    jsonencode { Statement = [ { Effect = "Allow"; Action = "s3:*"; Resource = bucket.refAttr "arn"; } ]; }
    ```
  */
  jsonencode = value: applied "lib.jsonencode" "jsonencode" [ value ];

  /** YAML text of a value, as `jsonencode`. */
  yamlencode = value: applied "lib.yamlencode" "yamlencode" [ value ];

  /** The Base64 form of a text, as `jsonencode`. */
  base64encode = text: applied "lib.base64encode" "base64encode" [ text ];

  /**
    The concatenation that the engine makes of strings, numbers, references and what is computed from them; a plain
    string if nothing in it has to wait. Like `str`, but without a phase.

    # Type
    ```
    interpolate :: [String | Number | Ref | Derived | Expr] -> String | Expr
    ```

    # Examples
    ```
    interpolate [ "#!/bin/sh\nexport HOST=" (db.refAttr "address") "\n" ]
    ```
  */
  interpolate =
    parts:
    let
      given = check.list "interpolate" "parts" parts;
      pieces = join (genList (i: piece i (elemAt given i)) (length given));
    in
    if any tag.isTagged pieces then
      make "lib.interpolate" (map (p: if isString p then escape p else p) pieces)
    else
      builtins.concatStringsSep "" pieces;
}
