//! A whole decoder layer and a whole vision block, of all operations together.

use agff::ops::Activation;
use agff::ops::activation::{activated, activated_reference};
use agff::ops::attention::{Attention, Spans, span_attention, span_attention_reference};
use agff::ops::linear::{Combine, Weight, linear, linear_reference};
use agff::ops::norm::{layer_norm, layer_norm_reference, rms_norm, rms_norm_reference};
use agff::ops::rotary::{Rotary, norm_rotary, norm_rotary_reference};
use burn::tensor::{Device, Tensor};

use super::{Leaf, as_vector, compare, result_and_gradients_on};
use crate::kernels::attention::{branches, packed_images};
use crate::kernels::support::{Findings, Random, floats};

const EPSILON: f32 = 1e-3;

/// The operations by their kernels or by their references.
#[derive(Clone, Copy)]
struct Operations {
    reference: bool,
}

const KERNELS: Operations = Operations { reference: false };
const REFERENCES: Operations = Operations { reference: true };

impl Operations {
    fn linear(
        self,
        x: Tensor<2>,
        weight: &Tensor<2>,
        bias: Option<&Tensor<2>>,
        activation: Option<Activation>,
        combine: Combine,
    ) -> Tensor<2> {
        let operation = if self.reference {
            linear_reference
        } else {
            linear
        };
        let bias = bias.map(as_vector);
        let weight = Weight::Float(weight.clone());
        operation(x, &weight, bias.as_ref(), activation, combine)
    }

    fn attention(self, operands: Attention, spans: &Spans) -> Tensor<2> {
        if self.reference {
            span_attention_reference(operands, spans)
        } else {
            span_attention(operands, spans)
        }
    }

    fn rotate(
        self,
        x: Tensor<2>,
        offset: usize,
        heads: usize,
        norm: Option<&Tensor<2>>,
        rotary: &Rotary,
    ) -> Tensor<2> {
        let operation = if self.reference {
            norm_rotary_reference
        } else {
            norm_rotary
        };
        let weight = norm.map(as_vector);
        let norm = weight.as_ref().map(|weight| (weight, EPSILON));
        operation(x, offset, heads, norm, rotary)
    }

    fn rms_norm(self, x: Tensor<2>, weight: &Tensor<2>) -> Tensor<2> {
        let operation = if self.reference {
            rms_norm_reference
        } else {
            rms_norm
        };
        operation(x, &as_vector(weight), EPSILON)
    }

    fn layer_norm(self, x: Tensor<2>, weight: &Tensor<2>, bias: &Tensor<2>) -> Tensor<2> {
        let operation = if self.reference {
            layer_norm_reference
        } else {
            layer_norm
        };
        operation(x, &as_vector(weight), &as_vector(bias), EPSILON)
    }

    fn activated(self, x: Tensor<2>, activation: Activation, factor: Tensor<2>) -> Tensor<2> {
        let operation = if self.reference {
            activated_reference
        } else {
            activated
        };
        operation(x, activation, Some(factor))
    }
}

fn rotary(rows: usize, half: usize, device: &Device) -> Rotary {
    let angles = Random(9).floats(rows * half);
    let table = |f: fn(f32) -> f32| -> Vec<f32> { angles.iter().map(|a| f(6.0 * a)).collect() };
    Rotary {
        cos: floats(&table(f32::cos), [rows, half], device),
        sin: floats(&table(f32::sin), [rows, half], device),
    }
}

/// A weight of a size that keeps activations near one.
fn weight(name: &'static str, [rows, columns]: [usize; 2], random: &mut Random) -> Leaf {
    Leaf::random(name, [rows, columns], random).scaled((3.0 / columns as f32).sqrt())
}

const HIDDEN: usize = 48;
const HEAD_DIM: usize = 16;

/// Rows of the decoder layer: a prefix and three branches.
fn text() -> Vec<[u32; 4]> {
    branches(50, &[3, 5, 2])
}

const HEADS: usize = 4;
const KV_HEADS: usize = 2;

fn decoder_leaves() -> [Leaf; 12] {
    let wide = 80;
    let (queries, keys) = (HEADS * HEAD_DIM, KV_HEADS * HEAD_DIM);
    let mut random = Random(700);
    let r = &mut random;
    [
        Leaf::random("x", [text().len(), HIDDEN], r),
        Leaf::random("input norm", [1, HIDDEN], r),
        weight("query", [queries, HIDDEN], r),
        weight("key", [keys, HIDDEN], r),
        weight("value", [keys, HIDDEN], r),
        Leaf::random("query norm", [1, HEAD_DIM], r),
        Leaf::random("key norm", [1, HEAD_DIM], r),
        weight("output", [HIDDEN, queries], r),
        Leaf::random("MLP norm", [1, HIDDEN], r),
        weight("gate", [wide, HIDDEN], r),
        weight("up", [wide, HIDDEN], r),
        weight("down", [HIDDEN, wide], r),
    ]
}

