"""What people write instead of the spec language, and what they are told to write."""

import pytest

from sem_toolkit.spec import build_parameter_table, check_spec, parse_spec

FACTORS = "f =~ a + b + c\ng =~ d + e + h\n"


def read(text: str, groups: tuple[str, ...] = ("",)) -> list[tuple[str, str, str, float | None, str]]:
    table = build_parameter_table(parse_spec(text), groups=groups)
    return [(row.lhs, row.op, row.rhs, row.ustart, row.label) for row in table.rows if row.op == "~"]


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [
        ("y ~ x1 + x2 + x1*x2", "label-is-variable", 'write "x1:x2" for their product'),
        (f"{FACTORS}y ~ f + g + f*g", "label-is-variable", "make products of their indicators"),
        (f"{FACTORS}y ~ f + g + f:g", "latent-product", "fg =~ x1:z1"),
        ("f =~ w1:w4", "product-not-range", "w1 + w2 + w3 + w4"),
        ("f =~ q_08:q_11", "product-not-range", "q_08 + q_09 + q_10 + q_11"),
        ("f =~ item1:item30", "product-not-range", "item12 + … + item30"),
        ("y ~ log(x)", "parenthesis-instead-of-variable", "compute it as a column"),
        ("y ~ I(x^2)", "parenthesis-instead-of-variable", "compute it as a column"),
        ("y ~ factor(school)", "parenthesis-instead-of-variable", "0 and 1 for every category but one"),
        ("y ~ ordered(u)", "parenthesis-instead-of-variable", "option ordered"),
        ("y ~ x^2", "unexpected-token", "compute it as a column"),
        ("f =~ x1, x2, x3", "unexpected-token", 'write "+"'),
        ("f =~ 1x1 + x2", "invalid-name", 'write "1*x1" for a number'),
        ("y ~ 1BACK", "invalid-name", "X1BACK"),
        ("f =~ `x 1` + x2", "quoted-variable", "write x.1,"),
        ("f =~ `1BACK` + x2", "quoted-variable", "write X1BACK,"),
        ("y ~ `R/S`*x", "quoted-variable", "write R.S,"),
        ("inclusive victimhood =~ x1 + x2 + x3", "missing-operator", "write inclusive.victimhood"),
        ("y ~ IV1 + IV 2", "missing-operator", "write IV.2"),
        ("f =~ x1 x2 x3", "missing-operator", 'write "+" between'),
        ('f =~ 1*"T1 score" + x2', "quoted-variable", "write T1.score,"),
        ("f =~ x1 + T1 score", "missing-operator", 'a column "T1 score" is T1.score here'),
        ("TITLE: CFA\nVARIABLE: NAMES ARE y1-y6;\nMODEL: f1 BY y1-y3;", "whole-script", 'for "f1 BY y1-y3;"'),
        ("f BY x1 x2 x3;", "missing-operator", '"BY" is Mplus; write "=~"'),
        ("y ON x", "missing-operator", '"ON" is Mplus; write "~"'),
        ("y ~ x + (1|school)", "second-operator", '"level:" blocks'),
        ("f1 <-> f2", "second-operator", '"f1 ~~ f2"'),
        ("f =~ x1@1 + x2 + x3", "unexpected-character", '"1*x"'),
        ("f =~ x1 + x2 + x3\n[f@0]", "unexpected-character", '"x ~ 1"'),
        ("f =~ d$x1 + d$x2", "unexpected-character", "without the name of the data"),
        ("f =~ x1 + x2 + x3 % three", "unexpected-character", '"#"'),
        ("f =~ x1 + x2 // two", "unexpected-token", '"#"'),
        ("f \u2192 x1", "unexpected-character", '"f =~ x"'),
        ("x1 \u2194 x2", "unexpected-character", '"x ~~ y"'),
        ("f =~ x1 + \u200bx2", "unexpected-character", "take it out"),
        ("f &lt;- x1", "unexpected-character", "&lt;"),
        ("#' options: {missing: ml; std_lv: true}", "invalid-header", "options: {missing: ml, std_lv: true}"),
        ("f =~ x1-x3", "minus-between-terms", "x1 + x2 + x3"),
        ("f =~ x08-x12", "minus-between-terms", "x08 + x09 + x10 + …"),
        ("f ~= x1 + x2", "second-operator", '"=~"'),
        ("f =\u223c x1 + x2 + x3", "unexpected-character", "write ~"),
        ("f =\uff5e x1 + x2 + x3", "unexpected-character", "write ~"),
        ("f =\u301c x1 + x2 + x3", "unexpected-character", "write ~"),
        ("f =~ x1 + 'a\x0bb'*x2", "unexpected-character", "take it out"),
        ("f =~ a\nf ~ c(0, 1)*0", "invalid-intercept", "write 1 in the place of 0"),
        ('x ~~ prior("gamma(2,2)[sd]")*x', "unknown-function", "prior() is blavaan's"),
        ("y ~ rep('a')*x", "invalid-modifier", 'rep("a", 2)'),
        ("y ~ rep('a', 999999)*x", "invalid-modifier", 'rep("a", 2)'),
    ],
)
def test_the_hint_says_what_to_write(text: str, code: str, hint: str) -> None:
    found = {d.code: d for d in check_spec(parse_spec(text)).diagnostics}
    assert code in found
    assert hint in (found[code].hint or "")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("model <- '\nf =~ x1 + x2 + x3\n'\nfit <- cfa(model, data = d)", "from line 1 to line 3"),
        ("library(lavaan)\nm <- 'f =~ x1 + x2 + x3'\nfit <- cfa(m, d)\nsummary(fit)", "in line 2"),
        ('desc = """\nf =~ x1 + x2\n"""\nm = Model(desc)', "from line 1 to line 3"),
    ],
)
def test_a_whole_script_is_one_fault(text: str, where: str) -> None:
    (error,) = parse_spec(text).errors
    assert error.code == "whole-script"
    assert where in (error.hint or "")


