//! The operations over rows: RMSNorm, LayerNorm, and rotary positions with and without QK-norm.

use agff::ops::norm::{layer_norm, layer_norm_reference, rms_norm, rms_norm_reference};
use agff::ops::rotary::{Rotary, norm_rotary, norm_rotary_reference};
use burn::tensor::Device;

use crate::kernels::support::{Findings, Random, floats, values, vector};

const SHAPES: [[usize; 2]; 14] = [
    [1, 1],
    [1, 5],
    [3, 4],
    [2, 64],
    [17, 63],
    [16, 256],
    [33, 260],
    [5, 1000],
    [4, 1536],
    [100, 36],
    [1, 4097],
    [300, 128],
    [129, 2],
    [70_000, 3],
];

#[test]
fn rms_norm_equals_the_reference() {
    let mut findings = Findings::default();
    for (seed, [rows, width]) in SHAPES.into_iter().enumerate() {
        for epsilon in [1e-6, 1e-2] {
            let mut random = Random(seed as u64);
            let (x, weight) = (random.floats(rows * width), random.floats(width));
            let put = |d: &Device| (floats(&x, [rows, width], d), vector(&weight, d));
            let (x_cpu, weight_cpu) = put(&Device::flex());
            let expected = values(rms_norm_reference(x_cpu, &weight_cpu, epsilon));
            let case = format!("rms_norm {rows} × {width} ε {epsilon} (seed {seed})");
            findings.compare(&case, &expected, |device| {
                let (x, weight) = put(device);
                rms_norm(x, &weight, epsilon)
            });
        }
    }
    findings.finish();
}

#[test]
fn layer_norm_equals_the_reference() {
    let mut findings = Findings::default();
    for (seed, [rows, width]) in SHAPES.into_iter().enumerate() {
        for shift in [0.0, 20.0] {
            // The variance of fewer than three values can be all rounding.
            if width < 3 && shift > 0.0 {
                continue;
            }
            let mut random = Random(seed as u64);
            let x: Vec<f32> = random
                .floats(rows * width)
                .iter()
                .map(|x| x + shift)
                .collect();
            let (weight, bias) = (random.floats(width), random.floats(width));
            // Values shifted by 20 have lost log2(20) bits, and small variances magnify that.
            let epsilon = if shift > 0.0 { 0.5 } else { 1e-5 };
            let put = |d: &Device| {
                (
                    floats(&x, [rows, width], d),
                    vector(&weight, d),
                    vector(&bias, d),
                )
            };
            let (x_cpu, weight_cpu, bias_cpu) = put(&Device::flex());
            let expected = values(layer_norm_reference(x_cpu, &weight_cpu, &bias_cpu, epsilon));
            let case = format!("layer_norm {rows} × {width} shifted by {shift} (seed {seed})");
            findings.compare(&case, &expected, |device| {
                let (x, weight, bias) = put(device);
                layer_norm(x, &weight, &bias, epsilon)
            });
        }
    }
    findings.finish();
}

#[test]
fn norm_rotary_equals_the_reference() {
    let mut findings = Findings::default();
    let mut seed = 300;
    for head_dim in [2, 6, 8, 12, 16, 36, 64, 72, 128, 256] {
        for (rows, heads, offset, after) in [
            (1, 1, 0, 0),
            (5, 3, 0, 8),
            (40, 2, 8, 0),
            (7, 14, 3, 2),
            (130, 4, 16, 4),
        ] {
            for norm in [false, true] {
                seed += 1;
                let mut random = Random(seed);
                let columns = offset + heads * head_dim + after;
                let half = head_dim / 2;
                let x = random.floats(rows * columns);
                let weight = random.floats(head_dim);
                let angles: Vec<f32> = (0..rows * half).map(|_| 6.0 * random.float()).collect();
                let cos: Vec<f32> = angles.iter().map(|a| a.cos()).collect();
                let sin: Vec<f32> = angles.iter().map(|a| a.sin()).collect();
                let put = |d: &Device| {
                    let rotary = Rotary {
                        cos: floats(&cos, [rows, half], d),
                        sin: floats(&sin, [rows, half], d),
                    };
                    (floats(&x, [rows, columns], d), vector(&weight, d), rotary)
                };
                let (x_cpu, weight_cpu, rotary) = put(&Device::flex());
                let with = norm.then_some((&weight_cpu, 1e-6));
                let expected = values(norm_rotary_reference(x_cpu, offset, heads, with, &rotary));
                let case = format!(
                    "norm_rotary rows {rows} heads {heads} of {head_dim} from {offset}, norm {norm} (seed {seed})"
                );
                findings.compare(&case, &expected, |device| {
                    let (x, weight, rotary) = put(device);
                    norm_rotary(x, offset, heads, norm.then_some((&weight, 1e-6)), &rotary)
                });
            }
        }
    }
    findings.finish();
}
