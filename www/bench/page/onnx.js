/**
 * ONNX models written by hand: as much of the protobuf format as a graph of one block needs.
 * Field numbers: onnx/onnx.proto.
 */

const FLOAT = 1;
const INT32 = 6;
const INT64 = 7;

/** A message being written. */
class Message {
  parts = [];

  varint(field, value) {
    this.parts.push(varint(field << 3), varint(value));
    return this;
  }

  float(field, value) {
    this.parts.push(varint((field << 3) | 5), new Uint8Array(new Float32Array([value]).buffer));
    return this;
  }

  /** Bytes, a string, or a message within. */
  bytes(field, value) {
    if (typeof value === "string") value = new TextEncoder().encode(value);
    const parts = value instanceof Message ? value.parts : [value];
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    this.parts.push(varint((field << 3) | 2), varint(length), ...parts);
    return this;
  }

  finish() {
    const out = new Uint8Array(this.parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }
}

function varint(value) {
  const bytes = [];
  while (value > 127) {
    bytes.push((value % 128) | 128);
    value = Math.floor(value / 128);
  }
  return Uint8Array.of(...bytes, value);
}

/** A model of one graph with the input `x` and the output `y`, both float matrices. */
export class Graph {
  #graph = new Message();
  #names = 0;

  /** Adds a node with one named output, and gives that name. Inputs are names. */
  node(type, inputs, attributes = {}, { domain = "", more = [] } = {}) {
    const output = `t${this.#names++}`;
    const node = new Message();
    for (const input of inputs) node.bytes(1, input);
    for (const name of [output, ...more]) node.bytes(2, name);
    node.bytes(3, output).bytes(4, type);
    for (const [name, value] of Object.entries(attributes)) node.bytes(5, attribute(name, value));
    if (domain) node.bytes(7, domain);
    this.#graph.bytes(1, node);
    return output;
  }

  /** Adds a node of ONNX Runtime's own operators. */
  fused(type, inputs, attributes, more) {
    return this.node(type, inputs, attributes, { domain: "com.microsoft", more });
  }

  /** Adds a constant: floats, or whole numbers in an Int32Array or BigInt64Array. */
  constant(values, shape) {
    const name = `c${this.#names++}`;
    const type =
      values instanceof Float32Array ? FLOAT : values instanceof Int32Array ? INT32 : INT64;
    const tensor = new Message();
    for (const size of shape) tensor.varint(1, size);
    tensor.varint(2, type).bytes(8, name);
    tensor.bytes(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    this.#graph.bytes(5, tensor);
    return name;
  }

  /** The whole model; `result` is the name of what becomes `y`. */
  finish(result, rows, inputs, outputs) {
    this.#graph
      .bytes(
        1,
        new Message().bytes(1, result).bytes(2, "y").bytes(3, "result").bytes(4, "Identity"),
      )
      .bytes(2, "block")
      .bytes(11, valueInfo("x", [rows, inputs]))
      .bytes(12, valueInfo("y", [rows, outputs]));
    return new Message()
      .varint(1, 8)
      .bytes(7, this.#graph)
      .bytes(8, new Message().bytes(1, "").varint(2, 17))
      .bytes(8, new Message().bytes(1, "com.microsoft").varint(2, 1))
      .finish();
  }
}

function attribute(name, value) {
  const message = new Message().bytes(1, name);
  if (typeof value === "number") return message.varint(3, value).varint(20, 2);
  return message.float(2, value.float).varint(20, 1);
}

function valueInfo(name, shape) {
  const dimensions = new Message();
  for (const size of shape) dimensions.bytes(1, new Message().varint(1, size));
  const tensor = new Message().varint(1, FLOAT).bytes(2, dimensions);
  return new Message().bytes(1, name).bytes(2, new Message().bytes(1, tensor));
}
