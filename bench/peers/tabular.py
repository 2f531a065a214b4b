"""
scikit-learn's MLPClassifier and MLPRegressor with their defaults, on the rows that `npm run bench -- tabular` names.

A line of JSON comes in: `path` of a CSV packed by gzip, `target`, `task`, and `splits`, each with a `seed` and the numbers of its
`train` and `test` rows. A line goes out: `scores` on the test rows in the order of the splits (accuracy, or R²), and for regression
`standardized`: the same with a target of mean 0 and deviation 1, which MLPRegressor does not do by itself.
"""

import csv
import gzip
import json
import sys
import warnings

import numpy as np
import sklearn
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

# 200 epochs, the default, are not always enough for it to say that it has converged
warnings.simplefilter("ignore", ConvergenceWarning)


def number(text):
    """NaN for a gap."""
    return float(text) if text else np.nan


def read(path, target):
    """Columns of numbers, columns of words, and the target, all as they are in the file."""
    with gzip.open(path, "rt", newline="") as file:
        names, *lines = csv.reader(file)
    y = np.array([line[names.index(target)] for line in lines])
    numbers, words = [], []
    for j, name in enumerate(names):
        if name == target:
            continue
        column = [line[j] for line in lines]
        try:
            numbers.append([number(text) for text in column])
        except ValueError:
            words.append(column)
    x = np.empty((len(lines), len(numbers) + len(words)), dtype=object)
    for j, column in enumerate([*numbers, *words]):
        x[:, j] = column
    return x, y, len(numbers)


def prepared(numbers, model):
    """The model behind what its documentation asks for, fitted on the training rows."""
    return make_pipeline(
        ColumnTransformer(
            [("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), slice(0, numbers))],
            remainder=OneHotEncoder(handle_unknown="ignore"),
            sparse_threshold=0,
        ),
        model,
    )


def main():
    asked = json.loads(sys.stdin.readline())
    x, y, numbers = read(asked["path"], asked["target"])
    classes = asked["task"] == "classification"
    y = y if classes else y.astype(np.float64)
    scores, standardized = [], []
    for split in asked["splits"]:
        train, test, seed = split["train"], split["test"], split["seed"]
        model = prepared(numbers, (MLPClassifier if classes else MLPRegressor)(random_state=seed))
        scores.append(model.fit(x[train], y[train]).score(x[test], y[test]))
        if not classes:
            regressor = TransformedTargetRegressor(MLPRegressor(random_state=seed), transformer=StandardScaler())
            standardized.append(prepared(numbers, regressor).fit(x[train], y[train]).score(x[test], y[test]))
    print(json.dumps({"version": sklearn.__version__, "scores": scores, "standardized": standardized}))


main()
