/** Meta-arguments: ids where resources were written. */
{
  tag,
  check,
  refs,
  encode,
}:
let
  inherit (builtins)
    isAttrs
    isList
    isString
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
      throw "nivis: ${where}.dependsOn: expects resources or ids, got ${check.describe v}";

  trigger =
    ids: where: v:
    if isString v then
      if ids ? ${v} then refs.whole v else v
    else if tag.isObject v then
      refs.whole v.id
    else if refs.isRef v then
      refs.encode v
    else
      throw "nivis: ${where}.lifecycle.replaceTriggeredBy: expects resources, references or ids, got ${check.describe v}";

  list =
    where: v:
    if isList v then v else throw "nivis: ${where} must be a list, got ${check.describe v}";

  lifecycle =
    ctx: ids: where: v:
    if !isAttrs v then
      throw "nivis: ${where}.lifecycle must be an attribute set, got ${check.describe v}"
    else
      encode.value ctx "${where}.lifecycle" (removeAttrs v [ "replaceTriggeredBy" ])
      // (
        if v ? replaceTriggeredBy then
          {
            replaceTriggeredBy = map (trigger ids where) (
              list "${where}.lifecycle.replaceTriggeredBy" v.replaceTriggeredBy
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
        { dependsOn = map (dependency where) (list "${where}.dependsOn" meta.dependsOn); }
      else
        { }
    )
    // (if meta ? lifecycle then { lifecycle = lifecycle ctx ids where meta.lifecycle; } else { });
}