def test_a_fix_for_an_equals_sign_tells_definitions_from_factors() -> None:
    def fix(text: str) -> str:
        return next(d for d in parse_spec(text).errors if d.code == "single-equals").fixes[0].replacement

    assert fix("y ~ a*m\nm ~ b*x\nab = a*b") == ":="
    assert fix("f = x1 + x2 + x3") == "=~"


def test_signs_and_repeats_are_read_as_lavaan_reads_them() -> None:
    """Values from lavaan 0.7-2.3170, lavaanify(auto = FALSE)."""
    assert read("y ~ +0.5*x2 + -0.3*x3 + +2*x4") == [
        ("y", "~", "x2", 0.5, ""),
        ("y", "~", "x3", -0.3, ""),
        ("y", "~", "x4", 2.0, ""),
    ]
    two = ("1", "2")
    assert [row[3:] for row in read("y ~ rep('k', 2)*x", two)] == [(None, "k"), (None, "k")]
    assert [row[3:] for row in read("y ~ rep(0.5, 2)*x", two)] == [(0.5, ""), (0.5, "")]
    assert [row[3:] for row in read("y ~ c(rep('a', 1), 'b')*x", two)] == [(None, "a"), (None, "b")]
    assert [row[3:] for row in read("y ~ rep(c('a', 'b'), 1)*x", two)] == [(None, "a"), (None, "b")]
    assert [row[3:] for row in read("y ~ start(rep(0.1, 2))*x", two)] == [(0.1, ""), (0.1, "")]


def test_a_definition_may_choose() -> None:
    checked = check_spec(parse_spec("y ~ a*x\nd := ifelse(a > 0, a, -a)\ne := (a > 0)*a"))
    assert checked.diagnostics == ()
    assert checked.table is not None
    assert [row.rhs for row in checked.table.rows if row.op == ":="] == ["ifelse(a>0,a,-a)", "(a>0)*a"]


@pytest.mark.parametrize("text", ["f =~ x1:z1", "f =~ x4:x1", "f =~ x1:x4 + x2:x5", "y ~ x1:x4"])
def test_products_that_are_no_ranges(text):
    assert "product-not-range" not in {entry.code for entry in check_spec(parse_spec(text)).diagnostics}
