"""The models of the gallery: what is drawn, from which data."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations, product
from pathlib import Path

import pandas as pd
import samples

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "oracles" / "data"


@dataclass(frozen=True)
class Model:
    """One entry.

    groups  labels of the groups that are drawn side by side
    stages, direction  of the picture
    """

    name: str
    title: str
    spec: str
    data: Callable[[], pd.DataFrame]
    options: dict[str, object] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    stages: dict[str, tuple[str, ...]] = field(default_factory=dict)
    direction: str = "auto"


def _read(name: str) -> Callable[[], pd.DataFrame]:
    return lambda: pd.read_csv(DATA / name)


def _write_panel() -> str:
    lines = [f"stress{t} =~ s{t}1 + s{t}2 + s{t}3\nmood{t} =~ m{t}1 + m{t}2 + m{t}3" for t in range(1, 5)]
    for t in range(2, 5):
        lines += [
            f"stress{t} ~ stress{t - 1} + mood{t - 1}",
            f"mood{t} ~ mood{t - 1} + stress{t - 1}",
            f"stress{t} ~~ mood{t}",
        ]
    lines += [f"{v}{t - 1}{i} ~~ {v}{t}{i}" for v in "sm" for i in (1, 2, 3) for t in range(2, 5)]
    return "\n".join(lines)


def _write_observed_panel() -> str:
    lines = [f"s{t}1 ~ s{t - 1}1 + m{t - 1}1\nm{t}1 ~ m{t - 1}1 + s{t - 1}1" for t in (2, 3)]
    return "\n".join([*lines, *(f"s{t}1 ~~ m{t}1" for t in (1, 2, 3))])


def _write_intercepts() -> str:
    lines = [f"trait_{v} =~ " + " + ".join(f"1*{v}{t}1" for t in (1, 2, 3, 4)) for v in "sm"]
    lines += [f"w{v}{t} =~ 1*{v}{t}1\n{v}{t}1 ~~ 0*{v}{t}1" for v in "sm" for t in (1, 2, 3, 4)]
    lines += [f"w{v}{t} ~ ws{t - 1} + wm{t - 1}" for t in (2, 3, 4) for v in "sm"]
    lines += [f"ws{t} ~~ wm{t}" for t in (1, 2, 3, 4)]
    return "\n".join([*lines, "trait_s ~~ trait_m", "trait_s ~~ 0*ws1 + 0*wm1", "trait_m ~~ 0*ws1 + 0*wm1"])


def _write_occasions() -> str:
    lines = [f"stress{t} =~ s{t}1 + s{t}2 + s{t}3" for t in (1, 2, 3)]
    return "\n".join([*lines, *(f"s{t}{k} ~~ s{u}{k}" for k in (1, 2, 3) for t, u in ((1, 2), (2, 3), (1, 3)))])


def _write_traits_and_methods() -> str:
    traits, methods = ("anx", "dep", "ang"), ("self", "peer", "test")
    names = dict(zip(traits, ("Anxiety", "Depression", "Anger"), strict=True))
    titles = dict(zip(methods, ("Self", "Peer", "Test"), strict=True))
    lines = [f"{names[t]} =~ " + " + ".join(f"{t}_{m}" for m in methods) for t in traits]
    lines += [f"{titles[m]} =~ " + " + ".join(f"{t}_{m}" for t in traits) for m in methods]
    lines += [f"{names[t]} ~~ 0*{titles[m]}" for t in traits for m in methods]
    return "\n".join(lines)


def _write_trajectories() -> str:
    lines = [f"F{t} =~ p{t} + q{t} + r{t}" for t in (1, 2, 3, 4)]
    lines += ["i =~ 1*F1 + 1*F2 + 1*F3 + 1*F4", "s =~ 0*F1 + 1*F2 + 2*F3 + 3*F4"]
    return "\n".join([*lines, *(f"{v}{t} ~~ {v}{t + 1}" for v in "pqr" for t in (1, 2, 3))])


def _write_changes() -> str:
    lines = [f"X{t} =~ 1*x{t}\nx{t} ~~ e*x{t}" for t in (1, 2, 3, 4)]
    lines += [
        f"X{t} ~ 1*X{t - 1}\nd{t} =~ 1*X{t}\nX{t} ~~ 0*X{t}\nd{t} ~ b*X{t - 1}\nd{t} ~~ 0*d{t}" for t in (2, 3, 4)
    ]
    return "\n".join([*lines, "g =~ 1*d2 + 1*d3 + 1*d4", "g ~~ X1"])


def _write_states() -> str:
    lines = [f"S{t} =~ a{t} + b{t} + c{t}" for t in (1, 2, 3, 4)]
    lines += ["Trait =~ S1 + S2 + S3 + S4", "Ma =~ a1 + a2 + a3 + a4", "Mb =~ b1 + b2 + b3 + b4"]
    return "\n".join([*lines, "Trait ~~ 0*Ma + 0*Mb", "Ma ~~ 0*Mb"])


def _write_twins() -> str:
    lines = [
        f"{f}{t} =~ NA*bmi{t} + c({f.lower()}, {f.lower()})*bmi{t}\n{f}{t} ~~ 1*{f}{t}" for t in (1, 2) for f in "ACE"
    ]
    names = [f"{f}{t}" for t in (1, 2) for f in "ACE"]
    free = {("A1", "A2"): "c(1, 0.5)", ("C1", "C2"): "1"}
    lines += [f"{a} ~~ {free.get((a, b), 0)}*{b}" for k, a in enumerate(names) for b in names[k + 1 :]]
    return "\n".join([*lines, "bmi1 ~~ 0*bmi1", "bmi2 ~~ 0*bmi2"])


def _write_twins_of_two() -> str:
    """The Cholesky decomposition of two phenotypes."""
    lines = []
    for t, f in product((1, 2), "ACE"):
        first, both, second = (f"c({f.lower()}{k}, {f.lower()}{k})" for k in ("11", "21", "22"))
        lines += [f"{f}1_{t} =~ NA*read{t} + {first}*read{t} + {both}*math{t}", f"{f}1_{t} ~~ 1*{f}1_{t}"]
        lines += [f"{f}2_{t} =~ NA*math{t} + {second}*math{t}", f"{f}2_{t} ~~ 1*{f}2_{t}"]
    names = [f"{f}{k}_{t}" for t in (1, 2) for f in "ACE" for k in (1, 2)]
    free = {(f"A{k}_1", f"A{k}_2"): "c(1, 0.5)" for k in (1, 2)} | {(f"C{k}_1", f"C{k}_2"): "1" for k in (1, 2)}
    lines += [f"{a} ~~ {free.get((a, b), 0)}*{b}" for i, a in enumerate(names) for b in names[i + 1 :]]
    return "\n".join([*lines, *(f"{v}{t} ~~ 0*{v}{t}" for v in ("read", "math") for t in (1, 2))])


def _write_pathways(through_one: bool) -> str:
    """Common causes of three measures, independent or through one phenotype, and causes of each measure alone."""
    lines = []
    for t in (1, 2):
        if through_one:
            lines += [
                f"P{t} =~ NA*a{t} + " + " + ".join(f"c(l{v}, l{v})*{v}{t}" for v in "ads"),
                f"P{t} ~~ 0*P{t}",
            ]
        for f in "ACE":
            common = f"c({f.lower()}P, {f.lower()}P)*P{t}"
            free = " + ".join(f"c({f.lower()}{v}, {f.lower()}{v})*{v}{t}" for v in "ads")
            first = f"P{t}" if through_one else f"a{t}"
            lines.append(f"{f}{t} =~ NA*{first} + {common if through_one else free}")
            lines += [f"{f}{v}{t} =~ NA*{v}{t} + c(s{f}{v}, s{f}{v})*{v}{t}" for v in "ads"]
    # Of the two solutions that differ by their signs.
    lines += [f"{f}{'P' if through_one else 'a'} > 0.05" for f in "ace"] + [
        f"s{f}{v} > 0.05" for f in "ACE" for v in "ads"
    ]
    if through_one:
        # The phenotype has variance 1, which sets its scale.
        lines.append("aP^2 + cP^2 + eP^2 == 1")
    names = [f"{f}{v}{t}" for t in (1, 2) for f in "ACE" for v in ("", *"ads")]
    alike = {(f"A{v}1", f"A{v}2"): "c(1, 0.5)" for v in ("", *"ads")}
    alike |= {(f"C{v}1", f"C{v}2"): "1" for v in ("", *"ads")}
    lines += [f"{name} ~~ 1*{name}" for name in names]
    lines += [f"{a} ~~ {alike.get((a, b), 0)}*{b}" for i, a in enumerate(names) for b in names[i + 1 :]]
    return "\n".join([*lines, *(f"{v}{t} ~~ 0*{v}{t}" for v in "ads" for t in (1, 2))])


def _write_three_intercepts() -> str:
    lines = [f"R{v} =~ " + " + ".join(f"1*{v}{t}" for t in (1, 2, 3)) for v in "xyz"]
    lines += [f"w{v}{t} =~ 1*{v}{t}\n{v}{t} ~~ 0*{v}{t}" for v in "xyz" for t in (1, 2, 3)]
    lines += [f"w{v}{t} ~ " + " + ".join(f"w{u}{t - 1}" for u in "xyz") for t in (2, 3) for v in "xyz"]
    lines += [f"w{u}{t} ~~ w{v}{t}" for t in (1, 2, 3) for u, v in ("xy", "xz", "yz")]
    lines += [f"R{u} ~~ R{v}" for u, v in ("xy", "xz", "yz")]
    return "\n".join([*lines, *(f"R{u} ~~ 0*w{v}1" for u in "xyz" for v in "xyz")])


def _write_two_dual_changes() -> str:
    lines = []
    for low, high in (("x", "X"), ("y", "Y")):
        other = "Y" if high == "X" else "X"
        lines += [f"{high}{t} =~ 1*{low}{t}\n{low}{t} ~~ e{low}*{low}{t}" for t in (1, 2, 3, 4)]
        for t in (2, 3, 4):
            lines += [f"{high}{t} ~ 1*{high}{t - 1}\n{high}{t} ~~ 0*{high}{t}\nd{high}{t} =~ 1*{high}{t}"]
            lines += [f"d{high}{t} ~ b{low}*{high}{t - 1} + g{low}*{other}{t - 1}\nd{high}{t} ~~ 0*d{high}{t}"]
        lines += [f"S{low} =~ " + " + ".join(f"1*d{high}{t}" for t in (2, 3, 4))]
    return "\n".join([*lines, *(f"{a} ~~ {b}" for a, b in combinations(("X1", "Sx", "Y1", "Sy"), 2))])


def _write_dyads() -> str:
    lines = [
        f"{f} =~ " + " + ".join(f"{f.lower()}{k}" for k in (1, 2, 3))
        for f in ("StressW", "StressH", "SatisW", "SatisH")
    ]
    lines += ["SatisW ~ StressW + StressH", "SatisH ~ StressH + StressW", "StressW ~~ StressH", "SatisW ~~ SatisH"]
    return "\n".join([*lines, *(f"{f}w{k} ~~ {f}h{k}" for f in ("stress", "satis") for k in (1, 2, 3))])


DYADS = {
    "StressW": {},
    "StressH": {"StressW": 0.3},
    "SatisW": {"StressW": -0.45, "StressH": -0.2},
    "SatisH": {"StressH": -0.4, "StressW": -0.15, "SatisW": 0.2},
}
PLANNED = {
    "Attitude": {},
    "Norms": {"Attitude": 0.35},
    "Control": {"Attitude": 0.3, "Norms": 0.2},
    "Intention": {"Attitude": 0.4, "Norms": 0.2, "Control": 0.25},
    "Behaviour": {"Intention": 0.45, "Control": 0.2},
}
STRAIN = {
    "mood": {},
    "stress": {},
    "support": {"stress": -0.35, "mood": 0.2},
    "coping": {"stress": -0.3, "mood": 0.2},
    "depression": {"stress": 0.25, "support": -0.25, "coping": -0.3, "mood": -0.3},
    "wellbeing": {"stress": -0.2, "support": 0.3, "coping": 0.25, "mood": 0.3},
}
ACCEPTANCE = {
    "climate": {},
    "age": {},
    "gender": {},
    "Performance": {"climate": 0.5},
    "Effort": {"climate": 0.5},
    "Influence": {"climate": 0.4},
    "Motivation": {"climate": 0.5},
    "Conditions": {"climate": 0.4},
    "Intention": {
        "Performance": 0.3, "Effort": 0.15, "Influence": 0.15, "Motivation": 0.25, "Conditions": 0.15,
        "age": -0.15, "gender": 0.1,
    },
    "Use": {"Intention": 0.45, "Conditions": 0.25},
}  # fmt: skip
ACCEPTED_ITEMS = {
    "Performance": ("pe", 4),
    "Effort": ("ee", 4),
    "Influence": ("si", 3),
    "Motivation": ("hm", 3),
    "Conditions": ("fc", 3),
    "Intention": ("bi", 3),
    "Use": ("us", 3),
}
CUSTOMERS = {
    "Quality": {},
    "Image": {"Quality": 0.4},
    "Value": {"Quality": 0.35, "Image": 0.2},
    "Trust": {"Quality": 0.4, "Image": 0.2},
    "Satisfaction": {"Quality": 0.3, "Image": 0.25, "Value": 0.3},
    "Loyalty": {"Trust": 0.3, "Satisfaction": 0.45},
}
ABILITIES = {
    "g": {},
    "Verbal": {"g": 0.85},
    "Reasoning": {"g": 0.8},
    "Memory": {"g": 0.75},
    "Speed": {"g": 0.6},
}
SUBTESTS = {
    "Verbal": ("similarities", "vocabulary", "comprehension", "information"),
    "Reasoning": ("blocks", "concepts", "matrices", "completion"),
    "Memory": ("digits", "letters", "arithmetic"),
    "Speed": ("coding", "symbols", "cancellation"),
}
ECOLOGY = {
    "elevation": {},
    "burn_age": {"elevation": -0.2},
    "canopy": {"burn_age": 0.5, "elevation": -0.3},
    "soil_N": {"elevation": 0.3, "canopy": 0.3},
    "richness": {"soil_N": 0.3, "canopy": -0.35, "burn_age": 0.2},
    "biomass": {"richness": 0.4, "soil_N": 0.3},
    "birds": {"biomass": 0.3, "canopy": 0.35, "richness": 0.2},
}

CONTROLLED = {
    "age": {},
    "gender": {"age": 0.1},
    "Support": {"age": 0.1, "gender": -0.15},
    "Efficacy": {"Support": 0.35, "age": 0.2, "gender": 0.15},
    "Burnout": {"Efficacy": -0.35, "Support": -0.25, "age": -0.15, "gender": 0.2},
}
CONTROLLED_PANEL = {
    "age": {},
    "sex": {"age": 0.1},
    "dep1": {"age": 0.2, "sex": 0.25},
    "str1": {"age": -0.15, "sex": 0.2, "dep1": 0.3},
    "dep2": {"dep1": 0.5, "str1": 0.2, "age": 0.15, "sex": 0.1},
    "str2": {"str1": 0.45, "dep1": 0.15, "age": -0.1, "sex": 0.15},
    "dep3": {"dep2": 0.5, "str2": 0.2, "age": 0.1, "sex": 0.15},
    "str3": {"str2": 0.45, "dep2": 0.2, "age": -0.15, "sex": 0.1},
}
TWO_CHANGES = {
    "x1": {},
    "y1": {"x1": 0.3},
    "x2": {"x1": 0.6, "y1": 0.2},
    "y2": {"y1": 0.55, "x1": -0.2, "x2": 0.15},
}
CAUSAL = {
    "age": {},
    "income": {"age": 0.2},
    "health": {"age": -0.3, "income": 0.2},
    "contacts": {"health": 0.25},
    "Loneliness": {"age": 0.3, "income": -0.2, "health": -0.25, "contacts": -0.4},
} | samples.build_items("Loneliness", "l", 4)
GENERAL = (
    {"g": {}, "s1": {}, "s2": {}, "s3": {}}
    | {f"y{k + 1}": {"g": 0.7 - 0.02 * k, f"s{k // 3 + 1}": 0.45 + 0.05 * (k % 3)} for k in range(9)}
    | {"Achievement": {"g": 0.45, "s1": 0.25, "s2": -0.2}}
    | samples.build_items("Achievement", "a", 3)
)
CROSSED = {"F1": {}, "F2": {"F1": 0.3}, "F3": {"F1": 0.2, "F2": 0.2}} | {
    "y1": {"F1": 0.75},
    "y2": {"F1": 0.65, "F2": 0.25},
    "y3": {"F1": 0.6, "F3": 0.3},
    "y4": {"F1": 0.5, "F2": 0.4},
    "y5": {"F2": 0.6, "F1": 0.25},
    "y6": {"F2": 0.6, "F3": 0.2},
    "y7": {"F2": 0.8},
    "y8": {"F3": 0.6, "F1": 0.3},
    "y9": {"F3": 0.55, "F2": 0.3},
    "y10": {"F3": 0.75},
    "y11": {"F3": 0.7},
}


def _write_two_changes() -> str:
    lines = [f"{v}{t} =~ 1*{v.lower()}{t}\n{v.lower()}{t} ~~ 0*{v.lower()}{t}" for v in "XY" for t in (1, 2)]
    lines += [f"{v}2 ~ 1*{v}1\nd{v} =~ 1*{v}2\n{v}2 ~~ 0*{v}2\nd{v} ~ X1 + Y1" for v in "XY"]
    return "\n".join([*lines, "X1 ~~ Y1", "dX ~~ dY"])


def _write_equations(equations: dict[str, dict[str, float]]) -> str:
    return "\n".join(f"{name} ~ " + " + ".join(causes) for name, causes in equations.items() if causes)


DIRECT = {
    "age": {},
    "education": {"age": -0.2},
    "sex": {},
    "hearing": {"age": -0.3},
    "diabetes": {"age": 0.15},
    "Cognition": {"age": -0.35, "education": 0.3, "hearing": 0.15, "diabetes": -0.15},
    "memory": {"Cognition": 0.8},
    "fluency": {"Cognition": 0.75},
    "speed": {"Cognition": 0.7, "age": -0.2},
    "reasoning": {"Cognition": 0.75},
    "vocabulary": {"Cognition": 0.65, "education": 0.25},
    "attention": {"Cognition": 0.7},
}
MODERATED = {
    "workload": {},
    "autonomy": {"workload": -0.2},
    "workload_x_autonomy": {},
    "age": {},
    "tenure": {"age": 0.3},
    "Exhaustion": {"workload": 0.4, "autonomy": -0.25, "workload_x_autonomy": -0.15, "age": -0.1, "tenure": 0.1},
    "Quitting": {"Exhaustion": 0.45, "workload": 0.15, "autonomy": -0.2, "workload_x_autonomy": -0.1, "age": -0.15,
                 "tenure": -0.15},
}  # fmt: skip
SCHOOL = {
    "Income": {},
    "Education": {"Income": 0.4},
    "Climate": {"Income": 0.25, "Education": 0.2},
    "Teaching": {"Education": 0.35},
    "Motivation": {"Climate": 0.3, "Teaching": 0.25},
    "Confidence": {"Climate": 0.2, "Teaching": 0.3},
    "Achievement": {"Motivation": 0.4, "Confidence": 0.3},
}
COPING = {
    "Stress": {},
    "age": {},
    "sex": {},
    "Coping": {"Stress": -0.35},
    "Support": {"Stress": -0.25},
    "Sleep": {"Stress": -0.4},
    "Depression": {"Coping": -0.2, "Support": -0.2, "Sleep": -0.25, "Stress": 0.25, "age": 0.15, "sex": 0.1},
}
COPING_ITEMS = {name: (name[:3].lower(), 3) for name in COPING if name not in ("age", "sex")}
CLIENTS = {
    "Image": {},
    "Expectation": {"Image": 0.5},
    "Quality": {"Expectation": 0.5},
    "Value": {"Expectation": 0.2, "Quality": 0.45},
    "Satisfaction": {"Image": 0.2, "Expectation": 0.15, "Quality": 0.3, "Value": 0.3},
    "Complaints": {"Satisfaction": 0.5},
    "Loyalty": {"Image": 0.2, "Satisfaction": 0.45, "Complaints": 0.15},
}
CLIENT_ITEMS = dict(
    zip(CLIENTS, (("im", 4), ("ex", 3), ("pq", 4), ("pv", 2), ("cs", 3), ("cc", 2), ("cl", 3)), strict=True)
)
SCHOOL_ITEMS = {name: (name[:3].lower(), 3) for name in SCHOOL}


def _simulate_factors(
    factors: dict[str, dict[str, float]], stems: dict[str, tuple[str, int]]
) -> Callable[[], pd.DataFrame]:
    """Data of factors with items of their own; factor → the stem of its items and how many there are."""
    items = {name: item for factor, stem in stems.items() for name, item in samples.build_items(factor, *stem).items()}
    return lambda: samples.simulate_recursive(factors | items)


def _write_items(stems: dict[str, tuple[str, int]]) -> str:
    return "\n".join(
        f"{factor} =~ " + " + ".join(f"{stem}{k + 1}" for k in range(count)) for factor, (stem, count) in stems.items()
    )


DYAD_ITEMS = {name: (name.lower(), 3) for name in DYADS}
PLANNED_ITEMS = dict(zip(PLANNED, (("att", 4), ("sn", 3), ("pbc", 3), ("int", 3), ("beh", 2)), strict=True))
CUSTOMER_ITEMS = {name: (name[:3].lower(), 3) for name in CUSTOMERS}

HOLZINGER = "visual  =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed   =~ x7 + x8 + x9"

MODELS = (
    Model("holzinger-swineford", "Holzinger and Swineford: three factors", HOLZINGER, _read("hs.csv"), {"call": "cfa"}),
    Model(
        "political-democracy",
        "Political democracy: residual covariances over time",
        "ind60 =~ x1 + x2 + x3\ndem60 =~ y1 + y2 + y3 + y4\ndem65 =~ y5 + y6 + y7 + y8\n"
        "dem60 ~ ind60\ndem65 ~ ind60 + dem60\n"
        "y1 ~~ y5\ny2 ~~ y4 + y6\ny3 ~~ y7\ny4 ~~ y8\ny6 ~~ y8",
        _read("poldem.csv"),
    ),
    Model("mediation", "Mediation", "x7 ~ a*x1\nx9 ~ b*x7 + c*x1\nindirect := a*b", _read("hs.csv")),
    Model(
        "parallel-mediators",
        "Two mediators beside each other",
        "x4 ~ x1\nx7 ~ x1\nx9 ~ x4 + x7 + x1",
        _read("hs.csv"),
    ),
    Model("serial-mediation", "Serial mediation", "x4 ~ x1\nx7 ~ x4 + x1\nx9 ~ x7 + x4 + x1", _read("hs.csv")),
    Model(
        "latent-mediation",
        "Mediation between factors",
        HOLZINGER + "\ntextual ~ visual\nspeed ~ textual + visual",
        _read("hs.csv"),
    ),
    Model(
        "actor-partner",
        "Two waves of two variables: the grid of actors and partners",
        "s21 ~ s11 + m11\nm21 ~ m11 + s11\ns11 ~~ m11\ns21 ~~ m21",
        samples.simulate_panel,
    ),
    Model(
        "observed-panel", "Cross-lagged panel of observed variables", _write_observed_panel(), samples.simulate_panel
    ),
    Model("random-intercepts", "Panel with random intercepts", _write_intercepts(), samples.simulate_panel),
    Model("longitudinal-factors", "Longitudinal factor analysis", _write_occasions(), samples.simulate_panel),
    Model(
        "plain-growth",
        "Growth without covariates",
        "i =~ 1*t1 + 1*t2 + 1*t3 + 1*t4\ns =~ 0*t1 + 1*t2 + 2*t3 + 3*t4",
        _read("demo_growth.csv"),
        {"call": "growth"},
    ),
    Model(
        "multiple-causes",
        "Multiple indicators, multiple causes",
        "visual =~ x1 + x2 + x3\nvisual ~ sex + ageyr + grade",
        _read("hs.csv"),
    ),
    Model(
        "second-order",
        "A second-order factor",
        HOLZINGER + "\ng =~ visual + textual + speed",
        _read("hs.csv"),
        {"call": "cfa"},
    ),
    Model(
        "bifactor",
        "A general factor and three specific ones",
        "g =~ "
        + " + ".join(f"y{k}" for k in range(1, 13))
        + "\n"
        + "\n".join(f"s{s + 1} =~ " + " + ".join(f"y{4 * s + k}" for k in range(1, 5)) for s in range(3)),
        _read("bifactor.csv"),
        {"call": "cfa", "orthogonal": True, "std_lv": True},
    ),
    Model("cross-lagged", "Cross-lagged panel, four waves", _write_panel(), samples.simulate_panel),
    Model(
        "growth",
        "Growth with covariates",
        "i =~ 1*t1 + 1*t2 + 1*t3 + 1*t4\ns =~ 0*t1 + 1*t2 + 2*t3 + 3*t4\ni ~ x1 + x2\ns ~ x1 + x2\n"
        "t1 ~ c1\nt2 ~ c2\nt3 ~ c3\nt4 ~ c4",
        _read("demo_growth.csv"),
        {"call": "growth"},
    ),
    Model(
        "traits-and-methods",
        "Three traits, three methods",
        _write_traits_and_methods(),
        samples.simulate_traits_and_methods,
        {"call": "cfa", "std_lv": True},
    ),
    Model(
        "two-groups",
        "Mediation in two groups",
        "x7 ~ x1 + x4\nx9 ~ x7 + x1",
        _read("hs.csv"),
        {"group": "school"},
        groups=("Pasteur", "Grant-White"),
    ),
    Model(
        "twenty-factors",
        "Twenty factors, 120 indicators",
        "\n".join(f"f{f + 1} =~ " + " + ".join(f"y{6 * f + k}" for k in range(1, 7)) for f in range(20)),
        samples.simulate_many_factors,
        {"call": "cfa"},
    ),
    Model(
        "feedback",
        "A feedback loop",
        "aspiration1 ~ aspiration2 + ability1 + family1\naspiration2 ~ aspiration1 + ability2 + family2\n"
        "aspiration1 ~~ aspiration2",
        samples.simulate_feedback,
    ),
    Model(
        "composites",
        "Composites and a factor",
        "C1 <~ x1 + x2 + x3\nC2 <~ z1 + z2 + z3\neta =~ y1 + y2 + y3\neta ~ C1 + C2",
        _read("composite.csv"),
    ),
    Model(
        "second-order-growth",
        "Growth of a factor",
        _write_trajectories(),
        samples.simulate_trajectories,
    ),
    Model(
        "parallel-growth",
        "Two measures that grow side by side",
        "iA =~ 1*a1 + 1*a2 + 1*a3 + 1*a4\nsA =~ 0*a1 + 1*a2 + 2*a3 + 3*a4\n"
        "iB =~ 1*b1 + 1*b2 + 1*b3 + 1*b4\nsB =~ 0*b1 + 1*b2 + 2*b3 + 3*b4\nsA ~ iB\nsB ~ iA\niA ~~ iB\nsA ~~ sB",
        samples.simulate_trajectories,
        {"call": "growth"},
    ),
    Model("latent-change", "Latent change scores", _write_changes(), samples.simulate_change),
    Model("states-and-trait", "States of a trait, with methods", _write_states(), samples.simulate_states),
    Model(
        "twins",
        "Twins: genes, shared and own surroundings",
        _write_twins(),
        samples.simulate_twins,
        {"group": "kind"},
        groups=("identical", "fraternal"),
    ),
    Model("dyads", "Actors and partners, latent", _write_dyads(), _simulate_factors(DYADS, DYAD_ITEMS)),
    Model(
        "planned-behaviour",
        "Planned behaviour",
        _write_items(PLANNED_ITEMS) + "\nIntention ~ Attitude + Norms + Control\nBehaviour ~ Intention + Control",
        _simulate_factors(PLANNED, PLANNED_ITEMS),
    ),
    Model(
        "customers",
        "A marketing chain: quality, value, satisfaction, loyalty",
        _write_items(CUSTOMER_ITEMS)
        + "\n"
        + _write_equations({k: v for k, v in CUSTOMERS.items() if k not in ("Image",)}),
        _simulate_factors(CUSTOMERS, CUSTOMER_ITEMS),
    ),
    Model(
        "abilities",
        "A hierarchy of abilities",
        "\n".join(f"{name} =~ " + " + ".join(tests) for name, tests in SUBTESTS.items())
        + "\ng =~ Verbal + Reasoning + Memory + Speed",
        lambda: samples.simulate_recursive(
            ABILITIES | {test: {name: 0.75} for name, tests in SUBTESTS.items() for test in tests}
        ),
    ),
    Model(
        "ecology",
        "A path model of an ecosystem",
        _write_equations({name: causes for name, causes in ECOLOGY.items() if name != "burn_age"}),
        lambda: samples.simulate_recursive(ECOLOGY),
    ),
    Model(
        "controlled-mediation",
        "Mediation with controls",
        "Efficacy =~ eff1 + eff2 + eff3\nSupport =~ sup1 + sup2 + sup3\nBurnout =~ bur1 + bur2 + bur3\n"
        "Efficacy ~ Support + age + gender\nBurnout ~ Efficacy + Support + age + gender",
        _simulate_factors(CONTROLLED, {name: (name[:3].lower(), 3) for name in ("Support", "Efficacy", "Burnout")}),
    ),
    Model(
        "controlled-panel",
        "Cross-lagged panel with controls",
        "\n".join(f"{v}{t} ~ dep{t - 1} + str{t - 1} + age + sex" for t in (2, 3) for v in ("dep", "str"))
        + "\ndep1 ~ age + sex\nstr1 ~ age + sex\ndep1 ~~ str1\ndep2 ~~ str2\ndep3 ~~ str3",
        lambda: samples.simulate_recursive(CONTROLLED_PANEL),
    ),
    Model(
        "two-changes", "Two processes of change", _write_two_changes(), lambda: samples.simulate_recursive(TWO_CHANGES)
    ),
    Model(
        "causal-indicators",
        "Multiple indicators, causal indicators",
        "Loneliness =~ l1 + l2 + l3 + l4\nLoneliness <~ age + income + health + contacts",
        lambda: samples.simulate_recursive(CAUSAL),
    ),
    Model(
        "bifactor-outcome",
        "A general factor and an outcome",
        "g =~ y1 + y2 + y3 + y4 + y5 + y6 + y7 + y8 + y9\ns1 =~ y1 + y2 + y3\ns2 =~ y4 + y5 + y6\ns3 =~ y7 + y8 + y9\n"
        "Achievement =~ a1 + a2 + a3\nAchievement ~ g + s1 + s2\n"
        "g ~~ 0*s1 + 0*s2 + 0*s3\ns1 ~~ 0*s2 + 0*s3\ns2 ~~ 0*s3",
        lambda: samples.simulate_recursive(GENERAL, n=1000),
    ),
    Model(
        "cross-loadings",
        "Many cross-loadings",
        "F1 =~ y1 + y2 + y3 + y4 + y5 + y8\nF2 =~ y2 + y4 + y5 + y6 + y7 + y9\nF3 =~ y3 + y6 + y8 + y9 + y10 + y11",
        lambda: samples.simulate_recursive(CROSSED, n=800),
    ),
    Model(
        "twins-of-two",
        "Twins: two phenotypes",
        _write_twins_of_two(),
        samples.simulate_twins_of_two,
        {"group": "kind"},
        groups=("identical", "fraternal"),
    ),
    Model(
        "direct-effects",
        "Causes of a factor and of single indicators",
        "Cognition =~ memory + fluency + speed + reasoning + vocabulary + attention\n"
        "Cognition ~ age + education + sex + hearing + diabetes\nvocabulary ~ education\nspeed ~ age",
        lambda: samples.simulate_recursive(DIRECT),
    ),
    Model(
        "moderated-mediation",
        "Moderated mediation with controls",
        "Exhaustion =~ exh1 + exh2 + exh3\nQuitting =~ qui1 + qui2 + qui3\n"
        "Exhaustion ~ workload + autonomy + workload_x_autonomy + age + tenure\n"
        "Quitting ~ Exhaustion + workload + autonomy + workload_x_autonomy + age + tenure",
        _simulate_factors(MODERATED, {name: (name[:3].lower(), 3) for name in ("Exhaustion", "Quitting")}),
    ),
    Model(
        "stages-downward",
        "Stages below each other",
        _write_items(SCHOOL_ITEMS) + "\n" + _write_equations({k: v for k, v in SCHOOL.items() if k != "Education"}),
        _simulate_factors(SCHOOL, SCHOOL_ITEMS),
        stages={
            "Family": ("Income", "Education"),
            "School": ("Climate", "Teaching"),
            "Pupil": ("Motivation", "Confidence"),
            "Result": ("Achievement",),
        },
        direction="down",
    ),
    Model(
        "three-intercepts",
        "Panel of three variables with random intercepts",
        _write_three_intercepts(),
        samples.simulate_three_panel,
    ),
    Model("dual-change", "Dual change of two variables", _write_two_dual_changes(), samples.simulate_two_changes),
    Model(
        "independent-pathways",
        "Identical twins: independent pathways to three measures",
        _write_pathways(through_one=False),
        samples.simulate_twins_of_three,
        {"group": "kind"},
    ),
    Model(
        "common-pathway",
        "Identical twins: a common pathway to three measures",
        _write_pathways(through_one=True),
        partial(samples.simulate_twins_of_three, through_one=True),
        {"group": "kind"},
    ),
    Model(
        "controlled-mediators",
        "Three mediators beside each other, measured, with controls",
        _write_items(COPING_ITEMS)
        + "\n"
        + _write_equations({k: v for k, v in COPING.items() if v})
        + "\nCoping ~~ Support\nCoping ~~ Sleep\nSupport ~~ Sleep",
        _simulate_factors(COPING, COPING_ITEMS),
    ),
    Model(
        "satisfied-customers",
        "An index of customer satisfaction",
        _write_items(CLIENT_ITEMS) + "\n" + _write_equations({k: v for k, v in CLIENTS.items() if v}),
        _simulate_factors(CLIENTS, CLIENT_ITEMS),
    ),
    Model(
        "two-outcomes",
        "Two mediators of two outcomes",
        _write_equations({name: {k: v for k, v in STRAIN[name].items() if k != "mood"} for name in [*STRAIN][2:]})
        + "\nsupport ~~ coping\ndepression ~~ wellbeing",
        lambda: samples.simulate_recursive(STRAIN),
    ),
    Model(
        "acceptance",
        "Acceptance and use of technology",
        _write_items(ACCEPTED_ITEMS) + "\n" + _write_equations({k: ACCEPTANCE[k] for k in ("Intention", "Use")}),
        _simulate_factors(ACCEPTANCE, ACCEPTED_ITEMS),
    ),
)
