"""Writes test/golden/metrics.json: what scikit-learn computes of small sets of labels and predictions, for
test/metrics/golden.test.ts. Any scikit-learn from 1.0 on will do (Debian: python3-sklearn); run with

    python3 scripts/metrics.py
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn import metrics
from sklearn.calibration import calibration_curve

random = np.random.default_rng(20)


def shares(rows, classes, labels):
    """Probabilities in float64 that favour the label."""
    logits = random.normal(size=(rows, classes))
    logits[np.arange(rows), labels] += 1
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True)


def report(labels, predictions):
    found = metrics.classification_report(labels, predictions, output_dict=True, zero_division=0)
    row = lambda one: [one["precision"], one["recall"], one["f1-score"], int(one["support"])]
    return {
        "classes": {name: row(found[name]) for name in found if name.isdigit()},
        "macro": row(found["macro avg"]),
        "weighted": row(found["weighted avg"]),
    }


def classification(labels, predictions):
    return {
        "labels": labels.tolist(),
        "predictions": predictions.tolist(),
        "confusion": metrics.confusion_matrix(labels, predictions).tolist(),
        "classes": np.union1d(labels, predictions).tolist(),
        "accuracy": metrics.accuracy_score(labels, predictions),
        "report": report(labels, predictions),
    }


def binary(labels, p):
    curve = lambda **options: [values.tolist() for values in calibration_curve(labels, p, **options)]
    return {
        "labels": labels.tolist(),
        "probabilities": p.tolist(),
        "rocAuc": metrics.roc_auc_score(labels, p),
        "logLoss": metrics.log_loss(labels, p, labels=[0, 1]),
        "brier": metrics.brier_score_loss(labels, p),
        "uniform": curve(n_bins=10),
        "quantile": curve(n_bins=7, strategy="quantile"),
    }


def many(labels, p):
    classes = p.shape[1]
    auc = lambda average: metrics.roc_auc_score(labels, p, multi_class="ovr", average=average)
    return {
        "labels": labels.tolist(),
        "probabilities": p.ravel().tolist(),
        "macro": auc("macro"),
        "weighted": auc("weighted"),
        "byClass": [metrics.roc_auc_score(labels == c, p[:, c]) for c in range(classes)],
        "logLoss": metrics.log_loss(labels, p, labels=list(range(classes))),
        # not in older versions: its definition
        "brier": float(((p - np.eye(classes)[labels]) ** 2).sum(axis=1).mean()),
    }


def regression(targets, predictions):
    return {
        "outputs": 1 if targets.ndim == 1 else targets.shape[1],
        "targets": targets.ravel().tolist(),
        "predictions": predictions.ravel().tolist(),
        "mae": metrics.mean_absolute_error(targets, predictions),
        # over rows and outputs, as documented
        "rmse": metrics.mean_squared_error(targets, predictions) ** 0.5,
        "r2": metrics.r2_score(targets, predictions),
    }


def classes(rows, count):
    return random.integers(0, count, rows)


three = classes(60, 3)
rare = np.array([0] * 20 + [1] * 3 + [3] * 2)
two = classes(80, 2)
p_two = np.clip(shares(80, 2, two)[:, 1], 0, 1)
sure = p_two.copy()
sure[:4] = [0, 1, 0, 1]
targets = random.normal(50, 20, (40, 3))
cases = {
    "about": f"scikit-learn {sklearn.__version__}, NumPy {np.__version__}; written by scripts/metrics.py",
    "classification": [
        classification(three, np.where(random.random(60) < 0.7, three, classes(60, 3))),
        classification(two, np.where(random.random(80) < 0.8, two, 1 - two)),
        # a class that is never predicted, one that only is, one that does not occur (2 of 0 to 4)
        classification(rare, np.where(rare == 1, 4, 0)),
        classification(np.array([1]), np.array([0])),
        classification(np.array([0, 0]), np.array([0, 0])),
    ],
    "binary": [
        binary(two, p_two),
        # ties, and values at the edges of bins
        binary(two, np.round(p_two * 5) / 5),
        # probabilities of 0 and 1, of which some are wrong
        binary(two, sure),
        binary(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8])),
        binary(np.array([0, 1, 1, 0]), np.array([0.5, 0.5, 0.5, 0.5])),
    ],
    "many": [many(three, shares(60, 3, three)), many(np.arange(50) % 5, shares(50, 5, np.arange(50) % 5))],
    "regression": [
        regression(targets[:, 0], targets[:, 0] + random.normal(0, 5, 40)),
        regression(targets, targets + random.normal(0, [5, 20, 1], (40, 3))),
        regression(np.array([1.0, 2, 3]), np.array([3.0, 2, 1])),
        # targets all the same (0.1 would do for lanegrad, whose mean scikit-learn rounds to something else)
        regression(np.array([0.5, 0.5, 0.5]), np.array([0.5, 0.75, 0.5])),
    ],
}
path = Path(__file__).resolve().parent.parent / "test" / "golden" / "metrics.json"
path.write_text(json.dumps(cases) + "\n")
