/** What constructors check in their arguments, and the words in which errors name a value. */
{ tag, trace }:
let
  inherit (builtins)
    attrNames
    concatStringsSep
    filter
    fromJSON
    functionArgs
    head
    isAttrs
    isFloat
    isFunction
    isString
    length
    removeAttrs
    substring
    stringLength
    toJSON
    typeOf
    unsafeGetAttrPos
    ;

  quoted = s: "'${s}'";
  kinds = {
    ref = v: "the reference '${v.text}'";
    derived = _: "a derived value";
    expr = v: v.called or "a lib.expr";
    sensitive = _: "a sensitive value";
    build = _: "a file built by Nix";
    group = _: "a lib.whenKnown group";
    resource = v: "the resource '${v.id}'";
    data = v: "the data source '${v.id}'";
    module = v: "the module '${v.id}'";
  };
  types = {
    int = v: "the integer ${toString v}";
    float = _: "a float";
    bool = v: "the boolean ${if v then "true" else "false"}";
    string = v: "the string '${if stringLength v > 60 then substring 0 60 v + "…" else v}'";
    path = v: "the path ${toString v}";
    null = _: "null";
    set = _: "an attribute set";
    list = v: "a list of ${toString (length v)}";
    lambda = _: "a function";
  };
in
rec {
  inherit (trace) fail failNaming failAll;

  /** Names in quotes, separated by commas. */
  names = list: if list == [ ] then "none" else concatStringsSep ", " (map quoted list);

  /** A value in words: its type, and what is short enough to show. */
  describe =
    v: if tag.isTagged v then kinds.${tag.kindOf v} v else (types.${typeOf v} or (_: "a ${typeOf v}")) v;

  /** A value's type alone, for values that may be secret. */
  typeName =
    v:
    {
      int = "an integer";
      string = "a string";
      bool = "a boolean";
      path = "a path";
    }
    .${typeOf v} or (describe v);

  /**
    `args` if it is an attribute set with all of `required` and nothing beyond `optional`.

    # Type
    ```
    args :: String -> [String] -> [String] -> AttrSet -> AttrSet
    ```
  */
  args =
    fn: required: optional: given:
    let
      plain = isAttrs given && !(tag.isTagged given);
      unknown = if plain then attrNames (removeAttrs given (required ++ optional)) else [ ];
      missing = filter (k: !(given ? ${k})) required;
      wrong =
        if !plain then
          "expects an attribute set, got ${describe given}"
        else if unknown != [ ] then
          "unknown argument ${names unknown} (it takes ${names (required ++ optional)})"
        else if missing != [ ] then
          "missing argument '${head missing}'"
        else
          null;
      shown = if plain then filter (k: given ? ${k}) (required ++ optional) else [ ];
    in
    if property given != null then
      leftover fn given
    else if wrong == null then
      given
    else if unknown != [ ] then
      argument given (head unknown) (
        failNaming (head unknown) (required ++ optional) "nivis.${fn}: ${wrong}"
      )
    else if shown != [ ] then
      argument given (head shown) (fail "nivis.${fn}: ${wrong}")
    else
      fail "nivis.${fn}: ${wrong}";

  /** `v`; an error in it tells where argument `k` of `given` was written. */
  argument =
    given: k: v:
    trace.argument k (unsafeGetAttrPos k given) v;

  /**
    `v`, unless the function `arg` of `given` takes inputs by name and one of these is not there: that would be seen
    only when all inputs are known.
  */
  inputsOf =
    fn: arg: given: v:
    let
      f = given.${arg};
      takes = if isFunction f then functionArgs f else { };
      missing = filter (k: !takes.${k} && !(given.inputs ? ${k})) (attrNames takes);
    in
    if missing == [ ] then
      v
    else
      argument given arg (
        fail "nivis.${fn}: '${arg}' takes ${names missing}, which is not among the inputs: ${
          if isAttrs given.inputs then names (attrNames given.inputs) else describe given.inputs
        }"
      );

  /** `v` if it is a string that is not empty. */
  text =
    fn: arg: v:
    if isString v && v != "" then
      v
    else if v == "" then
      fail "nivis.${fn}: '${arg}' is an empty string"
    else
      fail "nivis.${fn}: '${arg}' must be a string, got ${describe v}";

  /** `v` if it is an attribute set of data. */
  attrs =
    fn: arg: v:
    if isAttrs v && !tag.isTagged v then
      v
    else
      fail "nivis.${fn}: '${arg}' must be an attribute set, got ${describe v}";

  /** The error for a resource or a group that stands where a value is expected. */
  misuse =
    where: v:
    fail "nivis: ${where}: ${describe v} is used as a value: ${
      if tag.is "group" v then
        "put it into the list of resources"
      else
        "use a reference to one of its attributes, as in refAttr \"id\""
    }";

  /**
    The function of nixpkgs' module system that made a value which only that system takes away, such as `mkIf`; null
    for other values.
  */
  property =
    v:
    let
      name =
        {
          "if" = "mkIf";
          merge = "mkMerge";
          override = "mkForce, mkDefault or mkOverride";
          order = "mkBefore, mkAfter or mkOrder";
          definition = "mkDefinition";
        }
        .${v._type} or null;
    in
    if isAttrs v && isString (v._type or null) && (v ? content || v ? contents || v ? value) then name else null;

  /** The error for such a value. */
  leftover =
    where: v:
    fail "nivis: ${where}: what ${property v} of nixpkgs makes is no value, and only options of modules know what to do with it: write `if … then … else …` or lib.optionalAttrs of nixpkgs, or make it a module (lib.evalNixModules)";

  /** `v` if it is a list. */
  list =
    fn: arg: v:
    if builtins.isList v then v else fail "nivis.${fn}: '${arg}' must be a list, got ${describe v}";

  /** A float that JSON carries unchanged; Nix before 2.9 writes six digits only. */
  float =
    where: v:
    if isFloat v && fromJSON (toJSON v) != v then
      fail "nivis: ${where}: this version of Nix writes the number ${toJSON v} with six digits only and would change it: give it as a string, or use a native reference (refAttr) or Nix 2.9 or later"
    else
      v;
}
