"""The models of the gallery: what is drawn, from which data."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import samples

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "oracles" / "data"


@dataclass(frozen=True)
class Model:
    """One entry: `groups` names a column whose groups are drawn side by side."""

    name: str
    title: str
    spec: str
    data: Callable[[], pd.DataFrame]
    options: dict[str, object] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    about: str = ""


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
)
