/** Resolution: what a value consumes, whether all of it is known, and what it then is. */
{
  tag,
  trace,
  check,
  refs,
  ledger,
  builds,
  shared,
}:
let
  inherit (builtins)
    all
    any
    attrValues
    concatMap
    concatStringsSep
    filter
    head
    isAttrs
    isList
    isString
    mapAttrs
    toJSON
    unsafeDiscardStringContext
    ;

  plain = value: {
    refs = [ ];
    known = true;
    sensitive = false;
    inherit value;
  };

  gather = children: value: {
    refs = concatMap (c: c.refs) children;
    known = all (c: c.known) children;
    sensitive = any (c: c.sensitive) children;
    inherit value;
  };

  /*
    { inputs, output }: the inputs consumed, and what `render` made of them.
    `output` must not be forced unless `inputs.known`.
  */
  step =
    ctx: where: d:
    let
      inputs = consume ctx where d.inputs;
    in
    {
      inherit inputs;
      output = render where d inputs.value;
    };

  render =
    where: d: inputs:
    telling where d (d.render inputs);

  telling = where: d: trace.doing "computing the derived value of" where d.written;

  within = where: shared.open (ctx: computed ctx where);

  computed =
    ctx: where: d:
    let
      this = step ctx where d;
      output = consume ctx where this.output;
    in
    if !this.inputs.known then
      this.inputs
      // {
        refs = refs.unique this.inputs.refs;
        sensitive = d.secret || this.inputs.sensitive;
        value = check.fail "nivis: ${where}: a derived value is not known yet";
      }
    else
      {
        refs = refs.unique (this.inputs.refs ++ output.refs);
        inherit (output) known value;
        sensitive = d.secret || this.inputs.sensitive || output.sensitive;
      };

  tagged = {
    ref = ctx: where: r: {
      refs = [ r ];
      known = ctx.known r;
      # Of what another stack has, nobody but the ledger tells that it is secret.
      sensitive = r.secret || ((r.foreign or false) && ctx.secret r);
      value = ctx.value where r;
    };
    derived =
      ctx: where: d:
      let
        found = shared.find ctx d;
      in
      if found == [ ] then computed (within where ctx d) where d else head found;
    sensitive =
      ctx: where: s:
      consume ctx where s.value // { sensitive = true; };
    build =
      _: _: b:
      plain b.path;
    expr =
      _: where: e:
      check.fail "nivis: ${where}: ${check.describe e} is evaluated by the engine, so that Nix cannot compute with it: give the references themselves as inputs";
    group = _: check.misuse;
    resource = _: check.misuse;
    data = _: check.misuse;
    module = _: check.misuse;
  };

  consume =
    ctx: where: v:
    if isList v then
      let
        children = map (consume ctx where) v;
      in
      gather children (map (c: c.value) children)
    else if !isAttrs v then
      plain v
    else if tag.isTagged v then
      tagged.${tag.kindOf v} ctx where v
    else if builds.isOpaque v then
      plain v
    else
      let
        children = mapAttrs (_: consume ctx where) v;
      in
      gather (attrValues children) (mapAttrs (_: c: c.value) children);

  # One part of a text as the IR writes it: known text, a reference, or what a computed part comes from.
  part =
    ctx: where: p:
    let
      found = consume ctx where p;
      own = refs.unique found.refs;
    in
    if isString p then
      unsafeDiscardStringContext p
    else if !isAttrs p then
      toJSON p
    else if tag.is "ref" p then
      refs.encode p
    else
      {
        __derived = {
          inputs = map refs.text own;
          refs = own;
        } // (if found.sensitive then { sensitive = true; } else { });
      };
in
{
  inherit consume;

  /** What a derived value makes of the values of its inputs. */
  inherit render;
  /** An error in what follows is one of a derived value. */
  inherit telling;
  /** What a text is made of whose value is not known yet: a plan shows the known parts. */
  parts =
    ctx: where: d:
    map (part (within where ctx d) where) d.inputs;

  /** `step` for a value that is wanted as a whole. */
  run =
    ctx: where: d:
    step (within where ctx d) where d;

  /**
    The value behind references and derived values, by what a ledger knows.

    # Type
    ```
    resolve :: Ledger -> Any -> Any
    ```

    # Examples
    ```
    resolve ledger (str [ "arn of " (bucket.refAttr "arn") ])
    ```
  */
  resolve =
    given: v:
    let
      ctx = ledger.open "resolve" given;
      result = consume ctx "lib.resolve" v;
      waiting = map refs.text (refs.unique (filter (r: !ctx.known r) result.refs));
    in
    if result.known then
      result.value
    else
      check.fail "nivis.resolve: not known yet: ${concatStringsSep ", " waiting}";
}
