"""Neurons of 1943: on or off, excited by some inputs, and silenced by others."""

import itertools
from collections import Counter
from dataclasses import dataclass

import numpy as np

from mlpkit.errors import InvalidParameterError

ALWAYS_ON = "on"  # an input that is always active, without which nothing comes of silence
_TAKEN = "which is taken"
_MOST_INPUTS = 16  # of a truth table, which has 2 to that power rows


@dataclass(frozen=True)
class McCullochPittsNeuron:
    """Neuron that fires when at least two excitatory inputs are active and no inhibitory one is.

    Parameters
    ----------
    name : str
        Its name, which later neurons use.
    excitatory : tuple of str
        Names of inputs or neurons; one that is wired twice is there twice, and counts as two.
    inhibitory : tuple of str, default=()
        Names of those that silence it, each alone.

    Raises
    ------
    InvalidParameterError
        When fewer than two excitatory inputs are wired, so that it could never fire, or names are
        no text.

    References
    ----------
    W. McCulloch and W. Pitts, "A Logical Calculus of the Ideas Immanent in Nervous Activity",
    1943; the rule of two as in A. Géron, Hands-On Machine Learning, figure 10-3.

    Examples
    --------
    >>> print(McCullochPittsNeuron("C", ("A", "A"), ("B",)))
    C fires when A (wired twice) is active and B is silent
    """

    name: str
    excitatory: tuple
    inhibitory: tuple = ()

    def __post_init__(self):
        problems = []
        for part in ("excitatory", "inhibitory"):
            names = getattr(self, part)
            if isinstance(names, list | tuple) and all(isinstance(name, str) for name in names):
                object.__setattr__(self, part, tuple(names))
            else:
                problems.append(f"{part} must be a tuple of names, ('A', 'B'). Got {names!r}.")
        if not problems and len(self.excitatory) < 2:
            problems.append(
                "excitatory must wire two inputs at least, or one twice: two have to be active. "
                f"Got {self.excitatory!r}."
            )
        if problems:
            raise InvalidParameterError("\n".join(problems))

    def fires(self, active):
        """Tell for which rows it fires.

        Parameters
        ----------
        active : dict of str to ndarray of bool, of shape (n_samples,)
            Whether each input or earlier neuron is active.

        Returns
        -------
        ndarray of bool, of shape (n_samples,)

        Examples
        --------
        >>> active = {"A": np.array([True, True]), "B": np.array([False, True])}
        >>> McCullochPittsNeuron("C", ("A", "B")).fires(active)
        array([False,  True])
        """
        excited = sum(active[name].astype(int) for name in self.excitatory) >= 2
        for name in self.inhibitory:
            excited = excited & ~active[name]
        return excited

    def __str__(self):
        times = Counter(self.excitatory)
        if all(n > 1 for n in times.values()):
            wired = f"{' or '.join(times)} (wired twice) is active"
        elif list(times.values()) == [1, 1]:
            wired = f"{' and '.join(times)} are active"
        else:
            each = [f"{name} (wired twice)" if n > 1 else name for name, n in times.items()]
            wired = f"two of {', '.join(each)} are active"
        text = f"{self.name} fires when {wired}"
        if self.inhibitory:
            verb = "is" if len(self.inhibitory) == 1 else "are"
            text += f" and {', '.join(self.inhibitory)} {verb} silent"
        return text


