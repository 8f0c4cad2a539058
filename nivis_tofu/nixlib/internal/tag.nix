/**
  Tagged values: what tells the library's own values from data.

  The tag is a function, which JSON cannot hold, so that no output of a provider can pass for a reference.
*/
{ trace }:
let
  inherit (builtins) isAttrs isFunction;

  isTagged = v: isAttrs v && v ? __nivis && isFunction v.__nivis;
in
{
  inherit isTagged;

  /**
    Tag `attrs` as a value of `kind`; `name` says what it is when it is used as a string.

    # Type
    ```
    mk :: String -> String -> AttrSet -> Tagged
    ```
  */
  mk =
    kind: name: attrs:
    attrs
    // {
      __nivis = _: kind;
      __toString =
        _:
        trace.fail "nivis: ${name} cannot be made into a string with \"\${…}\", toString or toJSON: use lib.str [ \"text\" value ], or lib.derived to compute with it";
    };

  /** The kind of a tagged value, null for data. */
  kindOf = v: if isTagged v then v.__nivis null else null;

  /** Whether a value is a resource, a data source or a module call. */
  isObject =
    v:
    isTagged v
    && builtins.elem (v.__nivis null) [
      "resource"
      "data"
      "module"
    ];

  /** Whether a value is tagged with this kind. */
  is = kind: v: isTagged v && v.__nivis null == kind;
}
