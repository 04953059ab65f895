"""Several labels at once: one sigmoid a label, and why softmax is wrong for it.

    python recipes/multilabel.py

Each handwritten digit can be even, have a closed loop, and be above 4: all three (6 and 8), or none
of them (1 and 3). Sigmoid units answer each question for itself, with binary cross-entropy, and
need one network for all labels. Softmax makes its outputs share one certainty: they sum to 1, so
that two labels cannot both be sure, and some label is likely even where none holds. No training
mends that, for it is in the formula. One network a label does as well as the sigmoids, but pays
for its features once a label, where the shared hidden layer has them once.

Writes labels.csv and probabilities.png.
"""

import sys

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from mlpkit import MLPClassifier, make_classifier

if __package__:
    from recipes._run import Parser, figure, run, say_written, staged
else:
    from _run import Parser, figure, run, say_written, staged

LABELS = ["even", "has a loop", "above 4"]
UNITS, EPOCHS, QUICK_EPOCHS = 32, 50, 12
ASKED = [1, 2, 9, 8]  # with no label, one, two and all three
KINDS = {  # of output: colour and hatching
    "one sigmoid a label": ("#0072B2", ""),
    "softmax": ("#D55E00", "///"),
}


def main(argv=None):
    """Run the recipe and give its exit status; see the top of the file."""
    return run(_multilabel, argv)


def _multilabel(argv):
    parser = Parser(description=__doc__.split("\n\n")[0])
    parser.add_out("multilabel")
    parser.add_quick(f"{QUICK_EPOCHS} epochs in place of {EPOCHS}")
    options = parser.parse_args(argv)
    epochs = QUICK_EPOCHS if options.quick else EPOCHS
    X, digits = load_digits(return_X_y=True)
    X_train, X_test, digits_train, digits_test = train_test_split(
        X / 16, digits, test_size=0.3, stratify=digits, random_state=0
    )
    y_train, y_test = labels_of(digits_train), labels_of(digits_test)
    with staged(options.out) as folder:
        print(f"{len(X_train)} digits to train on, {len(X_test)} to test on, {epochs} epochs")
        found = fitted(X_train, y_train, X_test, epochs)
        table = scores(found, y_test)
        print(table.to_string(index=False, float_format="{:.3f}".format))
        _notice(found, y_test)
        table.to_csv(folder / "labels.csv", index=False)
        _draw(found, digits_test, folder)
    say_written(options.out, ["labels.csv", "probabilities.png"])


def labels_of(digits):
    """Give the three labels of each digit, as zeros and ones.

    Parameters
    ----------
    digits : ndarray of shape (n_samples,)
        0 to 9.

    Returns
    -------
    ndarray of shape (n_samples, 3)
        Columns in the order of `LABELS`.
    """
    return np.column_stack([digits % 2 == 0, np.isin(digits, [0, 6, 8, 9]), digits > 4]).astype(int)


def fitted(X, y, X_test, epochs):
    """Give each approach's probabilities for the test rows, and its number of weights."""
    settings = dict(hidden_layer_sizes=UNITS, epochs=epochs, batch_size=32, random_state=0)
    sigmoid = MLPClassifier(**settings).fit(X, y)
    alone = [MLPClassifier(**settings).fit(X, column) for column in y.T]
    softmax = make_classifier(
        X.shape[1], y.shape[1], hidden_layer_sizes=UNITS, loss="categorical_crossentropy",
        learning_rate=0.01, random_state=0,
    )  # fmt: skip
    # The labels of a row as shares, as softmax wants; rows without any have no share to give.
    # Larger steps, and fewer: Keras's own loop is slow, and longer training mends nothing here.
    some = y.any(axis=1)
    shares = y[some] / y[some].sum(axis=1, keepdims=True)
    softmax.fit(X[some], shares, epochs=epochs // 2, batch_size=64, shuffle=False, verbose=0)
    return {
        "one sigmoid a label": (sigmoid.predict_proba(X_test), sigmoid.spec_.n_parameters),
        "softmax": (softmax.predict(X_test, verbose=0), softmax.count_params()),
        "one network a label": (
            np.column_stack([model.predict_proba(X_test)[:, 1] for model in alone]),
            sum(model.spec_.n_parameters for model in alone),
        ),
    }


def scores(found, y):
    """Give the accuracy of each label, and the share of rows where all labels are right.

    Parameters
    ----------
    found : dict of str to (ndarray, int)
        Probabilities and number of weights of each approach.
    y : ndarray of shape (n_samples, n_labels)
        The true labels.

    Returns
    -------
    DataFrame
    """
    rows = []
    for output, (probabilities, n_weights) in found.items():
        right = (probabilities > 0.5) == y
        by_label = dict(zip(LABELS, right.mean(axis=0), strict=True))
        rows.append({"output": output, **by_label, "all right": right.all(axis=1).mean()})
        rows[-1]["weights"] = n_weights
    return pd.DataFrame(rows)


def _notice(found, y):
    """Print what softmax cannot do."""
    several, none = y.sum(axis=1) > 1, ~y.any(axis=1)
    (ours, _), (softmax, _) = found["one sigmoid a label"], found["softmax"]

    def n_right(probabilities, rows=slice(None), limit=0.5):
        return ((probabilities > limit) == y)[rows].all(axis=1).sum()

    print(
        f"Notice: softmax's three probabilities always sum to {softmax.sum(axis=1).mean():.3f}, "
        f"the sigmoids' to {ours.sum(axis=1).min():.3f} and up to {ours.sum(axis=1).max():.3f}."
    )
    print(
        f"Notice: of {several.sum()} digits with two labels or three, softmax has "
        f"{n_right(softmax, several)} right, the sigmoids {n_right(ours, several)}."
    )
    print(
        f"Notice: where no label holds, as for {none.sum()} digits, softmax's likeliest has "
        f"{softmax[none].max(axis=1).mean():.2f} on average, the sigmoids' "
        f"{ours[none].max(axis=1).mean():.2f}."
    )
    limit = max(np.linspace(0.02, 0.98, 49), key=lambda limit: n_right(softmax, limit=limit))
    print(
        f"Notice: even with {limit:.2f} for a threshold, the best for these very digits, softmax "
        f"has {n_right(softmax, limit=limit)} of {len(y)} right, the sigmoids {n_right(ours)}."
    )


def _draw(found, digits, folder):
    """Draw the probabilities that digits with none to three labels get, on average."""
    fig, axes = figure(1, len(ASKED), size=(9.6, 3.4), sharey=True)
    for ax, digit in zip(axes, ASKED, strict=True):
        answers = np.where(labels_of(np.array([digit]))[0], "yes", "no")
        for nth, (output, (colour, hatch)) in enumerate(KINDS.items()):
            heights = found[output][0][digits == digit].mean(axis=0)
            at = np.arange(len(LABELS)) + 0.4 * nth - 0.2
            style = dict(color=colour, hatch=hatch, edgecolor="white", label=output)
            ax.bar(at, heights, width=0.38, **style)
        names = [f"{label}\n({it})" for label, it in zip(LABELS, answers, strict=True)]
        ax.set_xticks(range(len(LABELS)), names, fontsize="small")
        ax.set_title(f"the digit {digit}")
        ax.axhline(0.5, color="#5F5F5F", linestyle=":")
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylim(0, 1)
    axes[0].set_ylabel("probability, mean of the test digits")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    fig.savefig(folder / "probabilities.png", dpi=150)


if __name__ == "__main__":
    sys.exit(main())
