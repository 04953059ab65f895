"""What the numbers of a gradient flow mean: which layers are ill, of what, and what helps.

The thresholds were set between models that learn (new and trained, 1 to 20 layers of 8 to 256
units, with every usual activation and its own initial weights) and the planted faults. A cause
comes before what follows from it: where a layer is dead, the layers below get no gradient, and
are not called ill for that.
"""

from typing import NamedTuple

import numpy as np

from mlpkit.diagnostics.measuring import s_shaped

# Equal initial weights leave one unit of them all; half as many are no longer chance.
EQUAL_UNITS = 0.5
# New ReLU layers have 4 % of dead units in layer 1, 25 % in layer 10, half in layer 20: the rows
# point ever more the same way, and a unit is on for all or off for all. Narrow layers scatter, and
# wide ones that have learnt well have up to a third.
DEAD, DEAD_PER_LAYER, DEAD_SCATTER = 0.27, 0.0115, 1.0
# Layers of tanh that learn are at 30 % and less; weights ten times too large put 70 % there.
SATURATED = 0.5
# A trained network errs with certainty on some rows, an exploded one on more than half.
CERTAIN_AND_WRONG = 0.3
# Healthy layers multiply the signal by 0.9 to 1.7, normal(0, 1) weights by the root of the number
# of inputs, and weights ten times too large by 7 to 15.
GAIN = 5.0
# Through all layers, forward or backward: healthy models stay between 0.02 and 10.
EXPLODED, VANISHED = 1e3, 1e-3
# One step moves a layer by 0.001 to 0.1 of its weights; by half of them, and nothing is kept.
LARGE_UPDATE, SMALL_UPDATE, SMALL_RATE = 0.5, 1e-6, 1e-6

_KINDS = {
    "symmetric": "equal units",
    "dead": "dead units",
    "exploding": "exploding signals",
    "saturated": "saturated units",
    "vanishing": "vanishing gradients",
    "update too large": "steps that are too large",
    "update too small": "steps that are too small",
}


class Problem(NamedTuple):
    """What is wrong with a layer.

    Parameters
    ----------
    layer : int
        Its number, from 1.
    kind : str
        "symmetric", "dead", "saturated", "exploding", "vanishing", "update too large" or
        "update too small".
    """

    layer: int
    kind: str


def judge(frame, *, n_rows, rows_rms, wrong, rate):
    """Give what is wrong with a model, in pairs and in words.

    Parameters
    ----------
    frame : DataFrame
        What `measure` gave.
    n_rows : int
        Number of the rows that were passed.
    rows_rms : float
        Root mean square of the rows, as the first layer gets them.
    wrong : float
        Share of the rows that saturated outputs answer wrongly.
    rate : float
        The learning rate; NaN where it follows a schedule.

    Returns
    -------
    tuple of Problem
        Causes first.
    tuple of str
        A verdict for each layer.
    str
        A verdict for the whole.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"layer": [1, 2], "activation": ["relu", "linear"], "units": [100, 1],
    ...     "a_rms": 1.0, "z_rms": 1.0, "z_gradient": 1.0, "kernel_norm": 1.0, "dead": [0.41, 0.0],
    ...     "saturated": 0.0, "distinct": [100, 1], "update_ratio": 0.01})
    >>> problems, verdicts, summary = judge(
    ...     frame, n_rows=200, rows_rms=1.0, wrong=0.0, rate=0.001)
    >>> print(*verdicts, summary, sep="\\n")
    layer 1: 41 % of units never fire on these rows; lower the learning rate or try leaky_relu.
    layer 2: healthy.
    Ill: dead units in layer 1.
    """
    flow = {name: frame[name].to_numpy() for name in frame}
    flow["hidden"] = np.arange(1, len(frame) + 1) < len(frame)
    found = {"symmetric": _symmetric(flow), "dead": _dead(flow, n_rows)}
    found["exploding"] = _exploding(flow, rows_rms)
    found["saturated"] = _saturated(flow, wrong, found["dead"])
    found["vanishing"] = _vanishing(flow, found)
    found |= _updates(flow, rate)
    problems = tuple(
        Problem(int(flow["layer"][i]), kind) for kind, words in found.items() for i in sorted(words)
    )
    verdicts = tuple(_verdict(flow, found, i) for i in range(len(frame)))
    return problems, verdicts, _summary(flow, problems)


