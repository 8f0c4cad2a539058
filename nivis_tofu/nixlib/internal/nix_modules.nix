/** Configurations written as modules for the module system of nixpkgs, whose `lib` the user gives. */
{
  tag,
  check,
  builds,
  values,
  resources,
  lib,
}:
let
  inherit (builtins)
    any
    attrNames
    attrValues
    concatLists
    concatMap
    concatStringsSep
    elem
    elemAt
    filter
    foldl'
    head
    isAttrs
    isFunction
    isList
    isString
    length
    listToAttrs
    mapAttrs
    match
    removeAttrs
    split
    trace
    typeOf
    ;

  text = import ./engine_text.nix { inherit check values builds; };
  when = condition: set: if condition then set else { };
  listed = v: if isList v then v else [ v ];
  isSet = v: isAttrs v && !tag.isTagged v;

  unique =
    names:
    attrNames (
      listToAttrs (
        map (name: {
          inherit name;
          value = null;
        }) names
      )
    );

  builtin = "terraform.io/builtin/terraform";

  # ---- providers: the engine's local names and aliases as keys ----

  configsOf =
    config: local:
    map (body: if body.alias or null == null then removeAttrs body [ "alias" ] else body) (
      listed (config.provider.${local} or [ ])
    );

  aliasesOf =
    config:
    concatMap (
      local:
      map (body: {
        inherit local;
        inherit (body) alias;
      }) (filter (body: body ? alias) (configsOf config local))
    ) (attrNames config.provider);

  keyOf =
    config: local: alias:
    let
      others = filter (a: a.alias == alias && a.local != local) (aliasesOf config);
    in
    if alias == null then
      local
    else if others == [ ] && !(config.provider ? ${alias}) then
      alias
    else
      "${local}_${alias}";

  localOf = type: head (split "_" type);

  # `aws`, `aws.west` or `${aws.west}` as a key; null: that of the type.
  providerKey =
    config: type: given:
    let
      name = text.bare given;
      parts = filter isString (split "[.]" name);
    in
    if given == null then
      localOf type
    else if !isString given then
      check.fail "nivis: a provider is named by a string such as \"aws\" or \"aws.west\", got ${check.describe given}"
    else if length parts == 2 then
      keyOf config (head parts) (elemAt parts 1)
    else
      name;

  requirement =
    config: local:
    let
      given = (config.terraform.required_providers or { }).${local} or { };
    in
    if isString given then { version = given; } else given;

  providersOf =
    config: value: used:
    let
      aliases = map (a: keyOf config a.local a.alias) (aliasesOf config);
      locals = unique (
        attrNames config.provider
        ++ attrNames (config.terraform.required_providers or { })
        ++ filter (key: !(elem key aliases)) used
      );
      one =
        local:
        let
          required = requirement config local;
          configs = configsOf config local;
          source = required.source or (if local == "terraform" then builtin else "hashicorp/${local}");
          make = body: {
            name = keyOf config local (body.alias or null);
            value = resources.mkProvider {
              inherit source;
              version = required.version or body.version or null;
              config = value "provider.${local}" (removeAttrs body [ "alias" "version" ]);
            };
          };
          bare = !(any (body: !(body ? alias)) configs) && (configs == [ ] || elem local used);
        in
        map make (configs ++ (if bare then [ { } ] else [ ]));
    in
    listToAttrs (concatMap one locals);

  # ---- blocks ----

  outputOf =
    value: name: v:
    let
      where = "output.${name}";
      unknown = attrNames (removeAttrs v [ "value" "sensitive" "description" ]);
    in
    if !isSet v then
      value where v
    else if !(v ? value) then
      check.fail "nivis: ${where} has no 'value'"
    else if unknown != [ ] then
      check.fail "nivis: ${where} has the argument ${check.names unknown}, which nivis does not pass on: an output has value, sensitive and description"
    else
      v // { value = value where v.value; };

  backendOf =
    config:
    let
      of =
        set:
        if isString (set.type or null) then
          [ set ]
        else
          concatMap (type: if set.${type} == null then [ ] else [ ({ inherit type; } // set.${type}) ]) (
            attrNames set
          );
      found = of config.backend ++ of (config.terraform.backend or { });
    in
    if length found > 1 then
      check.fail "nivis: several backends are configured (${
        concatStringsSep ", " (map (b: b.type) found)
      }), and a state has one place: keep one of them"
    else if found == [ ] then
      null
    else
      head found;

  extraOf =
    config: value:
    let
      terraform = removeAttrs config.terraform [
        "backend"
        "required_providers"
      ];
      blocks =
        mapAttrs (name: value name) {
          inherit (config)
            import
            moved
            removed
            check
            locals
            ;
          inherit terraform;
          ephemeral = mapAttrs (_: mapAttrs (_: body: removeAttrs body [ "__functor" ])) config.ephemeral;
        }
        // {
          inherit (config) variable;
        };
    in
    removeAttrs blocks (filter (name: blocks.${name} == { } || blocks.${name} == [ ]) (attrNames blocks));

  # ---- places ----

  placesOf =
    places: options:
    let
      below =
        prefix: option:
        let
          defs = filter (def: isSet def.value && !(def.value ? _type)) option.definitionsWithLocations;
          of = name: filter (def: isSet def.value) (
            map (def: {
              inherit (def) file;
              value = def.value.${name};
              pos = builtins.unsafeGetAttrPos name def.value;
            }) (filter (def: def.value ? ${name}) defs)
          );
        in
        map (name: {
          name = "${prefix}.${name}";
          value = places (of name);
        }) (unique (concatMap (def: attrNames def.value) defs));
      block = name: {
        name = "extra.${name}";
        value = places (filter (def: isSet def.value) options.${name}.definitionsWithLocations);
      };
    in
    listToAttrs (
      below "provider" options.provider
      ++ below "output" options.output
      ++ map block [ "variable" "locals" "check" "terraform" "ephemeral" ]
      ++ [
        {
          name = "backend";
          value = places (filter (def: isSet def.value) options.backend.definitionsWithLocations);
        }
      ]
    );

  # ---- evaluation ----

  # `lib` for modules, with what terranix adds to it.
  extended =
    nixpkgs: templates:
    let
      ref = s: if templates then "\${${s}}" else values.expr "\${${s}}";
      template =
        {
          text ? "",
          source ? "",
          variables ? { },
        }:
        "templatefile(\"${if text != "" then builtins.toFile "template.tftpl" text else "${source}"}\", ${builtins.toJSON variables})";
      tf = {
        inherit ref template;
        file = path: ref "file(\"${path}\")";
      };
    in
    {
      inherit tf;
      tfRef = ref;
    }
    // nixpkgs;

  # Where modules that are no files were written.
  located =
    nixpkgs: given: module:
    let
      pos = builtins.unsafeGetAttrPos "modules" given;
    in
    if pos == null || !(isAttrs module || isFunction module) then
      module
    else
      nixpkgs.setDefaultModuleLocation pos.file module;

  asserted =
    config: v:
    let
      failed = filter (a: !a.assertion) config.assertions;
      warned = foldl' (v: warning: trace "warning: ${warning}" v) v config.warnings;
    in
    if failed == [ ] then
      warned
    else
      check.failAll "nivis" (map (a: { text = a.message; at = [ ]; }) failed);

  optionTypes = nixpkgs: import ./option_types.nix { inherit tag check builds; } nixpkgs;

  evalNixModules =
    given:
    let
      args = check.args "evalNixModules" [ "lib" "modules" ] [ "specialArgs" "templates" ] given;
      at = check.argument args;
      nixpkgs = at "lib" (
        if isAttrs args.lib && args.lib ? evalModules && args.lib ? mergeDefinitions then
          args.lib
        else
          check.fail "nivis.evalNixModules: 'lib' must be the lib of nixpkgs, as in { lib = nixpkgs.lib; modules = […]; }, got ${
            if isAttrs args.lib then "an attribute set without its module system" else check.describe args.lib
          }"
      );
      templates = at "templates" (
        if builtins.isBool (args.templates or true) then
          args.templates or true
        else
          check.fail "nivis.evalNixModules: 'templates' must be a boolean, got ${check.describe args.templates}"
      );
      modules = at "modules" (check.list "evalNixModules" "modules" args.modules);
      types = optionTypes nixpkgs;
      evaluated = nixpkgs.evalModules {
        modules = [
          (import ./block_options.nix {
            inherit check types;
            inherit (objects) read;
          })
        ]
        ++ map (located nixpkgs args) modules;
        specialArgs = {
          inherit tf;
          lib = extended nixpkgs templates;
          nivis = lib // {
            types = publicTypes types;
          };
        }
        // at "specialArgs" (check.attrs "evalNixModules" "specialArgs" (args.specialArgs or { }));
      };
      inherit (evaluated) config options;
      objects =
        import ./block_objects.nix
          {
            inherit tag check builds values resources text templates;
          }
          {
            inherit config;
            key = providerKey config;
          };
      inherit (objects) value;
      below = kind: concatMap (type: map (b: b.__object) (attrValues type)) (attrValues config.${kind});
      made = {
        resources = below "resource" ++ own;
        dataSources = below "data";
        modules = map (b: b.__object) (attrValues config.module);
      };
      own = config.resources;
      all = filter (r: r ? id) (made.resources ++ made.dataSources ++ made.modules);
      tf = listToAttrs (
        map (r: {
          name = r.id;
          value = r;
        }) all
      );
      used = unique (
        concatMap (r: if tag.is "module" r then attrValues r.providers else [ r.provider ]) all
      );
      backend = backendOf config;
      result = made // {
        providers = providersOf config value used;
        outputs = mapAttrs (outputOf value) config.output;
        extra = extraOf config value;
        places = placesOf objects.places options;
        singleBlocks = true;
        inherit tf config options;
      }
      // when (backend != null) { backend = value "backend" backend; }
      // when (config.settings != { }) { inherit (config) settings; }
      // when (config.rootModule != null) { inherit (config) rootModule; };
    in
    builtins.seq templates (asserted config result);

  publicTypes = types: { inherit (types) ref orRef value; };
in
{
  /**
    Evaluate modules with the module system of nixpkgs, whose `lib` is given. Modules define the blocks of the engine
    (`resource.TYPE.NAME`, `provider.NAME` …) and declare options of their own; the result is what `toIR` takes, with
    `config`, `options` and `tf`. `templates`: strings are templates of the engine, as in terranix.

    # Type
    ```
    evalNixModules :: { lib, modules :: [Module], specialArgs ? {}, templates ? true } -> { resources, …, config, options, tf }
    ```
  */
  inherit evalNixModules;

  /** A module with options that modules written for terranix may expect: `users`, `provisioner`. */
  terranixModule = ./terranix_options.nix;

  /**
    Types of options that take references, for the `lib` of nixpkgs: `ref`, `orRef type`, `value`. Modules have them as
    `nivis.types`.

    # Type
    ```
    optionTypes :: Lib -> { ref, orRef, value }
    ```
  */
  optionTypes = nixpkgs: publicTypes (optionTypes nixpkgs);

  /**
    A string as data also in modules, where strings are templates.

    # Type
    ```
    verbatim :: String -> Tagged
    ```
  */
  verbatim =
    s:
    let
      text = check.text "verbatim" "text" s;
    in
    builtins.seq text (values.constant text);
}
