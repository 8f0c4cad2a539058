"""Text of the expression language. That the engine reads it so is shown in tests/integration/test_render_values.py."""

from __future__ import annotations

from decimal import Decimal

import pytest

from nivis_tofu.hcl import quoting
from nivis_tofu.ir.values import Build, Expr, Leaf, Ref, Value
from nivis_tofu.render import expressions

A = Ref("x.y.a", ("id",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("${x}", "$${x}"),
        ("%{ if }", "%%{ if }"),
        ("$${", "$$${"),
        ("$ { %", "$ { %"),
        ("a\r\nb", "a\r\nb"),
        ("a\rb", r'a${"\r"}b'),
        ("$\r${", r'${"$\r"}$${'),
        ("\ufeffx\ufeff", '${"\\ufeff"}x\ufeff'),
    ],
)
def test_escape(text: str, expected: str) -> None:
    assert quoting.escape(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [('a"b\\c', r'"a\"b\\c"'), ("\n\r\t\0", r'"\n\r\t\u0000"'), ("${x}", '"$${x}"'), ("é\u2028", '"é\\u2028"')],
)
def test_quote(text: str, expected: str) -> None:
    assert quoting.quote(text) == expected


def test_traversal() -> None:
    assert expressions.traversal("a.b", ("c", 0, "d-e", "odd key", "1")) == 'a.b.c[0].d-e["odd key"]["1"]'


def test_expression() -> None:
    value: Value = {"k ${": [None, True, 1, Decimal("2.5"), A, {}], "built": Build("/p")}

    def leaf(found: Leaf) -> str:
        return quoting.quote(found.path) if isinstance(found, Build) else "REF"

    assert expressions.expression(value, leaf) == '{("k $${") = [null, true, 1, 2.5, REF, {}], ("built") = "/p"}'


@pytest.mark.parametrize(
    ("parts", "bare", "quoted"),
    [
        (("a ", A), "a ${REF}", '"a ${REF}"'),
        (("${f(", A, ")}"), "${f(REF)}", '"${f(REF)}"'),
        (('${f("n-', A, '")} ', A), '${f("n-${REF}")} ${REF}', '"${f("n-${REF}")} ${REF}"'),
        (("${ {a = 1} }", A), "${ {a = 1} }${REF}", '"${ {a = 1} }${REF}"'),
        (("$", A), '${"$"}${REF}', '"${"$"}${REF}"'),
        (("x$$", A), 'x${"$$"}${REF}', '"x${"$$"}${REF}"'),
        (("100%", A), "100%${REF}", '"100%${REF}"'),
        (("$${x", A), "$${x${REF}", '"$${x${REF}"'),
        (('"q"\n', A), '"q"\n${REF}', '"\\"q\\"\\n${REF}"'),
        (("%{ if ", A, " }\n%{ endif }"), "%{ if REF }\n%{ endif }", '"%{ if REF }\\n%{ endif }"'),
        (('${"\\"', A, '"}'), '${"\\"${REF}"}', '"${"\\"${REF}"}"'),
    ],
)
def test_template(parts: tuple[str | Ref, ...], bare: str, quoted: str) -> None:
    expr = Expr(parts)
    assert expressions.template(expr, lambda _: "REF") == bare
    assert expressions.template(expr, lambda _: "REF", quoted=True) == quoted
