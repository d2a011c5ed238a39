"""Names that say to which family and wave a variable belongs: stress_t1, x2, T3_mood."""

import re
from collections.abc import Iterable
from typing import NamedTuple


class Member(NamedTuple):
    """Family and wave as the name has them."""

    stem: str
    wave: int


def split_name(name: str) -> list[Member]:
    """Every reading of a name as stem and wave, the last number first."""
    return [
        Member(name[: match.start()] + "#" + name[match.end() :], int(match.group()))
        for match in reversed(list(re.finditer(r"\d+", name)))
    ]


def find_families(names: Iterable[str]) -> dict[str, list[str]]:
    """Stem → its members from the first to the last wave, where all stems have the same waves and all names a stem.

    Empty where the names do not say so.
    """
    names = list(names)
    readings = [split_name(name) for name in names]
    for position in range(max((len(reading) for reading in readings), default=0)):
        if any(len(reading) <= position for reading in readings):
            return {}
        families: dict[str, dict[int, str]] = {}
        for name, reading in zip(names, readings, strict=True):
            families.setdefault(reading[position].stem, {})[reading[position].wave] = name
        waves = [sorted(members) for members in families.values()]
        whole = sum(map(len, waves)) == len(names)
        if whole and len(waves[0]) > 1 and all(found == waves[0] for found in waves):
            return {stem: [members[wave] for wave in waves[0]] for stem, members in families.items()}
    return {}


def measure_likeness(one: str, other: str) -> int:
    """How many characters two names have in common at their beginning and end."""
    shorter = min(len(one), len(other))
    start = next((k for k in range(shorter) if one[k] != other[k]), shorter)
    end = next((k for k in range(shorter - start) if one[-1 - k] != other[-1 - k]), shorter - start)
    return start + end
