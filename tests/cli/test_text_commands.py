"""`sem-toolkit fmt` and `diff`."""

UNTIDY = "# factors\nf=~x1+x2+ x3 ; y ~f   # effect\n"


def test_fmt_writes_the_canonical_layout_once(command, write):
    path = write("model.lav", UNTIDY)
    assert command("fmt", path, "--check").code == 1
    shown = command("fmt", path, "--diff")
    assert shown.code == 0
    assert "+f =~ x1 + x2 + x3" in shown.out
    assert path.read_text() == UNTIDY
    assert command("fmt", path).code == 0
    tidy = path.read_text()
    assert tidy.splitlines()[:2] == ["# factors", "f =~ x1 + x2 + x3"]
    assert "# effect" in tidy
    assert command("fmt", path, "--check").code == 0


def test_fmt_leaves_a_faulty_spec_and_every_other_alone(command, write):
    good, bad = write("good.lav", UNTIDY), write("bad.lav", "f =~ x1 + + x2\n")
    outcome = command("fmt", good, bad)
    assert outcome.code == 2
    assert "bad.lav:1:" in outcome.err
    assert good.read_text() == UNTIDY


def test_diff_is_about_meaning_not_text(command, write):
    before = write("a.lav", "f =~ x1 + x2 + x3\ny ~ f\n")
    same = write("b.lav", "y ~ f # the effect\nf =~ x1 + x2\nf =~ x3\n")
    other = write("c.lav", "f =~ x1 + a*x2 + a*x3\ny ~ 0*f\n")
    nothing = command("diff", before, same, "--json").record
    assert (nothing["changes"], nothing["relation"]) == ([], "equivalent")
    record = command("diff", before, other, "--json").record
    assert record["df_change"] == 2
    assert record["relation"] == "B is nested in A"
    assert {(row["lhs"], row["rhs"]) for row in record["changes"]} == {("f", "x3"), ("y", "f")}
    text = command("diff", before, other).out
    assert "degrees of freedom +2" in text
    assert "B is nested in A (A = a.lav, B = c.lav)" in text


def test_diff_names_variables_that_only_one_model_is_about(command, write):
    two, other = write("a.lav", "f =~ x1 + x2 + x3\n"), write("b.lav", "f =~ x1 + x2 + x7\n")
    outcome = command("diff", two, other)
    assert outcome.code == 0
    assert "about different variables (A = a.lav, B = b.lav): x3 in A only; x7 in B only" in outcome.out
