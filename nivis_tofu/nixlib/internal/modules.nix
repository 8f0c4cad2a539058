/** Nix modules: functions that return parts of one configuration and see all of it. */
{
  tag,
  check,
  ir,
  lib,
  nixModules,
}:
let
  inherit (builtins)
    attrNames
    concatMap
    elemAt
    filter
    genList
    head
    isAttrs
    isFunction
    isList
    length
    listToAttrs
    removeAttrs
    typeOf
    zipAttrsWith
    ;

  listKeys = [
    "resources"
    "dataSources"
    "modules"
    "nixConsumers"
  ];
  setKeys = [
    "providers"
    "outputs"
  ];

  flat = v: if isList v then concatMap flat v else [ v ];

  load =
    args: i: module:
    let
      name = "module ${toString i}";
      value = if typeOf module == "path" then import module else module;
      result = if isFunction value then value args else value;
    in
    if isAttrs result && !tag.isTagged result then
      check.args "evalModules: ${name}" [ ] (listKeys ++ setKeys) result
    else
      check.fail "nivis.evalModules: ${name} must be a function returning an attribute set, got ${check.describe result}";

  # One name in two modules is a mistake, except for providers, which modules may all declare alike.
  merge =
    what: sets:
    zipAttrsWith (
      name: values:
      if length values == 1 || (what == "provider" && builtins.all (v: v == head values) values) then
        head values
      else
        check.fail "nivis: ${what} '${name}' is declared in several modules${
          if what == "provider" then ", differently" else ""
        }"
    ) sets;

  evalModules =
    given:
    let
      args = check.args "evalModules" [ "modules" ] [ "specialArgs" ] given;
      at = check.argument args;
      specialArgs = at "specialArgs" (check.attrs "evalModules" "specialArgs" (args.specialArgs or { }));
      modules = at "modules" (check.list "evalModules" "modules" args.modules);
      results = genList (i: load passed i (elemAt modules i)) (length modules);
      joined = k: concatMap (r: flat (r.${k} or [ ])) results;

      merged = {
        resources = joined "resources";
        dataSources = joined "dataSources";
        modules = joined "modules";
        nixConsumers = concatMap (r: r.nixConsumers or [ ]) results;
        providers = merge "provider" (map (r: r.providers or { }) results);
        outputs = merge "output" (map (r: r.outputs or { }) results);
      };

      # Members of whenKnown groups are not there yet for other modules to see.
      visible = filter (r: r ? id) (merged.resources ++ merged.dataSources ++ merged.modules);
      byId = builtins.groupBy (r: r.id) visible;
      duplicates = filter (id: length byId.${id} > 1) (attrNames byId);
      tf =
        if duplicates != [ ] then
          check.fail "nivis: duplicate resource id '${head duplicates}' across modules"
        else
          listToAttrs (
            map (r: {
              name = r.id;
              value = r;
            }) visible
          );
      config = specialArgs.config or merged;
      passed = specialArgs // {
        inherit lib tf config;
      };
    in
    builtins.seq tf (merged // { inherit tf config; });
in
{
  /**
    Evaluate modules together: each is called with `specialArgs // { lib, tf, config }` and returns
    `{ resources ? [], dataSources ? [], modules ? [], providers ? {}, outputs ? {}, nixConsumers ? [] }`.

    `tf` maps ids to the resources of all modules. `config` is `specialArgs.config` where given, else what all
    modules return, merged.

    # Type
    ```
    evalModules :: { modules :: [Module], specialArgs ? {} } -> { resources, …, tf, config }
    ```
  */
  inherit evalModules;

  /**
    The IR of modules; arguments of `toIR` are added to what they return. With `lib`, the modules are those of nixpkgs.

    # Type
    ```
    toModuleIR :: { modules :: [Module], specialArgs ? {}, lib ?, templates ?, … } -> IR
    ```
  */
  toModuleIR =
    given:
    let
      args =
        check.args "toModuleIR" [ "modules" ]
          (
            [
              "specialArgs"
              "providers"
              "resources"
              "dataSources"
              "lib"
              "templates"
            ]
            ++ ir.optional
          )
          given;
      own = builtins.intersectAttrs (listToAttrs (
        map (name: {
          inherit name;
          value = null;
        }) (listKeys ++ setKeys)
      )) (removeAttrs args [ "modules" ]);
      # What is given beside the modules is one more of them.
      parts = evalModules {
        modules = check.list "toModuleIR" "modules" args.modules ++ [ own ];
        specialArgs = args.specialArgs or { };
      };
      rest = removeAttrs args [
        "specialArgs"
        "lib"
        "modules"
        "templates"
      ];
      evaluated = nixModules.evalNixModules (
        builtins.intersectAttrs {
          lib = null;
          modules = null;
          specialArgs = null;
          templates = null;
        } args
      );
      # Beside modules of nixpkgs: lists are added, names are in one of the two.
      beside =
        k: v:
        if !(evaluated ? ${k}) then
          v
        else if builtins.elem k listKeys then
          evaluated.${k} ++ flat v
        else if k == "providers" || k == "outputs" then
          merge (if k == "outputs" then "output" else "provider") [ evaluated.${k} v ]
        else if k == "extra" then
          evaluated.extra // v
        else
          v;
    in
    if args ? lib then
      ir.toIR (evaluated // builtins.mapAttrs beside rest)
    else
      ir.toIR (
        removeAttrs args [ "specialArgs" ]
        // removeAttrs parts [
          "tf"
          "config"
        ]
      );
}
