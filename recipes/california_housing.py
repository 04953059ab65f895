"""The book's regression: prices of Californian districts by an MLP with three layers of 50.

    python recipes/california_housing.py
    python recipes/california_housing.py --data housing.csv

Without --data, scikit-learn downloads the table once. A file holds either scikit-learn's eight
columns and MedHouseVal, or the columns of Géron's housing.csv, from which the eight are derived:
rooms, bedrooms and people are divided by the households of the district, and prices by 100,000.
Districts without a number of bedrooms keep a gap, which the median of the training rows fills.

Prints the test RMSE beside the book's and writes learning_curve.png and residuals.png.
"""

import sys
import warnings

import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.metrics import root_mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from mlpkit.estimators import MLPRegressor
from mlpkit.plots import plot_learning_curve, plot_residuals

if __package__:
    from recipes._run import BadInput, Parser, figure, named_path, run, say_written, staged
    from recipes._table import read_table, split_target
else:
    from _run import BadInput, Parser, figure, named_path, run, say_written, staged
    from _table import read_table, split_target

FEATURES = [
    "MedInc",
    "HouseAge",
    "AveRooms",
    "AveBedrms",
    "Population",
    "AveOccup",
    "Latitude",
    "Longitude",
]
TARGET = "MedHouseVal"
GERON = [
    "median_income",
    "housing_median_age",
    "total_rooms",
    "total_bedrooms",
    "population",
    "households",
    "latitude",
    "longitude",
    "median_house_value",
]
UNIT = "100,000 $"
BOOK_RMSE = 0.530  # test RMSE of the book's notebook: 3 x 50 ReLU, Adam 1e-3, 20 epochs


def main(argv=None):
    """Run the recipe and give its exit status; see the top of the file."""
    return run(_california_housing, argv)


def _california_housing(argv):
    options = _parser().parse_args(argv)
    X, y, _, _ = split_target(load(options.data), TARGET)
    if len(X) < 20:
        raise BadInput(f"the table must hold at least 20 districts. Got {len(X)}.")
    if options.quick:
        X, y = X[:2000], y[:2000]
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42)
    settings = {"epochs": 3} if options.quick else {}
    mlp = MLPRegressor(hidden_layer_sizes=(50, 50, 50), random_state=42, **settings)
    model = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), mlp)
    with staged(options.out) as folder:
        print(f"training on {len(X_train)} districts, testing on {len(X_test)}")
        predicted = model.fit(X_train, y_train).predict(X_test)
        rmse = root_mean_squared_error(y_test, predicted)
        print(f"test RMSE {rmse:.3f}, the book's {BOOK_RMSE:.3f} (units of {UNIT})")
        _draw(mlp, y_test, predicted, rmse, folder)
    say_written(options.out, ["learning_curve.png", "residuals.png"])


def _parser():
    parser = Parser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--data",
        type=named_path,
        metavar="FILE",
        help="a .csv, .csv.gz or .parquet file; default: scikit-learn's download",
    )
    parser.add_out("california_housing")
    parser.add_quick("2000 districts and 3 epochs")
    return parser


def load(path):
    """Give a table of the eight features and the target.

    Parameters
    ----------
    path : Path or None
        A file of scikit-learn's columns or of Géron's; None for scikit-learn's download.

    Returns
    -------
    DataFrame

    Raises
    ------
    BadInput
        When columns are missing, or the download fails.
    """
    if path is None:
        return _fetch()
    table = read_table(path)
    if set(FEATURES + [TARGET]) <= set(table.columns):
        return table[FEATURES + [TARGET]]
    if set(GERON) <= set(table.columns):
        return from_geron(table)
    wanted = FEATURES + [TARGET] if FEATURES[0] in table.columns else GERON
    missing = ", ".join(name for name in wanted if name not in table.columns)
    raise BadInput(f"--data must hold the columns of California housing. Missing: {missing}.")


def _fetch():
    from sklearn.datasets import fetch_california_housing

    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Retry downloading")  # the error below says it
            return fetch_california_housing(as_frame=True, n_retries=1).frame
    except OSError as error:  # URLError and HTTPError too
        raise BadInput(
            f"scikit-learn could not download California housing ({error}). Connect to the "
            "network, or give the table with --data FILE."
        ) from None


def from_geron(table):
    """Derive scikit-learn's eight columns from those of Géron's housing.csv.

    Parameters
    ----------
    table : DataFrame
        With the columns `GERON`; totals are a district's.

    Returns
    -------
    DataFrame
        The columns `FEATURES` and `TARGET`, the latter in 100,000 dollars.
    """
    return pd.DataFrame(
        {
            "MedInc": table["median_income"],
            "HouseAge": table["housing_median_age"],
            "AveRooms": table["total_rooms"] / table["households"],
            "AveBedrms": table["total_bedrooms"] / table["households"],
            "Population": table["population"],
            "AveOccup": table["population"] / table["households"],
            "Latitude": table["latitude"],
            "Longitude": table["longitude"],
            TARGET: table["median_house_value"] / 100_000,
        }
    )


def _draw(mlp, y_true, predicted, rmse, folder):
    fig, ax = figure(size=(6.4, 4))
    plot_learning_curve(mlp.history_, mlp.best_epoch_, ax=ax)
    fig.savefig(folder / "learning_curve.png", dpi=150)
    fig, axes = figure(1, 2, size=(9, 4.2))
    plot_residuals(y_true, predicted, ax=axes, unit=UNIT)
    fig.suptitle(f"California housing, test RMSE {rmse:.3f}")
    fig.savefig(folder / "residuals.png", dpi=150)


if __name__ == "__main__":
    sys.exit(main())
