"""What is done in a picture becomes the smallest change of the text that means it."""

import random
from dataclasses import dataclass, replace
from difflib import ndiff

import pytest

from sem_toolkit.diagnostics import SpecError
from sem_toolkit.spec import ParameterTable, build_parameter_table, parse_spec
from sem_toolkit.spec.actions import change_text, find_rows
from sem_toolkit.spec.asked_actions import Action, parse_action
from sem_toolkit.spec.text_edits import Edit, apply_edits, find_edits

TEXT = """#' title: Democracy
#' diagram:
#'   stages:
#'     Now: [dem60, ind60]
#'     Then: [dem65]
#'   labels:
#'     ind60: Industry ind60
#'     dem60: "Democracy, 1960"
# measurement
ind60 =~ x1 + x2 + x3   # three
dem60 =~ y1 + a*y2 +  # equal
         y3
dem65 =~ y5 + a*y6 + y7; y1 ~~ y5 # same item

dem65 ~ 0.5*ind60 + dem60   # the path of interest
# the end
"""


def expand(text: str) -> ParameterTable:
    return build_parameter_table(parse_spec(text))


def act(text: str, **record) -> str:
    return change_text(text, parse_action(record), expand).text


def list_changes(old: str, new: str) -> list[str]:
    """Lines that are gone and lines that came, each with its sign."""
    return [line for line in ndiff(old.splitlines(), new.splitlines()) if line[0] in "+-"]


@pytest.mark.parametrize(
    ("record", "changes"),
    [
        ({"kind": "add_path", "from": "ind60", "to": "dem60"}, ["dem60 ~ ind60"]),
        ({"kind": "add_path", "from": "x1", "to": "dem65"}, ["+ x1"]),
        ({"kind": "add_path", "from": "ind60", "to": "x9"}, ["+ x9"]),
        ({"kind": "add_path", "from": "dem60", "to": "y9"}, ["         y3 + y9"]),
        ({"kind": "add_covariance", "a": "y1", "b": "y7"}, ["~~ y5 + y7 #"]),
        ({"kind": "add_covariance", "a": "x1", "b": "y7"}, ["x1 ~~ y7"]),
        ({"kind": "remove", "lhs": "ind60", "op": "=~", "rhs": "x2"}, ["ind60 =~ x1 + x3   # three"]),
        ({"kind": "remove", "lhs": "y5", "op": "~~", "rhs": "y1"}, ["dem65 =~ y5 + a*y6 + y7;  # same item"]),
        ({"kind": "remove", "lhs": "ind60", "op": "~~", "rhs": "dem60"}, ["ind60 ~~ 0*dem60"]),
        ({"kind": "fix", "lhs": "dem65", "op": "~", "rhs": "dem60", "value": 1.25}, ["+ 1.25*dem60   # the path"]),
        (
            {"kind": "fix", "lhs": "dem65", "op": "~", "rhs": "ind60", "value": 0.75},
            ["dem65 ~ 0.75*ind60 + dem60   # the"],
        ),
        ({"kind": "fix", "lhs": "x1", "op": "~~", "rhs": "x1", "value": 0}, ["x1 ~~ 0*x1"]),
        ({"kind": "free", "lhs": "dem65", "op": "~", "rhs": "ind60"}, ["dem65 ~ ind60 + dem60   # the"]),
        ({"kind": "free", "lhs": "ind60", "op": "=~", "rhs": "x1"}, ["ind60 =~ NA*x1 + x2 + x3   # three"]),
        (
            {"kind": "label", "lhs": "dem65", "op": "~", "rhs": "dem60", "label": "b"},
            ["dem65 ~ 0.5*ind60 + b*dem60   #"],
        ),
        ({"kind": "label", "lhs": "dem60", "op": "=~", "rhs": "y2", "label": ""}, ["dem60 =~ y1 + y2 +  # equal"]),
        ({"kind": "rename", "name": "a", "new": "l2"}, ["dem60 =~ y1 + l2*y2 +", "dem65 =~ y5 + l2*y6 + y7; y1"]),
        ({"kind": "add_node", "name": "g", "latent": True, "indicators": ["z1", "z2"]}, ["g =~ z1 + z2"]),
        ({"kind": "add_node", "name": "z", "latent": False}, ["z ~~ z"]),
    ],
    ids=str,
)
def test_an_action_changes_the_least(record, changes):
    text = act(TEXT, **record)
    lines = list_changes(TEXT, text)
    new = [line for line in lines if line.startswith("+")]
    assert len(new) <= 2
    assert sum(line.startswith("-") for line in lines) <= len(new)
    assert any(changes[-1] in line for line in new), lines
    assert apply_edits(TEXT, find_edits(TEXT, text)) == text
    assert comments(text) == comments(TEXT)


