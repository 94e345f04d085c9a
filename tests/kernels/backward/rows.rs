//! The operations over rows: RMSNorm, LayerNorm, and rotary positions with and without QK-norm.

use agff::ops::norm::{layer_norm, layer_norm_reference, rms_norm, rms_norm_reference};
use agff::ops::rotary::{Rotary, norm_rotary, norm_rotary_reference};
use burn::tensor::{Device, Tensor};

use super::{Leaf, agrees_with_finite_differences, as_vector, compare};
use crate::kernels::support::{Findings, Random, floats};

const SHAPES: [[usize; 2]; 11] = [
    [1, 1],
    [1, 5],
    [3, 4],
    [2, 64],
    [17, 63],
    [33, 260],
    [5, 1000],
    [100, 36],
    [1, 4097],
    [300, 192],
    [20_000, 3],
];

#[test]
fn rms_norm_has_the_gradients_of_the_reference() {
    let mut findings = Findings::default();
    for (seed, shape) in SHAPES.into_iter().enumerate() {
        for trained in [[true, true], [true, false], [false, true]] {
            let mut random = Random(seed as u64);
            let leaves = [
                Leaf::random("x", shape, &mut random).tracked(trained[0]),
                Leaf::random("weight", [1, shape[1]], &mut random).tracked(trained[1]),
            ];
            let epsilon = 1e-2;
            compare(
                &mut findings,
                &format!("rms_norm of {shape:?} training {trained:?} (seed {seed})"),
                &leaves,
                |leaves, _| rms_norm(leaves[0].clone(), &as_vector(&leaves[1]), epsilon),
                |leaves, _| rms_norm_reference(leaves[0].clone(), &as_vector(&leaves[1]), epsilon),
            );
        }
    }
    findings.finish();
}

#[test]
fn layer_norm_has_the_gradients_of_the_reference() {
    let mut findings = Findings::default();
    for (seed, shape) in SHAPES.into_iter().enumerate() {
        for trained in [
            [true; 3],
            [true, false, false],
            [false, true, false],
            [false, false, true],
        ] {
            let mut random = Random(seed as u64);
            let leaves = [
                Leaf::random("x", shape, &mut random).tracked(trained[0]),
                Leaf::random("weight", [1, shape[1]], &mut random).tracked(trained[1]),
                Leaf::random("bias", [1, shape[1]], &mut random).tracked(trained[2]),
            ];
            let epsilon = 1e-2;
            compare(
                &mut findings,
                &format!("layer_norm of {shape:?} training {trained:?} (seed {seed})"),
                &leaves,
                |leaves, _| {
                    let (weight, bias) = (as_vector(&leaves[1]), as_vector(&leaves[2]));
                    layer_norm(leaves[0].clone(), &weight, &bias, epsilon)
                },
                |leaves, _| {
                    let (weight, bias) = (as_vector(&leaves[1]), as_vector(&leaves[2]));
                    layer_norm_reference(leaves[0].clone(), &weight, &bias, epsilon)
                },
            );
        }
    }
    findings.finish();
}

/// Rows, heads, head size, columns before the heads and after them.
type Heads = [usize; 5];

/// Angles of every row.
fn rotary(rows: usize, half: usize, device: &Device) -> Rotary {
    let angles = Random(9).floats(rows * half);
    let table = |f: fn(f32) -> f32| -> Vec<f32> { angles.iter().map(|a| f(6.0 * a)).collect() };
    Rotary {
        cos: floats(&table(f32::cos), [rows, half], device),
        sin: floats(&table(f32::sin), [rows, half], device),
    }
}

/// Runs either implementation on the leaves x and weight.
fn rotate(
    [rows, heads, head_dim, before, _]: Heads,
    norm: bool,
    operation: impl Fn(Tensor<2>, usize, usize, Option<(&Tensor<1>, f32)>, &Rotary) -> Tensor<2>,
) -> impl Fn(&[Tensor<2>], &Device) -> Tensor<2> {
    move |leaves, device| {
        let weight = as_vector(&leaves[1]);
        let norm = norm.then_some((&weight, 1e-3));
        let rotary = rotary(rows, head_dim / 2, device);
        operation(leaves[0].clone(), before, heads, norm, &rotary)
    }
}

#[test]
fn norm_rotary_has_the_gradients_of_the_reference() {
    let mut findings = Findings::default();
    for head_dim in [2, 6, 8, 12, 32, 48, 128] {
        for (i, [rows, heads, before, after]) in [
            [1, 1, 0, 0],
            [5, 3, 0, 8],
            [40, 2, 8, 0],
            [7, 14, 3, 2],
            [200, 4, 16, 4],
        ]
        .into_iter()
        .enumerate()
        {
            for (norm, trained) in [
                (false, [true, false]),
                (true, [true, true]),
                (true, [[true, false], [false, true]][i % 2]),
            ] {
                let seed = (head_dim * 10 + i) as u64;
                let mut random = Random(seed);
                let shape = [rows, heads, head_dim, before, after];
                let columns = before + heads * head_dim + after;
                let leaves = [
                    Leaf::random("x", [rows, columns], &mut random).tracked(trained[0]),
                    Leaf::random("weight", [1, head_dim], &mut random).tracked(trained[1]),
                ];
                compare(
                    &mut findings,
                    &format!(
                        "norm_rotary {shape:?} norm {norm} training {trained:?} (seed {seed})"
                    ),
                    &leaves,
                    rotate(shape, norm, norm_rotary),
                    rotate(shape, norm, norm_rotary_reference),
                );
            }
        }
    }
    findings.finish();
}

#[test]
fn gradients_agree_with_finite_differences() {
    let mut random = Random(600);
    let leaves = [
        Leaf::random("x", [5, 24], &mut random),
        Leaf::random("weight", [1, 24], &mut random),
        Leaf::random("bias", [1, 24], &mut random),
    ];
    agrees_with_finite_differences("rms_norm", &leaves[..2], |leaves, _| {
        rms_norm(leaves[0].clone(), &as_vector(&leaves[1]), 1e-2)
    });
    agrees_with_finite_differences("layer_norm", &leaves, |leaves, _| {
        let (weight, bias) = (as_vector(&leaves[1]), as_vector(&leaves[2]));
        layer_norm(leaves[0].clone(), &weight, &bias, 1e-2)
    });
    let leaves = [
        Leaf::random("x", [5, 24], &mut random),
        Leaf::random("weight", [1, 8], &mut random),
    ];
    for norm in [false, true] {
        let leaves = [leaves[0].clone(), leaves[1].clone().tracked(norm)];
        let run = rotate([5, 2, 8, 4, 4], norm, norm_rotary);
        agrees_with_finite_differences("norm_rotary", &leaves, run);
    }
}
