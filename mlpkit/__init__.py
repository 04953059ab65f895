"""mlpkit: multilayer perceptrons in Keras, as scikit-learn users want them.

The public names are resolved when they are first used (PEP 562), so that importing mlpkit is
quick and TensorFlow is loaded only by what needs it.
"""

import importlib

__version__ = "0.1.0"

_HOMES = {
    "make_classifier": "factories",
    "make_regressor": "factories",
    "make_tabm": "table_factories",
    "make_realmlp": "table_factories",
    "describe_architecture": "architecture",
    "infer_task": "tasks",
    "Task": "tasks",
    "MLPClassifier": "estimators",
    "MLPRegressor": "estimators",
    "RealMLPClassifier": "estimators",
    "RealMLPRegressor": "estimators",
    "TabMClassifier": "estimators",
    "TabMRegressor": "estimators",
    "KerasClassifier": "estimators",
    "KerasRegressor": "estimators",
    "baselines": "baseline_models",
    "compare": "comparison",
    "search_space": "tuning",
    "ThresholdLogicUnit": "neurons",
    "McCullochPittsNetwork": "neurons",
    "RosenblattPerceptron": "neurons",
    "collapse_linear": "neurons",
    "compile_proposition": "neurons",
    "xor_network": "neurons",
    "check_gradients": "diagnostics",
    "computational_graph": "diagnostics",
    "forward_trace": "diagnostics",
    "gradient_flow": "diagnostics",
    "history_frame": "diagnostics",
    "initialization_report": "diagnostics",
    "input_gradients": "diagnostics",
    "make_preprocessor": "preprocessing",
    "TabularEncoder": "encoding",
    "stream_csv": "file_streams",
    "stream_parquet": "file_streams",
    "plot_activation": "plots",
    "plot_activation_histograms": "plots",
    "plot_activations": "plots",
    "plot_calibration": "plots",
    "plot_comparison": "plots",
    "plot_computational_graph": "plots",
    "plot_confusion_matrix": "plots",
    "plot_decision_boundary": "plots",
    "plot_gradient_flow": "plots",
    "plot_initialization": "plots",
    "plot_learning_curve": "plots",
    "plot_network": "plots",
    "plot_residuals": "plots",
    "plot_step_functions": "plots",
    "plot_validation_curve": "plots",
    "plot_weight_histograms": "plots",
    "InvalidParameterError": "errors",
    "TargetError": "errors",
    "TrainingDivergedError": "errors",
    "WorkersError": "errors",
    "WorkersWarning": "errors",
    "SelfNormalizationWarning": "errors",
    "SharedGPUWarning": "errors",
    "BackupError": "errors",
    "BackupWarning": "errors",
    "TrainingInterruptedWarning": "errors",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted(__all__)