def comments(text: str) -> list[str]:
    return [token.text for token in parse_spec(text).tokens if token.kind == "comment"]


def test_a_new_name_reaches_the_hints_of_the_picture():
    text = act(TEXT, kind="rename", name="ind60", new="industry")
    assert "#'     Now: [dem60, industry]\n" in text
    assert "#'     industry: Industry ind60\n" in text
    assert "industry =~ x1 + x2 + x3   # three\n" in text
    assert act(text, kind="rename", name="industry", new="ind60") == TEXT


def test_a_path_that_was_fixed_to_zero_is_freed_when_it_is_drawn():
    text = "f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3\nf ~~ 0*g # apart\n"
    assert act(text, kind="add_covariance", a="g", b="f") == "f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3\nf ~~ g # apart\n"


def test_a_regression_where_the_variable_has_causes():
    text = "f =~ x1 + x2 + x3\ny ~ z\n"
    assert act(text, kind="add_path", **{"from": "f", "to": "y"}) == "f =~ x1 + x2 + x3\ny ~ z + f\n"
    text = "C <~ x1 + x2\ny ~ C\n"
    assert act(text, kind="add_path", **{"from": "x3", "to": "C"}) == "C <~ x1 + x2 + x3\ny ~ C\n"


@pytest.mark.parametrize(
    "record",
    [
        {"kind": "add_path", "from": "ind60", "to": "x1"},
        {"kind": "add_path", "from": "dem60", "to": "dem65"},
        {"kind": "add_path", "from": "x1", "to": "x1"},
        {"kind": "add_path", "from": "a b", "to": "dem65"},
        {"kind": "add_path", "from": "x1; dem65 ~ y", "to": "dem65"},
        {"kind": "add_covariance", "a": "ind60", "b": "dem60"},
        {"kind": "remove", "lhs": "dem65", "op": "~", "rhs": "x9"},
        {"kind": "label", "lhs": "dem65", "op": "~", "rhs": "dem60", "label": "1x"},
        {"kind": "rename", "name": "dem65", "new": "dem60"},
        {"kind": "rename", "name": "dem65", "new": "if"},
        {"kind": "rename", "name": "nobody", "new": "somebody"},
        {"kind": "add_node", "name": "g", "latent": True, "indicators": []},
        {"kind": "add_node", "name": "g", "latent": True, "indicators": ["g"]},
        {"kind": "add_node", "name": "x1"},
        {"kind": "draw"},
        {"kind": ["fix"]},
        {"kind": "fix", "lhs": 3, "op": "~", "rhs": "x"},
        {"kind": "fix", "lhs": "dem65", "op": "~", "rhs": "dem60", "value": float("nan")},
        {"kind": "fix", "lhs": "dem65", "op": "~", "rhs": "dem60", "value": "1"},
        {"kind": "add_node", "name": "g", "latent": True, "indicators": "x"},
    ],
    ids=str,
)
def test_what_cannot_be_done_is_refused(record):
    with pytest.raises(SpecError) as caught:
        act(TEXT, **record)
    assert caught.value.diagnostics[0].code == "impossible-action"


def test_a_faulty_text_is_mended_first():
    with pytest.raises(SpecError) as caught:
        act("f =~ x1 + x2 x3\n", kind="add_path", **{"from": "f", "to": "x4"})
    assert caught.value.diagnostics[0].code != "impossible-action"


def test_blocks_are_left_to_the_text():
    text = "level: within\nf =~ x1 + x2 + x3\nlevel: between\ng =~ x1 + x2 + x3\n"
    with pytest.raises(SpecError, match="blocks"):
        act(text, kind="add_covariance", a="x1", b="x2")


# -- random edits of random models, beside a list of parameters that is edited by itself


