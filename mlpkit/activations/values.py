"""Values of the activation functions: each ``f(z, out=None)``, in the dtype of `z`.

Each ends in the one operation that writes to `out`, so that `out` may be `z` itself.
"""

import numpy as np

from mlpkit.errors import InvalidParameterError

# TensorFlow keeps these two constants in float32, for float64 inputs too, and a network evaluated
# here must give what it gave there.
LEAK = float(np.float32(0.2))
_SQRT_HALF = float(np.float32(0.7071067811865476))
_NARROW = 32  # columns


def linear(z, out=None, slope=1.0):
    """m z, with m = 1"""
    if slope != 1:
        return np.multiply(z, slope, out=out)
    if out is None:
        return z.copy()
    np.copyto(out, z)
    return out


def heaviside(z, out=None):
    """0 if z < 0, 1 if z >= 0"""
    return np.heaviside(z, z.dtype.type(1), out=out)


def sgn(z, out=None):
    """-1 if z < 0, 0 if z = 0, 1 if z > 0"""
    return np.sign(z, out=out)


def relu(z, out=None):
    """max(z, 0)"""
    # NumPy's clip works on several numbers at a time, its maximum with a single number on one; a
    # short array does not make up for what clip takes to start.
    if z.size < 2**13:
        return np.maximum(z, 0, out=out)
    return np.clip(z, 0, np.inf, out=out)


def relu6(z, out=None):
    """min(max(z, 0), 6)"""
    return np.clip(z, 0, 6, out=out)


def leaky_relu(z, out=None, negative_slope=LEAK):
    """z if z > 0, else α z, with α = 0.2"""
    leaked = negative_slope * z
    if negative_slope <= 1:
        return np.maximum(z, leaked, out=out)
    return np.minimum(z, leaked, out=out)


def prelu(z, alpha=0.25, out=None):
    """z if z > 0, else α z, where α is learned, for each unit its own"""
    slope = np.asarray(alpha, dtype=z.dtype)
    return np.add(np.maximum(z, 0), slope * np.minimum(z, 0), out=out)


def elu(z, out=None, alpha=1.0):
    """z if z > 0, else α (exp(z) - 1), with α = 1"""
    negative = np.minimum(z, 0)
    np.expm1(negative, out=negative)
    if alpha != 1:
        negative *= alpha
    return np.add(np.maximum(z, 0), negative, out=out)


def celu(z, out=None, alpha=1.0):
    """z if z > 0, else α (exp(z / α) - 1), with α = 1"""
    negative = np.minimum(z, 0)
    negative /= alpha
    np.expm1(negative, out=negative)
    negative *= alpha
    return np.add(np.maximum(z, 0), negative, out=out)


# Klambauer et al. 2017: the values for which mean 0 and variance 1 are a fixed point.
SELU_SCALE = 1.0507009873554804934193349852946
SELU_ALPHA = 1.6732632423543772848170429916717


def selu(z, out=None):
    """λ z if z > 0, else λ α (exp(z) - 1), with λ = 1.0507 and α = 1.6733"""
    negative = np.minimum(z, 0)
    np.expm1(negative, out=negative)
    negative *= SELU_SCALE * SELU_ALPHA
    positive = np.maximum(z, 0)
    positive *= SELU_SCALE
    return np.add(positive, negative, out=out)


def sigmoid(z, out=None):
    """1 / (1 + exp(-z))"""
    # exp overflows to infinity for a very negative z, and 1 / infinity is the right limit, 0.
    with np.errstate(over="ignore"):
        grown = np.exp(-z)
    grown += 1
    return np.divide(1, grown, out=out)


def tanh(z, out=None):
    """(exp(z) - exp(-z)) / (exp(z) + exp(-z))"""
    return np.tanh(z, out=out)


def exponential(z, out=None):
    """exp(z)"""
    with np.errstate(over="ignore"):
        return np.exp(z, out=out)


def softplus(z, out=None):
    """log(1 + exp(z))"""
    # Equal to max(z, 0) + log(1 + exp(-|z|)), whose exponential cannot overflow.
    tail = np.abs(z)
    np.negative(tail, out=tail)
    np.exp(tail, out=tail)
    np.log1p(tail, out=tail)
    return np.add(np.maximum(z, 0), tail, out=out)


def squareplus(z, out=None, b=4.0):
    """(z + sqrt(z² + b)) / 2, with b = 4"""
    # The sum cancels for a very negative z. Keras's does too, and its value is the one wanted.
    root = np.square(z)
    root += b
    np.sqrt(root, out=root)
    root += z
    return np.divide(root, 2, out=out)


def sparse_plus(z, out=None):
    """0 if z <= -1, (z + 1)² / 4 in between, z if z >= 1"""
    bent = np.clip(z, -1, 1)
    bent += 1
    np.square(bent, out=bent)
    bent /= 4
    return np.maximum(z, bent, out=out)


