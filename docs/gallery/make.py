"""Draw the gallery: every model in three styles into docs/gallery/, and docs/gallery.md about them.

Ends with exit code 1 when the checker finds anything covered in any of the pictures.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from models import MODELS, ROOT, Model

from sem_toolkit.diagram import Diagram, DiagramHints, DiagramStyle, Version, draw_diagram, draw_side_by_side
from sem_toolkit.diagram.content.style import POINTS_PER_MILLIMETRE
from sem_toolkit.files import write_text
from sem_toolkit.fit import Fit, fit
from sem_toolkit.report.figures import draw_fit, draw_spec
from sem_toolkit.spec import read_spec

HERE = Path(__file__).parent
STYLES = {
    "colour": DiagramStyle(),
    "print": DiagramStyle(theme="print", variances="lisrel", significance="none", leading_zero=False),
    "grey": DiagramStyle(theme="grey", variances="ram", values="raw", significance="none", r2="none"),
}
HEAD = """# Gallery

Made by `make gallery`. Every picture is 175 mm wide or less with no text below 7 points, and was drawn as it stands
from the model and its data. The three styles: **colour** (standardised estimates with stars, R²), **print** (black and
white, residual variances as short arrows, no leading zeros), **grey** (unstandardised estimates, variances as loops);
Figure 3-1 is without variances. In the closest setting of many factors the stars of loadings that all have the same
stand once, in the legend. Hits are texts and paths that cover something and numbers that stand nearer to a
foreign path than to their own, crossings are paths that cross, both as counted by `Diagram.problems()`. Every number
stands on a ground of its own, so that no line runs into it.

