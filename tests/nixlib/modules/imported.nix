{ lib, ... }:
let
  text = "from a file";
in
{
  resource.terraform_data.a.input = text;
  imports = [
    { resource.terraform_data.a = lib.mkIf true { depends_on = [ ]; }; }
  ];
  output.o.value = "x";
  provider.random = { x = 1; };
}
