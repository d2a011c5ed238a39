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