The last column says how many of the crossings no layout whatever could avoid, at least (`Diagram.least_crossings()`,
from Euler's formula). The others are the price of what readers expect: indicators in the order of the spec, in one
row or column, with their residual covariances on the outer side; two factors on the same side of the same four
indicators, as in the growth model, cannot do with fewer than six, nor the three methods of the nine measures with
fewer than nine.

## Marks

Our own, for the colour pictures as an editor would give them at print size: 10 is a figure that a textbook could take
over, below 7 is one to be drawn again. They are opinions; the numbers under each picture are counts.

| model | mark | why |
| --- | --- | --- |
| Holzinger and Swineford | 8 | clear and compact; the numbers of outer loadings stand beside flat lines |
| Political democracy | 9 | democracy at both times in one row, industry below, residual covariances in nested tracks |
| Mediation, one and two mediators | 9 | triangle and diamond, level direct path |
| Serial mediation | 9 | trapezium with one crossing, as in the textbooks |
| Latent mediation | 8 | triangle; three numbers above the mediator stand at two heights |
| Actors and partners, observed panel | 9 | exact grid; the numbers of crossing paths stand on their first third |
| Panel with random intercepts | 9 | mirrored rows, one arc around everything |
| Longitudinal factors | 8 | every covariance has its track beside the variances; many tracks need a finger |
| Second-order factor | 9 | a tree from left to right, every path straight, numbers in columns |
| Bifactor | 9 | all numbers in two straight columns; short arrows come in below the loadings of one side |
| Cross-lagged panel | 9 | four waves in columns, tracks above and below |
| Growth | 9 | raw fixed loadings in one row near the occasions; no triangle of means unless asked |
| Traits and methods | 8 | numbers in columns; the loadings of the methods cross nine times |
| Two groups | 8 | the same places in both, straight paths, one legend for both |
| Multiple causes | 7 | the numbers of neighbouring covariances crowd at the left |
| Feedback loop | 7 | two arrows bend apart; six covariances of causes are much for one side |
| Composites | 7 | readable, weights and loadings look alike but for their direction |
| Growth of a factor | 9 | growth above, measures below, covariances in tracks beside the variances |
| Two measures that grow | 9 | mirrored rows, straight covariances between them; loadings cross as in the textbooks |
| Latent change scores | 9 | scores in a row, each change above the score it leads to |
| States of a trait | 7 | numbers in columns; the methods' loadings leave in bundles |
| Twins | 8 | genes innermost, so that the arcs nest; one legend for both kinds |
| Dyads | 8 | exact grid, residual covariances nested outside |
| Planned behaviour | 8 | causes in a column, a straight way to the behaviour; the third covariance takes room inside |
| Marketing chain | 9 | every path is straight from left to right; indicators outside |
| Abilities | 9 | a tree from left to right, levels in columns |
| Ecosystem | 8 | every path is straight; two pairs share a column, one crossing |
| Twenty factors | 7 | four columns and all correlations on one page; with variances it is longer than that |
| Mediation with controls | 8 | triangle with the controls below it; their paths cross the direct one |
| Panel with controls | 8 | grid with the controls above and below; two paths to the last wave bend |
| Two processes of change | 9 | scores outside, changes inside, all paths straight |
| Causal indicators | 9 | causes left, effects right |
| General factor and an outcome | 7 | the general factor's path takes its way between the groups of indicators |
| Two phenotypes of twins | 9 | what both share above them, what is the second one's own below, mirrored |
| Causes of single indicators | 8 | the causes with such paths stand outermost; two loadings are crossed |
| Moderated mediation | 8 | three causes in a column, the controls below; paths of these cross |
| Stages below each other | 9 | every path is straight, indicators outside |
| Many cross-loadings | 8 | one column, every loading has its number beside its indicator |
| Three variables with random intercepts | 7 | a row each; eighteen paths, their numbers before the crossings |
| Dual change of two variables | 8 | mirrored, measures inside; five covariances of the starts share the left side |
| Independent pathways | 8 | common causes above, own ones below, all straight; numbers at several heights |
| Common pathway | 8 | the same through one phenotype; the arcs between the twins take a third of the height |
| Measured mediators with controls | 7 | straight paths; two above each other make it high, a covariance crosses |
| Customer satisfaction | 8 | four columns as published, every path straight; two columns are shared |
| Two mediators of two outcomes | 9 | mirrored rows; the direct paths run between the mediators |
| Acceptance and use of technology | 8 | causes in the order of the model, straight paths; seven causes make it high |
| Figure 3-1 | 9 | eight paths run straight through a free corridor; a page holds it with its estimates |
"""


def main() -> None:
    """Draw everything, report what is covered."""
    wanted = set(sys.argv[1:])
    pages, faults = [HEAD], 0
    scores: dict[str, list[float]] = {}
    for title, name, spec, pictures in iterate_entries(wanted):
        rows = []
        for style, picture in pictures:
            picture.write(HERE / f"{name}-{style}.svg")
            hits, crossings = len(picture.hits()), Counter(p.kind for p in picture.problems())["crossing"]
            faults += hits
            width, height = (size / POINTS_PER_MILLIMETRE for size in (picture.scene.width, picture.scene.height))
            least = picture.least_crossings()
            scores[f"{name} {style}"] = [hits, crossings, round(width), round(height)]
            rows.append(f"| {style} | {width:.0f} × {height:.0f} mm | {hits} | {crossings} | {least} |")
            sys.stdout.write(f"{name} {style}: {width:.0f} x {height:.0f} mm, {hits} hits, {crossings} crossings\n")
            sys.stdout.writelines(f"    {problem}\n" for problem in picture.hits())
        images = "\n\n".join(f"![{title}, style {style}](gallery/{name}-{style}.svg)" for style, _ in pictures)
        table = "\n".join(
            ["| style | size | hits | crossings | unavoidable |", "| --- | --- | --- | --- | --- |", *rows]
        )
        pages.append(f"## {title}\n\n{_format_spec(spec)}\n\n{images}\n\n{table}\n")
    if not wanted:
        write_text(HERE.parent / "gallery.md", "\n".join(pages))
        lines = [f"  {json.dumps(key)}: {json.dumps(score)}" for key, score in scores.items()]
        write_text(HERE / "scores.json", "{\n" + ",\n".join(lines) + "\n}\n")
    sys.exit(1 if faults else 0)


def iterate_entries(wanted: set[str]) -> Iterator[tuple[str, str, str, list[tuple[str, Diagram]]]]:
    for model in MODELS:
        if not wanted or model.name in wanted:
            yield model.title, model.name, model.spec, list(_draw_model(model))
    if not wanted or "figure-3-1" in wanted:
        path = ROOT / "model_specs" / "research_model.lav"
        fitted = fit(read_spec(path))
        schematic = draw_spec(fitted.spec, fitted.table, DiagramStyle(values="none"))
        pictures = [("schematic", schematic), *_draw_clean(fitted)]
        yield "Figure 3-1: the research model of the study", "figure-3-1", "", pictures


def _draw_clean(fitted: Fit) -> Iterator[tuple[str, Diagram]]:
    for name, style in STYLES.items():
        yield name, draw_fit(fitted, replace(style, variances="clean"))


def _draw_model(model: Model) -> Iterator[tuple[str, Diagram]]:
    fitted = fit(model.spec, model.data(), **model.options)
    for name, style in STYLES.items():
        yield name, _draw_groups(model, fitted, style) if model.groups else _draw_fit(model, fitted, style)


def _draw_fit(model: Model, fitted: Fit, style: DiagramStyle) -> Diagram:
    r2 = fitted.r2.get(fitted.sample.groups[0].label)
    style = style.with_settings({"direction": model.direction})
    return draw_diagram(fitted.table, fitted.parameters, style, DiagramHints(stages=model.stages), r2)


def _draw_groups(model: Model, fitted: Fit, style: DiagramStyle) -> Diagram:
    labels = [group.label for group in fitted.sample.groups]
    versions = [
        Version(label, fitted.table, fitted.parameters, fitted.r2.get(label), labels.index(label) + 1)
        for label in model.groups
    ]
    return draw_side_by_side(versions, style)


def _format_spec(spec: str) -> str:
    lines = spec.splitlines()
    if not lines:
        return "The spec is `model_specs/research_model.lav`."
    shown = lines if len(lines) <= 14 else [*lines[:12], f"# … and {len(lines) - 12} more lines"]
    return "\n".join(["```lavaan", *shown, "```"])


if __name__ == "__main__":
    main()
