"""The frozen description of a network: its rules, its choices and the table it prints."""

import dataclasses

import numpy as np
import pytest

from mlpkit import activations, describe_architecture
from mlpkit.architecture import INITIALIZERS, METRICS, OPTIMIZERS, make_spec
from mlpkit.errors import InvalidParameterError
from mlpkit.tasks import TASKS


def refusal(*arguments, **parameters):
    with pytest.raises(InvalidParameterError) as caught:
        make_spec(*arguments, **parameters)
    return str(caught.value)


@pytest.mark.parametrize("name", activations.names(trains=True))
def test_auto_initializer_suits_the_activation(name):
    spec = make_spec("binary", 3, activation=name)
    assert spec.kernel_initializer == activations.get(name).initializer
    given = make_spec("binary", 3, activation=name, kernel_initializer="orthogonal")
    assert given.kernel_initializer == "orthogonal"


def test_the_initializers_of_the_issue():
    expected = {
        "relu": "he_normal", "leaky_relu": "he_normal", "prelu": "he_normal", "elu": "he_normal",
        "selu": "lecun_normal", "tanh": "glorot_uniform", "sigmoid": "glorot_uniform",
    }  # fmt: skip
    for name, initializer in expected.items():
        assert make_spec("binary", 3, activation=name).kernel_initializer == initializer


def test_numpy_numbers_are_welcome_and_become_plain():
    spec = make_spec(
        "multioutput", np.int64(4), np.int32(2), hidden_layer_sizes=np.array([8, 4]),
        dropout=np.float32(0.5), l2=np.float64(0.1), learning_rate=np.float32(0.01),
        standardize=np.True_, random_state=np.int64(3), output_range=np.array([0.0, 1.0]),
    )  # fmt: skip
    assert spec == make_spec(
        "multioutput", 4, 2, hidden_layer_sizes=(8, 4), dropout=0.5, l2=0.1, standardize=True,
        output_range=(0, 1),
    )  # fmt: skip
    assert type(spec.hidden_layer_sizes[0]) is int and type(spec.standardize) is bool
    assert hash(spec) == hash(dataclasses.replace(spec))


def test_a_single_number_is_one_hidden_layer():
    assert make_spec("binary", 3, hidden_layer_sizes=7).hidden_layer_sizes == (7,)
    assert make_spec("binary", 3, hidden_layer_sizes=[]).hidden_layer_sizes == ()
    assert make_spec("binary", [28, 28]).input_shape == (28, 28)


WRONG = [
    ("n_features", 0, "an integer >= 1 or a shape such as (28, 28). Got 0."),
    ("n_features", (28, 0), "Got (28, 0)."),
    ("n_features", (), "Got ()."),
    ("n_features", True, "Got True."),
    ("n_features", 4.0, "Got 4.0."),
    ("hidden_layer_sizes", (100, 0), "hidden_layer_sizes must hold positive integers. Got (100, "),
    ("hidden_layer_sizes", (True,), "Got (True,)."),
    ("activation", "rellu", "Did you mean 'relu'?"),
    ("activation", "ReLU", "Did you mean 'relu'?"),
    ("activation", None, "Got None."),
    ("kernel_initializer", "he_norml", "Did you mean 'he_normal'?"),
    ("normalization", "bach", "be None or one of 'batch', 'layer'. Got 'bach'. Did you mean 'bat"),
    ("normalization", True, "Got True."),
    ("dropout", 1, "a number >= 0 and < 1. Got 1."),
    ("dropout", float("nan"), "Got nan."),
    ("l2", -0.1, "a number >= 0. Got -0.1."),
    ("l2", "0.1", "Got '0.1'."),
    ("standardize", 1, "True or False. Got 1."),
    ("optimizer", "adaam", "Did you mean 'adam'?"),
    ("optimizer", 3, "or a Keras optimizer. Got 3."),
    ("learning_rate", 0, "None or a number > 0. Got 0."),
    ("learning_rate", True, "Got True."),
    ("loss", "msee", "Did you mean 'mse'?"),
    ("delta", 0, "a number > 0. Got 0."),
    ("quantile", 1.0, "a number > 0 and < 1 or a list of such numbers. Got 1.0."),
    ("quantile", [], "Got []."),
    ("quantile", [0.1, "0.9"], "Got [0.1, '0.9']."),
    ("metrics", "rmse", "be None or 'auto' or a list of names of Keras metrics, or of metrics"),
    ("metrics", ["rmsee"], "Did you mean 'rmse'?"),
    ("metrics", ["accuracy"], "metrics of a regression must measure numbers"),
    ("metrics", [3], "Got [3]."),
    ("dtype", "float16", "one of 'float32', 'float64', 'mixed_bfloat16'. Got 'float16'."),
    ("dtype", np.float32, "Got <class 'numpy.float32'>."),
    ("random_state", -1, "an integer >= 0 and <= 4294967295 or a NumPy RandomState. Got -1."),
    ("random_state", 2**32, "Got 4294967296."),
    ("random_state", True, "Got True."),
    ("random_state", np.random.default_rng(0), "Got Generator(PCG64)"),
    ("output_range", (1, 0), "with low < high"),
    ("output_activation", "softpluss", "Did you mean 'softplus'?"),
]


