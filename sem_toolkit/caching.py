"""Properties that are computed when they are first asked for, and kept with their object."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from functools import cached_property
else:

    class cached_property:  # noqa: N801 (it stands in the place of the one of functools)
        """A property whose value replaces it in the object's `__dict__`.

        That of functools holds a lock in Python 3.11, one for all objects of a class: fits in several threads wait for
        each other, and taking the locks is a twentieth of the time of a small fit. Python 3.12 has none any more.
        Threads that ask one object at the same time may both compute the value.
        """

        def __init__(self, compute: Any) -> None:
            self.compute = compute
            self.__doc__ = compute.__doc__

        def __set_name__(self, owner: type, name: str) -> None:
            self.name = name

        def __get__(self, instance: Any, owner: type | None = None) -> Any:
            if instance is None:
                return self
            value = instance.__dict__[self.name] = self.compute(instance)
            return value


__all__ = ["cached_property"]
