"""Make docs/data/staff.sav and export.csv: a questionnaire as it comes from the field, drawn from a known population.

export.csv has eight items of 150 of the people as an online platform exports them: the questions and the platform's
identifiers under the names, answers in words. hs.csv is Holzinger and Swineford (1939) as the tests have it. Every
number about people is invented.
"""

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat

from sem_toolkit.resampling.simulation.one_sample import draw_one_sample
from sem_toolkit.spec import parse_spec

HERE = Path(__file__).parent
N = 420
POPULATION = """
workload   =~ .80*w1 + .75*w2 + .70*w3 + .60*w4
support    =~ .80*s1 + .80*s2 + .70*s3 + .65*s4
exhaustion =~ .80*x1 + .85*x2 + .75*x3 + .60*x4
engagement =~ .75*e1 + .80*e2 + .70*e3 + .65*e4
workload ~~ 1*workload + -.30*support
support ~~ 1*support
exhaustion ~ .50*workload + -.20*support
engagement ~ .25*support + -.40*exhaustion
x1 ~~ .10*x4
"""
CUTS = {
    "w": (-1.4, -0.6, 0.3, 1.1),
    "s": (-1.6, -0.9, -0.1, 0.9),
    "x": (-0.9, 0.0, 0.7, 1.4),
    "e": (-1.5, -0.8, 0.1, 1.0),
}
WORDING = {
    "w1": "I have too much work to do", "w2": "I have to work fast", "w3": "My work cannot wait",
    "w4": "I work longer than agreed", "s1": "My superior helps me when work gets difficult",
    "s2": "I can rely on my colleagues", "s3": "My superior listens to me", "s4": "Colleagues tell me what I do well",
    "x1": "I feel used up at the end of the day", "x2": "My work drains me", "x3": "I am tired before the day begins",
    "x4": "I find it easy to recover (R)", "e1": "I am full of energy at work", "e2": "My work inspires me",
    "e3": "I forget the time when I work", "e4": "I am proud of what I do",
}  # fmt: skip
AGREE = {1: "not at all", 2: "rather not", 3: "partly", 4: "rather", 5: "completely", 9: "no answer"}


EXPORTED = ("w1", "w2", "w3", "w4", "s1", "s2", "s3", "s4")


def main() -> None:
    """Draw, disturb and write."""
    frame = draw_staff()
    write_spss(frame)
    write_export(frame.iloc[:150])


def draw_staff() -> pd.DataFrame:
    """420 people with the faults of real ones."""
    rng = np.random.default_rng(20)
    thresholds = "\n".join(
        f"{item} | " + " + ".join(f"{cut}*t{k + 1}" for k, cut in enumerate(CUTS[item[0]])) for item in WORDING
    )
    frame = draw_one_sample(parse_spec(POPULATION + thresholds), N, seed=4)[list(WORDING)].astype(float)
    frame["x4"] = 6 - frame["x4"]
    for item in WORDING:
        frame.loc[rng.random(N) < 0.02, item] = 9.0
    frame.loc[[57, 203, 318]] = 3.0  # straight lines
    frame.loc[250, "e2"] = 44.0
    frame.insert(0, "id", np.arange(1, N + 1, dtype=float))
    frame["department"] = rng.integers(1, 4, N).astype(float)
    frame["age"] = np.clip(rng.normal(43, 11, N).round(), 19, 66)
    others = frame.columns.drop("id")
    frame.loc[118, others] = frame.loc[117, others]
    return pd.DataFrame(frame)


def write_spss(frame: pd.DataFrame) -> None:
    """All of it, as SPSS keeps it."""
    labels = {"id": "Number of the form", **WORDING, "department": "Department", "age": "Age in years"}
    answers = dict.fromkeys(WORDING, AGREE)
    pyreadstat.write_sav(
        frame, str(HERE / "staff.sav"), column_labels=labels,
        variable_value_labels={**answers, "department": {1: "office", 2: "workshop", 3: "field"}},
        missing_ranges={item: [9] for item in WORDING}, variable_format=dict.fromkeys(frame.columns, "F2.0"),
    )  # fmt: skip


def write_export(frame: pd.DataFrame) -> None:
    """Some items, as an online platform exports them."""
    with (HERE / "export.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["ResponseId", *EXPORTED])
        writer.writerow(["Response ID", *(WORDING[item] for item in EXPORTED)])
        writer.writerow([json.dumps({"ImportId": name}) for name in ("_recordId", *EXPORTED)])
        for number, row in zip(frame["id"], frame[[*EXPORTED]].itertuples(index=False), strict=True):
            writer.writerow([f"R_{int(number):03d}", *(AGREE[int(code)] for code in row)])


if __name__ == "__main__":
    main()
