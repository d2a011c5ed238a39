"""What is computed once a pair of moments, and remembered with it."""

from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

Settings = ParamSpec("Settings")
Result = TypeVar("Result")


class Remembering(Protocol):
    """What has a memory of its own, for as long as it lives."""

    @property
    def memory(self) -> dict[Hashable, Any]: ...


Owner = TypeVar("Owner", bound=Remembering)

_NOTHING = object()


def once(
    compute: Callable[Concatenate[Owner, Settings], Result],
) -> Callable[Concatenate[Owner, Settings], Result]:
    """Let a function of a pair (and of settings that can be hashed) compute once what all tables share.

    The result is handed out again as it is: nobody may write into it.
    """

    @wraps(compute)
    def recall(owner: Owner, *args: Settings.args, **kwargs: Settings.kwargs) -> Result:
        key = (compute, args, tuple(kwargs.items()))
        found = owner.memory.get(key, _NOTHING)
        if found is _NOTHING:
            found = owner.memory[key] = compute(owner, *args, **kwargs)
        return cast("Result", found)

    return cast("Callable[Concatenate[Owner, Settings], Result]", recall)
