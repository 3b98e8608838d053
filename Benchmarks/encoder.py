"""Measures the encoder against ONNX Runtime, interleaved: ours, theirs, ours, theirs, … for every shape.

    python -m venv Benchmarks/.venv && Benchmarks/.venv/bin/pip install onnxruntime onnx numpy safetensors sympy
    swift build -c release --product EncoderBench
    Benchmarks/.venv/bin/python Benchmarks/encoder.py data/models/multilingual-e5-small [--precision int8] [--threads 2]

Prints one JSON object per shape, the ratio first: their median time divided by ours, so above 1 is faster than they are.
Both get the same number of threads. Our time includes looking up the embeddings and pooling, theirs does not.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy as np
import onnxruntime

import onnx_encoder

SHAPES = "1x8,1x16,1x32,1x64,1x128,8x16,32x16"


class Ours:
    def __init__(self, options, precision):
        command = [options.binary, options.model, "--serve", "--precision", precision, "--runs", str(options.runs)]
        command += ["--threads", str(options.threads)]
        if options.kernels:
            command += ["--kernels", options.kernels]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def measure(self, shape):
        print(shape, file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Theirs:
    def __init__(self, options, path):
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads, settings.inter_op_num_threads = options.threads, 1
        self.session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
        self.width = self.session.get_inputs()[0].shape[2]
        self.runs = options.runs

    def measure(self, shape):
        batch, tokens = map(int, shape.split("x"))
        numbers = np.random.default_rng(0).standard_normal((batch, tokens, self.width)).astype(np.float32)
        feed = {"embeddings": numbers, "attention_mask": np.ones((batch, tokens), np.int64)}
        times = []
        for run in range(self.runs + 5):
            begin = time.perf_counter()
            self.session.run(None, feed)
            if run >= 5:
                times.append((time.perf_counter() - begin) * 1e3)
        return {"median_ms": statistics.median(times), "min_ms": min(times)}


def spread(results):
    medians = [result["median_ms"] for result in results]
    return {
        "median_ms": round(statistics.median(medians), 3),
        "from_ms": round(min(medians), 3),
        "to_ms": round(max(medians), 3),
        "min_ms": round(min(result["min_ms"] for result in results), 3),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="an installed model's directory")
    parser.add_argument("--precision", action="append", choices=["float32", "int8"], help="both unless given")
    parser.add_argument("--shapes", default=SHAPES)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--kernels", help="force a kernel set of ours")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=15, help="timed passes per round")
    parser.add_argument("--binary", default=".build/release/EncoderBench")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        onnx_encoder.build(pathlib.Path(options.model), f"{folder}/encoder")
        for precision in options.precision or ["float32", "int8"]:
            ours, theirs = Ours(options, precision), Theirs(options, f"{folder}/encoder.{precision}.onnx")
            for shape in options.shapes.split(","):
                rounds = [(ours.measure(shape), theirs.measure(shape)) for _ in range(options.rounds)]
                left, right = spread([a for a, _ in rounds]), spread([b for _, b in rounds])
                print(json.dumps({
                    "ratio": round(right["median_ms"] / left["median_ms"], 2), "shape": shape, "precision": precision,
                    "threads": options.threads, "kernel_set": rounds[0][0]["kernel_set"], "ours": left,
                    "onnxruntime": right,
                }), flush=True)
            ours.close()


if __name__ == "__main__":
    main()
