"""Spam or ham, urgent or not: two labels a message, learnt from the words it is made of.

    python recipes/text_spam.py
    python recipes/text_spam.py --text "Your parcel is waiting, pay the fee now"

A text becomes a row of numbers by TF-IDF: a column a word, the more the oftener it is in the
message and the fewer messages have it, and nearly all of them zero, so that the row is kept sparse
and goes into the network as it is. Spam and urgent are no alternatives, so there is a sigmoid for
each and each is scored for itself. What the network makes of a single word tells which words it
goes by; a word it has never met counts for nothing. The messages are made here, from phrases put
together at random, and so the recipe tests twice: on fresh messages of the same phrases, where any
network shines, and on phrases it has never met, which is what counts. Real mail is harder still.

Writes scores.csv, words.csv, words.png and confusion_matrix.png.
"""

import sys

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score, precision_score, recall_score
from sklearn.pipeline import make_pipeline

from mlpkit import MLPClassifier
from mlpkit.plots import plot_confusion_matrix

if __package__:
    from recipes._messages import LABELS, messages
    from recipes._run import BadInput, Parser, figure, run, say_written, staged
else:
    from _messages import LABELS, messages
    from _run import BadInput, Parser, figure, run, say_written, staged

FULL = {"n": 1200, "epochs": 30}
QUICK = {"n": 400, "epochs": 15}
N_TEST = 400
N_WORDS = 7  # shown for and against each label
FOR, AGAINST = "#D55E00", "#0072B2"
FILES = ["confusion_matrix.png", "scores.csv", "words.csv", "words.png"]


def main(argv=None):
    """Run the recipe and give its exit status; see the top of the file."""
    return run(_text_spam, argv)


def _text_spam(argv):
    options = _parser().parse_args(argv)
    if options.text is not None and not options.text.strip():
        raise BadInput("--text must hold words. Got an empty text.")
    size = QUICK if options.quick else FULL
    texts, y = messages(size["n"], seed=0)
    tests = {
        "same phrases": messages(N_TEST, seed=1),
        "new phrases": messages(N_TEST, 2, fresh=True),
    }
    with staged(options.out) as folder:
        print(f"{len(texts)} made messages to train on, such as")
        print(f'    "{texts[0]}" ({named(y[:1])[0]})')
        model = make_pipeline(
            TfidfVectorizer(),
            MLPClassifier((32,), standardize=False, epochs=size["epochs"], random_state=0),
        ).fit(texts, y)
        predicted = {name: model.predict(texts) for name, (texts, _) in tests.items()}
        table = pd.concat([scores(name, tests[name][1], predicted[name]) for name in tests])
        words = telling_words(model)
        print(table.to_string(index=False, float_format="{:.3f}".format))
        true, found = tests["new phrases"][1], predicted["new phrases"]
        _notice(model, texts, true, found, words)
        if options.text is not None:
            _answer(model, options.text)
        table.to_csv(folder / "scores.csv", index=False)
        words.to_csv(folder / "words.csv")
        _draw(true, found, words, folder)
    say_written(options.out, FILES)


def _parser():
    parser = Parser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--text", metavar="TEXT", help="a message of yours, to be judged as well")
    parser.add_out("text_spam")
    parser.add_quick("{n} messages and {epochs} epochs".format(**QUICK))
    return parser


def named(y):
    """Give each row's labels in words, such as "spam, urgent" or "ham"."""
    return [("spam" if spam else "ham") + (", urgent" if urgent else "") for spam, urgent in y]


def scores(name, y_true, y_predicted):
    """Give precision, recall and F1 of each label, beside the share of messages that have it.

    Parameters
    ----------
    name : str
        What they are called.
    y_true, y_predicted : ndarray of shape (n_samples, 2)
        Labels in the order of `LABELS`.

    Returns
    -------
    DataFrame
    """
    measures = {"precision": precision_score, "recall": recall_score, "F1": f1_score}
    found = {
        key: measure(y_true, y_predicted, average=None, zero_division=0)
        for key, measure in measures.items()
    }
    shares = {"label": LABELS, "share": y_true.mean(axis=0)}
    return pd.DataFrame({"messages": name, **shares, **found})


def telling_words(model):
    """Give the log odds of each label for messages of a single word, for all known words.

    Parameters
    ----------
    model : Pipeline
        A fitted vectorizer and a fitted classifier.

    Returns
    -------
    DataFrame
        A row a word, a column a label; above 0 the word speaks for it, below 0 against it.
    """
    words = pd.Index(model[0].get_feature_names_out(), name="word")
    return pd.DataFrame(model.decision_function(words), index=words, columns=LABELS)


def _notice(model, texts, y_true, y_predicted, words):
    rows = model[0].transform(texts)
    print(
        f"Notice: of {rows.shape[1]} columns, one a word, a message fills "
        f"{rows.nnz / rows.shape[0]:.0f}: only {rows.nnz / np.prod(rows.shape):.1%} are not zero."
    )
    both = y_true.all(axis=1)
    print(
        f"Notice: {both.sum()} messages of new phrases are spam and urgent at once; "
        f"{y_predicted[both].all(axis=1).sum()} of them are told as both."
    )
    for label in LABELS:
        ordered = list(words[label].sort_values().index)
        print(
            f"Notice: for {label} speak most of all {', '.join(ordered[:-6:-1])}; against it "
            f"{', '.join(ordered[:5])}."
        )


def _answer(model, text):
    """Print what the network makes of the user's own message."""
    found = dict(zip(LABELS, model.predict_proba([text])[0], strict=True))
    print(f'"{text}": ' + ", ".join(f"{label} {value:.2f}" for label, value in found.items()))
    asked = set(model[0].build_analyzer()(text))
    unknown = sorted(asked - set(model[0].vocabulary_))
    if unknown:
        print(f"    of its {len(asked)} words {len(unknown)} were never met: {', '.join(unknown)}")


def _draw(y_true, y_predicted, words, folder):
    fig, axes = figure(1, 2, size=(9.6, 4.4))
    for ax, label in zip(axes, LABELS, strict=True):
        ordered = words[label].sort_values()
        shown = pd.concat([ordered[:N_WORDS], ordered[-N_WORDS:]])
        colours = [AGAINST if value < 0 else FOR for value in shown]
        ax.barh(shown.index, shown, color=colours)
        ax.axvline(0, color="black", linewidth=0.8)
        ax.set_xlabel(f"log odds of {label} for the word alone")
        ax.spines[["top", "right"]].set_visible(False)
    fig.savefig(folder / "words.png", dpi=150)
    fig, ax = figure(size=(6.4, 5.2))
    kinds = named([(0, 0), (0, 1), (1, 0), (1, 1)])
    plot_confusion_matrix(named(y_true), named(y_predicted), labels=kinds, ax=ax)
    ax.set_title(f"{len(y_true)} messages of new phrases")
    fig.savefig(folder / "confusion_matrix.png", dpi=150)


if __name__ == "__main__":
    sys.exit(main())
