"""Compare an MLP with the baselines on a table: scores, times and pictures.

    python recipes/compare_models.py
    python recipes/compare_models.py --data houses.csv --target price
    python recipes/compare_models.py --data tags.parquet --target news,sport --models ridge

Without --data it takes the handwritten digits that scikit-learn ships. Writes comparison.csv,
comparison.png, learning_curve.png and confusion_matrix.png or residuals.png.
"""

import sys
import warnings

import numpy as np
import pandas as pd
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_limits

from mlpkit.baseline_models import baselines
from mlpkit.checks import suggestion
from mlpkit.comparison import clean_target, compare, make_folds
from mlpkit.estimators import MLPClassifier, MLPRegressor
from mlpkit.plots import (
    plot_comparison,
    plot_confusion_matrix,
    plot_learning_curve,
    plot_residuals,
)
from mlpkit.preprocessing import make_preprocessor
from mlpkit.tasks import infer_task

if __package__:
    from recipes._run import BadInput, Parser, figure, named_path, run, say_written, staged
    from recipes._table import read_table, split_target, stem, take_rows
else:
    from _run import BadInput, Parser, figure, named_path, run, say_written, staged
    from _table import read_table, split_target, stem, take_rows

OURS = "mlpkit"
QUICK_ROWS, QUICK_EPOCHS = 400, 30
N_FOLDS = 3
SMALL = 5000  # rows


def main(argv=None):
    """Run the recipe and give its exit status; see the top of the file."""
    return run(_compare_models, argv)


def _compare_models(argv):
    options = _parser().parse_args(argv)
    name, X, y, targets = _load(options)
    task = _task(y, options.task)
    y = clean_target(task, y)
    if options.quick:
        X, y = take_rows(X, y, QUICK_ROWS, stratify=task.name in ("binary", "multiclass"))
        task = infer_task(y, kind=_kind(task))
    models = _models(task, options)
    out = options.out or named_path(f"out/{name}")
    with staged(out) as folder:
        folds = _folds(task, X, y, 2 if options.quick else N_FOLDS)
        print(f"{name}: {task.name}, {len(X)} rows, {X.shape[1]} columns, {len(folds)} folds")
        with _threads(len(X)):
            frame = compare(models, X, y, cv=folds, progress=True)
        _report(frame)
        frame.to_csv(folder / "comparison.csv", index=False)
        _draw_comparison(frame, f"{name}: {len(X)} rows, {len(folds)} folds", folder)
        _draw_mlp(models[OURS], frame, X, y, folds[0], task, targets, folder)
        written = sorted(file.name for file in folder.iterdir())
    say_written(out, written)


def _parser():
    parser = Parser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--data",
        type=named_path,
        metavar="FILE",
        help="a .csv, .csv.gz or .parquet file; default: scikit-learn's digits",
    )
    parser.add_argument("--target", metavar="COL[,COL]", help="the column(s) to predict")
    parser.add_argument(
        "--task",
        default="auto",
        choices=["auto", "classification", "regression"],
        help="default: by the look of the target",
    )
    parser.add_argument(
        "--models",
        nargs="+",
        metavar="MODEL",
        help="baselines to compare with; default: all that suit the task",
    )
    parser.add_argument(
        "--out",
        type=named_path,
        metavar="DIR",
        help="folder for the results; default: out/<name of the data>",
    )
    parser.add_quick(f"{QUICK_ROWS} rows, 2 folds and {QUICK_EPOCHS} epochs")
    return parser


def _load(options):
    """Give the name of the data, X, y and the names of the targets."""
    if (options.data is None) != (options.target is None):
        raise BadInput("--data and --target go together. Got one of them.")
    if options.data is None:
        from sklearn.datasets import load_digits

        X, y = load_digits(return_X_y=True, as_frame=True)
        return "digits", X, y.to_numpy(), ["digit"]
    X, y, targets, n_dropped = split_target(read_table(options.data), options.target)
    if n_dropped:
        print(f"Note: {n_dropped} row(s) without a target were left out; {len(X)} remain.")
    return stem(options.data), X, y, targets


def _task(y, kind):
    task = infer_task(y, kind=kind)
    if not task.is_classification and np.any(np.ptp(task.encode(y), axis=0) == 0):
        raise BadInput("the target must vary. Got the same number in every row.")
    return task


def _kind(task):
    return "classification" if task.is_classification else "regression"


def _models(task, options):
    """Give the MLP and the chosen baselines by name, each behind the preprocessor."""
    others = baselines(task)
    chosen = [part for word in options.models or others for part in word.split(",") if part]
    for name in chosen:
        if name not in (OURS, *others):
            raise BadInput(
                f"--models must be among {', '.join([OURS, *others])}. Got {name!r}."
                + suggestion(name, (OURS, *others))
            )
    settings = {"epochs": QUICK_EPOCHS} if options.quick else {}
    mlp = MLPClassifier if task.is_classification else MLPRegressor
    models = {OURS: mlp(random_state=0, **settings)}
    models |= {name: others[name] for name in chosen if name != OURS}
    return {name: make_pipeline(make_preprocessor(), model) for name, model in models.items()}


