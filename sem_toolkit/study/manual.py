"""docs/study.md: its text with every number of the study put in."""

from __future__ import annotations

from sem_toolkit.study.integer_sums import list_attainable_sums
from sem_toolkit.study.item_search import MOST_COMPOSITE_ITEMS
from sem_toolkit.study.names import build_names
from sem_toolkit.study.population import SURVEY_POPULATION
from sem_toolkit.study.printed_study import PrintedStudy
from sem_toolkit.study.relations import compute_r2


def build_manual(study: PrintedStudy) -> str:
    """The page as Markdown, for a study of the paper's own tables."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(  # noqa: S701 - Markdown of our own numbers
        loader=PackageLoader("sem_toolkit.study"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    tables, recovery, scores = study.publication.tables, study.recovery, study.score_items
    smallest = scores.outcome.smallest
    if smallest is None:
        raise ValueError("the manual is of tables that fix the items behind the outcome")
    n, table = recovery.n, study.publication.get_table("4-2")
    in_text, in_table = table.find("f", "text"), table.find("f", "table")
    odds = (r2 := float(compute_r2(table, n).middle)) / (1.0 - r2)
    stated = next(size for size in study.audit.stated_n.values() if size is not None)
    found = scores.to_frame(tables).to_dict("records")
    joint = study.joint_regressions
    (scale,) = {row.scale for own in tables for row in own.predictors if row.scale is not None}
    bounded = joint[joint["unbounded"].notna()]
    return environment.get_template("study.md.j2").render(
        audit=study.audit,
        recovery=recovery,
        scores=scores,
        n=n,
        stated=stated,
        f_stated=odds * (stated - 2),
        f_text=in_text.text if in_text else "",
        f_table=in_table.text if in_table else "",
        n_text=in_text.value / odds + 2 if in_text else 0.0,
        pairs=len(list_attainable_sums(n, scale)),
        searched=sorted(recovery.solutions[0].sums),
        single=sum(len(own.predictors) == 1 for own in tables),
        entered=[
            ", ".join(row.term for row in own.predictors)
            for own in tables
            if own.name in recovery.solutions[0].sums and len(own.predictors) > 1
        ],
        points=scale[1] - scale[0] + 1,
        respondents=SURVEY_POPULATION.respondents,
        meanings=build_names(tables).items,
        items=recovery.to_frame().to_dict("records"),
        products=recovery.products_to_frame().to_dict("records"),
        smallest=smallest,
        multiples=[sums.items for sums in scores.outcome.found[1:]],
        mean=study.fixed.means[recovery.outcome],
        most_composite=MOST_COMPOSITE_ITEMS,
        composites=found[1:],
        composite_product=next(iter(scores.composites.values()))[0].products[0][1],
        figures=int(study.figures["agrees"].sum()),
        figures_all=len(study.figures),
        unattained=study.reconstruction.unattained,
        completions=len(study.completions.frames),
        paths=study.path_models.to_dict("records"),
        items_bounded=bounded.to_dict("records"),
        items_unbounded=bool(bounded["unbounded"].all()),
        items_lowest=float(bounded["sharp.lowest"].min()),
        factor_checks=study.factor_checks,
        completion_models=study.completion_models,
    )
