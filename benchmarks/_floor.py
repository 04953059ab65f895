"""The floor of a training step: the time of its matrix products alone, at their very shapes."""

import time

import numpy as np

from benchmarks._nets import find

AT_LEAST = 200  # products in one launch, so that launching is no part of the time
SECONDS = 0.1  # a measurement lasts about so long
REPEATS = 3  # of which the best counts: a floor


def products(net):
    """Give the matrix products of a step, as (kind, rows, inner, columns).

    For a layer from `a` units to `b`: the forward product (batch, a) @ (a, b), the gradient of the
    weights (a, batch) @ (batch, b), and the gradient of the inputs (batch, b) @ (b, a), which the
    first layer does not need.

    >>> from benchmarks._nets import DIGITS
    >>> products(DIGITS)[:2]
    [('forward', 32, 64, 100), ('weights', 64, 32, 100)]
    """
    batch, sizes = net.batch, (net.inputs, *net.hidden, net.outputs)
    found = []
    for layer, (a, b) in enumerate(zip(sizes[:-1], sizes[1:], strict=True)):
        found += [("forward", batch, a, b), ("weights", a, batch, b)]
        found += [("inputs", batch, b, a)] if layer else []
    return found


def flops(product):
    """Give the floating-point operations of a product: a multiplication and an addition a term."""
    _, rows, inner, columns = product
    return 2 * rows * inner * columns


def measured(name, quick=False):
    """Measure each product of a network's step by NumPy and by XLA.

    Parameters
    ----------
    name : str
        Which of the networks.
    quick : bool, default=False
        Two products each, for a smoke test.

    Returns
    -------
    list of dict
        A row a distinct product: `product`, `shape`, `times` a step, `microseconds` of one by the
        better of the two, `by` ("numpy" or "xla") and `gflops` a second.
    """
    net, rows = find(name), {}
    for product in products(net):
        if product not in rows:
            rows[product] = {"times": 0, **_better(product, quick)}
        rows[product]["times"] += 1
    return [
        {
            "net": net.name, "product": product[0], "shape": "x".join(map(str, product[1:])),
            **row, "gflops": flops(product) / row["microseconds"] / 1e3,
        }
        for product, row in rows.items()
    ]  # fmt: skip


def better(before, after):
    """Give, product by product, the faster of two measurements: a floor has no bad minute."""
    pairs = zip(before, after, strict=True)
    return [min(pair, key=lambda row: row["microseconds"]) for pair in pairs]


def microseconds(rows):
    """Give the floor of one step from the rows of `measured`."""
    return sum(row["times"] * row["microseconds"] for row in rows)


def _better(product, quick):
    seconds = {
        name: _seconds(make(*_operands(product)), quick)
        for name, make in {"numpy": _numpy_loop, "xla": _xla_loop}.items()
    }
    by = min(seconds, key=seconds.get)
    return {"microseconds": seconds[by] * 1e6, "by": by}


def _operands(product):
    """Give both operands as a step has them, and which of them is read transposed."""
    kind, rows, inner, columns = product
    rng = np.random.default_rng(0)
    shapes = {
        "forward": ((rows, inner), (inner, columns)),
        "weights": ((inner, rows), (inner, columns)),  # activations and errors, a row a sample
        "inputs": ((rows, inner), (columns, inner)),  # errors, and weights as they are kept
    }[kind]
    a, b = (rng.standard_normal(shape, dtype=np.float32) for shape in shapes)
    return a, b, kind == "weights", kind == "inputs"


def _numpy_loop(a, b, transpose_a, transpose_b):
    a, b = a.T if transpose_a else a, b.T if transpose_b else b
    result = np.empty((a.shape[0], b.shape[1]), np.float32)

    def run(times):
        for _ in range(times):
            np.matmul(a, b, out=result)
        return result

    return run


def _xla_loop(a, b, transpose_a, transpose_b):
    """Give a compiled loop of products, none of which can be hoisted or left out.

    The smaller operand is changed by the last result, too little to matter, so that the next
    product has to wait for it; the whole result is carried along, so that all of it is computed.
    """
    from mlpkit.backend import tf

    change_a = a.size <= b.size
    a, b = tf.constant(a), tf.constant(b)

    def multiply(a, b):
        return tf.matmul(a, b, transpose_a=transpose_a, transpose_b=transpose_b)

    @tf.function(jit_compile=True)
    def loop(a, b, times):
        def body(i, a, b, result):
            nudge = 1e-30 * result[0, 0]
            a, b = (a + nudge, b) if change_a else (a, b + nudge)
            return i + 1, a, b, multiply(a, b)

        start = (tf.constant(0), a, b, multiply(a, b))
        return tf.while_loop(lambda i, *_: i < times, body, start)[3]

    def run(times):
        return loop(a, b, tf.constant(times)).numpy()

    run(1)  # compiles
    return run


def _seconds(run, quick):
    """Give the seconds of one product, by the best of some long enough loops."""
    if quick:
        return _timed(run, 2)
    times = max(AT_LEAST, int(SECONDS / _timed(run, AT_LEAST)))
    return min(_timed(run, times) for _ in range(REPEATS))


def _timed(run, times):
    began = time.perf_counter()
    run(times)
    return (time.perf_counter() - began) / times
