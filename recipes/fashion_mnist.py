"""The book's network for Fashion-MNIST: pictures of clothes, told apart by 300 and 100 ReLU units.

    python recipes/fashion_mnist.py
    python recipes/fashion_mnist.py --data FOLDER --seed 1

A picture of 28 x 28 pixels is a row of 784 numbers, which are divided by 255 to lie in 0 to 1. Two
hidden layers of ReLU turn them into features of their own making, and ten softmax units into a
probability for each kind of clothing. Plain gradient descent (rate 0.01, batches of 32) makes the
cross-entropy small in 30 epochs; the last 5,000 training pictures are only ever validated on. The
distance between the two curves is what the network learnt by heart, and the test pictures, looked
at only in the end, tell what it is worth. What it still confuses, shirts with T-shirts and
pullovers, is hard to tell at this size for us as well.

FOLDER holds the four IDX files. Without --data it takes Keras's cached download or Debian's package
dataset-fashion-mnist, and scikit-learn's digits where there is neither. The last step of plain
gradient descent is a matter of luck: seeds 0 to 5 gave a test accuracy of 0.879 to 0.885. Writes
learning_curve.png, confusion_matrix.png, mistakes.png and history.csv.
"""

import dataclasses
import sys
import time

import numpy as np
import pandas as pd

from mlpkit.estimators import MLPClassifier
from mlpkit.plots import plot_confusion_matrix, plot_learning_curve

if __package__:
    from recipes._images import fashion_or_digits
    from recipes._run import BadInput, Parser, figure, named_path, run, say_written, staged
else:
    from _images import fashion_or_digits
    from _run import BadInput, Parser, figure, named_path, run, say_written, staged

# The notebooks of the book's third and second edition.
BOOK = {"test": "0.886 and 0.884", "validation": "0.889 and 0.892"}
EPOCHS, VALIDATION = 30, 5000
QUICK_EPOCHS, QUICK_ROWS = 10, 2000
FILES = ["confusion_matrix.png", "history.csv", "learning_curve.png", "mistakes.png"]


def main(argv=None):
    """Run the recipe and give its exit status; see the top of the file."""
    return run(_fashion_mnist, argv)


def _fashion_mnist(argv):
    options = _parser().parse_args(argv)
    images = fashion_or_digits(options.data)
    images = first(images, QUICK_ROWS) if options.quick else images
    with staged(options.out) as folder:
        model = train(images, QUICK_EPOCHS if options.quick else EPOCHS, options.seed)
        probabilities = model.predict_proba(images.X_test)
        predicted = model.classes_[probabilities.argmax(axis=1)]
        as_in_book = images.name == "Fashion-MNIST" and not options.quick
        _report(model, images, predicted, as_in_book)
        history = pd.DataFrame(model.history_)
        history.index = pd.RangeIndex(1, len(history) + 1, name="epoch")
        history.to_csv(folder / "history.csv")
        _draw(model, images, predicted, probabilities.max(axis=1), folder)
    say_written(options.out, FILES)


def _parser():
    parser = Parser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--data",
        type=named_path,
        metavar="FOLDER",
        help="with the four IDX files; default: Keras's cache, Debian's package, else digits",
    )
    parser.add_argument(
        "--seed",
        type=int,
        choices=range(1000),
        metavar="N",
        default=0,
        help="of the weights and the order of the pictures; default: %(default)s",
    )
    parser.add_out("fashion_mnist")
    parser.add_quick(f"{QUICK_ROWS} pictures and {QUICK_EPOCHS} epochs")
    return parser


def first(images, most):
    """Give the first `most` training pictures, and as many to test on."""
    cut = {f.name: getattr(images, f.name) for f in dataclasses.fields(images)}
    rows = {name: value[:most] for name, value in cut.items() if name[:2] in ("X_", "y_")}
    return dataclasses.replace(images, **rows)