@pytest.mark.parametrize("name, value, message", WRONG)
def test_a_wrong_argument_is_named_with_rule_and_value(name, value, message):
    arguments = {"n_features": 4, name: value}
    text = refusal("regression", **arguments)
    assert text.startswith(name) and message in text
    assert "\n" not in text


def test_all_problems_are_reported_at_once():
    text = refusal(
        "regression", 0, 0, hidden_layer_sizes=(5, 0), activation="rellu", dropout=1.5,
        optimizer="adaam", loss="msee", metrics=["rmsee"], dtype="float16", hiden_layers=3,
    )  # fmt: skip
    lines = text.splitlines()
    assert lines[0] == "10 arguments are wrong:"
    for name in (
        "n_features", "n_outputs", "hidden_layer_sizes", "activation", "dropout", "optimizer",
        "loss", "metrics", "dtype", "hiden_layers",
    ):  # fmt: skip
        assert sum(line.startswith(f"- {name} ") for line in lines) == 1, name


def test_a_wrong_range_is_reported_beside_other_problems():
    lines = refusal("regression", 0, output_range="high", loss="poisson").splitlines()
    assert [line.split()[1] for line in lines[1:]] == ["n_features", "output_range"]


def test_a_name_nobody_knows_is_refused():
    text = refusal("binary", 3, hiden_layer_sizes=(3,))
    assert text == (
        "hiden_layer_sizes is not an argument of a binary network. "
        "Did you mean 'hidden_layer_sizes'?"
    )
    assert "output_range is not an argument of a multiclass" in refusal(
        "multiclass", 3, 3, output_range=(0, 1)
    )


@pytest.mark.parametrize(
    "task, count, message",
    [
        ("binary", 2, "n_outputs must be 1 for a binary task. Got 2."),
        ("multiclass", 1, "n_classes must be an integer >= 2. Got 1."),
        ("multilabel", 0, "n_classes must be an integer >= 1. Got 0."),
        ("regression", 0, "n_outputs must be an integer >= 1. Got 0."),
        ("multioutput", True, "n_outputs must be an integer >= 1. Got True."),
    ],
)
def test_the_number_of_outputs_fits_the_task(task, count, message):
    assert refusal(task, 3, count) == message


def test_an_unknown_task():
    assert "Did you mean 'regression'?" in refusal("regresion", 3)


def test_glu_halves_even_layers_only():
    assert "must be even for 'glu'" in refusal(
        "binary", 3, activation="glu", hidden_layer_sizes=(4, 3)
    )
    assert make_spec("binary", 3, activation="glu", hidden_layer_sizes=(4, 6)).widths == (3, 2, 3)