def _symmetric(flow):
    units, distinct = flow["units"], flow["distinct"]
    ill = flow["hidden"] & (units > 1) & (distinct <= EQUAL_UNITS * units)
    return {
        i: f"its {units[i]} units are only {distinct[i]} different; start from random weights, "
        "such as he_normal"
        for i in np.flatnonzero(ill)
    }


def _dead(flow, n_rows):
    share, few = flow["dead"], DEAD_SCATTER / np.sqrt(flow["units"])
    few = few + 0.5**n_rows  # a single row leaves half of the units off
    limit = np.minimum(DEAD + DEAD_PER_LAYER * flow["layer"], 0.5) + few
    ill = (share > np.minimum(limit, 0.99)) & (flow["hidden"] | (share == 1))
    ill &= flow["z_rms"] > 0  # who gets nothing, or has no weights, is not dead by itself
    return {
        i: f"{_percent(share[i])} of units never fire on these rows; "
        f"{_against_death(flow['activation'][i])}"
        for i in np.flatnonzero(ill)
    }


def _against_death(activation):
    other = "start from biases of 0" if s_shaped(activation) else "try leaky_relu"
    return f"lower the learning rate or {other}"


def _saturated(flow, wrong, dead):
    words = {
        i: f"{_percent(flow['saturated'][i])} of its outputs are saturated, where the gradient "
        "is nearly 0; start from smaller weights, standardise the inputs or try relu"
        for i in np.flatnonzero(flow["hidden"] & (flow["saturated"] > SATURATED))
        if i not in dead
    }
    if wrong > CERTAIN_AND_WRONG:
        words[len(flow["layer"]) - 1] = (
            f"{_percent(wrong)} of rows are answered wrongly with certainty; standardise the "
            "inputs, start from smaller weights or lower the learning rate"
        )
    return words


def _gains(flow, rows_rms):
    """Give what each layer multiplies the signal by.

    Measured on the rows; or what the weights alone do to rows that point anywhere, where that is
    less, so that large biases and rows that are nearly 0 are not taken for large weights.
    """
    before = np.concatenate([[rows_rms], flow["a_rms"][:-1]])
    with np.errstate(all="ignore"):
        return np.fmin(flow["z_rms"] / before, flow["kernel_norm"] / np.sqrt(flow["units"]))


def _exploding(flow, rows_rms):
    gains = _gains(flow, rows_rms)
    with np.errstate(all="ignore"):
        kept = np.fmin(flow["a_rms"] / flow["z_rms"], 1)  # of each activation's input
        forward = gains * np.concatenate([[1.0], np.cumprod((gains * kept)[:-1])])
        backward = flow["z_gradient"] / flow["z_gradient"][-1]
        typical = np.exp(np.mean(np.log(gains[:-1]))) if len(gains) > 1 else 0.0
    lost = ~np.isfinite(flow["z_rms"]) | ~np.isfinite(flow["z_gradient"])
    advice = "start from smaller weights (he_normal for relu) or clip the gradient"
    large = np.flatnonzero((forward > EXPLODED) | (backward > EXPLODED))
    words = {}
    for i in range(len(gains)):
        if lost[i]:
            words[i] = f"its numbers are infinite or missing; {advice}"
        elif forward[i] > EXPLODED:
            words[i] = f"signals are {forward[i]:.0e} times as large as the inputs; {advice}"
        elif backward[i] > EXPLODED:
            words[i] = f"its gradient is {backward[i]:.0e} times the output's; {advice}"
        elif typical > GAIN and gains[i] > GAIN or large.size and large[0] < i < large[-1]:
            words[i] = f"it makes signals {gains[i]:.1f} times as large; {advice}"
    return words


