/** Constructors: resources, data sources, module calls, several of a kind, provider configurations. */
{
  tag,
  check,
  refs,
}:
let
  inherit (builtins)
    attrNames
    elemAt
    filter
    genList
    isAttrs
    isFunction
    isInt
    isList
    isString
    length
    mapAttrs
    unsafeDiscardStringContext
    unsafeGetAttrPos
    ;

  position =
    key: set:
    let
      pos = unsafeGetAttrPos key set;
    in
    if pos == null then
      null
    else
      {
        file = unsafeDiscardStringContext (toString pos.file);
        inherit (pos) line column;
      };

  withoutNull =
    set:
    let
      nulls = filter (k: set.${k} == null) (attrNames set);
    in
    if nulls == [ ] then set else builtins.removeAttrs set nulls;

  # Where an object and its top-level attributes were written.
  places = here: config: withoutNull (mapAttrs (key: _: position key config) config // { "" = here; });

  positions =
    args: config: places (if args ? name then position "name" args else position "type" args) config;

  # Of meta-arguments, under names that no argument has.
  metaPlaces =
    meta:
    if meta == null then
      { }
    else
      withoutNull (
        builtins.listToAttrs (
          map (key: {
            name = "meta.${key}";
            value = position key meta;
          }) (attrNames meta)
        )
      );

  make =
    kind: name: attrs:
    tag.mk kind "the ${name} '${attrs.id}'" (
      attrs
      // {
        refAttr = refs.attrOf attrs.id;
        refPath = refs.pathOf attrs.id;
      }
    );

  checkMeta =
    fn: meta:
    if meta == null || (isAttrs meta && !tag.isTagged meta) then
      meta
    else
      check.fail "nivis.${fn}: 'meta' must be an attribute set or null, got ${check.describe meta}";

  # The parts that a managed resource and a data source share, already checked.
  body =
    fn: prefix: args:
    let
      at = check.argument args;
      provider = at "provider" (check.text fn "provider" args.provider);
      type = at "type" (check.text fn "type" args.type);
      name = at "name" (check.text fn "name" args.name);
      config = at "config" (check.attrs fn "config" (args.config or { }));
      id = "${prefix}${provider}.${type}.${name}";
    in
    # At once, so that an error comes with the call.
    builtins.seq id {
      inherit id provider type name config;
      tofuName = at "tofuName" (check.text fn "tofuName" (args.tofuName or name));
      pos = positions args config;
    };

  managed =
    fn: args:
    let
      meta = check.argument args "meta" (checkMeta fn (args.meta or null));
      common = body fn "" args;
    in
    make "resource" "resource" (common // { inherit meta; pos = common.pos // metaPlaces meta; });

  apply = builtins.foldl' (f: x: if isFunction f then f x else f);

  /* [ { suffix, args } ]: one element for each resource of mkResources. */
  elements =
    count: forEach:
    if count != null && forEach != null then
      check.fail "nivis.mkResources: 'count' and 'forEach' exclude each other: give one of them"
    else if tag.isTagged count || tag.isTagged forEach then
      check.fail "nivis.mkResources: ${
        check.describe (if count != null then count else forEach)
      } is not known yet where resources are counted: use lib.whenKnown { inputs, resources }"
    else if count != null then
      if isInt count && count >= 0 then
        genList (i: {
          suffix = toString i;
          args = [ i ];
        }) count
      else
        check.fail "nivis.mkResources: 'count' must be an integer that is not negative, got ${check.describe count}"
    else if isAttrs forEach then
      map (key: {
        suffix = key;
        args = [
          key
          forEach.${key}
        ];
      }) (attrNames forEach)
    else if isList forEach then
      genList (
        i:
        let
          key = elemAt forEach i;
        in
        if isString key then
          {
            suffix = key;
            args = [
              key
              key
            ];
          }
        else
          check.fail "nivis.mkResources: a list given as 'forEach' holds strings, got ${check.describe key}: use an attribute set for other values"
      ) (length forEach)
    else if forEach == null then
      check.fail "nivis.mkResources: missing argument 'count' or 'forEach'"
    else
      check.fail "nivis.mkResources: 'forEach' must be an attribute set or a list of strings, got ${check.describe forEach}";
