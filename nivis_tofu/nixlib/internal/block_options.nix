/** The options of a configuration: the blocks of the engine, as terranix users know them, and what nivis adds. */
{ check, types, read }:
{ lib, config, ... }:
let
  inherit (builtins)
    attrNames
    concatMap
    concatStringsSep
    filter
    head
    length
    listToAttrs
    mapAttrs
    ;

  option =
    description: type: default:
    lib.mkOption { inherit description type default; };
  blocks =
    depth: what: finish:
    option "The ${what}s of the configuration." (types.tree depth what finish) { };
  # Modules may declare the options of a type, as in `options.resource.aws_vpc`; what they make is read like the rest.
  typed =
    kind: what:
    let
      free = types.tree 2 what (read kind);
      finished = type: name: body: if body ? __object then body else read kind [ kind type name ] [ ] body;
    in
    lib.mkOption {
      description = "The ${what}s of the configuration.";
      default = { };
      type = if lib.types ? submodule then lib.types.submodule { freeformType = types.reversed free; } else free;
      apply = mapAttrs (type: mapAttrs (finished type));
    };
  set = description: option description (types.set "an attribute set") { };
  entries = what: option "The `${what}` blocks of the configuration." types.value [ ];
  merged =
    _: _: body:
    body;

  states = concatMap (
    backend:
    map (name: { inherit name backend; }) (attrNames config.remote_state.${backend})
  ) (attrNames config.remote_state);
  twice = filter (s: length (filter (other: other.name == s.name) states) > 1) states;
in
{
  _file = "nivis";

  options = {
    resource = typed "resource" "resource";
    data = typed "data" "data source";
    ephemeral = blocks 2 "ephemeral resource" (read "ephemeral");
    module = blocks 1 "module call" (read "module");
    provider = set "Configurations of providers by name; a list holds several, all but one with an `alias`.";
    output = set "Output values: `{ value, sensitive ?, description ? }`.";
    variable = blocks 1 "input variable" merged;
    check = blocks 1 "check" merged;
    locals = set "Local values.";
    terraform = set "Settings of the engine.";
    backend = set "Where the state is: `backend.s3 = { … }`, or `{ type = \"s3\"; … }`.";
    remote_state = blocks 2 "remote state" merged;
    import = entries "import";
    moved = entries "moved";
    removed = entries "removed";

    resources = option "Resources, data sources, module calls and `whenKnown` groups made with nivis.lib." types.value [ ];
    settings = set "Settings of nivis.";
    rootModule = option "A directory of `.tf` files that join." types.value null;
    assertions = option "Conditions that must hold: `{ assertion, message }`." (lib.types.listOf lib.types.unspecified) [ ];
    warnings = option "What to warn of." (lib.types.listOf lib.types.str) [ ];
    _meta = option "What others read from the configuration; the engine never sees it." (lib.types.lazyAttrsOf lib.types.unspecified) { };
  };

  config.data =
    if twice != [ ] then
      check.fail "nivis: remote_state: '${(head twice).name}' is declared for several backends (${concatStringsSep ", " (map (s: s.backend) (filter (s: s.name == (head twice).name) states))}): give one of them another name"
    else
      lib.mkIf (states != [ ]) {
        terraform_remote_state = listToAttrs (
          map (s: {
            inherit (s) name;
            value = {
              inherit (s) backend;
              config = config.remote_state.${s.backend}.${s.name};
            };
          }) states
        );
      };
}
