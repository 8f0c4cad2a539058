/** Blocks of modules as objects of the library: what `config.resource.TYPE.NAME` shows, and what becomes of it. */
{
  tag,
  check,
  builds,
  values,
  resources,
  text,
  templates,
}:
# `config`: of the whole configuration. `key`: of the provider that a block names, or null, for a type.
{ config, key }:
let
  inherit (builtins)
    attrNames
    attrValues
    concatMap
    filter
    head
    isAttrs
    isList
    isString
    listToAttrs
    mapAttrs
    removeAttrs
    unsafeDiscardStringContext
    unsafeGetAttrPos
    ;

  when = condition: set: if condition then set else { };
  listed = v: if isList v then v else [ v ];
  isSet = v: isAttrs v && !tag.isTagged v && !builds.isOpaque v;
  given = body: names: filter (name: body.${name} or null != null) names;

  # Arguments that are the engine's own; `count` and the like stay among the others.
  meta = [
    "depends_on"
    "lifecycle"
    "provider"
  ];
  # ---- values ----

  # The block that an address names, as `config` shows it, else null.
  find =
    a:
    let
      level = config.${a.kind};
      named = if a.type == null then level else level.${a.type} or { };
    in
    if a != null && named ? ${a.name} then named.${a.name} else null;

  single = block: given block [ "count" "for_each" ] == [ ];

  # What provisioners of a block refer to within itself has to stay as it is written.
  inside =
    address: where:
    let
      own = "${address.kind}.${toString address.type}.${address.name}.";
    in
    builtins.substring 0 (builtins.stringLength own) where == own;

  string =
    where: s:
    let
      address = text.address (text.bare s);
      block = find address;
    in
    if !templates || text.bare s == s then
      (if templates then text.template where s else s)
    else if address != null && address.path != [ ] && block != null && single block && !(inside address where) then
      block.__object.refAttr (head address.path)
    else
      text.template where s;

  value =
    where: v:
    if isString v then
      string where v
    else if isList v then
      map (value where) v
    else if tag.isTagged v then
      v.__object or v
    else if isSet v then
      mapAttrs (name: value "${where}.${name}") v
    else
      v;

  # ---- meta-arguments ----

  # A resource, a reference, an address or an id.
  target =
    v:
    let
      address = if isString v then text.address (text.bare v) else null;
      block = if address == null then null else find address;
    in
    if block == null then
      v.__object or v
    else if address.path == [ ] || !single block then
      block.__object
    else
      block.__object.refAttr (head address.path);

  dependency =
    v:
    let
      found = target v;
    in
    if isString found then text.bare found else found;

  lifecycle =
    where: given:
    let
      cycle = filterNull given;
      named = {
        create_before_destroy = "createBeforeDestroy";
        prevent_destroy = "preventDestroy";
        ignore_changes = "ignoreChanges";
        replace_triggered_by = "replaceTriggeredBy";
      };
      parts = {
        ignore_changes = v: if v == [ "all" ] then "all" else v;
        replace_triggered_by = map target;
        precondition = v: value "${where}.precondition" (listed v);
        postcondition = v: value "${where}.postcondition" (listed v);
      };
    in
    listToAttrs (
      map (name: {
        name = named.${name} or name;
        value = (parts.${name} or (v: v)) cycle.${name};
      }) (attrNames cycle)
    );

  filterNull =
    set:
    removeAttrs set (filter (name: set.${name} == null) (attrNames set));

  metaOf =
    where: body:
    when (body.depends_on or null != null) { dependsOn = map dependency (listed body.depends_on); }
    // when (body.lifecycle or null != null) {
      lifecycle = lifecycle "${where}.lifecycle" body.lifecycle;
    };

  # ---- places ----

  plain = pos: {
    file = unsafeDiscardStringContext (toString pos.file);
    inherit (pos) line column;
  };

  # Known to nobody, or made by the library.
  isOurs =
    pos:
    pos == null
    || builtins.substring 0 (builtins.stringLength (toString ./.)) (toString pos.file) == toString ./.;

  # Where a block and its arguments were written, by the definitions that it was merged from.
  places =
    defs:
    let
      at =
        set: name:
        let
          pos = unsafeGetAttrPos name set;
        in
        if isOurs pos then
          [ ]
        else
          [
            {
              inherit name;
              value = plain pos;
            }
          ];
      found = listToAttrs (
        concatMap (def: if isAttrs def.value then concatMap (at def.value) (attrNames def.value) else [ ]) defs
      );
      own = map plain (filter (pos: !isOurs pos) (map (def: def.pos or null) defs));
      first = own ++ attrValues found;
    in
    found // when (first != [ ]) { "" = head first; };

  # Those of meta-arguments, under the names that they have in the IR.
  placed =
    found:
    removeAttrs found meta
    // when (found ? depends_on) { "meta.dependsOn" = found.depends_on; }
    // when (found ? lifecycle) { "meta.lifecycle" = found.lifecycle; };

  # ---- objects ----

  # Lazy in everything but its id: definitions may refer to objects that are defined with the help of others.
  block =
    kind: type: name: body:
    let
      where = "${kind}.${type}.${name}";
      make = if kind == "resource" then resources.mkResource else resources.mkData;
      made = make {
        provider = key type (body.provider or null);
        inherit type name;
        config = value where (removeAttrs body meta);
      };
      metaArgs = metaOf where body;
    in
    made // when (metaArgs != { }) { meta = metaArgs; };

  call =
    name: body:
    let
      where = "module.${name}";
      own = [
        "source"
        "version"
        "providers"
        "depends_on"
      ];
      made = resources.mkModule {
        source = body.source or (check.fail "nivis: ${where} has no 'source', which says where the module is");
        inherit name;
        version = body.version or null;
        config = value where (removeAttrs body own);
        providers = mapAttrs (_: key null) (if body.providers or null == null then { } else body.providers);
      };
      metaArgs = metaOf where (removeAttrs body [ "lifecycle" ]);
    in
    made // { meta = metaArgs; };

  last = list: builtins.elemAt list (builtins.length list - 1);
  beforeLast = list: builtins.elemAt list (builtins.length list - 2);

  # As terranix does it: a block applied to the name of an attribute is a reference.
  applied =
    made: address: _: attr:
    if templates then
      "\${${address}.${attr}}"
    else if builtins.match ".*[].[].*" attr == null then
      made.refAttr attr
    else
      values.expr "\${${address}.${attr}}";
in
{
  inherit value places;

  /** What the options of a kind make of a merged block and its definitions. */
  read =
    kind: loc: defs: body:
    let
      name = last loc;
      type = beforeLast loc;
      found = placed (places defs);
      made =
        if kind == "module" then call name body else block kind type name body;
      address =
        {
          resource = "${type}.${name}";
          module = "module.${name}";
        }
        .${kind} or "${kind}.${type}.${name}";
    in
    if kind == "ephemeral" then
      body // { __functor = applied null address; }
    else
      { inherit (made) id; }
      // body
      // {
        inherit (made) refAttr refPath __nivis __toString;
        __functor = applied made address;
        __object = made // { pos = found; };
      };
}
