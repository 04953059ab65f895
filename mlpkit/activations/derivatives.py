"""Derivatives of the activation functions: each ``f'(z)``, in the dtype of `z`.

Of elementwise functions in the shape of `z`; of the others the Jacobian, of shape
(..., n_outputs, n_inputs). At a kink it is that of one side, TensorFlow's where it takes one.
"""

import numpy as np

from mlpkit.activations import values


def _where(condition, z):
    return condition.astype(z.dtype)


def linear(z, slope=1.0):
    """m"""
    return np.full_like(z, slope)


def step(z):
    """0 everywhere, and none at the step itself"""
    return np.where(np.isnan(z), z, z.dtype.type(0))


def relu(z):
    """1 if z > 0, else 0"""
    return _where(z > 0, z)


def relu6(z):
    """1 if 0 < z < 6, else 0"""
    return _where((z > 0) & (z < 6), z)


def leaky_relu(z, negative_slope=values.LEAK):
    """1 if z > 0, else α"""
    return np.where(z > 0, z.dtype.type(1), z.dtype.type(negative_slope))


def prelu(z, alpha=0.25):
    """1 if z > 0, else α"""
    return np.where(z > 0, z.dtype.type(1), np.asarray(alpha, dtype=z.dtype))


def elu(z, alpha=1.0):
    """1 if z > 0, else α exp(z)"""
    return np.where(z > 0, z.dtype.type(1), alpha * np.exp(np.minimum(z, 0)))


def celu(z, alpha=1.0):
    """1 if z > 0, else exp(z / α)"""
    return np.where(z > 0, z.dtype.type(1), np.exp(np.minimum(z, 0) / alpha))


def selu(z):
    """λ if z >= 0, else λ α exp(z)"""
    scale, alpha = z.dtype.type(values.SELU_SCALE), z.dtype.type(values.SELU_ALPHA)
    return scale * np.where(z >= 0, z.dtype.type(1), alpha * np.exp(np.minimum(z, 0)))


def sigmoid(z):
    """σ(z) (1 - σ(z)) = σ(z) σ(-z)"""
    # The second form has no difference in which digits are lost.
    return values.sigmoid(z) * values.sigmoid(-z)


def tanh(z):
    """1 - tanh²(z) = 4 σ(2z) σ(-2z)"""
    return 4 * sigmoid(2 * z)


def exponential(z):
    """exp(z)"""
    return values.exponential(z)


def softplus(z):
    """σ(z)"""
    return values.sigmoid(z)


def squareplus(z, b=4.0):
    """(1 + z / sqrt(z² + b)) / 2"""
    return (1 + z / np.sqrt(np.square(z) + z.dtype.type(b))) / 2


def sparse_plus(z):
    """0 if z <= -1, (z + 1) / 2 in between, 1 if z >= 1"""
    return values.sparse_sigmoid(z)


def sparse_sigmoid(z):
    """1/2 if -1 < z < 1, else 0"""
    return _where(np.abs(z) < 1, z) / 2


def softsign(z):
    """1 / (1 + |z|)²"""
    return np.square(1 / (1 + np.abs(z)))


def silu(z):
    """σ(z) + z σ(z) σ(-z)"""
    return values.sigmoid(z) + z * sigmoid(z)


def mish(z):
    """t + z (1 - t²) σ(z), with t = tanh(softplus(z))"""
    gate = values.softplus(z)
    return np.tanh(gate) + z * tanh(gate) * values.sigmoid(z)


def gelu(z):
    """Φ(z) + z φ(z), with φ the density of the standard normal"""
    share = values.gelu(z) / np.where(z == 0, 1, z)
    share = np.where(z == 0, z.dtype.type(0.5), share)
    with np.errstate(over="ignore"):
        density = np.exp(-np.square(z) / 2) / z.dtype.type(np.sqrt(2 * np.pi))
    return share + z * density


def hard_sigmoid(z):
    """1/6 if -3 < z < 3, else 0"""
    return _where(np.abs(z) < 3, z) / 6


def hard_silu(z):
    """0 if z <= -3, (2 z + 3) / 6 in between, 1 if z >= 3"""
    return values.hard_sigmoid(z) + z * hard_sigmoid(z)


def hard_tanh(z):
    """1 if -1 <= z <= 1, else 0"""
    return _where(np.abs(z) <= 1, z)


def shrink(z, threshold=0.5):
    """1 if |z| > t, else 0"""
    return _where(np.abs(z) > threshold, z)


def tanh_shrink(z):
    """tanh²(z)"""
    return np.square(np.tanh(z))


def log_sigmoid(z):
    """σ(-z)"""
    return values.sigmoid(-z)


def softmax(z):
    """∂f_i / ∂z_j = p_i (δ_ij - p_j)"""
    p = values.softmax(z)
    return p[..., :, np.newaxis] * (_unit(z) - p[..., np.newaxis, :])


def log_softmax(z):
    """∂f_i / ∂z_j = δ_ij - p_j"""
    return _unit(z) - values.softmax(z)[..., np.newaxis, :]


def sparsemax(z):
    """∂f_i / ∂z_j = s_i (δ_ij - s_j / Σ_k s_k), with s_k = 1 where f_k > 0, else 0"""
    s = _where(values.sparsemax(z) > 0, z)
    share = s / s.sum(axis=-1, keepdims=True)
    return s[..., :, np.newaxis] * (_unit(z) - share[..., np.newaxis, :])


def glu(z):
    """∂f_i / ∂a_i = σ(b_i), ∂f_i / ∂b_i = a_i σ(b_i) σ(-b_i), all others 0"""
    values.glu(z)  # refuses an odd number of columns
    width = z.shape[-1] // 2
    a, b = z[..., :width], z[..., width:]
    unit = _unit(a)
    by_a = values.sigmoid(b)[..., :, np.newaxis] * unit
    by_b = (a * sigmoid(b))[..., :, np.newaxis] * unit
    return np.concatenate([by_a, by_b], axis=-1)


def _unit(z):
    return np.eye(z.shape[-1], dtype=z.dtype)
