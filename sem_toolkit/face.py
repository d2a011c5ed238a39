"""Functions of the public face that other layers have under other names or for parsed specs only.

Each takes a spec as `fit` does: a path, the text of a model, or a parsed `Spec`; and data as `fit` does.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sem_toolkit.comparison.atlas import Atlas
    from sem_toolkit.comparison.equivalents import Equivalents
    from sem_toolkit.comparison.improve import Improvement
    from sem_toolkit.comparison.invariance import Invariance
    from sem_toolkit.diagram import Diagram, DiagramStyle
    from sem_toolkit.fit import Check, Fit
    from sem_toolkit.spec import Spec


def check(spec: "Spec | str | Path", data: object = None, **options: object) -> "Check":
    """What is wrong with a spec, which model it means, and whether that model is identified.

    data     rows or a path, to look names up in; None: the text by itself
    options  of the fit that is meant, as for `fit`

    Faults of the spec, the data and the options are in `diagnostics`; raises DataError only for a spec that cannot be
    read.
    """
    from sem_toolkit.fit import check_model
    from sem_toolkit.fit.run import parse

    return check_model(parse(spec), data, **options)


def diagram(
    model: "Fit | Spec | str | Path",
    *,
    style: "DiagramStyle | None" = None,
    group: int | None = None,
    misfit: bool = False,
    **options: object,
) -> "Diagram":
    """The path diagram of a fit with its estimates, or of a spec without any.

    style    what is written and how it looks; None: as printed in journals
    group    number of the group to draw, from 1; None: all groups of a fit beside each other (the first one, with a
             message, where they are more than six or with `misfit`); of a spec the first, or all of its levels
    misfit   of a fit: dotted candidates, the paths with the largest modification indices
    options  of a spec: which model it means (std_lv, orthogonal, ...), as for `fit`

    Raises SpecError, OptionError or ModelError for a spec that means no model, and OptionError for idle options.
    """
    from sem_toolkit.diagnostics import Diagnostic, OptionError
    from sem_toolkit.fit import Fit, prepare_schematic
    from sem_toolkit.fit.run import parse
    from sem_toolkit.report.compared_figures import draw_fit_or_groups, require_group
    from sem_toolkit.report.figures import draw_spec
    from sem_toolkit.spec.levels import separate_levels

    if isinstance(model, Fit):
        if options:
            message = f'option "{next(iter(options))}" would do nothing: the fit has its options'
            raise OptionError(Diagnostic("error", "option-without-effect", message, hint="give it to `fit`"))
        return draw_fit_or_groups(model, style, group, misfit=misfit)
    if misfit:
        message = 'option "misfit" would do nothing: a spec without estimates has no modification indices'
        raise OptionError(Diagnostic("error", "option-without-effect", message, hint="give a fit"))
    spec = parse(model)
    spec.require_valid()
    table = prepare_schematic(spec, **options).table
    if group is not None:
        require_group(group, len(separate_levels(table).groups), "model")
    return draw_spec(spec, table, style, group)


def invariance(
    spec: "Spec | str | Path",
    data: object = None,
    *,
    steps: Sequence[str] = (),
    release: Iterable[str] = (),
    time: Sequence[Sequence[str]] = (),
    identification: str | None = None,
    **options: object,
) -> "Invariance":
    """Measurement invariance across groups or over time: a ladder of equalities, each step tested.

    Arguments as for `sem_toolkit.comparison.invariance.compute_invariance`; `group` is the column of the groups.
    """
    from sem_toolkit.comparison.invariance import compute_invariance
    from sem_toolkit.fit.run import parse

    ways = {"steps": steps, "release": release, "time": time, "identification": identification}
    return compute_invariance(parse(spec), data, **ways, **options)  # type: ignore[arg-type]


def improve(spec: "Spec | str | Path", data: object = None, **options: object) -> "Improvement":
    """What modification indices ask for, step by step, and what of it was won by chance.

    Arguments as for `sem_toolkit.comparison.improve.improve`: steps, allowed, folds, seed, ... and options of `fit`.
    """
    from sem_toolkit.comparison.improve import improve as search
    from sem_toolkit.fit.run import parse

    return search(parse(spec), data, **options)  # type: ignore[arg-type]


def atlas(spec: "Spec | str | Path", data: object = None, **options: object) -> "Atlas":
    """The usual rivals of a model, made from its text, fitted to the same data and set beside it.

    Arguments as for `sem_toolkit.comparison.atlas.build_atlas`: families, most, least_index, ... and options of `fit`.
    """
    from sem_toolkit.comparison.atlas import build_atlas
    from sem_toolkit.fit.run import parse

    return build_atlas(parse(spec), data, **options)  # type: ignore[arg-type]


def equivalents(spec: "Spec | str | Path", data: object = None, **options: object) -> "Equivalents":
    """Models that no data can tell from a given one; with data the (equal) fits and the (different) estimates.

    Arguments as for `sem_toolkit.comparison.equivalents.list_equivalents`: limit, families, ... and options of `fit`.
    """
    from sem_toolkit.comparison.equivalents import list_equivalents
    from sem_toolkit.fit.run import parse

    return list_equivalents(parse(spec), data, **options)  # type: ignore[arg-type]
