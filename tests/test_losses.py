"""Which loss fits which output: the table against Keras, and every refusal."""

import numpy as np
import pytest

from mlpkit import losses
from mlpkit.losses import ALIASES, LOSSES, loss_name, loss_problems
from mlpkit.tasks import TASKS

FITS = {
    "binary": {"binary_crossentropy", "binary_focal_crossentropy", "mean_squared_error"},
    "multilabel": {"binary_crossentropy", "binary_focal_crossentropy", "mean_squared_error"},
    "multiclass": {
        "sparse_categorical_crossentropy", "categorical_crossentropy",
        "categorical_focal_crossentropy", "categorical_hinge", "kl_divergence",
        "mean_squared_error",
    },
    "regression": {
        "mean_squared_error", "mean_absolute_error", "huber", "log_cosh", "poisson", "quantile",
        "mean_absolute_percentage_error", "mean_squared_logarithmic_error",
    },
}  # fmt: skip
FITS["multioutput"] = FITS["regression"] | {"cosine_similarity"}


def problems(loss, task, positive=True):
    return loss_problems(loss, task, TASKS[task].loss, positive)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_that_does_not_fit_the_output_is_refused(loss, task):
    found = problems(loss, task)
    if loss in FITS[task]:
        assert found == []
    else:
        start = f"loss must fit the output of a {task} task: {sorted(FITS[task])[0]}"[:40]
        assert len(found) == 1
        assert found[0].startswith(start) and found[0].endswith(f"Got {loss!r}.")
        assert all(name in found[0] for name in FITS[task])


def test_every_loss_of_keras_is_in_the_table():
    from keras.src.losses import ALL_OBJECTS_DICT

    # Names that stand for no loss of their own, and one that later versions of Keras have.
    others = {"Loss", "LossFunctionWrapper", "CategoricalGeneralizedCrossEntropy"}
    keras_s = {thing.__name__ for thing in ALL_OBJECTS_DICT.values() if isinstance(thing, type)}
    assert keras_s - others == {row.keras_class for row in LOSSES.values()} - {"Quantile"}


@pytest.mark.parametrize("alias", ALIASES)
def test_aliases_are_keras_s(alias):
    import keras

    if alias != "logcosh":  # Keras 2's name, which is still in everybody's code
        name = LOSSES[ALIASES[alias]].keras_class
        assert type(keras.losses.get(keras.losses.get(alias).__name__)) is not None
        assert losses.loss_name(getattr(keras.losses, name)(), "") == loss_name(alias, "")


def test_a_loss_of_keras_is_known_as_name_object_and_function():
    import keras

    assert loss_name("auto", "huber") == "huber"
    assert loss_name("mse", "") == "mean_squared_error"
    assert loss_name(keras.losses.MeanSquaredError(), "") == "mean_squared_error"
    assert loss_name(keras.losses.mean_squared_error, "") == "mean_squared_error"
    assert loss_name(keras.losses.Huber(2.0), "") == "huber"


def test_a_loss_of_the_user_s_is_not_taken_for_keras_s():
    def huber(y_true, y_pred):
        return y_true

    assert loss_name(huber, "") is None
    assert problems(huber, "regression") == []
    assert problems(lambda y_true, y_pred: y_true, "multiclass") == []


@pytest.mark.parametrize("as_object", [True, False])
def test_keras_objects_and_functions_are_held_against_the_output_too(as_object):
    import keras

    wrong = keras.losses.CategoricalCrossentropy() if as_object else (
        keras.losses.categorical_crossentropy
    )  # fmt: skip
    assert "binary task" in problems(wrong, "binary")[0]
    hinge = keras.losses.Hinge() if as_object else keras.losses.hinge
    assert "must fit" in problems(hinge, "binary")[0]


@pytest.mark.parametrize("loss", ["poisson", "msle"])
def test_some_losses_need_positive_outputs(loss):
    (sentence,) = problems(loss, "regression", positive=False)
    assert "needs positive outputs. Set output_range='positive'" in sentence
    assert problems(loss, "regression", positive=True) == []


LOGITS = [
    "BinaryCrossentropy", "BinaryFocalCrossentropy", "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy", "SparseCategoricalCrossentropy",
]  # fmt: skip


@pytest.mark.parametrize("name", LOGITS)
def test_logits_are_refused(name):
    import keras

    task = "binary" if name.startswith("Binary") else "multiclass"
    loss = getattr(keras.losses, name)
    assert "from_logits" in problems(loss(from_logits=True), task)[0]
    assert problems(loss(), task) == []


def test_unknown_losses():
    (sentence,) = problems("mean_square_error", "regression")
    assert sentence.startswith("loss must be a Keras loss or one of binary_crossentropy, ")
    assert sentence.endswith("Got 'mean_square_error'. Did you mean 'mean_squared_error'?")
    assert "MSE'. Did you mean 'mse'?" in problems("MSE", "regression")[0]
    for nonsense in (3, None, ["mse"], np.array([1.0])):
        assert "loss must be" in problems(nonsense, "regression")[0]


def test_a_class_is_not_a_loss():
    import keras

    (sentence,) = problems(keras.losses.Huber, "regression")
    assert sentence == "loss must be an object, not a class. Got Huber; call it."