def _vanishing(flow, found):
    """Give the layers whose gradient is lost on the way; not those below the cause of another."""
    share, words = _of_the_output(flow), {}
    if found["symmetric"]:
        return words  # equal units cancel out, which is no matter of depth
    stops = {**found["dead"], **found["saturated"]}
    fed = np.concatenate([[True], flow["a_rms"][:-1] != 0])
    for i in np.flatnonzero(flow["hidden"] & fed):
        above = flow["kernel_norm"][i + 1 :]
        if share[i] < VANISHED and not any(stop >= i for stop in stops) and above.all():
            words[i] = f"its gradient is {share[i]:.0e} of the output's; {_passing(flow, i)}"
    return words


def _of_the_output(flow):
    """Give each layer's gradient as a share of the output layer's; NaN where that is 0."""
    with np.errstate(all="ignore"):
        return flow["z_gradient"] / flow["z_gradient"][-1]


def _passing(flow, i):
    """Say what lets a gradient pass."""
    if s_shaped(flow["activation"][i]):
        return "try relu with he_normal, selu with lecun_normal, or normalization='batch'"
    return "start from larger weights (he_normal for relu) or try normalization='batch'"


def _updates(flow, rate):
    ratio = flow["update_ratio"]
    large = np.flatnonzero(np.isfinite(ratio) & (ratio > LARGE_UPDATE))
    # A small step alone is that of a network that has learnt all it can.
    small = np.flatnonzero(ratio < SMALL_UPDATE) if rate <= SMALL_RATE else ()
    words = "one step changes its weights by {:.1e} of their size; {} the learning rate"
    return {
        "update too large": {i: words.format(ratio[i], "lower") for i in large},
        "update too small": {i: words.format(ratio[i], "raise") for i in small},
    }


def _verdict(flow, found, i):
    said = [words[i] for words in found.values() if i in words]
    said[1:] = [sentence[:1].upper() + sentence[1:] for sentence in said[1:]]
    text = " ".join(f"{sentence}." for sentence in said) or _remark(flow, found, i)
    return f"layer {flow['layer'][i]}: {text}"


def _remark(flow, found, i):
    """Say of a layer without a problem of its own what is to be known of it."""
    share = _of_the_output(flow)[i]
    if share < VANISHED:
        causes = [j for kind in ("dead", "saturated") for j in found[kind] if j > i]
        zeros = np.flatnonzero(flow["kernel_norm"][i + 1 :] == 0) + i + 1
        for j in [*causes, *zeros]:
            return f"next to no gradient reaches it, because of layer {flow['layer'][j]}."
    if i and not flow["a_rms"][i - 1]:
        return f"layer {flow['layer'][i - 1]} gives it nothing but zeros."
    dead = f"{_percent(flow['dead'][i])} of units never fire on these rows"
    if flow["dead"][i] > DEAD:
        return f"{dead}; should they grow more, {_against_death(flow['activation'][i])}."
    if flow["dead"][i] > 0:
        return f"healthy; {dead}."
    return "healthy."


def _summary(flow, problems):
    if not problems:
        if not flow["z_gradient"][-1]:
            return "Healthy: no gradient, since the loss of these rows cannot fall."
        return f"Healthy: layer 1's gradient is {_of_the_output(flow)[0]:.2g} times the output's."
    parts = []
    for kind, name in _KINDS.items():
        layers = [problem.layer for problem in problems if problem.kind == kind]
        if layers:
            parts.append(f"{name} in {_listed(layers)}")
    return f"Ill: {'; '.join(parts)}."


def _listed(layers):
    if len(layers) == 1:
        return f"layer {layers[0]}"
    if layers == list(range(layers[0], layers[-1] + 1)):
        return f"layers {layers[0]} to {layers[-1]}"
    return f"layers {', '.join(map(str, layers))}"


def _percent(share):
    return f"{100 * share:.0f} %"
