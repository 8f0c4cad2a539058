/** `toIR`: everything a configuration consists of, as the document that the orchestrator reads. */
{
  tag,
  check,
  resources,
  groups,
  ledger,
  encode,
  meta,
  edges,
  problems,
  functions,
}:
let
  inherit (builtins)
    attrNames
    concatMap
    concatStringsSep
    elem
    filter
    head
    isAttrs
    isString
    listToAttrs
    mapAttrs
    removeAttrs
    ;

  lists = [
    "resources"
    "dataSources"
    "modules"
  ];
  optional = [
    "outputs"
    "nixConsumers"
    "backend"
    "extra"
    "rootModule"
    "settings"
    "ledger"
  ];
  blocks = [
    "moved"
    "import"
    "removed"
    "check"
    "variable"
    "locals"
    "terraform"
    "ephemeral"
  ];

  when = condition: set: if condition then set else { };

  encodeEntry =
    ctx: ids: entry:
    let
      r = entry.resource;
      kind = tag.kindOf r;
      config = encode.config ctx r;
      metaArgs = r.meta or null;
    in
    {
      inherit kind;
      inherit (r) id name;
      config = if config ? __literal then notBlock r else config;
    }
    // when (kind != "module") { inherit (r) provider type; }
    // when (kind != "module" && r.tofuName != r.name) { inherit (r) tofuName; }
    // when (kind == "module") (
      { source = builtins.unsafeDiscardStringContext r.source; }
      // when (r.version != null) { inherit (r) version; }
      // when (r.providers != { }) { inherit (r) providers; }
    )
    // when (metaArgs != null && metaArgs != { }) { meta = meta.encode ctx ids "'${r.id}', meta" metaArgs; }
    // when (entry.given != [ ]) { inherit (entry) given; }
    // when (entry.groups != [ ]) { inherit (entry) groups; }
    // when (r.pos != { }) { inherit (r) pos; };

  notBlock = r: check.fail "nivis.toIR: '${r.id}', config: the name of an argument looks like a leaf of the IR";

  provider =
    ctx: all: key: given:
    let
      p =
        if isAttrs given && !tag.isTagged given then
          resources.mkProvider given
        else
          check.fail "nivis.toIR: providers.${key} must come from lib.mkProvider, got ${check.describe given}";
    in
    {
      source = builtins.unsafeDiscardStringContext p.source;
      config = encode.entry ctx key all "providers.${key}.config" p.config;
    }
    // when (p.version != null) { inherit (p) version; }
    # A directory that Nix builds has to be built before it is looked into.
    // when (buildOf p.source != [ ]) { drv = head (buildOf p.source); };

  buildOf = source: filter (k: builtins.match ".*[.]drv" k != null) (attrNames (builtins.getContext source));

  # `{ value, sensitive ?, description ? }` is the long form; anything else is the value itself.
  isLong =
    v:
    isAttrs v && !tag.isTagged v && v ? value && removeAttrs v [ "value" "sensitive" "description" ] == { };

  about = {
    sensitive =
      where: v: if builtins.isBool v then v else check.fail "nivis: ${where} must be a boolean, got ${check.describe v}";
    description =
      where: v:
      if v == null || isString v then v else check.fail "nivis: ${where} must be a string, got ${check.describe v}";
  };

  output =
    ctx: all: name: v:
    let
      where = "outputs.${name}";
      encoded = encode.entry ctx name all where;
    in
    if isLong v then
      mapAttrs (k: x: if k == "value" then encoded x else check.argument v k (about.${k} "${where}.${k}" x)) v
    else
      { value = encoded v; };

  backend =
    ctx: v:
    if isAttrs v && !tag.isTagged v && isString (v.type or null) then
      encode.value ctx "backend" v
    else
      check.fail "nivis.toIR: 'backend' must be an attribute set with a string 'type', as in { type = \"s3\"; … }";

  extra =
    ctx: v:
    let
      unknown = filter (k: !(elem k blocks)) (attrNames (check.attrs "toIR" "extra" v));
    in
    if unknown != [ ] then
      check.argument v (head unknown) (
        check.failNaming (head unknown) blocks "nivis.toIR: extra.${head unknown} is not a block that can be passed through (allowed: ${concatStringsSep ", " blocks})"
      )
    else
      encode.withAddresses ctx "extra" v;

  # Where what is no resource was written, by the name that it has in the generated module.
  positions =
    written: args:
    let
      fields = v: if isAttrs v && !tag.isTagged v then v else { };
      of =
        prefix: inner: set:
        map (key: {
          name = "${prefix}.${key}";
          value = resources.placesOf key set (fields (inner set.${key}));
        }) (attrNames (fields set));
    in
    listToAttrs (
      filter (p: !inLibrary p.value) (map (p: p // { value = written.${p.name} or p.value; }) (
        of "provider" (p: (fields p).config or null) (args.providers or { })
        ++ of "output" (_: null) (args.outputs or { })
        ++ of "extra" (v: v) (args.extra or null)
        ++ [
          {
            name = "backend";
            value = resources.placesOf "backend" args (fields (args.backend or null));
          }
        ]
      ))
    );

  # Written nowhere, or made by the library.
  inLibrary =
    places:
    let
      here = toString ./.;
    in
    places == { } || builtins.substring 0 (builtins.stringLength here) (places.${""}.file or "") == here;

  rootModule =
    v:
    if isString v then
      v
    else
      check.fail "nivis.toIR: 'rootModule' must be a string, a directory relative to the project, got ${check.describe v}";

  # What each of the settings may be, for the error.
  settingsOf = {
    ask = [
      "always"
      "auto"
      "name"
    ];
    style = [
      "list"
      "diff"
      "full"
    ];
    onePlan = [
      true
      false
    ];
  };
  settings =
    v:
    let
      known = attrNames settingsOf ++ [ "checks" ];
      unknown = attrNames (removeAttrs (check.attrs "toIR" "settings" v) known);
      wrong = filter (k: v.${k} != null && !(elem v.${k} settingsOf.${k})) (attrNames (removeAttrs v [ "checks" ]));
      commands = v.checks or null;
      name = head wrong;
      choices = concatStringsSep ", " (map builtins.toJSON settingsOf.${name});
    in
    if unknown != [ ] then
      check.argument v (head unknown) (
        check.failNaming (head unknown) known "nivis.toIR: settings.${head unknown} is not a setting (there are: ${concatStringsSep ", " known})"
      )
    else if wrong != [ ] then
      check.argument v name (
        check.fail "nivis.toIR: settings.${name} must be one of ${choices}, got ${check.describe v.${name}}"
      )
    else if commands != null && !(builtins.isList commands && builtins.all isString commands) then
      check.argument v "checks" (
        check.fail "nivis.toIR: settings.checks must be a list of commands, got ${check.describe commands}"
      )
    else
      v;

  # What modules evaluate to has these beside arguments of `toIR`.
  beside = [
    "config"
    "options"
    "places"
    "singleBlocks"
    "tf"
  ];

  # `modules`: what the arguments come from, if it is modules.
  build =
    modules: args:
    let
      ctx = ledger.open "toIR" (args.ledger or { });
      at = check.argument args;
      found = concatMap (arg: at arg (groups.flatten ctx arg (args.${arg} or [ ]))) lists;
      entries = map (encodeEntry ctx ids) members;
      members = filter (e: e ? resource) found;
      pending = map (e: e.pending) (filter (e: e ? pending) found);
      known = map (e: e.known) (filter (e: e ? known) found);
      ids = listToAttrs (
        map (e: {
          name = e.resource.id;
          value = null;
        }) members
      );
      of = kind: map (e: removeAttrs e [ "kind" ]) (filter (e: e.kind == kind) entries);
      dataSources = of "data";
      calls = of "module";
      providers = mapAttrs (k: v: check.argument args.providers k (provider ctx args.providers k v)) (
        at "providers" (check.attrs "toIR" "providers" (args.providers or { }))
      );
      outputs = mapAttrs (k: v: check.argument args.outputs k (output ctx args.outputs k v)) (
        at "outputs" (check.attrs "toIR" "outputs" (args.outputs or { }))
      );
      wrong = problems.find {
        inherit entries providers ids;
        complete = pending == [ ];
      };
      given = k: args.${k} or null != null;
      waits = pending != [ ] || edges.pending (removeAttrs whole [ "positions" ]);
      whole = {
        schemaVersion = 1;
        inherit providers;
        resources = of "resource";
        positions = positions (modules.places or { }) args;
        edges = concatMap edges.of entries;
        nixConsumers = encode.withAddresses ctx "nixConsumers" (
          check.list "toIR" "nixConsumers" (args.nixConsumers or [ ])
        );
      }
      // when (dataSources != [ ]) { inherit dataSources; }
      // when (calls != [ ]) { modules = calls; }
      // when (outputs != { }) { inherit outputs; }
      // when (given "backend") { backend = at "backend" (backend ctx args.backend); }
      // when (given "extra" && args.extra != { }) { extra = at "extra" (extra ctx args.extra); }
      // when (given "rootModule") { rootModule = at "rootModule" (rootModule args.rootModule); }
      // when (given "settings" && args.settings != { }) { settings = at "settings" (settings args.settings); }
      // when (pending != [ ]) { inherit pending; }
      // when (known != [ ]) { groups = known; }
      // when (modules.singleBlocks or false) { singleBlocks = true; };
      places = {
        resource = listToAttrs (
          map (e: {
            name = e.resource.id;
            value = { inherit (e.resource) config; meta = e.resource.meta or { }; };
          }) members
        );
        output = mapAttrs (_: v: if isLong v then v.value else v) (args.outputs or { });
        extra = args.extra or { };
      };
    in
    # Whoever asks for single values has had the whole before, and what is wrong with it.
    if args.ledger.functions or false then
      { functions = functions.answer places; }
    else if wrong != [ ] then
      check.failAll "nivis.toIR" wrong
    else
      # What waits can never be known then; the orchestrator says so before it does anything.
      whole // when ((args.ledger or { }) == { } && waits) { noLedger = true; };
in
{
  /** The arguments of `toIR` beyond the lists of resources. */
  inherit optional;

  /**
    The IR of a configuration, with what the ledger knows put in.

    # Type
    ```
    toIR :: { providers ? {}, resources ? [], dataSources ? [], modules ? [], outputs ? {}, nixConsumers ? [],
              backend ? null, extra ? {}, rootModule ? null, settings ? {}, ledger ? {} } -> IR
    ```
  */
  toIR =
    given:
    let
      modules = if isAttrs given && given ? tf && given ? config then given else { };
      args = if modules == { } then given else removeAttrs given beside;
    in
    build modules (check.args "toIR" [ ] ([ "providers" ] ++ lists ++ optional) args);
}
