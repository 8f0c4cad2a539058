/** Groups of resources whose very existence depends on outputs, and the lists in which they stand. */
{
  tag,
  trace,
  check,
  refs,
  resolve,
  builds,
}:
let
  inherit (builtins)
    any
    attrNames
    concatMap
    elemAt
    filter
    genList
    head
    isAttrs
    isFunction
    isList
    isString
    length
    unsafeGetAttrPos
    ;

  title = name: if name == null then "lib.whenKnown" else "lib.whenKnown '${name}'";

  # Where in the inputs something sensitive stands: `[ { path, refs } ]`.
  secrets =
    ctx: where: path: v:
    if isList v then
      concatMap (x: x) (genList (i: secrets ctx where (path ++ [ i ]) (elemAt v i)) (length v))
    else if !isAttrs v || builds.isOpaque v then
      [ ]
    else if tag.isTagged v then
      let
        found = resolve.consume ctx where v;
      in
      if found.sensitive || any ctx.secret found.refs then [ { inherit path; inherit (found) refs; } ] else [ ]
    else
      concatMap (k: secrets ctx where (path ++ [ k ]) v.${k}) (attrNames v);

  # Values without the one at `path`, of which nothing can be made.
  without =
    path: v:
    let
      step = head path;
      below = without (genList (i: elemAt path (i + 1)) (length path - 1));
    in
    if path == [ ] then
      check.fail "nivis: a sensitive value"
    else if isList v then
      genList (i: if i == step then below (elemAt v i) else elemAt v i) (length v)
    else
      v // { ${step} = below v.${step}; };

  # What is shown of the members that a group makes: their names, and those of groups among them.
  namesOf =
    members: map (e: if e ? resource then [ e.resource.id (e.resource.tofuName or "") ] else (e.known or e.pending).name) members;

  /*
    Names are shown everywhere, so that none may be made from a sensitive input, as the engine allows no such keys of
    `for_each`. They are not if they are the same where that input has no value at all.
  */
  checkNames =
    ctx: within: group: inputs: members:
    let
      where = title group.name;
      names = namesOf members;
      free =
        secret:
        let
          other = namesOf (flatten ctx where within (group.resources (without secret.path inputs.value)));
          tried = builtins.tryEval (builtins.deepSeq other (other == names));
        in
        tried.success && tried.value;
      bad = filter (s: !free s) (secrets ctx where [ ] group.inputs);
      first = head bad;
      from = if first.refs == [ ] then "" else " (${refs.text (head first.refs)})";
    in
    if bad == [ ] then
      members
    else
      check.fail "nivis.toIR: ${where}: the names of its members, or how many there are, come from the input '${refs.pathText first.path}'${from}, which is sensitive, and names are shown: name them by something that is no secret; in their config a sensitive value may stand";

  # `within`: the references that the groups around it depend on, and the names of these groups.
  expand =
    ctx: within: group:
    let
      where = "${title group.name}, inputs";
      inputs = resolve.consume ctx where group.inputs;
      own = refs.unique inputs.refs;
      name = if group.name != null then group.name else refs.text (head own);
      made = trace.doing "making the resources of" (title group.name) group.written (
        group.resources inputs.value
      );
    in
    if own == [ ] && inputs.known then
      # Nothing can ever change it: what it brings stands as if there were no group.
      checkNames ctx within group inputs (flatten ctx "${title group.name}, resources" within made)
    else if inputs.known then
      [
        {
          known = {
            inherit name;
            refs = own;
          };
        }
      ]
      ++ checkNames ctx within group inputs (
        flatten ctx "${title group.name}, resources" {
          given = within.given ++ own;
          groups = within.groups ++ [ name ];
        } made
      )
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
    else if check.property v != null then
      check.leftover where v
    else
      check.fail "nivis.toIR: ${where} is ${check.describe v}: expects what lib.mkResource, mkResources, mkData, mkModule or whenKnown return, or lists of them";
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
      check.argument given "resources" (
        check.fail "nivis.whenKnown: 'resources' must be a function of the inputs' values, got ${check.describe args.resources}"
      )
    else if name != null && !isString name then
      check.argument given "name" (check.fail "nivis.whenKnown: 'name' must be a string, got ${check.describe name}")
    else
      check.inputsOf "whenKnown" "resources" args (
        tag.mk "group" "a lib.whenKnown group" {
          inherit name;
          inherit (args) inputs resources;
          written = unsafeGetAttrPos "resources" given;
        }
      );

  /** `[ { resource, given, groups } | { known } | { pending } ]`: members of nested lists and of groups; the groups. */
  flatten =
    ctx: arg: list:
    flatten ctx arg {
      given = [ ];
      groups = [ ];
    } (check.list "toIR" arg list);
}
