"""The picture of a network's computational graph: values forward, gradients back."""

import numpy as np

from mlpkit.errors import InvalidParameterError
from mlpkit.plots.style import BLUE, ORANGE, new_axes

_MOST = 4  # layers that are drawn
_APART, _DOWN = 3.6, 1.9  # between steps of the graph, and from a step to its weights


def plot_computational_graph(stages, loss, *, n_features=None, ax=None):
    """Draw the computational graph of a forward and a backward pass, from the numbers of a pass.

    Above the blue arrows stand the shapes of what flows forward, below the orange ones the norm of
    the loss's gradient by it, which flows back. Of more than four layers the first two and the last
    two are drawn.

    Parameters
    ----------
    stages : sequence
        A layer each, with attributes `name`, `activation`, `z`, `a`, `dz`, `da`, `kernel` and
        `bias`, as a pass of ``mlpkit.diagnostics`` has.
    loss : float
        The loss.
    n_features : int, default=None
        Number of features; None takes the rows of the first kernel.
    ax : matplotlib.axes.Axes, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InvalidParameterError
        When there is no layer, or no gradient.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> one = np.ones((5, 2))
    >>> stage = SimpleNamespace(name="output", activation="sigmoid", z=one, a=one, dz=one, da=one,
    ...     kernel=np.ones((3, 2)), bias=np.zeros(2))
    >>> figure = plot_computational_graph([stage], loss=0.7)
    >>> [text.get_text() for text in figure.axes[0].texts][:2]
    ['X', 'z1 = X W1 + b1']
    """
    stages = list(stages)
    if not stages or any(stage.dz is None for stage in stages):
        raise InvalidParameterError(
            "stages must hold at least one layer, each with its gradient. "
            f"Got {len(stages)}{' without gradients: pass y too' if stages else ''}."
        )
    steps = _steps(stages, loss)
    if ax is None:
        ax = new_axes(figsize=(0.6 + 1.6 * len(steps), 3.1))
    n_rows, size = len(stages[0].z), n_features or len(stages[0].kernel)
    boxes = [
        _box(ax, (i * _APART, 0.0), step["text"], step.get("kind", "value"))
        for i, step in enumerate(steps)
    ]
    flows = [(f"{n_rows}×{size}", None), *((s.get("forward"), s.get("back")) for s in steps[1:])]
    for i in range(len(steps) - 1):
        _arrows(ax, boxes[i], boxes[i + 1], flows[i][0], steps[i].get("back"))
    for i, step in enumerate(steps):
        if "weights" in step:
            _weights(ax, boxes[i], step)
    _finish(ax, len(steps))
    return ax.figure


def _steps(stages, loss):
    """Give the boxes of the graph from left to right."""
    numbers = list(range(1, len(stages) + 1))
    left_out = len(stages) > _MOST
    kept = numbers if not left_out else [1, 2, *numbers[-2:]]
    steps, before = [{"text": "X", "kind": "given"}], "X"
    for i in kept:
        stage = stages[i - 1]
        if left_out and i == numbers[-2]:
            last = stages[i - 2]
            steps.append(
                {"text": f"… {len(stages) - _MOST} layers", "kind": "given",
                 "forward": _shape(last.a), "back": _norm(last.da)}
            )  # fmt: skip
            before = f"a{i - 1}"
        linear = stage.activation == "linear"
        symbol = "φ" if "," in stage.activation else stage.activation
        steps.append(
            {
                "text": f"z{i} = {before} W{i}" + (f" + b{i}" if stage.bias is not None else ""),
                "forward": _shape(stage.z), "back": _norm(stage.dz),
                "weights": f"W{i}, b{i}" if stage.bias is not None else f"W{i}",
                "shape": _shape(stage.kernel), "norm": _weight_norm(stage, stages, i),
            }
        )  # fmt: skip
        if not linear:
            steps.append(
                {"text": f"a{i} = {symbol}(z{i})", "forward": _shape(stage.a),
                 "back": _norm(stage.da)}
            )  # fmt: skip
        before = f"z{i}" if linear else f"a{i}"
    steps.append({"text": f"L = {loss:.4g}", "kind": "loss"})
    return steps


def _weight_norm(stage, stages, i):
    """Give the norm of the loss's gradient by the kernel, a_before' dz, where a_before is there."""
    if getattr(stage, "dkernel", None) is not None:
        return _norm(stage.dkernel)
    if i > 1 and stages[i - 2].a.shape[1] == len(stage.kernel):
        return _norm(stages[i - 2].a.T @ stage.dz)
    return None


def _shape(array):
    return "×".join(map(str, np.shape(array)))


def _norm(array):
    return f"{np.linalg.norm(array):.2g}"


def _box(ax, place, text, kind):
    colour = {"given": "#EDEDED", "value": "white", "loss": "#EDEDED"}[kind]
    return ax.text(
        *place, text, ha="center", va="center", fontsize="small", zorder=3,
        bbox={"boxstyle": "round,pad=0.45", "facecolor": colour, "edgecolor": "black"},
    )  # fmt: skip


def _arrow(ax, start, end, boxes, colour, dash):
    """Draw an arrow from the edge of one box to that of another."""
    # After the boxes, which know their edges only once they are drawn.
    ax.annotate(
        "", end, start, zorder=4,
        arrowprops={"arrowstyle": "-|>", "color": colour, "linestyle": dash, "linewidth": 1.6,
                    "shrinkA": 1, "shrinkB": 1, "patchA": boxes[0].get_bbox_patch(),
                    "patchB": boxes[1].get_bbox_patch()},
    )  # fmt: skip


def _arrows(ax, left, right, forward, back):
    """Draw what flows between two steps, forward above and back below."""
    (x0, y), (x1, _) = left.get_position(), right.get_position()
    _arrow(ax, (x0, y + 0.1), (x1, y + 0.1), (left, right), BLUE, "-")
    if back:
        _arrow(ax, (x1, y - 0.1), (x0, y - 0.1), (right, left), ORANGE, (0, (3, 1.5)))
    middle = (x0 + x1) / 2
    if forward:
        ax.text(middle, y + 0.24, forward, ha="center", va="bottom", fontsize="x-small", color=BLUE)
    if back:
        ax.text(middle, y - 0.24, back, ha="center", va="top", fontsize="x-small", color=ORANGE)


def _weights(ax, box, step):
    """Draw a step's weights below it, and the gradient by them."""
    x, y = box.get_position()
    below = _box(ax, (x, y - _DOWN), step["weights"], "given")
    _arrow(ax, (x - 0.2, y - _DOWN), (x - 0.2, y), (below, box), BLUE, "-")
    _arrow(ax, (x + 0.2, y), (x + 0.2, y - _DOWN), (box, below), ORANGE, (0, (3, 1.5)))
    y = y - _DOWN / 2
    ax.text(x - 0.3, y, step["shape"], ha="right", va="center", fontsize="x-small", color=BLUE)
    if step["norm"]:
        ax.text(x + 0.3, y, step["norm"], ha="left", va="center", fontsize="x-small", color=ORANGE)


def _finish(ax, n_steps):
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=BLUE, linewidth=1.6, label="forward: shape of the values"),
        Line2D(
            [], [], color=ORANGE, linewidth=1.6, linestyle=(0, (3, 1.5)),
            label="backward: norm of the loss's gradient",
        ),
    ]  # fmt: skip
    ax.legend(handles=handles, loc="upper center", ncols=2, frameon=False, fontsize="small")
    ax.set_xlim(-0.55 * _APART, (n_steps - 0.45) * _APART)
    ax.set_ylim(-_DOWN - 0.6, 1.3)
    ax.axis("off")
