"""Random specs, by chance but reproducible: valid ones from the grammar, and damaged texts."""

import random

from sem_toolkit.diagnostics import SpecError
from sem_toolkit.spec import Origin, Parameter, Spec, TableOptions, build_parameter_table

LATENT = ["f1", "f2", "größe"]
OBSERVED = [f"x{i}" for i in range(1, 9)] + ["y1", "y2", ".z"]
SPACES = ["", " ", "  ", "\t", " "]
PIECES = [
    *LATENT, *OBSERVED, "a", "b", "NA", "TRUE", "if", "_u", "1f", "c(", "start(", "label(", "equal(", "efa(", "rv(",
    "=~", "~", "~~", "~1", "|", "~*~", "<~", ":=", "==", "<", ">", "|~", ":~", "<-", "->", "=", "<=", "~>", ":",
    "+", "-", "*", "/", "^", "?", "(", ")", ",", ".5", "1e-3", "2", "-1", "0", "Inf", '"', "'", '"q"', "'r'",
    "\n", "\n\n", ";", "#", "!", "# c\n", "#' title: t\n", "#' a: [\n", " ", "  ", "\t", "\r\n", "group: 1\n", "level:",
    "@", "$", "\\", "{", "}", "%", "&", "é", "\u02dc", "\u0301", "\u2028", "\x00", "\x0b", "𝒳", "变", "\ud800",
]  # fmt: skip


MODIFIERS = [
    "1*", "0.5 *", "NA*", "a*", "b *", "start(0.7)*", "0.3?", "c(1, 2)*", 'c("p","q")*', "lower(0)*", "(1/3)*", "-2*",
    "label('l')*", "sqrt(2)*", "a*start(.5)*", "c(NA,0)*",
]  # fmt: skip


def build_meaning(spec: Spec, options: TableOptions | None = None) -> list[Parameter] | str:
    """The rows of the table without their origin, or the code of the fault that leaves none."""
    groups = ("1", "2") if "c(" in spec.source.text else ("",)
    for labels in (groups, ("1", "2"), ("1", "2", "3")):
        try:
            table = build_parameter_table(spec, options, labels)
        except SpecError as error:
            fault = error.diagnostics[0].code
        else:
            return [row._replace(origin=Origin("")) for row in table.rows]
    return fault


def generate_spec(chance: random.Random) -> str:
    """A spec that is valid for two groups, with comments and spacing at random."""
    statements = [_generate_statement(chance) for _ in range(chance.randint(1, 6))]
    labels = [name for name in ("a", "b") if any(f"{name}*" in statement for statement in statements)]
    statements += [
        chance.choice([f"d_{name}:={name}*2 +exp({name})^2", f"{name} > -1", f"{name} == 0.3"])
        for name in labels
        if chance.random() < 0.5
    ]
    ends = ["\n", "\n", "\n\n", " # note\n", "\n# own line\n", ";", " ; ", "\n\n\n", "\r\n"]
    return "".join(statement + chance.choice(ends) for statement in statements)


def _generate_statement(chance: random.Random) -> str:
    space = chance.choice(SPACES)
    kind = chance.choice(["=~", "=~", "~", "~", "~~", "~1", "<~"])
    if kind == "~1":
        return f"{chance.choice(OBSERVED)}{space}~{space}{_generate_modifier(chance)}1"
    if kind == "=~":
        left, right = chance.choice(LATENT), chance.sample(OBSERVED, chance.randint(1, 5))
    elif kind == "<~":
        left, right = "C", chance.sample(OBSERVED, chance.randint(1, 3))
    else:
        left, *right = chance.sample(LATENT + OBSERVED, chance.randint(2, 4))
    joints = [" + ", "+", " +\n  ", "\n + ", " + # why\n", " +\n# own\n"]
    terms = [_generate_modifier(chance) + name for name in right]
    text = terms[0]
    for term in terms[1:]:
        text += chance.choice(joints) + term
    return f"{left}{space}{kind}{space}{text}"


def _generate_modifier(chance: random.Random) -> str:
    if chance.random() < 0.6:
        return ""
    return chance.choice(MODIFIERS)


def damage_text(chance: random.Random, text: str) -> str:
    """The text with some pieces put in, taken out, doubled or exchanged."""
    for _ in range(chance.randint(1, 4)):
        first = chance.randint(0, len(text))
        last = min(len(text), first + chance.choice([0, 0, 1, 2, 5]))
        piece = chance.choice([chance.choice(PIECES), text[last : last + chance.randint(0, 9)], ""])
        text = text[:first] + piece + text[last:]
    return text


def generate_noise(chance: random.Random) -> str:
    """Pieces of the language in any order."""
    return "".join(chance.choice(PIECES) for _ in range(chance.randint(0, 25)))
