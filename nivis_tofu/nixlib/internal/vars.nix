/** Variables: declarations, and what the command line gives for them. */
{ trace, check, values }:
let
  inherit (builtins)
    attrNames
    elemAt
    foldl'
    fromJSON
    isAttrs
    isBool
    isFloat
    isInt
    isList
    isString
    mapAttrs
    match
    stringLength
    substring
    unsafeGetAttrPos
    ;

  # JSON has neither plus signs nor leading zeros, and beyond 18 digits Nix versions differ.
  parseInt =
    text:
    let
      parts = match "(-?)0*([0-9]+)" text;
    in
    if parts == null || stringLength (elemAt parts 1) > 18 then
      null
    else
      fromJSON "${elemAt parts 0}${elemAt parts 1}";

  # Long strings exhaust the stack of Nix's regular expressions.
  parseJSON =
    type: first: name: v:
    if match "[[:space:]]*${first}.*" (substring 0 200 v) == null then
      null
    else
      # The command line shows nothing of what Nix says of the text.
      trace.variable "unreadable" name type "while reading variable '${name}' as JSON of type ${type}" (fromJSON v);

  bools = {
    "true" = true;
    "false" = false;
    "1" = true;
    "0" = false;
  };

  # Each returns null for what it cannot take.
  types = {
    any = _: v: v;
    str =
      name: v:
      if isString v then
        v
      else if isInt v then
        toString v
      else if isBool v then
        (if v then "true" else "false")
      else if isFloat v then
        builtins.toJSON (check.float "variable '${name}'" v)
      else
        null;
    int = _: v: if isInt v then v else if isString v then parseInt v else null;
    bool = _: v: if isBool v then v else if isString v then bools.${v} or null else null;
    list = name: v: if isList v then v else if isString v then parseJSON "list" "[[]" name v else null;
    attrs = name: v: if isAttrs v then v else if isString v then parseJSON "attrs" "[{]" name v else null;
  };

  got =
    decl: v:
    if decl.sensitive then
      "${check.typeName v} (hidden: the variable is sensitive)"
    else if isString v then
      "'${v}'"
    else if isInt v || isFloat v then
      "'${builtins.toJSON v}'"
    else if isBool v then
      "'${if v then "true" else "false"}'"
    else
      check.describe v;

  refuse =
    what: name: type: sentence:
    trace.variable what name type "while taking variable '${name}'" (check.fail "nivis.mkVars: ${sentence}");

  variable =
    injected: name: given:
    let
      fn = "mkVars: variable '${name}'";
      args = check.args fn [ ] [ "type" "default" "description" "sensitive" ] given;
      decl = {
        type = args.type or "any";
        sensitive = args.sensitive or false;
      };
      set = injected ? ${name} && injected.${name} != null;
      raw =
        if set then
          injected.${name}
        else if args ? default then
          args.default
        else
          refuse "missing" name decl.type
            "required variable '${name}' is not set (declare a default or pass --var ${name}=...)";
      value = types.${decl.type} name raw;
      typed =
        if !isString decl.type || !(types ? ${decl.type}) then
          check.fail "nivis.mkVars: variable '${name}' has unknown type ${
            if isString decl.type then "'${decl.type}'" else check.describe decl.type
          } (known: ${check.names (attrNames types)})"
        else if raw == null then
          null
        else if value == null then
          refuse "refused" name decl.type
            "variable '${name}' expects type '${decl.type}', got ${got decl raw}"
        else
          value;
    in
    if !isBool decl.sensitive then
      check.fail "nivis.${fn}: 'sensitive' must be a boolean, got ${check.describe decl.sensitive}"
    else if decl.sensitive then
      builtins.seq typed (values.sensitive typed)
    else
      typed;

  /*
    Forces what is given for declared variables, used or not: the command line warns of those that nothing reads.
    What was written in Nix has a position and is left alone: it may refer to the variables themselves.
  */
  read =
    decls: injected:
    foldl' (
      done: name:
      if injected ? ${name} && unsafeGetAttrPos name injected == null then
        builtins.seq injected.${name} (tell name decls.${name} done)
      else
        done
    ) (announce (attrNames decls)) (attrNames decls);

  # For the tab key.
  announce =
    names:
    if trace.told then
      builtins.trace "nivis-read ${
        builtins.toJSON [
          "names"
          names
        ]
      }" null
    else
      null;

  tell =
    name: decl:
    if trace.told then
      builtins.trace "nivis-read ${
        builtins.toJSON [
          "declared"
          name
          (isAttrs decl && decl.sensitive or false == true)
        ]
      }"
    else
      x: x;
in
{
  /**
    The variables of a configuration: declarations, then the values given for this run (`ledger.vars`).

    # Type
    ```
    mkVars :: { <name> :: { type ? "any", default ?, description ? "", sensitive ? false } } -> AttrSet -> AttrSet
    ```

    # Examples
    ```
    mkVars { region = { type = "str"; default = "eu-central-1"; }; } (ledger.vars or { })
    ```
  */
  mkVars =
    decls: injected:
    let
      declared = check.attrs "mkVars" "declarations" decls;
      given = check.attrs "mkVars" "vars" injected;
    in
    builtins.seq (read declared given) (
      mapAttrs (name: v: check.argument declared name (variable given name v)) declared
    );
}
