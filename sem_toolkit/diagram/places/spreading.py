"""Values that keep given distances and are as near as can be to what is wanted."""

from collections.abc import Sequence


def separate(wanted: Sequence[float], distances: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Values nearest to the wanted ones (weighted least squares) that keep given distances: isotonic regression."""
    offsets = [0.0]
    for distance in distances:
        offsets.append(offsets[-1] + distance)
    groups: list[tuple[float, float, int]] = []
    for value, offset, weight in zip(wanted, offsets, weights, strict=True):
        mean, total, count = value - offset, weight, 1
        while groups and groups[-1][0] > mean:
            before, heavy, many = groups.pop()
            mean = (mean * total + before * heavy) / (total + heavy)
            total, count = total + heavy, count + many
        groups.append((mean, total, count))
    levels = [mean for mean, _, count in groups for _ in range(count)]
    return [level + offset for level, offset in zip(levels, offsets, strict=True)]
