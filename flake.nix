{
  description = "Nivis: infrastructure as Nix code on the real OpenTofu engine";

  outputs =
    { self }:
    let
      inherit (builtins)
        attrNames
        filter
        listToAttrs
        pathExists
        readDir
        ;
      entries = if pathExists ./templates then readDir ./templates else { };
      names = filter (n: entries.${n} == "directory") (attrNames entries);
      template = name: {
        path = ./templates + "/${name}";
        description = "Nivis project: ${name}";
      };
      templates = listToAttrs (
        map (name: {
          inherit name;
          value = template name;
        }) names
      );
    in
    {
      lib = import ./nivis_tofu/nixlib;
      inherit templates;
    };
}
