/** Groups of resources whose very existence depends on outputs, and the lists in which they stand. */
{
  tag,
  check,
  refs,
  resolve,
}:
let
  inherit (builtins)
    addErrorContext
    concatMap
    elemAt
    genList
    head
    isFunction
    isList
    isString
    length
    unsafeGetAttrPos
    ;

  title = name: if name == null then "lib.whenKnown" else "lib.whenKnown '${name}'";

  # `within`: the references that the groups around it depend on, and the names of these groups.
  expand =
    ctx: within: group:
    let
      where = "${title group.name}, inputs";
      inputs = resolve.consume ctx where group.inputs;
      own = refs.unique inputs.refs;
      name = if group.name != null then group.name else refs.text (head own);
      made = addErrorContext "while making the resources of ${title group.name}${group.written}" (
        group.resources inputs.value
      );
    in
    if own == [ ] && inputs.known then
      # Nothing can ever change it: what it brings stands as if there were no group.
      flatten ctx "${title group.name}, resources" within made
    else if inputs.known then
      [
        {
          known = {
            inherit name;
            refs = own;
          };
        }
      ]
      ++ flatten ctx "${title group.name}, resources" {
        given = within.given ++ own;
        groups = within.groups ++ [ name ];
      } made
    else
      [
        {
          pending = {
            inherit name;
            refs = own;
          };
        }
      ];

  flatten =
    ctx: where: within: v:
    if isList v then
      concatMap (x: x) (genList (i: flatten ctx "${where} ${toString i}" within (elemAt v i)) (length v))
    else if tag.isObject v then
      [
        {
          resource = v;
          inherit (within) groups;
          given = if within.given == [ ] then [ ] else refs.unique within.given;
        }
      ]
    else if tag.is "group" v then
      expand ctx within v
    else
      throw "nivis.toIR: ${where} is ${check.describe v}: expects what lib.mkResource, mkResources, mkData, mkModule or whenKnown return, or lists of them";
in
{
  /**
    Resources that exist depending on outputs: `resources` gets the inputs' values once they are known.

    # Type
    ```
    whenKnown :: { inputs, resources :: Any -> [Resource], name ? null } -> Group
    ```

    # Examples
    ```
    whenKnown {
      inputs = { zones = zones.refAttr "names"; };
      resources = { zones }: map subnet zones;
    }
    ```
  */
  whenKnown =
    given:
    let
      args = check.args "whenKnown" [ "inputs" "resources" ] [ "name" ] given;
      name = args.name or null;
    in
    if !isFunction args.resources then
      throw "nivis.whenKnown: 'resources' must be a function of the inputs' values, got ${check.describe args.resources}"
    else if name != null && !isString name then
      throw "nivis.whenKnown: 'name' must be a string, got ${check.describe name}"
    else
      tag.mk "group" "a lib.whenKnown group" {
        inherit name;
        inherit (args) inputs resources;
        written = check.place (unsafeGetAttrPos "resources" given);
      };

  /** `[ { resource, given, groups } | { known } | { pending } ]`: members of nested lists and of groups; the groups. */
  flatten =
    ctx: arg: list:
    flatten ctx arg {
      given = [ ];
      groups = [ ];
    } (check.list "toIR" arg list);
}
