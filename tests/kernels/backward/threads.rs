//! Gradients on the CPU do not depend on who computes them.

use agff::ops::Activation;
use agff::ops::attention::{Attention, Spans, span_attention};
use agff::ops::linear::{Combine, Weight, linear};
use agff::ops::norm::{layer_norm, rms_norm};
use burn::tensor::{Device, Tensor};

use super::{Leaf, as_vector, result_and_gradients};
use crate::kernels::attention::branches;
use crate::kernels::support::Random;

const HIDDEN: usize = 96;

/// Enough rows that every operation is worth sharing out.
fn leaves() -> Vec<Leaf> {
    let mut random = Random(900);
    let rows = spans().len();
    vec![
        Leaf::random("x", [rows, HIDDEN], &mut random),
        Leaf::random("weight", [HIDDEN, HIDDEN], &mut random).scaled(0.1),
        Leaf::random("bias", [1, HIDDEN], &mut random),
        Leaf::random("norm", [1, HIDDEN], &mut random),
    ]
}

fn spans() -> Vec<[u32; 4]> {
    let mut spans: Vec<[u32; 4]> = Vec::new();
    for prefix in [90, 200, 31, 77, 140, 62, 110, 95, 180, 300] {
        let start = spans.len() as u32;
        let text = branches(prefix, &[5, 4, 6]);
        spans.extend(text.iter().map(|&[s0, e0, s1, e1]| {
            let second = if s1 < e1 {
                [s1 + start, e1 + start]
            } else {
                [0, 0]
            };
            [s0 + start, e0 + start, second[0], second[1]]
        }));
    }
    spans
}

fn run(leaves: &[Tensor<2>], device: &Device) -> Tensor<2> {
    let [x, weight, bias, norm] = leaves else {
        panic!("there are four leaves");
    };
    let (bias, norm) = (as_vector(bias), as_vector(norm));
    let x = layer_norm(x.clone(), &norm, &bias, 1e-3);
    let gelu = Some(Activation::Gelu);
    let weight = Weight::Float(weight.clone());
    let x = linear(x.clone(), &weight, Some(&bias), gelu, Combine::Add(x));
    let x = rms_norm(x, &norm, 1e-3);
    let operands = Attention {
        query: x.clone(),
        key: x.clone(),
        value: x,
        value_offset: 0,
        heads: 6,
        kv_heads: 3,
        head_dim: 16,
    };
    span_attention(operands, &Spans::new(spans(), device))
}

fn gradients() -> Vec<Vec<u32>> {
    result_and_gradients(&leaves(), &Device::flex(), run)
        .iter()
        .map(|values| values.iter().map(|x| x.to_bits()).collect())
        .collect()
}

#[test]
fn gradients_are_the_same_bits_on_any_number_of_threads() {
    let expected = gradients();
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("a pool of threads");
        // Within a worker nothing is shared out; a thread of its own shares out over the pool.
        assert!(
            pool.install(gradients) == expected,
            "in a worker of {threads}"
        );
    }
    let apart = std::thread::spawn(gradients).join().expect("a thread");
    assert!(apart == expected, "in a thread of its own");
}

#[test]
fn passes_on_several_workers_do_not_wait_for_each_other() {
    let expected = gradients();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(2)
        .build()
        .expect("a pool of threads");
    let passes = pool.install(|| {
        use rayon::prelude::*;
        (0..8)
            .into_par_iter()
            .map(|_| gradients())
            .collect::<Vec<_>>()
    });
    assert!(passes.iter().all(|pass| *pass == expected));
}
