"""The spec language: text to statements to parameter table. Knows neither data nor estimation."""

from typing import TYPE_CHECKING

from sem_toolkit.loading import offer_lazily

if TYPE_CHECKING:
    from sem_toolkit.spec.build import build_parameter_table
    from sem_toolkit.spec.checks.columns import check_columns
    from sem_toolkit.spec.checks.whole import CheckedSpec, check_expanded, check_spec, require_estimable
    from sem_toolkit.spec.explain import build_table_records, format_explanation
    from sem_toolkit.spec.expression_parsing import parse_expression
    from sem_toolkit.spec.expressions import Expression
    from sem_toolkit.spec.header import Header
    from sem_toolkit.spec.options import TableOptions, build_table_options
    from sem_toolkit.spec.specs import Spec, parse_spec, read_spec
    from sem_toolkit.spec.table import Origin, Parameter, ParameterTable

__all__ = [
    "CheckedSpec",
    "Expression",
    "Header",
    "Origin",
    "Parameter",
    "ParameterTable",
    "Spec",
    "TableOptions",
    "build_parameter_table",
    "build_table_options",
    "build_table_records",
    "check_columns",
    "check_expanded",
    "check_spec",
    "format_explanation",
    "parse_expression",
    "parse_spec",
    "read_spec",
    "require_estimable",
]

offer_lazily(__name__)
