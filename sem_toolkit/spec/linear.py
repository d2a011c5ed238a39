"""Expressions as sums of labels times numbers, where they are."""

import math

from sem_toolkit.spec.expressions import Expression


class LinearForm:
    """A sum of labels times numbers, plus a number. Changed in place: building one is linear in its length."""

    __slots__ = ("coefficients", "constant")

    def __init__(self, coefficients: dict[str, float] | None = None, constant: float = 0.0) -> None:
        self.coefficients = coefficients or {}
        self.constant = constant

    def add(self, other: "LinearForm", weight: float) -> None:
        """Add `weight` times another form; labels whose coefficient becomes zero leave."""
        for name, value in other.coefficients.items():
            before, added = self.coefficients.get(name, 0.0), weight * value
            total = before + added
            if abs(total) <= 1e-12 * max(abs(before), abs(added)):
                self.coefficients.pop(name, None)
            else:
                self.coefficients[name] = total
        self.constant += weight * other.constant

    def scale(self, factor: float) -> None:
        """Multiply by a number."""
        for name in self.coefficients:
            self.coefficients[name] *= factor
        self.constant *= factor


def build_linear_form(left: Expression, right: Expression | None = None) -> LinearForm | None:
    """`left`, or `left - right`, as a linear form; None where it is not linear (or not finite) or too deep to tell.

    The instructions are walked from the last to the first, handing each the factor that stands before it, so that
    every number and name is looked at once.
    """
    form = LinearForm()
    sides = [(left, 1.0)] if right is None else [(left, 1.0), (right, -1.0)]
    for expression, sign in sides:
        if not _add_expression(form, expression, sign):
            return None
    return form if math.isfinite(form.constant) else None


def _add_expression(form: LinearForm, expression: Expression, sign: float) -> bool:
    constants = _find_constants(expression)
    waiting = [(len(expression.instructions) - 1, sign)]
    while waiting:
        position, weight = waiting.pop()
        step = expression.instructions[position]
        value = constants[position]
        if value is not None:
            form.constant += weight * value
        elif step.kind == "name":
            form.add(LinearForm({step.text: 1.0}), weight)
        elif step.text in {"+", "-"}:
            first, second = step.arguments
            waiting += [(first, weight), (second, weight if step.text == "+" else -weight)]
        elif step.text == "negative":
            waiting.append((step.arguments[0], -weight))
        elif step.text == "sum" and step.kind == "function":
            waiting += [(argument, weight) for argument in step.arguments]
        elif step.text in {"*", "/"}:
            first, second = step.arguments
            if step.text == "*" and constants[first] is not None:
                first, second = second, first
            factor = constants[second]
            if factor is None or (step.text == "/" and factor == 0.0):
                return False
            waiting.append((first, weight * factor if step.text == "*" else weight / factor))
        else:
            return False
    return True


def _find_constants(expression: Expression) -> list[float | None]:
    """The value of every instruction that no name enters."""
    constants: list[float | None] = []
    for step in expression.instructions:
        inputs = [constants[argument] for argument in step.arguments]
        if step.kind == "name" or any(value is None for value in inputs):
            constants.append(None)
        else:
            constants.append(step.compute([value for value in inputs if value is not None]))
    return constants
