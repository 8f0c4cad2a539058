/**
  Types of options for the module system of nixpkgs, whose `lib` is given.

  They merge JSON-like values at every depth and take the library's own values, derivations and paths for atoms.
*/
{ tag, check, builds }:
lib:
let
  inherit (builtins)
    attrNames
    concatLists
    concatMap
    elem
    elemAt
    filter
    genList
    head
    isAttrs
    isFunction
    isList
    length
    mapAttrs
    tail
    unsafeGetAttrPos
    zipAttrsWith
    ;

  isAtom = v: tag.isTagged v || builds.isOpaque v || v ? outPath || v ? __toString;
  isSet = v: isAttrs v && !isAtom v;
  isData = v: isAtom v || !isFunction v;

  kindOf =
    v:
    if isSet v then
      "set"
    else if isList v then
      "list"
    else
      "atom";

  # References are equal if they lead to the same place; functions, which tags are, never are.
  same =
    a: b:
    if tag.is "ref" a && tag.is "ref" b then
      a.resource == b.resource && a.path == b.path && a.secret == b.secret
    else
      a == b;

  # What a conflict shows of a value is in the words of the library.
  shown = def: def // { value = if tag.isTagged def.value then check.describe def.value else def.value; };

  conflict =
    loc: first: other:
    let
      clash = map shown [ first other ];
    in
    # Two values that look alike would be taken for equal.
    if (head clash).value == (elemAt clash 1).value then
      throw "The option `${lib.showOption loc}' has conflicting definition values:\n- In `${first.file}': ${(head clash).value}\n- In `${other.file}': ${(head clash).value}\nUse `lib.mkForce value` or `lib.mkDefault value` to change the priority on any of these definitions."
    else
      lib.mergeEqualOption loc clash;

  property = v: isAttrs v && !tag.isTagged v && v ? _type;

  # `[ ]` where all definitions are switched off, else `[ merged ]`.
  defined =
    type: loc: defs:
    let
      only = head defs;
      merged = lib.mergeDefinitions loc type defs;
    in
    if length defs == 1 && !(property only.value) && type.check only.value then
      [ (type.merge loc defs) ]
    else if merged.isDefined then
      [ merged.mergedValue ]
    else
      [ ];

  members =
    type: loc: defs:
    let
      entries = zipAttrsWith (name: found: defined type (loc ++ [ name ]) found) (
        map (
          def:
          mapAttrs (name: value: {
            inherit (def) file;
            inherit value;
            pos = unsafeGetAttrPos name def.value;
          }) def.value
        ) defs
      );
    in
    mapAttrs (_: head) (
      removeAttrs entries (filter (name: entries.${name} == [ ]) (attrNames entries))
    );

  elements =
    type: loc: defs:
    concatLists (
      concatMap (
        def:
        genList (
          i:
          defined type (loc ++ [ "[${toString i}]" ]) [
            {
              inherit (def) file;
              value = elemAt def.value i;
            }
          ]
        ) (length def.value)
      ) defs
    );

  type =
    name: description: test: merge:
    lib.mkOptionType {
      inherit name description merge;
      check = test;
    };

  value = type "value" "what an argument can be: data, a reference, or what is computed from one" isData (
    loc: defs:
    let
      kinds = map (def: kindOf def.value) defs;
      kind = head kinds;
      others = filter (def: kindOf def.value != kind || (kind == "atom" && !(same (head defs).value def.value))) (
        tail defs
      );
    in
    if others != [ ] then
      conflict loc (head defs) (head others)
    else if kind == "set" then
      members value loc defs
    else if kind == "list" then
      elements value loc defs
    else
      (head defs).value
  );

  set = description: type "set" description isSet (members value);

  # `depth` levels of names above blocks; `finish` sees a merged block, its place and its definitions.
  tree =
    depth: what: finish:
    if depth == 0 then
      type "block" "the arguments of a ${what}, an attribute set" isSet (
        loc: defs: finish loc defs (members value loc defs)
      )
    else
      type "blocks" "${what}s by ${if depth == 1 then "name" else "type and name"}" isSet (
        members (tree (depth - 1) what finish)
      );

  # A submodule sees definitions in the reverse order.
  reversed =
    inner:
    inner
    // {
      merge =
        loc: defs:
        let
          last = length defs - 1;
        in
        inner.merge loc (genList (i: elemAt defs (last - i)) (length defs));
    };

  computed = v: elem (tag.kindOf v) [ "ref" "derived" "expr" "sensitive" "build" ];

  atom =
    loc: defs:
    let
      others = filter (def: !(same (head defs).value def.value)) (tail defs);
    in
    if others == [ ] then (head defs).value else conflict loc (head defs) (head others);

  ref = type "ref" "reference or what is computed from one" computed atom;
in
{
  inherit value set tree reversed ref;

  /** A reference in the place of a value of a type, or such a value. */
  orRef = lib.types.either ref;
}
