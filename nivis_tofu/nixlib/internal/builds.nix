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
  drvsOf =
    s:
    let
      context = getContext s;
    in
    filter (k: context.${k} ? outputs) (attrNames context);

  # `/nix/store/<hash>-<name>` without the hash.
  nameOf = path: substring (stringLength storeDir + 34) (-1) path;

  # The derivation, of some, that makes a store path: an output has its name, with that of the output behind.
  makerOf =
    drvs: path:
    let
      name = nameOf path;
      of = drv: substring 0 (stringLength (nameOf drv) - 4) (nameOf drv);
      makes = drv: name == of drv || substring 0 (stringLength (of drv) + 1) name == "${of drv}-";
      found = filter makes drvs;
      exact = filter (drv: name == of drv) drvs;
      chosen = if exact != [ ] then exact else found;
    in
    if length drvs == 1 then
      drvs
    else if length chosen > 1 then
      check.fail "nivis: several derivations may make ${path}: give it as a whole value, or as lib.drvFile"
    else
      chosen;
in
{
  inherit isDerivation;

  /** Whether text beside store paths that have to be built is in a string. */
  hasBuilds = s: hasContext s && drvsOf s != [ ] && !(length (drvsOf s) == 1 && isStorePath s);

  /** A string as text and builds, where store paths in it have to be built. */
  pieces =
    s:
    let
      drvs = drvsOf s;
      plain = unsafeDiscardStringContext s;
      piece =
        p:
        if isString p then
          p
        else
          let
            made = makerOf drvs (head p);
          in
          if made == [ ] then head p else leaf (head p) (head made);
    in
    if !hasContext s || drvs == [ ] then
      [ plain ]
    else
      filter (p: p != "") (
        map piece (builtins.split "(${storeDir}/[0-9a-z]{32}-[0-9a-zA-Z+._?=-]+)" plain)
      );

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
      drvs = drvsOf s;
    in
    if !hasContext s then
      s
    else if length drvs == 1 && isStorePath s then
      leaf s (head drvs)
    else
      unsafeDiscardStringContext s;
}