@dataclass(frozen=True)
class McCullochPittsNetwork:
    """Network of McCulloch and Pitts' neurons without loops, the last one its output.

    Parameters
    ----------
    inputs : tuple of str
        Names of the inputs, in the order of the columns of rows.
    neurons : tuple of McCullochPittsNeuron
        Each uses inputs and earlier neurons, and "on", an input that is always active.

    Raises
    ------
    InvalidParameterError
        When a name stands for two things, or a neuron uses one that is not there yet.

    Examples
    --------
    >>> network = McCullochPittsNetwork(("A", "B"), (McCullochPittsNeuron("C", ("A", "B")),))
    >>> network([[0, 0], [0, 1], [1, 0], [1, 1]])
    array([0, 0, 0, 1])
    >>> print(network)
    C fires when A and B are active
    >>> network.truth_table()
       A  B  C
    0  0  0  0
    1  0  1  0
    2  1  0  0
    3  1  1  1
    """

    inputs: tuple
    neurons: tuple

    def __post_init__(self):
        object.__setattr__(self, "inputs", tuple(self.inputs))
        object.__setattr__(self, "neurons", tuple(self.neurons))
        problems, known = [], {ALWAYS_ON}
        for name in self.inputs:
            if name in known:
                problems.append(f"inputs must have names of their own. Got {name!r}, {_TAKEN}.")
            known.add(name)
        strange = [n for n in self.neurons if not isinstance(n, McCullochPittsNeuron)]
        if strange:
            problems.append(f"neurons must be McCullochPittsNeurons. Got {strange[0]!r}.")
        for neuron in () if strange else self.neurons:
            for name in dict.fromkeys((*neuron.excitatory, *neuron.inhibitory)):
                if name not in known:
                    problems.append(
                        f"neuron {neuron.name!r} must use inputs or neurons before it. "
                        f"Got {name!r}."
                    )
            if neuron.name in known:
                problems.append(
                    f"neurons must have names of their own. Got {neuron.name!r}, {_TAKEN}."
                )
            known.add(neuron.name)
        if not self.neurons:
            problems.append("neurons must hold at least one neuron. Got none.")
        if problems:
            raise InvalidParameterError("\n".join(problems))

    def __call__(self, X):
        """Output of the last neuron.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_inputs) or (n_inputs,), or DataFrame
            Zeros and ones, a column an input; a DataFrame's columns go by their names.

        Returns
        -------
        ndarray of int, of shape (n_samples,), or one number for one row

        Raises
        ------
        InvalidParameterError
            When columns are missing, or values are other than 0 and 1.
        """
        X, single = self._rows(X)
        output = self._run(X)[self.neurons[-1].name].astype(int)
        return output[0] if single else output

    def activity(self, X):
        """Every neuron's output, in the order of `neurons`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_inputs), or DataFrame
            As for a call.

        Returns
        -------
        DataFrame of shape (n_samples, n_inputs + n_neurons)

        Examples
        --------
        >>> network = McCullochPittsNetwork(("A",), (McCullochPittsNeuron("C", ("A", "A")),))
        >>> network.activity([[1]])
           A  C
        0  1  1
        """
        import pandas as pd

        active = self._run(self._rows(X)[0])
        names = [*self.inputs, *(neuron.name for neuron in self.neurons)]
        return pd.DataFrame({name: active[name].astype(int) for name in names})

    def truth_table(self):
        """Output for every combination of inputs.

        Returns
        -------
        DataFrame of shape (2 ** n_inputs, n_inputs + 1)

        Raises
        ------
        InvalidParameterError
            When there are more than 16 inputs.
        """
        n = len(self.inputs)
        if n > _MOST_INPUTS:
            raise InvalidParameterError(
                f"a truth table must have at most {_MOST_INPUTS} inputs. Got {n}, which is "
                f"{2**n:,} rows: call the network on the rows you want."
            )
        rows = np.array(list(itertools.product((0, 1), repeat=n)), dtype=int).reshape(2**n, n)
        return self.activity(rows)[[*self.inputs, self.neurons[-1].name]]

    def __str__(self):
        return "\n".join(map(str, self.neurons))

    def _rows(self, X):
        if hasattr(X, "columns"):
            missing = [name for name in self.inputs if name not in X.columns]
            if missing:
                raise InvalidParameterError(
                    f"X must have the columns {list(self.inputs)}. Missing: {missing}."
                )
            X = X[list(self.inputs)]
        X = np.asarray(X)
        single = X.ndim == 1
        X = X[np.newaxis] if single else X
        if X.ndim != 2 or X.shape[1] != len(self.inputs):
            raise InvalidParameterError(
                f"X must have a column for each input, {', '.join(self.inputs)}. "
                f"Got shape {X.shape}."
            )
        if not np.isin(X, (0, 1)).all():
            raise InvalidParameterError("X must hold 0 and 1 (or False and True) only.")
        return X.astype(bool), single

    def _run(self, X):
        active = {ALWAYS_ON: np.ones(len(X), dtype=bool)}
        active.update(zip(self.inputs, X.T, strict=True))
        for neuron in self.neurons:
            active[neuron.name] = neuron.fires(active)
        return active
