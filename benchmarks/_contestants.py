"""Who takes part in the arena: mlpkit's estimators and their peers, with their defaults.

mlpkit's estimators get the table as it is, and so do pytabkit's, but for numbers that are missing,
which they refuse: these are filled by medians. Boosting and forests get categories as whole numbers
and gaps as they are, the others one-hot columns, medians for gaps, and standardised numbers.
`mk_mlp` is mlpkit's MLP on the latter matrix, which is what scikit-learn's MLP gets.
"""

from typing import NamedTuple

from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.impute import SimpleImputer
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from benchmarks._peers import importable

REGRESSION = ("regression", "multioutput")
SEVERAL = ("multilabel", "multioutput")


class Contestant(NamedTuple):
    """How a contestant is shown, which package it needs, and what gets its table ready."""

    title: str
    package: str
    table: str
    classifier: str  # "module:Class"
    regressor: str
    settings: dict
    several: str = "one by one"  # how it takes several targets: so, "itself", or None


_RF = {"n_jobs": 2}
_CATBOOST = {"verbose": 0, "allow_writing_files": False}
_CPU = {"device": "cpu"}
_CROSS_ENTROPY = {**_CPU, "use_ls": False, "val_metric_name": "cross_entropy"}


def _mlpkit(title, name, table="raw"):
    names = (f"mlpkit:{name}Classifier", f"mlpkit:{name}Regressor")
    return Contestant(title, "mlpkit", table, *names, {}, "itself")


def _pytabkit(title, name, settings=_CPU, regressor=True):
    names = (f"pytabkit:{name}_Classifier", f"pytabkit:{name}_Regressor" if regressor else "")
    return Contestant(title, "pytabkit", "filled", *names, settings, None)


def _sklearn(title, table, module, classifier, regressor, settings, several="one by one"):
    names = (f"sklearn.{module}:{classifier}", f"sklearn.{module}:{regressor}")
    return Contestant(title, "sklearn", table, *names, settings, several)


CONTESTANTS = {
    "mk_tabm": _mlpkit("mlpkit TabM", "TabM"),
    "mk_realmlp": _mlpkit("mlpkit RealMLP", "RealMLP"),
    "mk_mlp_raw": _mlpkit("mlpkit MLP", "MLP"),
    "mk_mlp": _mlpkit("mlpkit MLP, one-hot matrix", "MLP", "one-hot"),
    "catboost": Contestant(
        "CatBoost", "catboost", "ordinal",
        "catboost:CatBoostClassifier", "catboost:CatBoostRegressor", _CATBOOST,
    ),
    "lgbm": Contestant(
        "LightGBM", "lightgbm", "ordinal",
        "lightgbm:LGBMClassifier", "lightgbm:LGBMRegressor", {"verbose": -1},
    ),
    "xgb": Contestant(
        "XGBoost", "xgboost", "ordinal", "xgboost:XGBClassifier", "xgboost:XGBRegressor", {},
    ),
    "histgb": _sklearn(
        "histogram boosting", "ordinal", "ensemble",
        "HistGradientBoostingClassifier", "HistGradientBoostingRegressor", {},
    ),
    "rf": _sklearn(
        "random forest", "ordinal", "ensemble",
        "RandomForestClassifier", "RandomForestRegressor", _RF, "itself",
    ),
    "realmlp": _pytabkit("pytabkit RealMLP-TD", "RealMLP_TD"),
    "realmlp_ce": _pytabkit(
        "pytabkit RealMLP-TD, cross-entropy", "RealMLP_TD", _CROSS_ENTROPY, regressor=False
    ),
    "tabm": _pytabkit("pytabkit TabM-D", "TabM_D"),
    "sk_mlp": _sklearn(
        "scikit-learn MLP", "one-hot", "neural_network", "MLPClassifier", "MLPRegressor", {},
        "itself",
    ),
    "sk_linear": _sklearn(
        "logistic or ridge regression", "one-hot", "linear_model",
        "LogisticRegression", "Ridge", {},
    ),
}  # fmt: skip


def present(names=()):
    """Give the contestants that are installed, of those named or of all; print who is left out.

    An estimator that this mlpkit does not have is no contestant.
    """
    import mlpkit

    found = []
    for name in names or CONTESTANTS:
        who = CONTESTANTS[name]
        attribute = who.classifier.partition(":")[2]
        if who.package == "mlpkit" and attribute not in mlpkit.__all__:
            print(f"{name} is left out: mlpkit has no {attribute}")
        elif not importable(who.package):
            print(f"{name} is left out: {who.package} is not installed (pip install mlpkit[bench])")
        else:
            found.append(name)
    return found


def suits(name, task):
    """Tell whether a contestant takes targets of this kind."""
    who = CONTESTANTS[name]
    return bool(who.regressor if task in REGRESSION else who.classifier) and not (
        task in SEVERAL and who.several is None
    )


def make(name, task, *, seed=0, settings=None):
    """Give a contestant's unfitted estimator, which takes the raw table.

    Parameters
    ----------
    name : str
        A key of `CONTESTANTS`.
    task : str
        The kind of target.
    seed : int
        Its `random_state`.
    settings : dict, default=None
        Parameters beside or in place of its own.
    """
    who = CONTESTANTS[name]
    given = {**who.settings, "random_state": seed, **(settings or {})}
    if name == "sk_linear" and task not in REGRESSION:
        given["max_iter"] = 500  # a hundred are too few on some tables
    estimator = _class(who.regressor if task in REGRESSION else who.classifier)(**given)
    if task in SEVERAL and who.several == "one by one":
        several = MultiOutputRegressor if task in REGRESSION else MultiOutputClassifier
        estimator = several(estimator)
    encoder = ENCODERS[who.table]()
    return make_pipeline(encoder, estimator) if encoder else estimator


def _class(path):
    module, _, name = path.partition(":")
    return getattr(__import__(module, fromlist=[name]), name)


def one_hot():
    """Give what makes a table the matrix that linear models and plain MLPs want."""
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    categories = OneHotEncoder(
        handle_unknown="ignore", sparse_output=False, min_frequency=5, max_categories=64
    )
    return _columns(numbers, categories)


def ordinal():
    """Give what makes a table the matrix that trees want: categories are whole numbers."""
    categories = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-1
    )
    return _columns("passthrough", categories)


def filled():
    """Give what leaves a table a table, with medians for the numbers that are missing."""
    columns = _columns(SimpleImputer(strategy="median"), "passthrough")
    return columns.set_params(verbose_feature_names_out=False).set_output(transform="pandas")


def _columns(numbers, categories):
    return ColumnTransformer(
        [
            ("num", numbers, make_column_selector(dtype_include="number")),
            ("cat", categories, make_column_selector(dtype_include="category")),
        ]
    )


ENCODERS = {"raw": lambda: None, "filled": filled, "one-hot": one_hot, "ordinal": ordinal}
