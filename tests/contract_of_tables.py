"""scikit-learn's estimator checks on the other three estimators for tables.

Not collected with the suite, whose time they would take up: ``pytest tests/contract_of_tables.py``.
"""

from sklearn.utils.estimator_checks import parametrize_with_checks
from test_contract import FOR_TABLES, TABLES, TABM

from mlpkit import RealMLPClassifier, RealMLPRegressor, TabMRegressor


@parametrize_with_checks(
    [TabMRegressor(**TABM), RealMLPClassifier(**TABLES), RealMLPRegressor(**TABLES)],
    expected_failed_checks=lambda estimator: FOR_TABLES,
)
def test_tables(estimator, check):
    check(estimator)