in
{
  /** `{ "" = <where `key` stands in `set`>; <attribute> = <where it stands in `config`>; }`. */
  placesOf =
    key: set: config:
    places (position key set) config;

  /**
    A managed resource. `refAttr` and `refPath` refer to its attributes.

    # Type
    ```
    mkResource :: { provider, type, name, config ? {}, meta ? null, tofuName ? name } -> Resource
    ```

    # Examples
    ```
    mkResource { provider = "aws"; type = "aws_s3_bucket"; name = "logs"; config = { force_destroy = true; }; }
    ```
  */
  mkResource =
    given:
    managed "mkResource" (
      check.args "mkResource" [ "provider" "type" "name" ] [ "config" "meta" "tofuName" ] given
    );

  /**
    A data source: read by the engine, never created.

    # Type
    ```
    mkData :: { provider, type, name, config ? {}, tofuName ? name } -> Data
    ```
  */
  mkData =
    given:
    make "data" "data source" (
      body "mkData" "data." (
        check.args "mkData" [ "provider" "type" "name" ] [ "config" "tofuName" ] given
      )
    );

  /**
    A call of an engine module. `refAttr` reads its outputs.

    # Type
    ```
    mkModule :: { source, name, version ? null, config ? {}, providers ? {}, meta ? null } -> Module
    ```
  */
  mkModule =
    given:
    let
      fn = "mkModule";
      args = check.args fn [ "source" "name" ] [ "version" "config" "providers" "meta" ] given;
      at = check.argument args;
      name = at "name" (check.text fn "name" args.name);
      config = at "config" (check.attrs fn "config" (args.config or { }));
      version = args.version or null;
    in
    make "module" "module" {
      id = "module.${name}";
      source =
        if builtins.typeOf args.source == "path" then
          "${args.source}"
        else
          at "source" (check.text fn "source" args.source);
      inherit name config;
      version = if version == null then null else at "version" (check.text fn "version" version);
      providers = mapAttrs (k: v: at "providers" (check.text fn "providers.${k}" v)) (
        at "providers" (check.attrs fn "providers" (args.providers or { }))
      );
      meta = at "meta" (checkMeta fn (args.meta or null));
      pos = positions args config;
    };

  /**
    Several resources of a kind, named `base__0` or `base__key`; `config` and `meta` may be functions of the
    index, or of key and value.

    # Type
    ```
    mkResources :: { provider, type, name, config, count ? null, forEach ? null, meta ? null } -> [Resource]
    ```

    # Examples
    ```
    mkResources { provider = "aws"; type = "aws_sqs_queue"; name = "q"; count = 2; config = i: { name = "q-${toString i}"; }; }
    ```
  */
  mkResources =
    given:
    let
      fn = "mkResources";
      args =
        check.args fn [ "provider" "type" "name" "config" ] [ "count" "forEach" "meta" ]
          given;
      name = check.argument args "name" (check.text fn "name" args.name);
      one =
        e:
        let
          resource = managed fn {
            inherit (args) provider type;
            name = "${name}__${e.suffix}";
            config = apply args.config e.args;
            meta = apply (args.meta or null) e.args;
          };
          here = position "name" args;
        in
        resource // { pos = resource.pos // (if here == null then { } else { "" = here; }); };
    in
    map one (
      check.argument args (if args ? forEach then "forEach" else if args ? count then "count" else "name") (
        elements (args.count or null) (args.forEach or null)
      )
    );

  /**
    A provider configuration, to stand in `providers.<key>`.

    # Type
    ```
    mkProvider :: { source, version ? null, config ? {} } -> Provider
    ```
  */
  mkProvider =
    given:
    let
      args = check.args "mkProvider" [ "source" ] [ "version" "config" ] given;
      at = check.argument args;
      version = args.version or null;
      hint = "give its address, such as \"hashicorp/aws\"";
    in
    {
      source = at "source" (
        if !isString args.source then
          check.fail "nivis.mkProvider: 'source' must be a string, got ${check.describe args.source}: ${hint}"
        else if args.source == "" then
          check.fail "nivis.mkProvider: 'source' is an empty string: ${hint}"
        else
          args.source
      );
      version = if version == null then null else at "version" (check.text "mkProvider" "version" version);
      config = at "config" (check.attrs "mkProvider" "config" (args.config or { }));
    };
}