@dataclass(frozen=True)
class Entry:
    """One typed parameter."""

    lhs: str
    op: str
    rhs: str
    fixed: str = ""
    label: str = ""

    def __str__(self) -> str:
        modifiers = "".join(f"{part}*" for part in (self.fixed, self.label) if part)
        return f"{self.lhs} {self.op} {modifiers}{self.rhs}"

    def is_of(self, row: tuple[str, str, str]) -> bool:
        return self.op == row[1] and (
            (self.lhs, self.rhs) == row[::2] or (self.op == "~~" and (self.rhs, self.lhs) == row[::2])
        )


def generate_model(chance: random.Random) -> list[Entry]:
    factors = [f"f{k}" for k in range(1, chance.randint(2, 4))] + ["größe"]
    entries = []
    for number, factor in enumerate(factors):
        entries += [Entry(factor, "=~", f"x{number}_{k}", chance.choice(["", "", "", "0.8", "1", "NA"]),
                          chance.choice(["", "", "l1", "l2"])) for k in range(chance.randint(2, 5))]  # fmt: skip
    nodes = [*factors, "z1", "z2", ".age"]
    pairs = [(a, b) for place, a in enumerate(nodes) for b in nodes[:place]]
    for a, b in chance.sample(pairs, chance.randint(1, 4)):
        entries.append(Entry(a, "~", b, chance.choice(["", "", "0.3"]), chance.choice(["", "p"])))
    for a, b in chance.sample(pairs, 1):
        if not any({entry.lhs, entry.rhs} == {a, b} for entry in entries):
            entries.append(Entry(a, "~~", b, chance.choice(["", "0"])))
    return entries


def write_text(chance: random.Random, entries: list[Entry]) -> str:
    """The entries as somebody types them: in statements of several terms, with comments, in any layout."""
    text = chance.choice(["", "#' title: 'A model'\n#' diagram: {title: no}\n", "! old comment\n\n"]).replace(
        "#' diagram: {title: no}\n", ""
    )
    place = 0
    while place < len(entries):
        first = entries[place]
        last = place + 1
        while (
            last < len(entries)
            and entries[last].lhs == first.lhs
            and entries[last].op == first.op
            and chance.random() < 0.85
        ):
            last += 1
        joint = [" + ", "+", " +\n   ", " + # why\n  ", "\n  + "]
        terms = [str(entry).partition(f" {entry.op} ")[2] for entry in entries[place:last]]
        text += f"{first.lhs}{chance.choice([' ', '', '  '])}{first.op} {terms[0]}"
        for term in terms[1:]:
            text += chance.choice(joint) + term
        text += chance.choice(["\n", "\n", "\n\n", "   # a note\n", "\n# own line: f1 =~ x\n", ";", " ; "])
        place = last
    return text.rstrip("; ") + chance.choice(["", "\n", "\n# the end"])


def summarise(table: ParameterTable) -> list[tuple[object, ...]]:
    return sorted(
        (*sorted((row.lhs, row.rhs)), row.op, row.free > 0, str(row.ustart), row.label, row.exo)
        if row.op == "~~"
        else (row.lhs, row.rhs, row.op, row.free > 0, str(row.ustart), row.label, row.exo)
        for row in table.parameters
    )


def expand_entries(entries: list[Entry]) -> ParameterTable:
    return expand("\n".join(map(str, entries)))


def edit_entries(entries: list[Entry], action: Action) -> list[Entry]:
    """The list after an action, by the meaning of the action alone."""
    if action.kind == "rename":
        names = {action.a: action.b}
        return [replace(e, lhs=names.get(e.lhs, e.lhs), rhs=names.get(e.rhs, e.rhs)) for e in entries]
    if action.kind == "add_node":
        return [*entries, *(Entry(action.a, "=~", name) for name in action.indicators)]
    row = action.row
    if action.kind == "add_covariance":
        row = (action.a, "~~", action.b)
    elif action.kind == "add_path":
        table = expand_entries(entries)
        roles = table.roles[0]
        is_loading = action.a in {e.lhs for e in entries if e.op == "=~"} and action.b not in (
            *roles.latent, *roles.outcomes, *roles.predictors
        )  # fmt: skip
        row = (action.a, "=~", action.b) if is_loading else (action.b, "~", action.a)
    others = [entry for entry in entries if not entry.is_of(row)]
    typed = next((entry for entry in entries if entry.is_of(row)), Entry(*row))
    place = next((number for number, entry in enumerate(entries) if entry.is_of(row)), len(others))

    def with_entry(entry: Entry) -> list[Entry]:
        return [*others[:place], entry, *others[place:]]

    if action.kind == "remove":
        gone = others
        still = find_rows(expand_entries(gone), row)
        return with_entry(Entry(*row, fixed="0")) if still else gone
    if action.kind == "fix":
        return with_entry(replace(typed, fixed=f"{action.value:g}"))
    if action.kind == "label":
        return with_entry(replace(typed, label=action.label))
    plain = with_entry(replace(typed, fixed=""))
    is_free = all(found.free for found in find_rows(expand_entries(plain), row))
    return plain if is_free else with_entry(replace(typed, fixed="NA"))


