"""`sem-toolkit check`."""

from tests.support import DATA, read_case


def test_the_table_of_a_valid_spec(command, write):
    case = read_case("poldem_eqload")
    outcome = command("check", write("model.lav", case["spec"]), "--json")
    assert outcome.code == 0
    record = outcome.record
    mine = [(row["lhs"], row["op"], row["rhs"], row["free"] > 0) for row in record["partable"]]
    theirs = [(row["lhs"], row["op"], row["rhs"], row["free"] > 0) for row in case["partable"]]
    assert mine == theirs
    assert record["partable"][0]["origin"]["line"] == 2
    assert record["identification"] == {"identified": True, "df": 38, "npar": 28, "deficiency": 0}
    assert record["diagnostics"] == []


def test_every_mistake_has_a_place(command, write):
    outcome = command("check", write("model.lav", "f =~ x1 + + x2\ny ~ \nz ~~ 2x*y\n"), "--json")
    assert outcome.code == 2
    errors = [entry for entry in outcome.record["diagnostics"] if entry["severity"] == "error"]
    assert {entry["line"] for entry in errors} >= {1, 2, 3}
    assert "partable" not in outcome.record


def test_data_are_checked_too(command, write):
    spec = write("model.lav", "f =~ x1 + x2 + x33\n")
    outcome = command("check", spec, "--data", DATA / "hs.csv")
    assert outcome.code == 2
    assert "x33" in outcome.err
    assert "x3" in outcome.err


def test_data_of_the_header_are_checked_too(command, write):
    write("rows.csv", "x1,x2,x3\n1,2,3\n2,1,3\n3,5,4\n2,2,1\n")
    spec = write("model.lav", "#' data: rows.csv\nf =~ x1 + x2 + x33\n")
    outcome = command("check", spec)
    assert outcome.code == 2
    assert 'did you mean "x3"' in outcome.err
    later = write("later.lav", "#' data: later.csv\nf =~ x1 + x2 + x33\n")
    outcome = command("check", later)
    assert outcome.code == 0
    assert "later.csv" in outcome.err
    assert "names are not looked up" in outcome.err


def test_a_model_that_is_not_identified(command, write):
    outcome = command("check", write("model.lav", "f =~ x1 + x2\n"), "--json")
    assert outcome.code == 2
    (entry,) = outcome.record["diagnostics"]
    assert entry["code"] == "not-identified"
    assert outcome.record["identification"]["df"] == -1


def test_explain_shows_each_row_beside_its_source(command, write):
    text = command("check", write("model.lav", "f =~ x1 + a*x2 + x3\n"), "--explain").out
    lines = [line.strip() for line in text.splitlines()]
    assert lines[0] == "1 | f =~ x1 + a*x2 + x3"
    assert any("f =~ x1" in line and "fixed 1" in line and "marker" in line for line in lines)
    assert any("f =~ x2" in line and 'label "a"' in line for line in lines)
    assert lines.index("added by rules") < next(i for i, line in enumerate(lines) if "x1 ~~ x1" in line)


def test_a_table_too_long_to_read_is_cut_and_says_so(command, write):
    spec = write("long.lav", "y ~ b*x\n" + "".join(f"d{i} := {i + 1}*b\n" for i in range(2100)))
    outcome = command("check", spec)
    assert outcome.code == 0
    assert "103 more rows: --json has all" in outcome.out
    assert "d1990" in outcome.out
    assert "d2050" not in outcome.out


def test_an_equation_without_enough_instruments_is_found_before_any_fit(command, write):
    path = write("model.lav", "y ~ x\nx ~~ 0.2*y")
    outcome = command("check", path, "--estimator", "IV", "--json")
    assert outcome.code == 2
    (entry,) = [entry for entry in outcome.record["diagnostics"] if entry["severity"] == "error"]
    assert entry["code"] == "too-few-instruments"
    assert "y ~ x" in entry["message"]
