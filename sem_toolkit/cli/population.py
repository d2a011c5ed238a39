"""The options of commands that ask about samples of a population."""

from typing import Annotated

import typer

from sem_toolkit.cli.numbers import parse_sizes

POPULATION = "Population"

AlphaOption = Annotated[float, typer.Option("--alpha", help="Level of the tests.")]
SharesOption = Annotated[
    str | None,
    typer.Option("--group-shares", metavar="N,N,...", rich_help_panel=POPULATION, help="Several groups, such as 1,2."),
]
EstimatesOption = Annotated[
    bool,
    typer.Option(
        "--estimates", rich_help_panel=POPULATION, help="The values are the estimates of a fit of SPEC to its data."
    ),
]


def parse_shares(text: str | None) -> tuple[int, ...]:
    """The relative sizes of the groups; none where nothing is typed. Raises OptionError for others than numbers."""
    return () if text is None else parse_sizes("--group-shares", text)
