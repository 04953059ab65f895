"""scikit-learn estimators around the networks of the factories and around the user's own."""

from mlpkit.estimators.keras_models import KerasClassifier, KerasRegressor
from mlpkit.estimators.mlp import MLPClassifier
from mlpkit.estimators.mlp_regressor import MLPRegressor
from mlpkit.estimators.realmlp import RealMLPClassifier, RealMLPRegressor
from mlpkit.estimators.tabm import TabMClassifier, TabMRegressor

__all__ = [
    "KerasClassifier",
    "KerasRegressor",
    "MLPClassifier",
    "MLPRegressor",
    "RealMLPClassifier",
    "RealMLPRegressor",
    "TabMClassifier",
    "TabMRegressor",
]
