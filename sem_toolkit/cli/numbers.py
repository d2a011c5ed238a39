"""Numbers typed with commas between them."""

from sem_toolkit.diagnostics import Diagnostic, OptionError


def parse_sizes(flag: str, text: str) -> tuple[int, ...]:
    """Whole numbers from 1 on; raises OptionError for others."""
    try:
        found = tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        found = ()
    if not found or min(found) < 1:
        message = f'{flag} cannot be "{text}"'
        raise OptionError(Diagnostic("error", "option-value", message, hint="whole numbers from 1 on, such as 77,477"))
    return found


def parse_numbers(flag: str, text: str) -> tuple[float, ...]:
    """Numbers; raises OptionError for others."""
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        message = f'{flag} cannot be "{text}"'
        raise OptionError(
            Diagnostic("error", "option-value", message, hint="numbers with commas, such as .038,.06")
        ) from None


def parse_pair(flag: str, text: str | None) -> tuple[float, ...] | None:
    """One number or two; None where nothing is typed. Raises OptionError for others."""
    if text is None:
        return None
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if len(found) not in (1, 2):
        message = f'{flag} cannot be "{text}"'
        raise OptionError(Diagnostic("error", "option-value", message, hint="one number, or two with a comma"))
    return found


def parse_shapes(flag: str, text: str | None) -> float | dict[str, float] | None:
    """One number for all variables, or numbers by name: "2", "x1=2,x3=-0.5". Raises OptionError for others."""
    if text is None:
        return None
    try:
        if "=" not in text:
            return float(text)
        pairs = [part.split("=") for part in text.split(",")]
        return {name.strip(): float(value) for name, value in pairs}
    except ValueError:
        message = f'{flag} cannot be "{text}"'
        hint = "one number for all variables, or numbers by name: x1=2,x3=-0.5"
        raise OptionError(Diagnostic("error", "option-value", message, hint=hint)) from None