def choose_action(chance: random.Random, table: ParameterTable) -> Action:
    names = sorted({name for row in table.parameters for name in (row.lhs, row.rhs) if name})
    rows = [row for row in table.parameters if row.op in ("=~", "~", "~~") and not row.exo]
    row = chance.choice(rows)
    kind = chance.choice(["add_path", "add_covariance", "remove", "fix", "free", "label", "rename", "add_node"])
    lhs, op, rhs = row.lhs, row.op, row.rhs
    if op == "~~" and chance.random() < 0.5:
        lhs, rhs = rhs, lhs
    a, b = chance.sample(names, 2)
    new = f"n{chance.randint(1, 9)}"
    if kind == "rename":
        return Action(kind, a, new)
    if kind == "add_node":
        return Action(kind, new, latent=True, indicators=tuple(f"{new}_{k}" for k in range(chance.randint(1, 4))))
    if kind in ("add_path", "add_covariance"):
        return Action(kind, a, chance.choice([b, b, b, "w"]))
    label = chance.choice(["", "k", "l1"])
    return Action(kind, lhs=lhs, op=op, rhs=rhs, value=chance.choice([0.0, 0.5, 1.0, -2.0]), label=label)


@pytest.mark.parametrize("most", [12, pytest.param(500, marks=pytest.mark.slow)])
def test_random_edits_mean_what_they_should_and_are_undone(most):
    chance = random.Random(20261126 + most)
    made = refused = 0
    while made < most:
        entries = generate_model(chance)
        text = write_text(chance, entries)
        try:
            table = expand(text)
        except SpecError:
            continue
        assert summarise(table) == summarise(expand_entries(entries))
        states, first = [], text
        for _ in range(8):
            action = choose_action(chance, expand(text))
            try:
                new = change_text(text, action, expand).text
            except SpecError:
                refused += 1
                continue
            entries = edit_entries(entries, action)
            assert summarise(expand(new)) == summarise(expand_entries(entries)), (text, action, new)
            edits = find_edits(text, new)
            assert apply_edits(text, edits) == new
            assert comments(new) == comments(text), (text, action, new)
            touched = sum(text[edit.start : edit.end].count("\n") + 1 for edit in edits)
            assert action.kind == "rename" or touched <= 3, (text, action, new)
            kept = [line for line in text.splitlines() if line in new.splitlines()]
            assert action.kind == "rename" or len(kept) >= len(text.splitlines()) - 3
            states.append((edits, text))
            text = new
            made += 1
        assert_undone(text, states, first)
    assert refused < made


def assert_undone(text: str, states: list[tuple[list[Edit], str]], first: str) -> None:
    """Edits, each with the text before it, taken back one after the other give these texts, and the first at last."""
    for edits, before in reversed(states):
        text = apply_edits(text, invert(before, edits))
        assert text == before
    assert text == first


def invert(text: str, edits: list[Edit]) -> list[Edit]:
    """The edits that take these back."""
    found, shift = [], 0
    for edit in edits:
        start = edit.start + shift
        found.append(Edit(start, start + len(edit.replacement), text[edit.start : edit.end]))
        shift += len(edit.replacement) - (edit.end - edit.start)
    return found


# -- blocks: the same edits, each in one block of the text


LEVELS = """\
# schools
level: within
  fw =~ y1 + y2 + y3   # pupils
  fw ~ x1
level: between
  fb =~ y1 + y2 + y3   # schools
  y1 ~~ 0*y1
"""


