/** Encoding: library values become leaves, everything else is data. */
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
    elemAt
    genList
    intersectAttrs
    isAttrs
    isList
    isString
    length
    mapAttrs
    typeOf
    ;

  leafKeys = {
    __ref = null;
    __derived = null;
    __sensitiveRef = null;
    __expr = null;
    __build = null;
    __literal = null;
  };

  derived =
    c: where: d:
    let
      step = resolve.run c.ctx where d;
      own = refs.unique step.inputs.refs;
      secret = d.secret || step.inputs.sensitive;
      provenance = {
        inputs = map refs.text own;
        refs = own;
      };
      sensitive = if secret then { sensitive = true; } else { };
      # What is computed was written where `render` is, if that is known.
      here =
        c
        // (
          if d.written == null then
            { }
          else
            {
              places = null;
              inherit (d) written;
            }
        );
      output = resolve.telling where d (encode here where step.output);
      parts = if d.text && !secret then { parts = resolve.parts c.ctx where d; } else { };
    in
    if !step.inputs.known then
      { __derived = provenance // sensitive // parts; }
    else if own == [ ] && !secret then
      output
    else
      { __derived = provenance // { value = output; } // sensitive; };

  tagged = {
    ref =
      _: _: r:
      refs.encode r;
    inherit derived;
    sensitive = c: where: s: {
      __derived = {
        inputs = [ ];
        refs = [ ];
        value = encode c where s.value;
        sensitive = true;
      };
    };
    expr =
      c: where: e:
      let
        # The parts are looked at later than the expression.
        telling = trace.doing "reading" where c.written;
        one =
          p:
          if isString p then
            map (piece: if isString piece then piece else data piece) (builds.pieces p)
          else
            [ (telling (part c where p)) ];
      in
      {
        __expr = telling (builtins.concatMap one e.parts);
      };
    build =
      _: _: b:
      builds.encode b;
    group = _: check.misuse;
    resource = whole;
    data = whole;
    module = whole;
  };

  whole = c: where: r: if c.addresses then refs.whole r.id else check.misuse where r;

  # A derived value that resolves without references is bare, but the strings of a template are its text.
  part =
    c: where: p:
    let
      leaf = encode c where p;
    in
    if isAttrs leaf && (leaf ? __ref || leaf ? __sensitiveRef || leaf ? __derived) then leaf else data leaf;

  # Data as a part of a template.
  data = value: {
    __derived = {
      inputs = [ ];
      refs = [ ];
      inherit value;
    };
  };

  set =
    c: where: v:
    let
      members = mapAttrs (k: member (argument c k) "${where}.${k}") v;
    in
    if v ? _type && check.property v != null then
      check.leftover where v
    else if builds.isDerivation v then
      builds.encodeDerivation v
    else if builds.isOpaque v then
      builds.encodeString v.outPath
    else if v ? outPath || v ? __toString then
      check.fail "nivis: ${where}: Nix cannot write an attribute set with the key '${
        if v ? outPath then "outPath" else "__toString"
      }' as JSON: use another key"
    else if intersectAttrs leafKeys v != { } then
      { __literal = members; }
    else
      members;

  other = {
    lambda = where: _: check.fail "nivis: ${where}: a function cannot be written to the plan: call it (in a list a call has parentheses: [ (f x) ]), or remove it";
    path = _: v: builds.encodeString "${v}";
    string = _: builds.encodeString;
    float = check.float;
  };

  # An error in a member names its path, and where the argument was written to which it belongs.
  member = c: where: v: trace.doing "reading" where c.written (encode c where v);

  argument =
    c: k:
    if c.places == null then
      c
    else
      c
      // {
        places = null;
        written = c.places.${k} or c.places.${""} or null;
      };

  encode =
    c: where: v:
    if isAttrs v then
      if tag.isTagged v then tagged.${tag.kindOf v} c where v else set c where v
    else if isList v then
      genList (i: member c "${where}.${toString i}" (elemAt v i)) (length v)
    else
      (other.${typeOf v} or (_: x: x)) where v;

  # `places`: where the arguments of what is encoded were written, null below them.
  start = addresses: places: ctx: {
    inherit ctx addresses places;
    written = null;
  };
in
{
  /** A value as the IR writes it; `where` names it in errors. */
  value = ctx: member (start false null ctx);

  /** `value` of what is written under `name` in `set`. */
  entry =
    ctx: name: set:
    member (start false null ctx // { written = builtins.unsafeGetAttrPos name set; });

  /** The arguments of a resource. */
  config = ctx: r: encode (start false r.pos ctx) "'${r.id}', config" r.config;

  /** A value where a resource itself stands for its address. */
  withAddresses = ctx: member (start true null ctx);
}
