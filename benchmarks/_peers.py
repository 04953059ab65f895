"""mlpkit and its peers: the same network as each one's model, and who of them is there."""

import importlib.util
import warnings

import numpy as np

# The package that a peer needs. Peers of one package share a process, mlpkit and Keras do too.
PACKAGE = {
    "mlpkit": "keras",
    "keras": "keras",
    "keras fit": "keras",
    "keras fit, 32 steps an execution": "keras",
    "keras predict": "keras",
    "keras model(x)": "keras",
    "scikit-learn": "sklearn",
    "torch loop": "torch",
    "torch loop, fused Adam": "torch",
    "torch": "torch",
    "skorch": "skorch",
    "scikeras": "scikeras",
}


def importable(package):
    """Tell whether a package is installed."""
    return importlib.util.find_spec(package) is not None


def present(names):
    """Give those names whose package is installed, each with it; print who is left out."""
    names = list(names)
    missing = [name for name in names if not importable(PACKAGE[name])]
    for name in missing:
        print(f"{name} is left out: {PACKAGE[name]} is not installed (pip install mlpkit[bench])")
    return {name: PACKAGE[name] for name in names if name not in missing}


def mlpkit_estimator(net, **more):
    """Give mlpkit's estimator, without what the peers do not do: no averaging, no second fit."""
    import mlpkit

    make = mlpkit.MLPClassifier if net.classes else mlpkit.MLPRegressor
    return make(
        hidden_layer_sizes=net.hidden, optimizer=net.optimizer, learning_rate=net.learning_rate,
        batch_size=net.batch, epochs=net.epochs, early_stopping=False, average=False, l2=0.0,
        metrics=None, random_state=0,
    ).set_params(**more)  # fmt: skip


def sklearn_estimator(net):
    """Give scikit-learn's estimator, which trains all epochs and penalises nothing."""
    from sklearn import neural_network

    make = neural_network.MLPClassifier if net.classes else neural_network.MLPRegressor
    momentum = {"momentum": 0.0} if net.optimizer == "sgd" else {}
    return make(
        hidden_layer_sizes=net.hidden, solver=net.optimizer, learning_rate_init=net.learning_rate,
        batch_size=net.batch, max_iter=net.epochs, early_stopping=False, tol=0.0, alpha=0.0,
        n_iter_no_change=10**6, random_state=0, **momentum,
    )  # fmt: skip


def silent_fit(estimator, X, y):
    """Fit scikit-learn's MLP without its warning that the epochs asked for are not convergence."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(X, y)


def keras_model(net):
    """Give the compiled Keras model of mlpkit's factory."""
    from mlpkit import make_classifier, make_regressor

    same = dict(
        hidden_layer_sizes=net.hidden, optimizer=net.optimizer, learning_rate=net.learning_rate,
        metrics=None, random_state=0,
    )  # fmt: skip
    if net.classes:
        return make_classifier(net.inputs, net.outputs, **same)
    return make_regressor(net.inputs, net.outputs, **same)


def scikeras_estimator(net, **more):
    """Give scikeras's classifier around the layers of `keras_model`."""
    import logging

    logging.getLogger("tensorflow").setLevel("ERROR")  # a line on retracing a fit
    from scikeras.wrappers import KerasClassifier

    def layers():
        import keras

        hidden = [keras.layers.Dense(units, "relu") for units in net.hidden]
        output = keras.layers.Dense(net.outputs, "softmax")
        return keras.Sequential([keras.Input((net.inputs,)), *hidden, output])

    return KerasClassifier(
        layers, loss="sparse_categorical_crossentropy", optimizer=net.optimizer,
        optimizer__learning_rate=net.learning_rate, batch_size=net.batch, epochs=net.epochs,
        verbose=0, **more,
    )  # fmt: skip


def torch_network(net):
    """Give the network in PyTorch; its output is logits, or the target."""
    from torch import nn

    sizes = (net.inputs, *net.hidden)
    layers = []
    for before, after in zip(sizes[:-1], sizes[1:], strict=True):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], net.outputs))


def skorch_estimator(net):
    """Give skorch's estimator around `torch_network`."""
    import skorch
    import torch

    make = skorch.NeuralNetClassifier if net.classes else skorch.NeuralNetRegressor
    return make(
        torch_network(net),
        criterion=torch.nn.CrossEntropyLoss if net.classes else torch.nn.MSELoss,
        optimizer=torch.optim.Adam if net.optimizer == "adam" else torch.optim.SGD,
        lr=net.learning_rate, batch_size=net.batch, max_epochs=net.epochs, train_split=None,
        iterator_train__shuffle=True, verbose=0,
    )  # fmt: skip


def torch_loop(net, X, y, *, fused=False):
    """Train in PyTorch as plainly as can be: no DataLoader, one permutation an epoch.

    `fused` is Adam as one kernel, which a user has to ask for.
    """
    import torch

    model = torch_network(net)
    make = torch.optim.Adam if net.optimizer == "adam" else torch.optim.SGD
    optimizer = make(model.parameters(), lr=net.learning_rate, **({"fused": True} if fused else {}))
    criterion = torch.nn.CrossEntropyLoss() if net.classes else torch.nn.MSELoss()
    X, y = torch.from_numpy(X), torch.from_numpy(y if net.classes else y[:, np.newaxis])
    for _ in range(net.epochs):
        for rows in torch.randperm(len(X)).split(net.batch):
            optimizer.zero_grad()
            criterion(model(X[rows]), y[rows]).backward()
            optimizer.step()
    return model