def train(images, epochs, seed=0):
    """Give the fitted network, and print how long it took.

    Parameters
    ----------
    images : Images
        The last 5,000 training pictures, or the last tenth of few, are validated on.
    epochs : int
        Passes over the others.
    seed : int, default=0
        Of the first weights and of the order of the pictures.

    Returns
    -------
    MLPClassifier
    """
    held = min(VALIDATION, len(images.X_train) // 10)
    if held < 1 or len(np.unique(images.y_train[:-held])) < 2:
        raise BadInput("there must be ten pictures or more, of two classes. Got fewer.")
    model = MLPClassifier(
        hidden_layer_sizes=(300, 100),
        activation="relu",
        optimizer="sgd",
        learning_rate=0.01,
        batch_size=32,
        epochs=epochs,
        # The rest turns off what mlpkit would do beyond the book.
        l2=0.0,
        standardize=False,
        average=False,
        early_stopping=False,
        random_state=seed,
    )
    print(f"{images.name}: training on {len(images.X_train) - held:,} pictures, {epochs} epochs")
    began = time.perf_counter()
    X, y = images.X_train, images.y_train
    model.fit(X[:-held], y[:-held], X_val=X[-held:], y_val=y[-held:])
    minutes = (time.perf_counter() - began) / 60
    print(f"trained in {minutes:.1f} minutes" if minutes > 0.1 else "trained in a few seconds")
    return model


def _report(model, images, predicted, as_in_book):
    """Print the accuracies, the book's where they can be compared, and the worst confusion."""
    test = np.mean(predicted == images.y_test)
    for name, value in {"test": test, "validation": model.history_["val_accuracy"][-1]}.items():
        book = f", the book's {BOOK[name]} (3rd and 2nd edition)" if as_in_book else ""
        print(f"{name} accuracy {value:.4f}{book}")
    learnt = model.score(images.X_train, images.y_train)
    print(
        f"Notice: {learnt:.1%} of the training pictures are right, and {test:.1%} of the test "
        "pictures; the difference is what was learnt and does not hold for new ones."
    )
    wrong = pd.DataFrame({"true": images.y_test, "predicted": predicted})
    pairs = wrong[images.y_test != predicted].value_counts()
    if len(pairs):
        (true, taken), count = pairs.index[0], pairs.iloc[0]
        print(
            f"Notice: the commonest of {pairs.sum()} mistakes takes {images.names[true]} for "
            f"{images.names[taken]}, {count} times."
        )


def _draw(model, images, predicted, certainty, folder):
    fig, ax = figure(size=(6.4, 4))
    plot_learning_curve(model.history_, ax=ax)
    ax.set_ylabel("loss (cross-entropy)")
    ax.set_title(images.name)
    fig.savefig(folder / "learning_curve.png", dpi=150)
    fig, ax = figure(size=(7, 6.4))
    names = np.array(images.names)
    plot_confusion_matrix(names[images.y_test], names[predicted], labels=names, ax=ax)
    ax.set_title(f"{images.name}, {len(predicted):,} test pictures")
    fig.savefig(folder / "confusion_matrix.png", dpi=150)
    _draw_mistakes(images, predicted, certainty, folder)


def _draw_mistakes(images, predicted, certainty, folder):
    """Draw the twelve wrong answers that the network was surest of."""
    wrong = np.flatnonzero(predicted != images.y_test)
    worst = wrong[np.argsort(-certainty[wrong], kind="stable")]
    fig, axes = figure(2, 6, size=(9.6, 4.2))
    for ax in axes.flat:
        ax.set_axis_off()
    for ax, row in zip(axes.flat, worst, strict=False):
        ax.imshow(images.X_test[row].reshape(images.shape), cmap="Greys", vmin=0, vmax=1)
        true, taken = images.names[images.y_test[row]], images.names[predicted[row]]
        ax.set_title(f"is {true}\ntaken for {taken}\nat {certainty[row]:.1%}", fontsize="small")
    fig.suptitle(f"{images.name}: the surest of {len(wrong):,} wrong answers")
    fig.savefig(folder / "mistakes.png", dpi=150)


if __name__ == "__main__":
    sys.exit(main())
