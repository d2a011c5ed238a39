"""Which options of a fit the steps of invariance leave to their user."""

from collections.abc import Mapping

from sem_toolkit.diagnostics import Diagnostic, OptionError

_SET_BY_STEPS = frozenset(("group_equal", "group_partial", "meanstructure"))


def keep_own(options: Mapping[str, object]) -> dict[str, object]:
    """The options that the steps do not set themselves; raises OptionError where means are not wanted."""
    if options.get("meanstructure") is False:
        message = "invariance compares intercepts and means, so that the models have a mean structure"
        raise OptionError(Diagnostic("error", "option-value", message, hint="leave meanstructure out"))
    return {name: value for name, value in options.items() if name not in _SET_BY_STEPS}
