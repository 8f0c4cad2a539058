/*
  As much of the module system of nixpkgs as nivis builds on, for tests where nixpkgs cannot be had: the same functions
  with the same meaning, without documentation of options, submodules and checks that nivis does not count on.
*/
let
  inherit (builtins)
    all
    attrNames
    concatMap
    concatStringsSep
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
    tail
    toJSON
    tryEval
    typeOf
    ;

  reverse = list: builtins.genList (i: builtins.elemAt list (length list - 1 - i)) (length list);
  showOption = concatStringsSep ".";
  showDefs =
    defs:
    concatStringsSep "" (
      map (
        def:
        let
          text = tryEval (toJSON def.value);
        in
        "\n- In `${def.file}'${if text.success then ": ${text.value}" else ""}"
      ) defs
    );

  property = kind: more: more // { _type = kind; };
  mkOverride = priority: content: property "override" { inherit priority content; };
  mkOrder = priority: content: property "order" { inherit priority content; };

  discharge =
    v:
    if v._type or "" == "merge" then
      concatMap discharge v.contents
    else if v._type or "" == "if" then
      (if v.condition then discharge v.content else [ ])
    else
      [ v ];

  # Conditions move inwards, so that they are asked only for what is looked at.
  pushDown =
    v:
    if v._type or "" == "merge" then
      concatMap pushDown v.contents
    else if v._type or "" == "if" || v._type or "" == "override" then
      map (mapAttrs (_: content: v // { inherit content; })) (pushDown v.content)
    else
      [ v ];

  mergeDefinitions =
    loc: type: defs:
    let
      plain = concatMap (
        def:
        map (value: {
          inherit (def) file;
          inherit value;
        }) (discharge def.value)
      ) defs;
      priorityOf = def: if def.value._type or "" == "override" then def.value.priority else 100;
      highest = foldl' (found: def: if priorityOf def < found then priorityOf def else found) 9999 plain;
      kept = map (def: if def.value._type or "" == "override" then def // { value = def.value.content; } else def) (
        filter (def: priorityOf def == highest) plain
      );
      orderOf = def: if def.value._type or "" == "order" then def.value.priority else 1000;
      sorted = map (def: if def.value._type or "" == "order" then def // { value = def.value.content; } else def) (
        builtins.sort (a: b: orderOf a < orderOf b) kept
      );
      wrong = filter (def: !(type.check def.value)) sorted;
    in
    rec {
      isDefined = sorted != [ ];
      mergedValue =
        if !isDefined then
          throw "The option `${showOption loc}' was accessed but has no value defined. Try setting the option."
        else if wrong != [ ] then
          throw "A definition for option `${showOption loc}' is not of type `${type.description}'. Definition values:${showDefs wrong}"
        else
          type.merge loc sorted;
    };

  mergeEqualOption =
    loc: defs:
    let
      others = filter (def: def.value != (head defs).value) (tail defs);
    in
    if others == [ ] then
      (head defs).value
    else
      throw "The option `${showOption loc}' has conflicting definition values:${
        showDefs [ (head defs) (head others) ]
      }\nUse `lib.mkForce value` or `lib.mkDefault value` to change the priority on any of these definitions.";

  mkOptionType =
    {
      name,
      description ? name,
      check ? (_: true),
      merge ? mergeEqualOption,
    }:
    {
      _type = "option-type";
      inherit name description check merge;
    };

  types = rec {
    unspecified = mkOptionType { name = "unspecified"; };
    str = mkOptionType {
      name = "str";
      description = "string";
      check = isString;
    };
    bool = mkOptionType {
      name = "bool";
      description = "boolean";
      check = builtins.isBool;
    };
    either =
      a: b:
      mkOptionType {
        name = "either";
        description = "${a.description} or ${b.description}";
        check = v: a.check v || b.check v;
        merge = loc: defs: (if all (def: a.check def.value) defs then a else b).merge loc defs;
      };
    listOf =
      of:
      mkOptionType {
        name = "listOf";
        description = "list of ${of.description}";
        check = isList;
        merge =
          loc: defs:
          concatMap (
            def: map (value: (mergeDefinitions loc of [ { inherit (def) file; inherit value; } ]).mergedValue) def.value
          ) defs;
      };
    lazyAttrsOf =
      of:
      mkOptionType {
        name = "lazyAttrsOf";
        description = "attribute set of ${of.description}";
        check = isAttrs;
        merge =
          loc: defs:
          builtins.zipAttrsWith (name: found: (mergeDefinitions (loc ++ [ name ]) of found).mergedValue) (
            map (def: mapAttrs (_: value: { inherit (def) file; inherit value; }) def.value) defs
          );
      };
    attrsOf = lazyAttrsOf;
  };

  # [ { file, options, config } ] of a module and of what it imports.
  collect =
    args: file: module:
    let
      here = if typeOf module == "path" || isString module then toString module else file;
      loaded = if typeOf module == "path" || isString module then import module else module;
      applied = if isFunction loaded then loaded args else loaded;
      long = applied ? options || applied ? config;
      own = {
        file = applied._file or here;
        options = applied.options or { };
        config = if long then applied.config or { } else removeAttrs applied [ "imports" "_file" ];
      };
    in
    concatMap (collect args own.file) (applied.imports or [ ]) ++ [ own ];

  isOption = v: isAttrs v && v._type or "" == "option";

  # The value of every declared option, by what modules define below its place.
  valuesOf =
    loc: declarations: definitions:
    let
      names = attrNames (foldl' (all: one: all // one.value) { } declarations);
      undeclared = concatMap (
        def: map (name: def // { inherit name; }) (attrNames (removeAttrs def.value names))
      ) definitions;
      at = name: list: concatMap (one: if one.value ? ${name} then [ { inherit (one) file; value = one.value.${name}; } ] else [ ]) list;
      each =
        how: name:
        concatMap (
          def:
          map (value: {
            inherit (def) file;
            inherit value;
          }) (how def.value)
        ) (at name definitions);
      one =
        name:
        let
          declared = at name declarations;
          option = (head declared).value;
          place = loc ++ [ name ];
          defs =
            at name definitions
            ++ (
              if option ? default then
                [
                  {
                    file = "default";
                    value = mkOverride 1500 option.default;
                  }
                ]
              else
                [ ]
            );
          merged = mergeDefinitions place (option.type or types.unspecified) defs;
        in
        if isOption option then
          {
            value = (option.apply or (v: v)) merged.mergedValue;
            option = option // {
              definitionsWithLocations = each discharge name;
            };
          }
        else
          let
            below = valuesOf place declared (each pushDown name);
          in
          {
            value = below.values;
            option = below.options;
          };
      found = listToAttrs (
        map (name: {
          inherit name;
          value = one name;
        }) names
      );
    in
    if undeclared != [ ] then
      throw "The option `${showOption (loc ++ [ (head undeclared).name ])}' does not exist. Definition values:${
        showDefs [ { inherit (head undeclared) file; value = (head undeclared).value.${(head undeclared).name}; } ]
      }"
    else
      {
        values = mapAttrs (_: f: f.value) found;
        options = mapAttrs (_: f: f.option) found;
      };

  evalModules =
    {
      modules,
      specialArgs ? { },
    }:
    let
      # As nixpkgs has it: what comes last is defined first.
      collected = reverse (concatMap (collect args "<unknown-file>") modules);
      args = { inherit lib config options; } // specialArgs;
      definitions = concatMap (
        m:
        map (value: {
          inherit (m) file;
          inherit value;
        }) (pushDown m.config)
      ) collected;
      all = valuesOf [ ] (map (m: { inherit (m) file; value = m.options; }) collected) definitions;
      config = all.values;
      inherit (all) options;
    in
    {
      inherit config options;
    };

  lib = {
    inherit
      evalModules
      mergeDefinitions
      mergeEqualOption
      mkOptionType
      mkOverride
      showOption
      types
      ;
    mkOption = args: args // { _type = "option"; };
    mkEnableOption = _: lib.mkOption { type = types.bool; default = false; };
    mkIf = condition: content: property "if" { inherit condition content; };
    mkMerge = contents: property "merge" { inherit contents; };
    mkForce = mkOverride 50;
    mkDefault = mkOverride 1000;
    mkBefore = mkOrder 500;
    mkAfter = mkOrder 1500;
    setDefaultModuleLocation = file: module: {
      _file = file;
      imports = [ module ];
    };
  };
in
lib
