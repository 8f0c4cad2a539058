let
  common = import ./common.nix;
  inherit (common) lib encode;
  one = type: v: (lib.mkVars { x = { inherit type; }; } { x = v; }).x;
in
{
  "mkVars: default, injected, and null as not set" = {
    expr = lib.mkVars {
      a.default = 1;
      b.default = 1;
      c.default = null;
      d.default = 4;
    } {
      b = 2;
      d = null;
      undeclared = 5;
    };
    expected = {
      a = 1;
      b = 2;
      c = null;
      d = 4;
    };
  };
  "mkVars: strings are coerced by the declared type" = {
    expr = [
      (one "str" "7")
      (one "int" "-7")
      (one "int" "007")
      (one "bool" "true")
      (one "bool" "0")
      (one "list" " [1, \"a\"]")
      (one "attrs" "{\"a\": [null]}")
      (one "any" "7")
    ];
    expected = [
      "7"
      (-7)
      7
      true
      false
      [ 1 "a" ]
      { a = [ null ]; }
      "7"
    ];
  };
  "mkVars: values that have the type already" = {
    expr = [
      (one "str" 7)
      (one "str" true)
      (one "int" 7)
      (one "bool" false)
      (one "list" [ 1 ])
      (one "attrs" { a = 1; })
      (one "any" [ 1.5 ])
    ];
    expected = [
      "7"
      "true"
      7
      false
      [ 1 ]
      { a = 1; }
      [ 1.5 ]
    ];
  };
  "mkVars: an unset variable harms only who uses it" = {
    expr = (lib.mkVars { a = { }; b.default = 1; } { }).b;
    expected = 1;
  };
  "mkVars: sensitive ones are usable whole, in str, derived and expr" = {
    expr =
      let
        v = lib.mkVars {
          n = {
            type = "int";
            sensitive = true;
          };
        } { n = "5"; };
        leaf = value: {
          __derived = {
            inputs = [ ];
            refs = [ ];
            inherit value;
            sensitive = true;
          };
        };
      in
      [
        (encode v.n == leaf 5)
        (encode (lib.str [ "n=" v.n ]) == leaf "n=5")
        (
          encode (
            lib.derived {
              inputs = { inherit (v) n; };
              render = { n }: n + 1;
            }
          ) == leaf 6
        )
        (encode (lib.expr [ "a" v.n ]) == { __expr = [ "a" (leaf 5) ]; })
      ];
    expected = [ true true true true ];
  };
  "mkVars: a value written in Nix may refer to the variables" = {
    expr =
      let
        vars = lib.mkVars {
          a = { };
          b.default = 3;
        } ({ z = 5; } // { a = vars.b + 1; });
      in
      vars;
    expected = {
      a = 4;
      b = 3;
    };
  };
}
