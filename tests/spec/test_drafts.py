"""Drafts: edits one after the other, and a header that says what the spec is now."""

from sem_toolkit.spec import parse_spec
from sem_toolkit.spec.drafts import Draft

TEXT = """#' title: "One: two"
#' claim: >-
#'   something said
#'   over two lines
#' data: d.csv
# a remark
f =~ x1 + x2 + x3
y ~ a*f + b*x    # paths
both := a*b
twice := 2*both
a > 0
x ~~ x
"""


def test_what_speaks_of_lost_labels_becomes_a_comment():
    text = Draft(parse_spec(TEXT)).remove("y", "~", "f").settle().text
    assert "y ~ b*x    # paths\n# both := a*b\n# twice := 2*both\n# a > 0\nx ~~ x\n" in text
    assert not parse_spec(text).errors


def test_the_header_is_replaced_key_by_key():
    draft = Draft(parse_spec(TEXT)).describe(["data"], title="New: it", claim="plain", parent="old.lav")
    assert draft.text.startswith("#' title: \"New: it\"\n#' claim: plain\n#' parent: old.lav\n\n# a remark\n")
    header = draft.spec.header
    assert (header.title, header.claim, header.parent, header.data) == ("New: it", "plain", "old.lav", "")
    assert not draft.spec.diagnostics
    bare = Draft(parse_spec("y ~ x\n")).describe(title="A")
    assert bare.text == "#' title: A\n\ny ~ x\n"


def test_questions():
    draft = Draft(parse_spec("f =~ 1*x1 + NA*x2 + a*x3\nx1 ~~ x2\n"))
    assert draft.is_fixed("f", "=~", "x1")
    assert not draft.is_fixed("f", "=~", "x2")
    assert draft.has("x2", "~~", "x1")
    assert not draft.has("x1", "=~", "f")
    assert draft.list_terms() == [("f", "=~", "x1"), ("f", "=~", "x2"), ("f", "=~", "x3"), ("x1", "~~", "x2")]
    assert draft.rename("x1", "z").fix("f", "=~", "x2", 0.5).free("f", "=~", "z").text == (
        "f =~ NA*z + 0.5*x2 + a*x3\nz ~~ x2\n"
    )