def test_a_list_of_quantiles_gives_one_output_each():
    spec = make_spec("regression", 3, loss="quantile", quantile=[0.1, 0.5, 0.9])
    assert spec.units == 3
    assert make_spec("regression", 3, loss="quantile", quantile=0.9).units == 1
    assert make_spec("regression", 3, loss="mse", quantile=[0.1, 0.9]).units == 1


def test_several_quantiles_of_several_columns_are_refused():
    text = refusal("multioutput", 3, 2, loss="quantile", quantile=[0.1, 0.9])
    assert text == "quantile must be a single number for a target of 2 columns. Got [0.1, 0.9]."


def test_positive_losses_know_the_output_s_bounds():
    assert "needs positive outputs" in refusal("regression", 3, loss="poisson")
    for parameters in (
        {"output_range": "positive"},
        {"output_activation": "relu"},
        {"output_range": (0, 5)},
        {"output_range": (1, 5), "output_activation": "tanh"},
    ):
        assert make_spec("regression", 3, loss="poisson", **parameters).loss == "poisson"
    assert "needs positive" in refusal("regression", 3, loss="poisson", output_range=(-1, 5))


def test_a_loss_of_the_user_s_never_passes_for_keras_s():
    def huber(y_true, y_pred):
        return y_true

    assert make_spec("regression", 3, loss=huber).loss == "huber (yours)"


def test_names_are_known_to_keras():
    import keras

    for name in OPTIMIZERS:
        assert keras.optimizers.get(name) is not None
    for name in INITIALIZERS:
        assert keras.initializers.get(name) is not None
    for name in set(METRICS) - {"acc", "rmse"}:
        assert callable(keras.metrics.get(name)), name


@pytest.mark.parametrize("task", TASKS)
def test_the_printed_table_names_the_book_s_row(task):
    outputs = 1 if task in ("binary", "regression") else 3
    text = describe_architecture(task, (4, 5), outputs, hidden_layer_sizes=(30, 10))
    table = "table 10-1" if "regression" in task or task == "multioutput" else "table 10-2"
    lines = text.splitlines()
    assert lines[0] == f"{task} MLP after Géron's {table}"
    rows = {line[:19].strip(): " ".join(line[19:].split()) for line in lines[1:]}
    assert rows["input neurons"] == "20 table 10-1: one per input feature"
    assert rows["neurons per layer"].startswith("30, 10 table 10-1")
    assert rows["output neurons"].startswith(f"{outputs} {table}: one")
    assert rows["loss"].split()[0] == TASKS[task].loss
    shown = TASKS[task].output_activation.replace("linear", "none")
    assert rows["output activation"].startswith(f"{shown} {table}: {shown}"[:12])
    spec = make_spec(task, (4, 5), outputs, hidden_layer_sizes=(30, 10))
    assert str(spec) == text
    assert rows["trainable weights"] == f"{spec.n_parameters:,}"


def test_the_printed_table_shows_what_was_chosen_by_hand():
    text = describe_architecture(
        "multioutput", 3, 3, activation="selu", kernel_initializer="he_uniform", dropout=0.2,
        l2=0.01, standardize=True, normalization="layer", loss="mae",
        output_range=[None, "positive", (0, 10)],
    )  # fmt: skip
    for part in (
        "chosen by you (table 11-1: lecun_normal)", "none, softplus, sigmoid (0 to 10)",
        "mean_absolute_error", "0.2", "alpha dropout (SELU)", "l2 * sum(W**2)", "layer",
        "inputs standardised inside the model",
    ):  # fmt: skip
        assert part in text, part
    assert all(line == line.rstrip() for line in text.splitlines())


def test_the_linear_model_has_no_rows_for_hidden_layers():
    text = describe_architecture("regression", 3, hidden_layer_sizes=())
    assert "hidden layers" in text and "relu" not in text and "he_normal" not in text


def test_a_spec_is_frozen_and_comparable():
    spec = make_spec("binary", 3)
    assert spec == make_spec("binary", 3) and spec != make_spec("binary", 4)
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.l2 = 1.0
