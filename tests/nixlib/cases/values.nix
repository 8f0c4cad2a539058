let
  common = import ./common.nix;
  inherit (common)
    lib
    bucket
    id
    ip
    both
    encode
    encodeWith
    refId
    refIp
    ref
    boom
    drv
    outputs
    ledger
    ;
  twice = lib.derived {
    inputs = [ id ];
    render = v: "${builtins.head v}-${builtins.head v}";
  };
in
{
  "str: plain parts give a plain string" = {
    expr = lib.str [
      "a"
      1
      "b"
      (-2)
      0.5
    ];
    expected = "a1b-20.5";
  };
  "str: with a reference it is derived, resolved with provenance" = {
    expr = encode (
      lib.str [
        "s3://"
        id
        "/"
        (bucket.refAttr "count")
      ]
    );
    expected.__derived = {
      inputs = [
        "aws.aws_s3_bucket.demo.id"
        "aws.aws_s3_bucket.demo.count"
      ];
      refs = [
        refId
        (ref "aws.aws_s3_bucket.demo" [ "count" ])
      ];
      value = "s3://demo-1/3";
    };
  };
  "jsonencode: data is an operand, references stay references" = {
    expr = encode (lib.jsonencode { a = [ id "b\${c}\"" ]; });
    expected.__expr = [
      "\${jsonencode("
      {
        __derived = {
          inputs = [ ];
          refs = [ ];
          value.a = [
            { __ref = refId; }
            "b\${c}\""
          ];
        };
      }
      ")}"
    ];
  };
  "call: a string is never text of the template, no argument is none, names may have a provider" = {
    expr = map encode [
      (lib.call "upper" [ "a\")} \${b" ])
      (lib.call "timestamp" [ ])
      (lib.call "provider::aws::arn_parse" [ id ])
      (lib.base64encode id)
    ];
    expected = [
      {
        __expr = [
          "\${upper("
          {
            __derived = {
              inputs = [ ];
              refs = [ ];
              value = "a\")} \${b";
            };
          }
          ")}"
        ];
      }
      { __expr = [ "\${timestamp()}" ]; }
      {
        __expr = [
          "\${provider::aws::arn_parse("
          { __ref = refId; }
          ")}"
        ];
      }
      {
        __expr = [
          "\${base64encode("
          { __ref = refId; }
          ")}"
        ];
      }
    ];
  };
  "interpolate: text is escaped across the border of parts" = {
    expr = encode (
      lib.interpolate [
        "a $"
        "{b} %{c} "
        1
        id
      ]
    );
    expected.__expr = [
      "a $\${b} %%{c} 1"
      { __ref = refId; }
    ];
  };
  "interpolate: without references it is a plain string" = {
    expr = lib.interpolate [
      "a\${"
      1
    ];
    expected = "a\${1";
  };
  "expr: store paths in its text are built, those that exist already stay text" = {
    expr =
      let
        made = name: derivation { inherit name; system = "x"; builder = "/bin/sh"; };
        found = encode (lib.expr "\${file(\"${made "job.json"}/x\")} ${made "job"} ${builtins.toFile "t" "t"}");
      in
      map (
        p: if p ? __derived then builtins.substring 44 100 p.__derived.value.__build.drv else if builtins.match ".*-t" p != null then "text" else p
      ) found.__expr;
    expected = [
      "\${file(\""
      "job.json.drv"
      "/x\")} "
      "job.drv"
      " "
      "text"
    ];
  };
  "expr: a string that Nix has computed is an operand" = {
    expr = encode (
      lib.expr [
        "\${upper("
        (lib.derived {
          inputs = [ ];
          render = _: "a\${b";
        })
        ")}"
      ]
    );
    expected.__expr = [
      "\${upper("
      {
        __derived = {
          inputs = [ ];
          refs = [ ];
          value = "a\${b";
        };
      }
      ")}"
    ];
  };
  "str: pending without the output" = {
    expr = encode (lib.str [ ip ]);
    expected.__derived = {
      inputs = [ "aws.aws_instance.web.ip" ];
      refs = [ refIp ];
      parts = [ { __ref = refIp; } ];
    };
  };
  "str: while it waits, what is known of it is told" = {
    expr = encode (
      lib.str [
        "http://"
        ip
        ":"
        80
        "/"
        (lib.derived {
          inputs = [ ip ];
          render = _: "x";
        })
      ]
    );
    expected.__derived = {
      inputs = [ "aws.aws_instance.web.ip" ];
      refs = [ refIp ];
      parts = [
        "http://"
        { __ref = refIp; }
        ":"
        "80"
        "/"
        {
          __derived = {
            inputs = [ "aws.aws_instance.web.ip" ];
            refs = [ refIp ];
          };
        }
      ];
    };
  };
  "str: of a secret text not even the known parts are told" = {
    expr = map (v: (encode v).__derived ? parts) [
      (lib.sensitive (
        lib.str [
          "token="
          ip
        ]
      ))
      (lib.str [
        (lib.sensitive "s3cret")
        ip
      ])
    ];
    expected = [
      false
      false
    ];
  };
  "str: takes a derived value" = {
    expr = lib.resolve both (
      lib.str [
        twice
        "!"
      ]
    );
    expected = "demo-1-demo-1!";
  };
  "derived: render is not called while an input is pending" = {
    expr = encode (
      lib.derived {
        inputs = { inherit ip id; };
        render = _: boom;
      }
    );
    expected.__derived = {
      inputs = [
        "aws.aws_s3_bucket.demo.id"
        "aws.aws_instance.web.ip"
      ];
      refs = [
        refId
        refIp
      ];
    };
  };
  "derived: inputs are resolved deeply, mixed with plain values" = {
    expr = lib.resolve both (
      lib.derived {
        inputs = {
          deep = [
            { inherit ip; }
            1
          ];
          plain = null;
        };
        render = v: v;
      }
    );
    expected = {
      deep = [
        { ip = "10.0.0.1"; }
        1
      ];
      plain = null;
    };
  };
  "derived: of a derived, both known" = {
    expr = encode (
      lib.derived {
        inputs = [ twice ];
        render = v: builtins.stringLength (builtins.head v);
      }
    );
    expected.__derived = {
      inputs = [ "aws.aws_s3_bucket.demo.id" ];
      refs = [ refId ];
      value = 13;
    };
  };
  "derived: of a pending derived lists the inner references" = {
    expr = encode (
      lib.derived {
        inputs = {
          a = id;
          b = lib.str [ ip ];
        };
        render = _: boom;
      }
    );
    expected.__derived = {
      inputs = [
        "aws.aws_s3_bucket.demo.id"
        "aws.aws_instance.web.ip"
      ];
      refs = [
        refId
        refIp
      ];
    };
  };
  "derived: an inner value that returns a pending reference" = {
    expr = encode (
      lib.str [
        (lib.derived {
          inputs = [ id ];
          render = _: ip;
        })
      ]
    );
    expected.__derived = {
      inputs = [
        "aws.aws_s3_bucket.demo.id"
        "aws.aws_instance.web.ip"
      ];
      refs = [
        refId
        refIp
      ];
      parts = [
        {
          __derived = {
            inputs = [
              "aws.aws_s3_bucket.demo.id"
              "aws.aws_instance.web.ip"
            ];
            refs = [
              refId
              refIp
            ];
          };
        }
      ];
    };
  };
  "derived: an inner value that returns a known reference" = {
    expr = encodeWith both (
      lib.str [
        "ip="
        (lib.derived {
          inputs = [ id ];
          render = _: ip;
        })
      ]
    );
    expected.__derived = {
      inputs = [
        "aws.aws_s3_bucket.demo.id"
        "aws.aws_instance.web.ip"
      ];
      refs = [
        refId
        refIp
      ];
      value = "ip=10.0.0.1";
    };
  };
  "derived: references returned by render stay native" = {
    expr = encode (
      lib.derived {
        inputs = [ id ];
        render = _: { address = ip; };
      }
    );
    expected.__derived = {
      inputs = [ "aws.aws_s3_bucket.demo.id" ];
      refs = [ refId ];
      value.address.__ref = refIp;
    };
  };
  "derived: a chain of references counts each of them once" = {
    expr =
      builtins.length
        (encode (
          lib.str [
            id
            id
            twice
          ]
        )).__derived.refs;
    expected = 1;
  };
  "derived: without any reference it is its bare value" = {
    expr = encode (
      lib.derived {
        inputs = { a = 1; };
        render = { a }: [ a ];
      }
    );
    expected = [ 1 ];
  };
  "expr: strings verbatim, references as leaves, numbers as text" = {
    expr = encode (
      lib.expr [
        "\${f("
        id
        ", "
        8
        ")}"
        twice
      ]
    );
    expected.__expr = [
      "\${f("
      { __ref = refId; }
      ", "
      "8"
      ")}"
      {
        __derived = {
          inputs = [ "aws.aws_s3_bucket.demo.id" ];
          refs = [ refId ];
          value = "demo-1-demo-1";
        };
      }
    ];
  };
  "expr: a single string" = {
    expr = encode (lib.expr "\${timestamp()}");
    expected.__expr = [ "\${timestamp()}" ];
  };
  "expr: may be what render returns" = {
    expr =
      (encode (
        lib.derived {
          inputs = [ id ];
          render = _: lib.expr "x";
        }
      )).__derived.value;
    expected.__expr = [ "x" ];
  };
  "sensitive: data, a reference and a derived value" = {
    expr = map encode [
      (lib.sensitive "s3cret")
      (lib.sensitive id)
      (lib.sensitive twice)
    ];
    expected = [
      {
        __derived = {
          inputs = [ ];
          refs = [ ];
          value = "s3cret";
          sensitive = true;
        };
      }
      { __sensitiveRef = refId; }
      {
        __derived = {
          inputs = [ "aws.aws_s3_bucket.demo.id" ];
          refs = [ refId ];
          value = "demo-1-demo-1";
          sensitive = true;
        };
      }
    ];
  };
  "sensitive: taints what is computed from it, inner derived values included" = {
    expr = map (v: (encode v).__derived.sensitive) [
      (lib.str [ (lib.sensitive "x") ])
      (lib.str [ (lib.sensitive id) ])
      (lib.str [ (lib.str [ (lib.sensitive id) ]) ])
      (lib.str [
        (lib.sensitive id)
        ip
      ])
    ];
    expected = [
      true
      true
      true
      true
    ];
  };
  "drv and drvFile: path and derivation" = {
    expr = map encode [
      (lib.drv drv)
      (lib.drvFile drv "bin/x")
      drv
      "${drv}/bin/x"
    ];
    expected =
      let
        plain = builtins.unsafeDiscardStringContext;
        build = path: {
          __build = {
            path = plain path;
            drv = plain drv.drvPath;
          };
        };
      in
      [
        (build drv.outPath)
        (build "${drv}/bin/x")
        (build drv.outPath)
        (build "${drv}/bin/x")
      ];
  };
  "drv: text around a store path stays text" = {
    expr = encode "run ${drv}/bin/x";
    expected = builtins.unsafeDiscardStringContext "run ${drv}/bin/x";
  };
  "drv: its path is what render gets" = {
    expr =
      (encode (
        lib.derived {
          inputs = [
            id
            (lib.drv drv)
          ];
          render = v: builtins.elemAt v 1;
        }
      )).__derived.value.__build.path;
    expected = builtins.unsafeDiscardStringContext drv.outPath;
  };
  "is*: tell the library's values from data" = {
    expr = map (v: [
      (lib.isRef v)
      (lib.isDerived v)
      (lib.isBuild v)
    ]) [
      id
      (lib.sensitive id)
      twice
      (lib.drv drv)
      { __ref = refId; }
      { __nivis = "ref"; }
      "x"
    ];
    expected = [
      [ true false false ]
      [ true false false ]
      [ false true false ]
      [ false false true ]
      [ false false false ]
      [ false false false ]
      [ false false false ]
    ];
  };
  "mkRef and ref: references by id" = {
    expr = map encode [
      (lib.mkRef "a.b.c" "id")
      (lib.mkRef "a.b.c" [
        "x"
        0
        "y"
      ])
      (lib.ref "a.b.c" "id")
    ];
    expected = [
      { __ref = ref "a.b.c" [ "id" ]; }
      {
        __ref = ref "a.b.c" [
          "x"
          0
          "y"
        ];
      }
      { __ref = ref "a.b.c" [ "id" ]; }
    ];
  };
  "refPath: nested paths resolve, indices as integers or digits" = {
    expr =
      map
        (
          p:
          lib.resolve ledger (
            lib.str [
              (bucket.refPath p)
            ]
          )
        )
        [
          [
            "rules"
            1
            "name"
          ]
          [
            "rules"
            "0"
            "name"
          ]
        ];
    expected = [
      "second"
      "first"
    ];
  };
  "resolve: values of any shape" = {
    expr = lib.resolve ledger {
      a = [ id ];
      s = lib.sensitive "x";
      rules = bucket.refAttr "rules";
    };
    expected = {
      a = [ "demo-1" ];
      s = "x";
      inherit (outputs."aws.aws_s3_bucket.demo") rules;
    };
  };
  "forged: an output that looks like a leaf is data" = {
    expr =
      (encode (
        lib.derived {
          inputs = [ (bucket.refAttr "forged") ];
          render = builtins.head;
        }
      )).__derived.value;
    expected.__literal = outputs."aws.aws_s3_bucket.demo".forged;
  };
  "forged: one level, leaves inside still count" = {
    expr = encode {
      __expr = [ "x" ];
      other.__build = { inherit id; };
    };
    expected.__literal = {
      __expr = [ "x" ];
      other.__literal.__build.id.__ref = refId;
    };
  };
  "forged: a tag in data is not a tag" = {
    expr = encode {
      __nivis = "ref";
      resource = "x";
      path = [ ];
    };
    expected = {
      __nivis = "ref";
      resource = "x";
      path = [ ];
    };
  };
  "data: null, empty and special strings are kept" = {
    expr = encode {
      n = null;
      l = [ ];
      s = { };
      t = "\${x} %{y}";
      f = 1.5;
    };
    expected = {
      n = null;
      l = [ ];
      s = { };
      t = "\${x} %{y}";
      f = 1.5;
    };
  };
  "data: a fraction is written exactly or not at all" = {
    expr =
      let
        attempt = v: (builtins.tryEval (builtins.deepSeq v (builtins.toJSON v == "0.123456789"))).value;
        old = builtins.compareVersions builtins.nixVersion "2.9" < 0;
      in
      map (v: if old then !attempt v else attempt v) [
        (encode 0.123456789)
        (builtins.fromJSON (lib.str [ 0.123456789 ]))
      ];
    expected = [ true true ];
  };
  "derived: one that is used in many places is computed once, in any depth" = {
    expr =
      let
        # Every level uses the one below it twice, and the one below that.
        level =
          i:
          if i == 0 then
            lib.derived {
              inputs = [ id ];
              render = builtins.head;
            }
          else
            lib.derived {
              inputs = {
                a = below i 1;
                b = [ (below i 1) ];
                c = below i 2;
              };
              render = { a, b, c }: if [ a c ] == [ c (builtins.head b) ] then a else throw "not the same";
            };
        below = i: n: builtins.elemAt levels (if i < n then 0 else i - n);
        levels = builtins.genList level 61;
        top = builtins.elemAt levels 60;
      in
      [
        (encode top)
        (encodeWith { } top)
        (lib.resolve ledger top)
      ];
    expected = [
      {
        __derived = {
          inputs = [ "aws.aws_s3_bucket.demo.id" ];
          refs = [ refId ];
          value = "demo-1";
        };
      }
      {
        __derived = {
          inputs = [ "aws.aws_s3_bucket.demo.id" ];
          refs = [ refId ];
        };
      }
      "demo-1"
    ];
  };
  "derived: what is alike and not the same is not shared" = {
    expr =
      let
        numbered = builtins.genList (
          i:
          lib.derived {
            inputs = [ id ];
            render = _: i;
          }
        );
        # More than are computed without sharing.
        pairs = builtins.genList (
          i:
          lib.derived {
            inputs = numbered 100;
            render = v: [ i ] ++ v;
          }
        ) 50;
      in
      (encode (
        lib.derived {
          inputs = pairs;
          render = map (v: [ (builtins.head v) (builtins.elemAt v 8) (builtins.length v) ]);
        }
      )).__derived.value;
    expected = builtins.genList (i: [ i 7 101 ]) 50;
  };
  "derived: sensitive where one of its uses is" = {
    expr =
      let
        deep = builtins.genList (
          i:
          lib.derived {
            inputs = if i == 0 then [ id ] else [ (lib.sensitive (at i)) (at i) ];
            render = builtins.head;
          }
        ) 40;
        at = i: builtins.elemAt deep (i - 1);
      in
      map (d: (encode d).__derived.sensitive or false) [
        (builtins.head deep)
        (at 40)
      ];
    expected = [ false true ];
  };
}
