"""Measurement invariance: the ladder of equalities across groups or over time, each step tested."""

from collections.abc import Iterable, Sequence

from sem_toolkit.comparison.invariance.climb import climb
from sem_toolkit.comparison.invariance.groups import GroupLadder
from sem_toolkit.comparison.invariance.items import build_item_parameters, list_markers
from sem_toolkit.comparison.invariance.ladder import RULES, Invariance, Ladder, Step
from sem_toolkit.comparison.invariance.ordinal import build_ordinal_ladder, complete_options, parse_identification
from sem_toolkit.comparison.invariance.steps import IDENTIFICATIONS, MORE_STEPS, ORDINAL_STEPS, STEPS, choose_steps
from sem_toolkit.comparison.invariance.waves import build_wave_ladder
from sem_toolkit.comparison.invariance.writing import write_steps
from sem_toolkit.fit.options import parse_fit_options
from sem_toolkit.fit.prepared import get_header_options
from sem_toolkit.spec import Spec

__all__ = [
    "IDENTIFICATIONS",
    "MORE_STEPS",
    "ORDINAL_STEPS",
    "RULES",
    "STEPS",
    "Invariance",
    "Step",
    "build_item_parameters",
    "compute_invariance",
    "list_markers",
    "write_steps",
]


def compute_invariance(
    spec: Spec,
    data: object = None,
    *,
    steps: Sequence[str] = (),
    release: Iterable[str] = (),
    time: Sequence[Sequence[str]] = (),
    identification: str | None = None,
    **options: object,
) -> Invariance:
    """Fit the ladder of invariance and test each step against the one before.

    steps    names from STEPS (ORDINAL_STEPS for ordered items) and MORE_STEPS; none: all that the items let be tested
    release  parameters left free, such as "x3~1" (as `group_partial` has them), or "auto": after a step whose
             difference test fails, the equality with the largest score statistic is released until it passes
    time     the same factors at several waves, in their order: [("f1", "f2"), ("g1", "g2")]; or endings of columns,
             [("_1", "_2")], for a spec of one wave. None: across groups
    identification  of ordered items, from IDENTIFICATIONS: "wu" (Wu & Estabrook, 2016; the default), "millsap"
             (Millsap & Yun-Tein, 2004) or "mplus"

    Options as for `fit`, `group` among them or in the header; `group_equal` is the ladder's own. Ordered items have the
    theta parameterization unless another is named. Raises OptionError without a group and for options that do not
    apply, DataError for a single group, ModelError for a model without factors.
    """
    asked = parse_fit_options(get_header_options(spec), options)
    is_ordered = asked.estimation.categorical
    convention = parse_identification(identification, is_ordered=is_ordered)
    if is_ordered:
        options = complete_options(options, asked.given, convention)
    freed = [text.replace(" ", "") for text in ([release] if isinstance(release, str) else release)]
    by_itself = "auto" in freed
    named = [text for text in freed if text != "auto"]
    chosen = {} if is_ordered else choose_steps(steps)
    ladder: Ladder
    ladder = plain = build_wave_ladder(spec, data, time, options) if time else GroupLadder.build(spec, data, options)
    if is_ordered:
        ladder, chosen = build_ordinal_ladder(plain, convention, steps)
    return climb(ladder, chosen, named, by_itself=by_itself)