@pytest.mark.parametrize(
    ("block", "record", "changes"),
    [
        (1, {"kind": "add_path", "from": "x2", "to": "fw"}, ["-   fw ~ x1", "+   fw ~ x1 + x2"]),
        (2, {"kind": "add_path", "from": "w1", "to": "fb"}, ["+   fb ~ w1"]),
        (1, {"kind": "add_covariance", "a": "y1", "b": "y2"}, ["+   y1 ~~ y2"]),
        (2, {"kind": "fix", "lhs": "fb", "op": "=~", "rhs": "y2", "value": 1}, ["+   fb =~ y1 + 1*y2 + y3 "]),
        (2, {"kind": "free", "lhs": "y1", "op": "~~", "rhs": "y1"}, ["+   y1 ~~ y1"]),
        (1, {"kind": "label", "lhs": "fw", "op": "=~", "rhs": "y3", "label": "l"}, ["+   fw =~ y1 + y2 + l*y3 "]),
        (1, {"kind": "add_node", "name": "gw", "latent": True, "indicators": ["z1", "z2"]}, ["+   gw =~ z1 + z2"]),
        (2, {"kind": "remove", "lhs": "fb", "op": "=~", "rhs": "y3"}, ["+   fb =~ y1 + y2  "]),
    ],
    ids=str,
)  # fmt: skip
def test_an_action_changes_the_block_that_it_is_about(block, record, changes):
    lines = list_changes(LEVELS, act(LEVELS, block=block, **record))
    assert all(any(line.startswith(change) for line in lines) for change in changes), lines
    assert len(lines) <= 2


def test_a_block_is_not_left_without_statements():
    text = "group: a\ny ~ x\ngroup: b\ny ~ x\n"
    assert act(text, block=2, kind="remove", lhs="y", op="~", rhs="x") == "group: a\ny ~ x\ngroup: b\ny ~ 0*x\n"


def test_blocks_on_one_line_stay_apart():
    text = "group: a; f =~ x1 + x2 + x3; group: b; f =~ x1 + x2 + x3\n"
    new = act(text, block=1, kind="add_covariance", a="x1", b="x2")
    assert new == "group: a; f =~ x1 + x2 + x3; x1 ~~ x2; group: b; f =~ x1 + x2 + x3\n"


@pytest.mark.parametrize("most", [12, pytest.param(500, marks=pytest.mark.slow)])
def test_random_edits_of_blocks_leave_the_others_and_are_undone(most):
    chance = random.Random(1605 + most)
    made = refused = 0
    while made < most:
        # labels of their own: one that stands in two blocks ties them
        parts = [
            [replace(entry, label=entry.label and f"{entry.label}_{k}") for entry in generate_model(chance)]
            for k in range(1, chance.choice([2, 2, 3]) + 1)
        ]
        text = chance.choice(["", "# groups\n"])
        for label, entries in zip("abc", parts, strict=False):
            text += f"group: {label}\n{write_text(chance, entries).rstrip()}\n"
        try:
            table = expand(text)
        except SpecError:
            continue
        if any(summarise(select(table, k)) != summarise(expand_entries(own)) for k, own in enumerate(parts, start=1)):
            continue
        states, first = [], text
        for _ in range(8):
            block = chance.randint(1, len(parts))
            action = replace(choose_action(chance, select(expand(text), block)), block=block)
            if action.kind == "rename":
                continue
            action = replace(action, label=action.label and f"{action.label}_{block}")
            try:
                new = change_text(text, action, expand).text
            except SpecError:
                refused += 1
                continue
            after = [*parts]
            after[block - 1] = edit_entries(parts[block - 1], action)
            tables = [select(expand(new), k) for k in range(1, len(after) + 1)]
            if any(has_twins(table) for table in tables):
                break
            for table, entries in zip(tables, after, strict=True):
                assert summarise(table) == summarise(expand_entries(entries)), (text, action, new)
            parts = after
            edits = find_edits(text, new)
            assert apply_edits(text, edits) == new
            assert comments(new) == comments(text), (text, action, new)
            touched = sum(text[edit.start : edit.end].count("\n") + 1 for edit in edits)
            assert touched <= 3, (text, action, new)
            states.append((edits, text))
            text = new
            made += 1
        assert_undone(text, states, first)
    assert refused < made


def has_twins(table: ParameterTable) -> bool:
    """Whether a covariance stands in a table both ways round, as where blocks name their factors in other orders."""
    pairs = [frozenset((row.lhs, row.rhs)) for row in table.parameters if row.op == "~~"]
    return len(set(pairs)) < len(pairs)


def select(table: ParameterTable, block: int) -> ParameterTable:
    return replace(table, rows=tuple(row for row in table.rows if row.block == block))
