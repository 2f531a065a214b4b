"""The side of a contestant that answers, as bench/lines.ts has it: questions and answers in JSON, one a line."""

import json
import resource
import sys
import time

import numpy as np

# The learning rate of the updates whose losses are compared, and that of the steps that are timed (bench/worker.ts).
RATE = 1e-3
TIMED_RATE = 1e-6

answers = sys.stdout
# whatever a library prints must not look like an answer
sys.stdout = sys.stderr


def say(answer):
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def read_net(net):
    """Rows, classes and the layers' (weight [out, in], bias [out])."""
    sizes = net["sizes"]
    x = np.fromfile(net["x"], np.float32).reshape(-1, sizes[0])
    y = np.fromfile(net["y"], np.uint8).astype(np.int64)
    values = np.fromfile(net["weights"], np.float32)
    layers, at = [], 0
    for inputs, outputs in zip(sizes, sizes[1:]):
        weight = values[at : at + inputs * outputs].reshape(outputs, inputs).copy()
        at += inputs * outputs
        layers.append((weight, values[at : at + outputs].copy()))
        at += outputs
    return x, y, layers


def unit(start, count):
    """The fixed sequence of bench/nets.ts."""
    once = (np.arange(start + 1, start + count + 1, dtype=np.uint64) * 0x9E3779B1) & 0xFFFFFFFF
    twice = ((once ^ (once >> 15)) * 0x85EBCA6B) & 0xFFFFFFFF
    return ((twice >> 8) / 2**24).astype(np.float32)


def clock(job, seconds):
    """Calls for about so many seconds, at least once; the median of the calls, per unit."""
    times = []
    end = time.perf_counter() + seconds
    now = time.perf_counter()
    while True:
        job["call"]()
        then, now = now, time.perf_counter()
        times.append(now - then)
        if now >= end:
            return float(np.median(times)) / job["units"]


def memory():
    with open("/proc/self/statm") as file:
        resident = int(file.read().split()[1]) * resource.getpagesize()
    return {"resident": resident, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


def answer(jobs, prepare, question):
    if question["ask"] == "memory":
        return memory()
    if question["ask"] == "prepare":
        job = prepare(question["spec"])
        jobs[question["job"]] = job
        return {"check": [float(value) for value in job.get("check", [])]} if "check" in job else {}
    if question["ask"] == "drop":
        jobs.pop(question["job"], None)
        return {}
    return {"seconds": clock(jobs[question["job"]], question["seconds"])}


def serve(facts, prepare):
    say({"facts": facts})
    jobs = {}
    for line in sys.stdin:
        try:
            say(answer(jobs, prepare, json.loads(line)))
        except Exception as error:  # the other side decides what an error means
            say({"error": f"{type(error).__name__}: {error}"})
