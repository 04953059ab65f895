import warnings, sys
from sklearn.utils.estimator_checks import parametrize_with_checks
from mlpkit import TabMClassifier, TabMRegressor, RealMLPClassifier, RealMLPRegressor

T = dict(
    hidden_layer_sizes=(32,),
    n_bins=16,
    epochs=30,
    patience=30,
    learning_rate=0.01,
    jit_compile=False,
    random_state=0,
)
R = dict(hidden_layer_sizes=(32,), epochs=30, jit_compile=False, random_state=0)


@parametrize_with_checks(
    [TabMClassifier(**T), TabMRegressor(**T), RealMLPClassifier(**R), RealMLPRegressor(**R)]
)
def test_all(estimator, check):
    check(estimator)
