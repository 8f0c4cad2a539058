/** Meta-arguments: ids where resources were written. */
{
  tag,
  check,
  refs,
  encode,
}:
let
  inherit (builtins)
    all
    isAttrs
    isBool
    isList
    isString
    mapAttrs
    removeAttrs
    ;

  dependency =
    where: v:
    if isString v then
      v
    else if tag.isObject v then
      v.id
    else if refs.isRef v then
      v.resource
    else
      check.fail "nivis: ${where}.dependsOn: expects resources or ids, got ${check.describe v}";

  trigger =
    ids: where: v:
    if isString v then
      if ids ? ${v} then refs.whole v else v
    else if tag.isObject v then
      refs.whole v.id
    else if refs.isRef v then
      refs.encode v
    else
      check.fail "nivis: ${where}.lifecycle.replaceTriggeredBy: expects resources, references or ids, got ${check.describe v}";

  list =
    where: v:
    if isList v then v else check.fail "nivis: ${where} must be a list, got ${check.describe v}";

  flag =
    where: v:
    if v == null || isBool v then v else check.fail "nivis: ${where} must be a boolean, got ${check.describe v}";

  names =
    where: v:
    if v == null || v == "all" || (isList v && all isString v) then
      v
    else
      check.fail "nivis: ${where} must be a list of attribute names, or \"all\", got ${check.describe v}";

  kinds = {
    preventDestroy = flag;
    createBeforeDestroy = flag;
    ignoreChanges = names;
  };

  checked =
    where: v: k: x:
    check.argument v k ((kinds.${k} or (_: y: y)) "${where}.${k}" x);

  lifecycle =
    ctx: ids: where: v:
    if !isAttrs v then
      check.fail "nivis: ${where}.lifecycle must be an attribute set, got ${check.describe v}"
    else
      encode.value ctx "${where}.lifecycle" (
        mapAttrs (checked "${where}.lifecycle" v) (removeAttrs v [ "replaceTriggeredBy" ])
      )
      // (
        if v ? replaceTriggeredBy then
          {
            replaceTriggeredBy =
              let
                placed = check.argument v "replaceTriggeredBy";
              in
              map (x: placed (trigger ids where x)) (
                placed (list "${where}.lifecycle.replaceTriggeredBy" v.replaceTriggeredBy)
              );
          }
        else
          { }
      );
in
{
  /** The meta-arguments of one resource; `ids` are all ids there are. */
  encode =
    ctx: ids: where: meta:
    # A resource stands where none can: under a misspelt name, which whoever reads the IR knows better.
    encode.withAddresses ctx where (removeAttrs meta [ "dependsOn" "lifecycle" ])
    // (
      if meta ? dependsOn then
        {
          dependsOn =
            let
              placed = check.argument meta "dependsOn";
            in
            map (x: placed (dependency where x)) (placed (list "${where}.dependsOn" meta.dependsOn));
        }
      else
        { }
    )
    // (if meta ? lifecycle then { lifecycle = check.argument meta "lifecycle" (lifecycle ctx ids where meta.lifecycle); } else { });
}
