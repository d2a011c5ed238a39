"""Measurement invariance: the ladder of equalities across groups or over time, each step tested."""

from collections.abc import Iterable, Sequence

from sem_toolkit.comparison.invariance.climb import climb
from sem_toolkit.comparison.invariance.groups import GroupLadder
from sem_toolkit.comparison.invariance.items import build_item_parameters, list_markers
from sem_toolkit.comparison.invariance.ladder import RULES, Invariance, Step
from sem_toolkit.comparison.invariance.ordered import build_ordered_ladder, list_usual_steps
from sem_toolkit.comparison.invariance.steps import MORE_STEPS, STEPS, choose_steps
from sem_toolkit.comparison.invariance.waves import build_wave_ladder
from sem_toolkit.comparison.invariance.writing import write_steps
from sem_toolkit.spec import Spec

__all__ = [
    "MORE_STEPS",
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
    **options: object,
) -> Invariance:
    """Fit the ladder of invariance and test each step against the one before.

    steps    names from STEPS and MORE_STEPS; none: configural, metric, scalar and strict. With ordered items there is
             one more, thresholds, before metric, and the steps are those of Wu & Estabrook (2016)
    release  parameters left free, such as "x3~1" (as `group_partial` has them), or "auto": after a step whose
             difference test fails, the equality with the largest score statistic is released until it passes
    time     the same factors at several waves, in their order: [("f1", "f2"), ("g1", "g2")]; or endings of columns,
             [("_1", "_2")], for a spec of one wave. None: across groups

    Options as for `fit`, `group` among them or in the header; `group_equal` is the ladder's own. Raises OptionError
    without a group, DataError for a single one, ModelError for a model without factors.
    """
    freed = [text.replace(" ", "") for text in ([release] if isinstance(release, str) else release)]
    by_itself = "auto" in freed
    named = [text for text in freed if text != "auto"]
    plain = build_wave_ladder(spec, data, time, options) if time else GroupLadder.build(spec, data, options)
    ladder = build_ordered_ladder(plain, spec, data, time, options)
    chosen = choose_steps(steps, list_usual_steps(ladder, steps))
    return climb(ladder, chosen, named, by_itself=by_itself)
