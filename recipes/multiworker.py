"""Train one network with several workers, each a process that takes its share of every batch.

    python -m mlpkit.launch --workers 2 recipes/multiworker.py
    python -m mlpkit.launch --workers 2 recipes/multiworker.py --data houses.csv --target price
    python recipes/multiworker.py

Without --data it takes the handwritten digits that scikit-learn ships. Run alone, it starts the
launcher on itself; on a cluster, Slurm or Kubeflow start the workers. Each of them prints a
checksum of its weights, which are the same in all. The first one prints the score on rows held
back and writes model.joblib. After each epoch the state goes into DIR/backup, from which all go
on when one has died and they were started again.
"""

import sys
import zlib

import joblib
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from mlpkit.devices import find_cluster
from mlpkit.estimators import MLPClassifier, MLPRegressor
from mlpkit.launch import main as launch
from mlpkit.preprocessing import make_preprocessor

if __package__:
    from recipes._run import Parser, run, say_written, staged
    from recipes._table import add_table_options, digits_or_table
else:
    from _run import Parser, run, say_written, staged
    from _table import add_table_options, digits_or_table

QUICK_EPOCHS = 5


def main(argv=None):
    """Run the recipe and give its exit status; see the top of the file."""
    return run(_multiworker, argv)


def _multiworker(argv):
    options = _parser().parse_args(argv)
    X, y, task = digits_or_table(options)
    cluster = find_cluster()
    if cluster is None:  # what is wrong with the arguments was said before a worker is started
        return launch(["--workers", str(options.workers), __file__, *argv])
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
    estimator = MLPClassifier if task.is_classification else MLPRegressor
    settings = {"epochs": QUICK_EPOCHS} if options.quick else {}
    mlp = estimator(
        device="multiworker", backup_dir=options.out / "backup", random_state=0, **settings
    )
    model = make_pipeline(make_preprocessor(), mlp).fit(X_train, y_train)
    print(f"worker {cluster.index} of {cluster.n_workers}: weights {checksum(mlp)}")
    if cluster.is_chief:
        name = "accuracy" if task.is_classification else "R2"
        print(f"{name} on {len(X_test)} rows held back: {model.score(X_test, y_test):.4f}")
        with staged(options.out) as folder:
            joblib.dump(model, folder / "model.joblib")
        say_written(options.out, ["model.joblib"])
    return 0


def checksum(mlp):
    """Give eight hexadecimal digits that differ when a single weight does.

    Parameters
    ----------
    mlp : MLPClassifier or MLPRegressor
        Fitted.

    Returns
    -------
    str
    """
    weights = b"".join(weight.tobytes() for weight in mlp.model_.get_weights())
    return f"{zlib.crc32(weights):08x}"


def _parser():
    parser = Parser(description=__doc__.split("\n\n")[0])
    add_table_options(parser)
    parser.add_out("multiworker")
    parser.add_argument(
        "--workers",
        type=int,
        choices=range(1, 65),
        metavar="N",
        default=2,
        help="how many to start when run alone; default: %(default)s",
    )
    parser.add_quick(f"{QUICK_EPOCHS} epochs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