def _folds(task, X, y, n_folds):
    if len(X) < n_folds:
        raise BadInput(f"{n_folds} folds need at least {n_folds} rows. Got {len(X)}.")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        folds = make_folds(task, X, y, n_folds)
    for warning in caught:
        print(f"Note: {warning.message}")
    return folds


def _threads(n_rows):
    """Keep scikit-learn's trees to one thread on a small table.

    There a second one brings little, and where something else uses the cores, threads that wait
    for each other make a fit of 0.1 s last 10 s.
    """
    return threadpool_limits(1 if n_rows < SMALL else None, user_api="openmp")


def _report(frame):
    """Print the comparison, times in seconds a fold."""
    loss = frame.columns[4]
    shown = pd.DataFrame(
        {
            "model": frame["model"],
            frame["score"].iloc[0]: [
                "failed" if pd.isna(mean) else f"{mean:.4f} ± {std:.4f}"
                for mean, std in zip(frame["score_mean"], frame["score_std"], strict=True)
            ],
            loss: frame[loss].map(_short),
            "fit s": frame["fit_seconds"].map("{:.3g}".format),
            "predict s": frame["predict_seconds"].map("{:.2g}".format),
            "warnings": frame["warnings"],
        }
    )
    print(f"\n{shown.to_string(index=False)}\n")
    for _, row in frame[frame["error"] != ""].iterrows():
        print(f"Note: {row['model']} failed: {' '.join(row['error'].split())}")
    if frame["score_mean"].isna().all():
        raise BadInput(f"no model could be fitted; the first error: {frame['error'].iloc[0]}")


def _short(value):
    if pd.isna(value):
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _draw_comparison(frame, title, folder):
    fig, (left, right) = figure(
        1, 2, size=(10, 1.3 + 0.4 * len(frame)), sharey=True, width_ratios=[3, 2]
    )
    plot_comparison(frame, highlight=OURS, ax=left)
    plot_comparison(frame, column="fit_seconds", highlight=OURS, ax=right)
    fig.suptitle(title)
    fig.savefig(folder / "comparison.png", dpi=150)


def _draw_mlp(model, frame, X, y, fold, task, targets, folder):
    """Fit the MLP once more on the first fold and draw how it learnt and what it predicts."""
    if frame.loc[frame["model"] == OURS, "score_mean"].isna().any():
        return
    train, test = fold
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # counted and printed with the comparison
        model.fit(X.iloc[train], y[train])
        predicted = model.predict(X.iloc[test])
    fig, ax = figure(size=(6.4, 4))
    plot_learning_curve(model[-1].history_, model[-1].best_epoch_, ax=ax)
    ax.set_title(f"{OURS} on the first fold")
    fig.savefig(folder / "learning_curve.png", dpi=150)
    draw = _draw_classes if task.is_classification else _draw_residuals
    draw(y[test], predicted, task, targets, folder)


def _draw_classes(y_true, y_pred, task, targets, folder):
    """Draw a confusion matrix, or one a label for at most six labels."""
    if task.name != "multilabel":
        side = min(3.6 + 0.32 * len(task.classes), 9)
        fig, ax = figure(size=(side, side))
        plot_confusion_matrix(y_true, y_pred, labels=task.classes, ax=ax)
        right = np.count_nonzero(y_true == y_pred)
        ax.set_title(f"{OURS}, first fold: {right} of {len(y_true)} right")
    else:
        n_labels = min(y_true.shape[1], 6)
        fig, axes = figure(1, n_labels, size=(2.6 * n_labels, 2.9), squeeze=False)
        for label, ax in enumerate(axes[0]):
            plot_confusion_matrix(y_true[:, label], y_pred[:, label], labels=[0, 1], ax=ax)
            ax.set_title(targets[label])
    fig.savefig(folder / "confusion_matrix.png", dpi=150)


def _draw_residuals(y_true, y_pred, task, targets, folder):
    """Draw truth and residuals against predictions, a line an output for at most four."""
    y_true, y_pred = y_true.reshape(len(y_true), -1), y_pred.reshape(len(y_pred), -1)
    n_outputs = min(y_true.shape[1], 4)
    fig, axes = figure(n_outputs, 2, size=(9, 4.2 * n_outputs), squeeze=False)
    for output, pair in enumerate(axes):
        plot_residuals(y_true[:, output], y_pred[:, output], ax=pair)
        if y_true.shape[1] > 1:
            pair[0].set_title(targets[output])
    fig.suptitle(f"{OURS}, first fold")
    fig.savefig(folder / "residuals.png", dpi=150)


if __name__ == "__main__":
    sys.exit(main())
