"""Standardisation of features and targets: found on training rows, undone in predictions."""

from mlpkit.scaling.affine import Affine, blocks, identity
from mlpkit.scaling.moments import Moments, fit_feature_units, fit_standardisation
from mlpkit.scaling.robust import fit_robust_units
from mlpkit.scaling.targets import TargetMoments, fit_target_units

__all__ = [
    "Affine",
    "Moments",
    "TargetMoments",
    "blocks",
    "fit_feature_units",
    "fit_robust_units",
    "fit_standardisation",
    "fit_target_units",
    "identity",
]
