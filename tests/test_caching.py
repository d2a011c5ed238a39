"""Properties that are computed once."""

import pickle
import threading

from sem_toolkit.caching import cached_property


class Counted:
    """How often its value was computed."""

    def __init__(self) -> None:
        self.times = 0

    @cached_property
    def value(self) -> int:
        """What is computed."""
        self.times += 1
        return 7


class Gated:
    """A value that is there once others were asked for, too."""

    gate = threading.Barrier(2)

    @cached_property
    def value(self) -> int:
        return self.gate.wait(timeout=30)


def test_a_value_is_computed_once_and_kept_with_its_object() -> None:
    one, other = Counted(), Counted()
    assert (one.value, one.value, other.value) == (7, 7, 7)
    assert (one.times, other.times) == (1, 1)
    assert one.__dict__["value"] == 7
    assert pickle.loads(pickle.dumps(one)).times == 1  # noqa: S301 (made here)
    assert Counted.value.__doc__ == "What is computed."


def test_objects_in_two_threads_do_not_wait_for_each_other() -> None:
    objects = [Gated(), Gated()]
    threads = [threading.Thread(target=lambda one=one: one.value) for one in objects]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.value for one in objects) == [0, 1]
