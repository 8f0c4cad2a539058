/** Files built by Nix: told from data by string context, which JSON cannot forge either. */
{ tag, check }:
let
  inherit (builtins)
    attrNames
    filter
    getContext
    hasContext
    head
    isAttrs
    isString
    length
    match
    storeDir
    stringLength
    substring
    unsafeDiscardStringContext
    ;

  contextual = v: k: v ? ${k} && isString v.${k} && hasContext v.${k};
  isDerivation = v: isAttrs v && contextual v "drvPath" && contextual v "outPath";

  checkDrv =
    fn: v:
    if isDerivation v then
      v
    else
      check.fail "nivis.${fn}: expects a derivation, got ${check.describe v}";

  # What is no derivation is an error where the file is used, not where its fields are read.
  make =
    d: path:
    builtins.seq d tag.mk "build" "a file built by Nix" {
      inherit path;
      drv = d.drvPath;
    };

  leaf = path: drv: {
    __build = {
      path = unsafeDiscardStringContext path;
      drv = unsafeDiscardStringContext drv;
    };
  };

  isStorePath =
    s:
    stringLength s < 4096
    && substring 0 (stringLength storeDir + 1) s == "${storeDir}/"
    && match "[^[:space:]]+" s != null;
in
{
  inherit isDerivation;

  /** Whether a value stands for a store path, and must not be walked into. */
  isOpaque = v: contextual v "outPath";

  /**
    The output of a derivation: built before the resource that uses it, its path being the value.

    # Type
    ```
    drv :: Derivation -> Build
    ```
  */
  drv =
    given:
    let
      d = checkDrv "drv" given;
    in
    make d d.outPath;

  /**
    A file inside the output of a derivation.

    # Type
    ```
    drvFile :: Derivation -> String -> Build
    ```

    # Examples
    ```
    drvFile lambda "function.zip"
    ```
  */
  drvFile =
    given: path:
    let
      d = checkDrv "drvFile" given;
      relative = check.text "drvFile" "path" path;
    in
    if substring 0 1 relative == "/" then
      check.fail "nivis.drvFile: '${relative}' must be relative to the derivation's output"
    else
      make d "${d.outPath}/${relative}";

  /** Whether a value is a file built by Nix. */
  isBuild = tag.is "build";

  /** The leaf of a build. */
  encode = b: leaf b.path b.drv;

  /** A derivation used as a value is its output. */
  encodeDerivation = d: leaf d.outPath d.drvPath;

  /** A string, or a build where the whole of it is a path into one derivation's output. */
  encodeString =
    s:
    let
      context = getContext s;
      drvs = filter (k: context.${k} ? outputs) (attrNames context);
    in
    if !hasContext s then
      s
    else if length drvs == 1 && isStorePath s then
      leaf s (head drvs)
    else
      unsafeDiscardStringContext s;
}
