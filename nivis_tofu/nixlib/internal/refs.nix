/** References: where an attribute of a resource can be found once it exists. */
{ tag, check }:
let
  inherit (builtins)
    all
    concatStringsSep
    genericClosure
    isInt
    isList
    isString
    match
    ;

  pathText = path: concatStringsSep "." (map toString path);
  text = r: if r.path == [ ] then r.resource else "${r.resource}.${pathText r.path}";

  checkPath =
    fn: id: path:
    if !isList path then
      check.fail "nivis.${fn}: the path below '${id}' must be a list of names and indices, got ${check.describe path}"
    else if path == [ ] then
      check.fail "nivis.${fn}: the path below '${id}' is empty: name an attribute, as in [ \"id\" ]"
    else if !all (s: isInt s || (isString s && s != "")) path then
      check.fail "nivis.${fn}: a path below '${id}' holds names (strings) and indices (integers) only"
    else
      path;

  checkAttr =
    fn: id: attr:
    if !isString attr || attr == "" then
      check.fail "nivis.${fn}: the attribute of '${id}' must be a name, got ${check.describe attr}"
    else if match ".*[].[].*" attr != null then
      check.fail "nivis.${fn}: '${attr}' is not an attribute of '${id}' but a path: use refPath [ \"a\" 0 \"b\" ]"
    else
      [ attr ];

  make =
    secret: id: path:
    let
      self = {
        resource = id;
        inherit path secret;
        text = text self;
      };
    in
    # At once, so that an error in the path comes with the call.
    builtins.seq path (tag.mk "ref" "the reference '${self.text}'" self);
in
{
  inherit text pathText;

  /** The reference to one attribute, for `refAttr`. */
  attrOf = id: attr: make false id (checkAttr "refAttr" id attr);

  /** The reference to a nested path, for `refPath`. */
  pathOf = id: path: make false id (checkPath "refPath" id path);

  /** The same reference, what consumes it being sensitive. */
  secretly = r: make true r.resource r.path;

  /**
    A reference by id, to an attribute (a string) or a nested path (a list).

    # Type
    ```
    mkRef :: String -> (String | [String | Int]) -> Ref
    ```

    # Examples
    ```
    mkRef "aws.aws_instance.web" [ "network_interface" 0 "device_index" ]
    ```
  */
  mkRef =
    id: path:
    make false (check.text "mkRef" "id" id) (
      if isString path then checkAttr "mkRef" id path else checkPath "mkRef" id path
    );

  /**
    A reference by id to one attribute.

    # Type
    ```
    ref :: String -> String -> Ref
    ```
  */
  ref = id: attr: make false (check.text "ref" "id" id) (checkAttr "ref" id attr);

  /** Whether a value is a reference. */
  isRef = tag.is "ref";

  /** `{ resource, path }`, as the IR writes it. */
  plain = r: { inherit (r) resource path; };

  /** References without repetition, in the order in which they first appear. */
  unique =
    refs:
    map (e: e.ref) (genericClosure {
      startSet = map (r: {
        key = "${r.resource}\n${concatStringsSep "\n" (map toString r.path)}";
        ref = { inherit (r) resource path; };
      }) refs;
      operator = _: [ ];
    });

  /** The leaf of a reference. */
  encode =
    r:
    let
      body = { inherit (r) resource path; };
    in
    if r.secret then { __sensitiveRef = body; } else { __ref = body; };

  /** The reference to a resource as a whole. */
  whole = id: {
    __ref = {
      resource = id;
      path = [ ];
    };
  };
}
