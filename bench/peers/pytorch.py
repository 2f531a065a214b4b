"""PyTorch: `python3 pytorch.py THREADS`. Batches resident, gradients set to None, logits into cross_entropy.

Adam with `foreach` was tried: slower on all nets.
"""

import sys

import torch
from lines import RATE, TIMED_RATE, read_net, serve, unit
from torch.nn import functional

threads = int(sys.argv[1])
torch.set_num_threads(threads)


def network(net, layers):
    modules = []
    for i, (weight, bias) in enumerate(layers):
        linear = torch.nn.Linear(weight.shape[1], weight.shape[0])
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weight))
            linear.bias.copy_(torch.from_numpy(bias))
        modules.append(linear)
        if i + 1 < len(layers):
            modules.append(torch.nn.ReLU())
    return torch.nn.Sequential(*modules)


def trainer(net, rate):
    x, y, layers = read_net(net)
    batch = net["batch"]
    model = network(net, layers)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate, betas=(0.9, 0.999), eps=1e-8)
    batches = [
        (torch.from_numpy(x[i : i + batch].copy()), torch.from_numpy(y[i : i + batch].copy()))
        for i in range(0, len(x), batch)
    ]
    state = {"t": 0}

    def steps(count):
        for _ in range(count):
            a, b = batches[state["t"] % len(batches)]
            state["t"] += 1
            optimizer.zero_grad(set_to_none=True)
            functional.cross_entropy(model(a), b).backward()
            optimizer.step()

    def loss(count):
        with torch.no_grad():
            return sum(functional.cross_entropy(model(a), b).item() for a, b in batches[:count]) / count

    return steps, loss, len(batches)


def train(net):
    steps, loss, _ = trainer(net, RATE)
    steps(net["checkSteps"])
    check = [loss(net["checkSteps"])]
    steps, _, count = trainer(net, TIMED_RATE)
    return {"units": net["rows"], "check": check, "call": lambda: steps(count)}


def predict(net, rows):
    x, _, layers = read_net(net)
    model = network(net, layers)
    data = torch.from_numpy(x[:rows].copy())
    calls = 50 if rows == 1 else 2

    def once():
        with torch.inference_mode():
            return functional.softmax(model(data), dim=1)

    def call():
        for _ in range(calls):
            once()

    return {"units": calls * rows, "check": once().numpy().ravel(), "call": call}


def product(spec):
    m, n, k = spec["m"], spec["n"], spec["k"]
    transposed = spec.get("transposed")
    a = torch.from_numpy(unit(0, m * k) - 0.5).reshape((k, m) if transposed == "A" else (m, k))
    b = torch.from_numpy(unit(5_000_000, k * n) - 0.5).reshape((n, k) if transposed == "B" else (k, n))
    a, b = (a.t() if transposed == "A" else a), (b.t() if transposed == "B" else b)
    out = torch.empty(m, n)
    torch.mm(a, b, out=out)
    calls = max(1, int(1e7 // (2 * m * n * k)))

    def call():
        for _ in range(calls):
            torch.mm(a, b, out=out)

    return {"units": calls, "check": out.numpy().ravel()[:8], "call": call}


def prepare(spec):
    if spec["kind"] == "train":
        return train(spec["net"])
    if spec["kind"] == "predict":
        return predict(spec["net"], spec["rows"])
    if spec["kind"] == "product":
        return product(spec)
    raise ValueError(f"{spec['kind']} is not measured here")


serve({"version": torch.__version__, "python": sys.version.split()[0], "threads": threads}, prepare)
