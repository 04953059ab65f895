"""Argument checks: one style of message, and all problems of a call reported at once.

A rule is a sentence and a test. `check_parameters` holds every argument against its rule and
raises one `InvalidParameterError` that lists each broken rule, the value found and, for a name
nobody knows, the nearest known one.
"""

from mlpkit.checks.reports import check_parameters, problems, raise_problems, shown, suggestion
from mlpkit.checks.rules import (
    Rule,
    boolean,
    instance_of,
    integer,
    is_integer,
    is_real,
    none,
    number,
    one_of,
    sizes,
)
from mlpkit.checks.undoing import all_or_nothing

__all__ = [
    "Rule",
    "all_or_nothing",
    "boolean",
    "check_parameters",
    "instance_of",
    "integer",
    "is_integer",
    "is_real",
    "none",
    "number",
    "one_of",
    "problems",
    "raise_problems",
    "shown",
    "sizes",
    "suggestion",
]