/// A decoder layer of these leaves, with SwiGLU as one step of its own or as the inference path
/// writes it.
fn decoder_layer(ops: Operations, one_step: bool) -> impl Fn(&[Tensor<2>], &Device) -> Tensor<2> {
    move |leaves, device| {
        let [
            x,
            norm,
            q,
            k,
            v,
            q_norm,
            k_norm,
            output,
            mlp_norm,
            gate,
            up,
            down,
        ] = leaves
        else {
            panic!("a layer has twelve leaves");
        };
        let plain = |x: &Tensor<2>, w| ops.linear(x.clone(), w, None, None, Combine::Nothing);
        let angles = rotary(text().len(), HEAD_DIM / 2, device);
        let normed = ops.rms_norm(x.clone(), norm);
        let operands = Attention {
            query: ops.rotate(plain(&normed, q), 0, HEADS, Some(q_norm), &angles),
            key: ops.rotate(plain(&normed, k), 0, KV_HEADS, Some(k_norm), &angles),
            value: plain(&normed, v),
            value_offset: 0,
            heads: HEADS,
            kv_heads: KV_HEADS,
            head_dim: HEAD_DIM,
        };
        let attention = ops.attention(operands, &Spans::new(text(), device));
        let x = ops.linear(attention, output, None, None, Combine::Add(x.clone()));
        let normed = ops.rms_norm(x.clone(), mlp_norm);
        let wide = if one_step {
            let (gate, up) = (plain(&normed, gate), plain(&normed, up));
            ops.activated(gate, Activation::Silu, up)
        } else {
            let silu = Some(Activation::Silu);
            let gate = ops.linear(normed.clone(), gate, None, silu, Combine::Nothing);
            ops.linear(normed, up, None, None, Combine::Multiply(gate))
        };
        ops.linear(wide, down, None, None, Combine::Add(x))
    }
}

#[test]
fn a_decoder_layer_has_the_gradients_of_its_references() {
    for one_step in [false, true] {
        let mut findings = Findings::default();
        compare(
            &mut findings,
            &format!("decoder layer, SwiGLU in one step {one_step} (seed 700)"),
            &decoder_leaves(),
            decoder_layer(KERNELS, one_step),
            decoder_layer(REFERENCES, one_step),
        );
        findings.finish();
    }
}

#[test]
fn gradient_checkpointing_changes_no_gradient() {
    let leaves = decoder_leaves();
    let plain = Device::flex().autodiff();
    let checkpointed = Device::flex().autodiff().gradient_checkpointing();
    let run = decoder_layer(KERNELS, false);
    let expected = result_and_gradients_on(&leaves, &plain, &run);
    assert_eq!(
        result_and_gradients_on(&leaves, &checkpointed, &run),
        expected
    );
}

#[test]
fn a_vision_block_has_the_gradients_of_its_references() {
    let (hidden, wide, heads, head_dim) = (HIDDEN, 96, 3, HEAD_DIM);
    let spans = packed_images(&[20, 64, 9, 36]);
    let rows = spans.len();
    let mut random = Random(800);
    let r = &mut random;
    let leaves = [
        Leaf::random("x", [rows, hidden], r),
        Leaf::random("norm 1 weight", [1, hidden], r),
        Leaf::random("norm 1 bias", [1, hidden], r),
        weight("qkv", [3 * hidden, hidden], r),
        Leaf::random("qkv bias", [1, 3 * hidden], r),
        weight("proj", [hidden, hidden], r),
        Leaf::random("proj bias", [1, hidden], r),
        Leaf::random("norm 2 weight", [1, hidden], r),
        Leaf::random("norm 2 bias", [1, hidden], r),
        weight("fc1", [wide, hidden], r),
        Leaf::random("fc1 bias", [1, wide], r),
        weight("fc2", [hidden, wide], r),
        Leaf::random("fc2 bias", [1, hidden], r),
    ];
    let block = |ops: Operations| {
        let spans = spans.clone();
        move |leaves: &[Tensor<2>], device: &Device| {
            let [
                x,
                w1,
                b1,
                qkv,
                qkv_bias,
                proj,
                proj_bias,
                w2,
                b2,
                fc1,
                fc1_bias,
                fc2,
                fc2_bias,
            ] = leaves
            else {
                panic!("a block has thirteen leaves");
            };
            let angles = rotary(rows, head_dim / 2, device);
            let normed = ops.layer_norm(x.clone(), w1, b1);
            let qkv = ops.linear(normed, qkv, Some(qkv_bias), None, Combine::Nothing);
            let operands = Attention {
                query: ops.rotate(qkv.clone(), 0, heads, None, &angles),
                key: ops.rotate(qkv.clone(), hidden, heads, None, &angles),
                value: qkv,
                value_offset: 2 * hidden,
                heads,
                kv_heads: heads,
                head_dim,
            };
            let attention = ops.attention(operands, &Spans::new(spans.clone(), device));
            let residual = Combine::Add(x.clone());
            let x = ops.linear(attention, proj, Some(proj_bias), None, residual);
            let normed = ops.layer_norm(x.clone(), w2, b2);
            let gelu = Some(Activation::GeluPytorchTanh);
            let wide = ops.linear(normed, fc1, Some(fc1_bias), gelu, Combine::Nothing);
            ops.linear(wide, fc2, Some(fc2_bias), None, Combine::Add(x))
        }
    };
    let mut findings = Findings::default();
    compare(
        &mut findings,
        "vision block (seed 800)",
        &leaves,
        block(KERNELS),
        block(REFERENCES),
    );
    findings.finish();
}
