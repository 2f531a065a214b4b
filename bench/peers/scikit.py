"""scikit-learn: MLPClassifier by `partial_fit`, which is one epoch over the rows in order."""

import sys

import numpy as np
import sklearn
from lines import RATE, TIMED_RATE, read_net, serve
from sklearn.neural_network import MLPClassifier


def classifier(net, rate):
    """With the weights of the file, and an optimizer that has not yet seen anything."""
    x, y, layers = read_net(net)
    model = MLPClassifier(
        hidden_layer_sizes=tuple(net["sizes"][1:-1]),
        activation="relu",
        solver="adam",
        alpha=0,
        batch_size=net["batch"],
        learning_rate_init=rate,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        shuffle=False,
    )
    classes = np.arange(net["sizes"][-1])
    model.partial_fit(x[: net["batch"]], y[: net["batch"]], classes=classes)
    for i, (weight, bias) in enumerate(layers):
        model.coefs_[i][...] = weight.T
        model.intercepts_[i][...] = bias
    optimizer = model._optimizer
    optimizer.t = 0
    for moment in [*optimizer.ms, *optimizer.vs]:
        moment[...] = 0
    return model, x, y


def train(net):
    model, x, y = classifier(net, RATE)
    rows = net["checkSteps"] * net["batch"]
    model.partial_fit(x[:rows], y[:rows])
    assert model.coefs_[0].dtype == np.float32
    probabilities = model.predict_proba(x[:rows])
    check = [-np.log(probabilities[np.arange(rows), y[:rows]].astype(np.float64)).mean()]
    timed, x, y = classifier(net, TIMED_RATE)
    return {"units": net["rows"], "check": check, "call": lambda: timed.partial_fit(x, y)}


def prepare(spec):
    if spec["kind"] == "train":
        return train(spec["net"])
    raise ValueError(f"{spec['kind']} is not measured here")


serve({"version": sklearn.__version__, "python": sys.version.split()[0], "numpy": np.__version__}, prepare)
