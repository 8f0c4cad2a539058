# What is wrong in modules for nixpkgs' module system, and lines of the text that must come.
nixpkgs:
let
  nivis = import ../../../nivis_tofu/nixlib;
  inherit (nixpkgs) mkOption types;
  ir = modules: nivis.toModuleIR { lib = nixpkgs; inherit modules; };
  inFile = _file: config: { inherit _file config; };
  a = input: { resource.terraform_data.a = { inherit input; }; };
  ref = { config, ... }: { output.o.value = config.resource.terraform_data.a.refAttr "id"; };
in
{
  "conflict: two values, both files" = {
    expr = ir [ (inFile "one.nix" (a { x = 1; })) (inFile "two.nix" (a { x = 2; })) ];
    message = [ "The option `resource.terraform_data.a.input.x' has conflicting definition values:" "- In `one.nix': 1" "- In `two.nix': 2" "lib.mkForce" ];
  };
  "conflict: two references" = {
    expr = ir [
      ({ config, ... }: inFile "one.nix" (a { x = config.resource.terraform_data.b.refAttr "id"; }))
      ({ config, ... }: inFile "two.nix" (a { x = config.resource.terraform_data.b.refAttr "output"; }))
      { resource.terraform_data.b = { }; }
    ];
    message = [
      "The option `resource.terraform_data.a.input.x' has conflicting definition values:"
      "one.nix': \"the reference 'terraform.terraform_data.b.id'\""
      "two.nix': \"the reference 'terraform.terraform_data.b.output'\""
    ];
  };
  "conflict: two computed values, which look alike" = {
    expr = ir [ (inFile "one.nix" (a (nivis.sensitive "x"))) (inFile "two.nix" (a (nivis.sensitive "y"))) ];
    message = [ "`resource.terraform_data.a.input' has conflicting definition values:" "one.nix': a sensitive value" "two.nix': a sensitive value" ];
  };
  "conflict: a set and a list" = {
    expr = ir [ (inFile "one.nix" (a { x = 1; })) (inFile "two.nix" (a [ 1 ])) ];
    message = [ "`resource.terraform_data.a.input' has conflicting definition values:" "one.nix'" "two.nix'" ];
  };
  "type: a block that is no set" = {
    expr = ir [ (inFile "one.nix" { resource.terraform_data.a = "x"; }) ];
    message = [ "A definition for option `resource.terraform_data.a' is not of type `the arguments of a resource, an attribute set'" "one.nix'" ];
  };
  "type: a function as an argument" = {
    expr = ir [ (inFile "one.nix" (a { f = x: x; })) ];
    message = [ "A definition for option `resource.terraform_data.a.input.f' is not of type `what an argument can be" "one.nix'" ];
  };
  "type: a reference where an option wants a string" = {
    expr = ir [
      { options.x = mkOption { type = types.str; }; }
      (a 1)
      ({ config, ... }: inFile "one.nix" { x = config.resource.terraform_data.a.refAttr "id"; output.o.value = config.x; })
    ];
    message = [ "A definition for option `x' is not of type `string'" "one.nix'" ];
  };
  "type: data where an option wants a reference" = {
    expr = ir [ { options.x = mkOption { type = (nivis.optionTypes nixpkgs).ref; }; } (inFile "one.nix" { x = "text"; }) ({ config, ... }: a config.x) ];
    message = [ "is not of type `reference or what is computed from one'" "one.nix'" ];
  };
  "option: one that does not exist" = {
    expr = ir [ (inFile "one.nix" { resorce.terraform_data.a = { }; }) ];
    message = [ "The option `resorce' does not exist" "one.nix'" ];
  };
  "value: a whole resource" = {
    expr = ir [ (a 1) ({ config, ... }: { resource.terraform_data.b.input = config.resource.terraform_data.a; }) ];
    message = [ "'terraform.terraform_data.b', config.input: the resource 'terraform.terraform_data.a' is used as a value" "refAttr" ];
  };
  "value: a reference in a string" = {
    expr = ir [ (a 1) ({ config, ... }: { output.o.value = "${config.resource.terraform_data.a.refAttr "id"}"; }) ];
    message = [ "the reference 'terraform.terraform_data.a.id' cannot be made into a string" ];
  };
  "string: what is no expression of the engine" = {
    expr = ir [ (a { deep = [ "echo \${HOME}" ]; }) ];
    message = [ "resource.terraform_data.a.input.deep: '\${HOME}' is no expression of the engine" "write '$\${HOME}'" "nivis.verbatim" ];
  };
  "string: what only a shell understands, beside an expression" = {
    expr = ir [ (a "\${terraform_data.b.id} \${NAME:-x}") { resource.terraform_data.b = { }; } ];
    message = [ "resource.terraform_data.a.input: '\${NAME:-x}' is no expression of the engine" "write '$\${NAME:-x}'" ];
  };
  "string: a directive that does not exist" = {
    expr = ir [ (a "curl -w '%{http_code}'") ];
    message = [ "'%{http_code}' is no expression of the engine" "write '%%{http_code}'" ];
  };
  "output: without a value" = {
    expr = ir [ { output.o.description = "d"; } ];
    message = [ "nivis: output.o has no 'value'" ];
  };
  "output: an argument that would be dropped" = {
    expr = ir [ { output.o = { value = 1; depends_on = [ ]; }; } ];
    message = [ "nivis: output.o has the argument 'depends_on', which nivis does not pass on" ];
  };
  "module: without a source" = {
    expr = ir [ { module.m.x = 1; } ];
    message = [ "nivis: module.m has no 'source'" ];
  };
  "backend: several" = {
    expr = ir [ { backend.local = { }; terraform.backend.s3 = { }; } ];
    message = [ "nivis: several backends are configured (local, s3)" ];
  };
  "remote state: one name twice" = {
    expr = ir [ { remote_state = { s3.net = { }; local.net = { }; }; } ];
    message = [ "nivis: remote_state: 'net' is declared for several backends (local, s3)" ];
  };
  "provider: no name" = {
    expr = ir [ { resource.terraform_data.a.provider = { }; } ];
    message = [ "nivis: a provider is named by a string such as \"aws\" or \"aws.west\", got an attribute set" ];
  };
  "assertions: those that fail" = {
    expr = ir [ { assertions = [ { assertion = true; message = "no"; } { assertion = false; message = "the region is needed"; } ]; } ];
    message = [ "nivis: the region is needed" ];
  };
  "evalNixModules: a lib that is none" = {
    expr = nivis.evalNixModules { lib = { }; modules = [ ]; };
    message = [ "nivis.evalNixModules: 'lib' must be the lib of nixpkgs" "an attribute set without its module system" ];
  };
  "evalNixModules: our own lib" = {
    expr = nivis.evalNixModules { lib = nivis; modules = [ ]; };
    message = [ "nivis.evalNixModules: 'lib' must be the lib of nixpkgs" ];
  };
  "evalNixModules: templates that are no boolean" = {
    expr = nivis.evalNixModules { lib = nixpkgs; modules = [ (a 1) ]; templates = "no"; };
    message = [ "nivis.evalNixModules: 'templates' must be a boolean, got the string 'no'" ];
  };
  "verbatim: no string" = {
    expr = nivis.verbatim 1;
    message = [ "nivis.verbatim: 'text' must be a string, got the integer 1" ];
  };
  "toModuleIR: an output beside modules that have it" = {
    expr = nivis.toModuleIR { lib = nixpkgs; modules = [ { output.o.value = 1; } ]; outputs.o = 2; };
    message = [ "nivis: output 'o' is declared in several modules" ];
  };
}
