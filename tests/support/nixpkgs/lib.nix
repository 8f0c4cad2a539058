{
  versionAtLeast = v: least: builtins.compareVersions v least >= 0;
  removePrefix =
    prefix: text:
    let
      n = builtins.stringLength prefix;
    in
    if builtins.substring 0 n text == prefix then
      builtins.substring n (builtins.stringLength text) text
    else
      text;
  hasSuffix =
    suffix: text:
    let
      n = builtins.stringLength suffix;
      length = builtins.stringLength text;
    in
    length >= n && builtins.substring (length - n) n text == suffix;
  makeBinPath = packages: builtins.concatStringsSep ":" (map (package: "${package}/bin") packages);
  optionals = wanted: list: if wanted then list else [ ];
  licenses.asl20 = "Apache-2.0";
  # A package whose programs are the machine's.
  linked =
    system: name: programs:
    derivation {
      inherit system name;
      builder = "/bin/sh";
      PATH = "/usr/bin:/bin";
      args = [
        "-ec"
        (
          "mkdir -p $out/bin\n"
          + builtins.concatStringsSep "\n" (
            map (program: "ln -s ${programs.${program}} $out/bin/${program}") (builtins.attrNames programs)
          )
        )
      ];
    };
}