def sparse_sigmoid(z, out=None):
    """0 if z <= -1, (z + 1) / 2 in between, 1 if z >= 1"""
    line = 0.5 * (z + 1)
    return np.clip(line, 0, 1, out=out)


def softsign(z, out=None):
    """z / (1 + |z|)"""
    scale = np.abs(z)
    scale += 1
    return np.divide(z, scale, out=out)


def silu(z, out=None):
    """z sigmoid(z)"""
    return np.multiply(z, sigmoid(z), out=out)


def mish(z, out=None):
    """z tanh(softplus(z))"""
    gate = softplus(z)
    np.tanh(gate, out=gate)
    return np.multiply(z, gate, out=out)


def gelu(z, out=None):
    """z Φ(z), with Φ the distribution function of the standard normal"""
    # SciPy's special functions take a fifth of a second to import, and only this entry needs them.
    from scipy.special import erfc

    share = erfc(-_SQRT_HALF * z).astype(z.dtype, copy=False)  # which knows no float16
    share *= 0.5
    return np.multiply(z, share, out=out)


def hard_sigmoid(z, out=None):
    """0 if z <= -3, z / 6 + 1/2 in between, 1 if z >= 3"""
    line = np.clip(z + 3, 0, 6)
    return np.divide(line, 6, out=out)


def hard_silu(z, out=None):
    """z hard_sigmoid(z)"""
    return np.multiply(z, hard_sigmoid(z), out=out)


def hard_tanh(z, out=None):
    """-1 if z < -1, z in between, 1 if z > 1"""
    return np.clip(z, -1, 1, out=out)


def hard_shrink(z, out=None, threshold=0.5):
    """z if |z| > t, else 0, with t = 1/2"""
    return np.multiply(z, np.abs(z) > threshold, out=out)


def soft_shrink(z, out=None, threshold=0.5):
    """z moved by t towards 0, and 0 if |z| <= t, with t = 1/2"""
    return np.subtract(z, np.clip(z, -threshold, threshold), out=out)


def tanh_shrink(z, out=None):
    """z - tanh(z)"""
    return np.subtract(z, np.tanh(z), out=out)


def log_sigmoid(z, out=None):
    """log(sigmoid(z)) = -softplus(-z)"""
    return np.negative(softplus(-z), out=out)


def softmax(z, out=None):
    """exp(z_i) / Σ_j exp(z_j)"""
    # A common shift changes nothing, and after this one no exponential exceeds 1.
    if z.ndim == 2 and z.shape[1] <= _NARROW < len(z):
        # NumPy is slow along short rows: lying on its side, the table takes a third of the time.
        grown = z.T.copy()
        grown -= np.maximum.reduce(grown, axis=0)
        np.exp(grown, out=grown)
        out = np.empty_like(z) if out is None else out
        np.divide(grown, np.add.reduce(grown, axis=0), out=out.T)
        return out
    grown = z - np.maximum.reduce(z, axis=-1, keepdims=True)
    np.exp(grown, out=grown)
    return np.divide(grown, np.add.reduce(grown, axis=-1, keepdims=True), out=out)


def log_softmax(z, out=None):
    """z_i - log(Σ_j exp(z_j))"""
    shifted = z - z.max(axis=-1, keepdims=True)
    total = np.exp(shifted).sum(axis=-1, keepdims=True)
    return np.subtract(shifted, np.log(total), out=out)


def sparsemax(z, out=None):
    """max(z_i - τ, 0), with τ such that the outputs sum to 1"""
    # Martins and Astudillo 2016, algorithm 1. Keras up to 3.15 at least adds up the cumulative
    # sums themselves and so gets too large a τ wherever two outputs or more are positive
    # (keras-team/keras#23425, mended upstream since); the paper's value is the one given here.
    shifted = z - z.max(axis=-1, keepdims=True)
    ranked = np.sort(shifted, axis=-1)[..., ::-1]
    sums = np.cumsum(ranked, axis=-1, dtype=z.dtype) - 1
    counts = np.arange(1, z.shape[-1] + 1, dtype=z.dtype)
    last = np.maximum((counts * ranked > sums).sum(axis=-1, keepdims=True), 1)
    tau = np.take_along_axis(sums, last - 1, axis=-1) / last.astype(z.dtype)
    return np.maximum(shifted - tau, 0, out=out)


def glu(z, out=None):
    """a sigmoid(b), with a and b the two halves of the last axis: half as wide as `z`"""
    width, odd = divmod(z.shape[-1], 2)
    if odd:
        raise InvalidParameterError(
            "'glu' halves the last axis, which must therefore be even. "
            f"Got {z.shape[-1]}; use an even number of units."
        )
    return np.multiply(z[..., :width], sigmoid(z[..., width:]), out=out)
