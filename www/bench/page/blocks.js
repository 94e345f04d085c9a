/**
 * The transformer blocks of both towers as ONNX graphs, with ONNX Runtime's own fused operators
 * for attention, rotary positions, norms and activations: the form in which it is fastest.
 */

import { Graph } from "./onnx.js";

const EPSILON = { float: 1e-6 };

/**
 * The model of a block. `tensors` are `{ name: { shape, values } }` with linear weights
 * `[out, in]`; `rotary` the angles' cosines and sines.
 */
export function blockModel(shape, tensors, rotary) {
  return shape.vision ? visionBlock(shape, tensors, rotary) : textBlock(shape, tensors, rotary);
}

/** The model of `x · wᵀ` alone. */
export function productModel(rows, inputs, outputs, weight) {
  const graph = new Graph();
  const w = graph.constant(transpose(weight, outputs, inputs), [inputs, outputs]);
  return graph.finish(graph.node("MatMul", ["x", w]), rows, inputs, outputs);
}

function textBlock({ rows, hidden, heads, kvHeads, headDim }, tensors, rotary) {
  const { graph, vector, linear, reshape } = helpers(tensors);
  const rms = (x, name) =>
    graph.node("SimplifiedLayerNormalization", [x, vector(name)], { epsilon: EPSILON });
  const normed = rms("x", "input_layernorm.weight");
  const perHead = (x, count, name) =>
    reshape(rms(reshape(x, [rows, count, headDim]), name), [1, rows, count * headDim]);
  const query = perHead(linear(normed, "self_attn.q_proj"), heads, "self_attn.q_norm.weight");
  const key = perHead(linear(normed, "self_attn.k_proj"), kvHeads, "self_attn.k_norm.weight");
  const value = reshape(linear(normed, "self_attn.v_proj"), [1, rows, kvHeads * headDim]);
  const half = [rows, headDim / 2];
  const attention = graph.fused(
    "GroupQueryAttention",
    [
      query,
      key,
      value,
      "",
      "",
      graph.constant(Int32Array.of(rows - 1), [1]),
      graph.constant(Int32Array.of(rows), []),
      graph.constant(rotary.cos, half),
      graph.constant(rotary.sin, half),
    ],
    { num_heads: heads, kv_num_heads: kvHeads, do_rotary: 1 },
    ["present_key", "present_value"],
  );
  const mixed = reshape(attention, [rows, heads * headDim]);
  const x = graph.node("Add", [linear(mixed, "self_attn.o_proj"), "x"]);
  const wide = rms(x, "post_attention_layernorm.weight");
  const gate = graph.fused("QuickGelu", [linear(wide, "mlp.gate_proj")], { alpha: { float: 1 } });
  const product = graph.node("Mul", [gate, linear(wide, "mlp.up_proj")]);
  const y = graph.node("Add", [linear(product, "mlp.down_proj"), x]);
  return graph.finish(y, rows, hidden, hidden);
}

function visionBlock({ rows, hidden, heads, headDim }, tensors, rotary) {
  const { graph, vector, linear, reshape } = helpers(tensors);
  const norm = (x, name) =>
    graph.node("LayerNormalization", [x, vector(`${name}.weight`), vector(`${name}.bias`)], {
      epsilon: EPSILON,
    });
  const qkv = reshape(linear(norm("x", "norm1"), "attn.qkv"), [1, rows, 3, hidden]);
  const take = (index) =>
    graph.node("Gather", [qkv, graph.constant(BigInt64Array.of(BigInt(index)), [])], { axis: 2 });
  const half = [rows, headDim / 2];
  const positions = graph.constant(
    BigInt64Array.from({ length: rows }, (_, i) => BigInt(i)),
    [1, rows],
  );
  const [cos, sin] = [graph.constant(rotary.cos, half), graph.constant(rotary.sin, half)];
  const turned = (x) =>
    graph.fused("RotaryEmbedding", [x, positions, cos, sin], { num_heads: heads });
  const attention = graph.fused("MultiHeadAttention", [turned(take(0)), turned(take(1)), take(2)], {
    num_heads: heads,
  });
  const x = graph.node("Add", [linear(reshape(attention, [rows, hidden]), "attn.proj"), "x"]);
  const wide = linear(norm(x, "norm2"), "mlp.linear_fc1", false);
  const gelu = graph.fused("FastGelu", [wide, vector("mlp.linear_fc1.bias")]);
  const y = graph.node("Add", [linear(gelu, "mlp.linear_fc2"), x]);
  return graph.finish(y, rows, hidden, hidden);
}

function helpers(tensors) {
  const graph = new Graph();
  const vector = (name) => graph.constant(tensors[name].values, tensors[name].shape);
  const linear = (x, name, bias = true) => {
    const { shape, values } = tensors[`${name}.weight`];
    const [outputs, inputs] = shape;
    const weight = graph.constant(transpose(values, outputs, inputs), [inputs, outputs]);
    return bias && tensors[`${name}.bias`]
      ? graph.node("Gemm", [x, weight, vector(`${name}.bias`)])
      : graph.node("MatMul", [x, weight]);
  };
  const reshape = (x, shape) =>
    graph.node("Reshape", [
      x,
      graph.constant(
        BigInt64Array.from(shape, (n) => BigInt(n)),
        [shape.length],
      ),
    ]);
  return { graph, vector, linear, reshape };
}

function transpose(values, rows, columns) {
  const out = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j];
  }
  return out;
}
