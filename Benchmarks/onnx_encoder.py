"""Builds an ONNX Runtime graph of a BERT encoder out of fused operators, the peer that Benchmarks/encoder.py measures.

Attention, SkipLayerNormalization and BiasGelu are ONNX Runtime's own operators for transformers; the int8 graph comes
from its dynamic quantisation, per channel and with seven bits, which no CPU saturates. Input: the sums of the
embeddings [batch, tokens, hidden] and a mask; output: the last hidden states.

    python onnx_encoder.py MODEL_DIRECTORY OUTPUT_PREFIX     writes OUTPUT_PREFIX.float32.onnx and OUTPUT_PREFIX.int8.onnx
"""

import json
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file

FUSED = "com.microsoft"


class Graph:
    def __init__(self):
        self.nodes, self.constants = [], []

    def constant(self, name, array):
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array, dtype=np.float32), name))
        return name

    def add(self, operator, inputs, output, domain=FUSED, **attributes):
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output + ".node", domain=domain, **attributes))
        return output


def layer(graph, tensors, index, x, heads, epsilon):
    name = f"layer{index}"

    def weights(path):
        prefix = f"encoder.layer.{index}.{path}"
        return tensors[prefix + ".weight"], tensors[prefix + ".bias"]

    def product(values, path):
        matrix, _ = weights(path)
        return graph.add("MatMul", [values, graph.constant(f"{name}.{path}.w", matrix.T)], f"{name}.{path}", domain="")

    def residual(values, skip, path, bias):
        scale, shift = weights(path)
        constants = [graph.constant(f"{name}.{path}.{key}", value) for key, value in zip("gbo", (scale, shift, bias))]
        return graph.add("SkipLayerNormalization", [values, skip, *constants], f"{name}.{path}", epsilon=epsilon)

    parts = [weights(f"attention.self.{key}") for key in ("query", "key", "value")]
    packed = graph.constant(f"{name}.qkv.w", np.concatenate([matrix.T for matrix, _ in parts], axis=1))
    bias = graph.constant(f"{name}.qkv.b", np.concatenate([bias for _, bias in parts]))
    attended = graph.add("Attention", [x, packed, bias, "mask32"], f"{name}.attention", num_heads=heads)
    mixed = product(attended, "attention.output.dense")
    y = residual(mixed, x, "attention.output.LayerNorm", weights("attention.output.dense")[1])
    wide = product(y, "intermediate.dense")
    bias = graph.constant(f"{name}.wide.b", weights("intermediate.dense")[1])
    narrow = product(graph.add("BiasGelu", [wide, bias], f"{name}.gelu"), "output.dense")
    return residual(narrow, y, "output.LayerNorm", weights("output.dense")[1])


def build(directory, prefix):
    config = json.loads((directory / "config.json").read_text())
    tensors = load_file(directory / "model.safetensors")
    graph, hidden, epsilon = Graph(), config["hidden_size"], config["layer_norm_eps"]
    norm = [graph.constant(f"embeddings.{key}", tensors[f"embeddings.LayerNorm.{key}"]) for key in ("weight", "bias")]
    x = graph.add("LayerNormalization", ["embeddings", *norm], "normed", domain="", axis=-1, epsilon=epsilon)
    graph.add("Cast", ["attention_mask"], "mask32", domain="", to=TensorProto.INT32)
    for index in range(config["num_hidden_layers"]):
        x = layer(graph, tensors, index, x, config["num_attention_heads"], epsilon)
    graph.add("Identity", [x], "hidden", domain="")
    shape = ["batch", "tokens", hidden]
    inputs = [
        helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, shape),
        helper.make_tensor_value_info("attention_mask", TensorProto.INT64, shape[:2]),
    ]
    outputs = [helper.make_tensor_value_info("hidden", TensorProto.FLOAT, shape)]
    model = helper.make_model(
        helper.make_graph(graph.nodes, "encoder", inputs, outputs, graph.constants),
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(FUSED, 1)])
    model.ir_version = 8
    onnx.save(model, f"{prefix}.float32.onnx")
    quantize_dynamic(
        f"{prefix}.float32.onnx", f"{prefix}.int8.onnx", weight_type=QuantType.QInt8, per_channel=True,
        reduce_range=True, extra_options={"DefaultTensorType": TensorProto.FLOAT})


if __name__ == "__main__":
    build(pathlib.Path(sys.argv[1]), sys.argv[2])
