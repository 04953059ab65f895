"""The four networks that training is measured on, and their data, made by seed."""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Net:
    """A network, the size of its data and how it is trained; all peers get the same."""

    name: str
    n: int
    inputs: int
    hidden: tuple
    outputs: int
    batch: int
    epochs: int
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    classes: bool = True

    @property
    def steps(self):
        """Training steps of one fit."""
        return self.epochs * -(-self.n // self.batch)

    @property
    def title(self):
        """The line that says what was trained."""
        hidden = ", ".join(map(str, self.hidden))
        epochs = f"{self.epochs} epoch{'s' if self.epochs > 1 else ''}"
        return (
            f"{self.name} {self.n}x{self.inputs}, ({hidden}), batch {self.batch}, "
            f"{epochs}, {self.optimizer}"
        )

    def quick(self):
        """Give the same network with few rows and one epoch."""
        return replace(self, n=min(self.n, 4 * self.batch + 3), epochs=1)

    def data(self):
        """Give features and targets: float32, standardised; class numbers or one float32 column.

        scikit-learn's digits where they have the rows and columns asked for, else normal numbers
        with targets that depend on them.
        """
        if self.name == "digits":
            from sklearn.datasets import load_digits

            X, y = load_digits(return_X_y=True)
            X, y = X[: self.n], y[: self.n]
            return ((X - X.mean()) / X.std()).astype(np.float32), y
        rng = np.random.default_rng(0)
        X = rng.standard_normal((self.n, self.inputs), dtype=np.float32)
        hidden = X @ rng.standard_normal((self.inputs, self.outputs), dtype=np.float32)
        if self.classes:
            return X, hidden.argmax(1)
        return X, np.tanh(hidden[:, 0]).astype(np.float32)


# The book's image network learns by plain SGD of 0.01. Few epochs, so that a round of all peers
# takes half a minute; a step costs the same in each of them.
NETS = (
    Net("digits", 1797, 64, (100,), 10, batch=32, epochs=20),
    Net(
        "fashion", 60_000, 784, (300, 100), 10, batch=32, epochs=3, optimizer="sgd",
        learning_rate=0.01,
    ),
    Net("housing", 16_000, 8, (50, 50, 50), 1, batch=32, epochs=10, classes=False),
    Net("wide", 20_000, 32, (256, 256, 256), 10, batch=256, epochs=5),
)  # fmt: skip
DIGITS = NETS[0]


def find(name, quick=False):
    """Give the network of a name, or its quick version."""
    net = next(net for net in NETS if net.name == name)
    return net.quick() if quick else net
