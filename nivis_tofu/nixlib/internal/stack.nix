/** Other stacks of the flake: their outputs, as values of this one. */
{ check, refs, values }:
let
  inherit (builtins) head match;

  # The engine never sees such a reference: Nix puts the value in its place once the other stack has it.
  read =
    ref:
    values.derived {
      inputs = [ (ref // { foreign = true; }) ];
      render = head;
    };

  checkName =
    name:
    if match "[A-Za-z0-9_][A-Za-z0-9_-]*" (check.text "stack" "name" name) == null then
      check.fail "nivis.stack: '${name}' cannot be the name of a stack: use letters, digits, '_' and '-'"
    else
      name;
in
{
  /**
    Another stack of the flake. `refAttr` and `refPath` are values of its outputs, for use wherever a reference can
    stand; they are not known until that stack has been applied, and a sensitive output stays sensitive.

    # Type
    ```
    stack :: String -> { name :: String, refAttr :: String -> Derived, refPath :: [String | Int] -> Derived }
    ```

    # Examples
    ```
    (stack "network").refAttr "vpc"
    ```
  */
  stack =
    given:
    let
      name = checkName given;
      id = "stack.${name}";
    in
    {
      inherit name id;
      refAttr = attr: read (refs.attrOf id attr);
      refPath = path: read (refs.pathOf id path);
    };
}
