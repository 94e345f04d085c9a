//! Linear layers: every format of the weight, shape and epilogue.

use agff::ops::Activation;
use agff::ops::linear::{Combine, Precision, Weight, linear, linear_reference};
use agff::tensors::Packing;
use burn::tensor::Device;
use half::f16;

use crate::kernels::support::{Findings, Random, floats, values, vector, words};

pub const FORMATS: [Option<Packing>; 4] = [
    None,
    Some(Packing::F16),
    Some(Packing::Q8),
    Some(Packing::Q4),
];

/// A weight as numbers, to be put on any device.
pub enum Numbers {
    Float(Vec<f32>),
    Packed {
        packing: Packing,
        words: Vec<u32>,
        scales: Vec<u32>,
    },
}

impl Numbers {
    pub fn random(
        format: Option<Packing>,
        [rows, columns]: [usize; 2],
        random: &mut Random,
    ) -> Self {
        let Some(packing) = format else {
            return Numbers::Float(random.floats(rows * columns));
        };
        let (mut words, mut scales) = (Vec::new(), Vec::new());
        for _ in 0..rows {
            let mut row = vec![0; packing.words_per_row(columns)];
            let per_word = packing.values_per_word();
            let bits = 32 / per_word;
            for i in 0..row.len() * per_word {
                let value = match packing {
                    _ if i >= columns && packing == Packing::Q4 => 8,
                    _ if i >= columns => 0,
                    // Small ones too, down to below the smallest normal f16.
                    Packing::F16 if random.below(8) == 0 => {
                        f16::from_f32(random.float() * 5e-5).to_bits() as u32
                    }
                    Packing::F16 => f16::from_f32(random.float()).to_bits() as u32,
                    Packing::Q8 => random.below(256) as u32,
                    Packing::Q4 => random.below(16) as u32,
                };
                row[i / per_word] |= value << (bits * (i % per_word));
            }
            words.extend(row);
            for _ in 0..packing.scale_words_per_row(columns) {
                let mut half = || {
                    let size = if random.below(8) == 0 { 5e-5 } else { 0.05 };
                    f16::from_f32(random.float() * size).to_bits() as u32
                };
                scales.push(half() | half() << 16);
            }
        }
        Numbers::Packed {
            packing,
            words,
            scales,
        }
    }

    pub fn weight(&self, [rows, columns]: [usize; 2], device: &Device) -> Weight {
        match self {
            Numbers::Float(numbers) => Weight::Float(floats(numbers, [rows, columns], device)),
            Numbers::Packed {
                packing,
                words: packed,
                scales,
            } => Weight::Packed {
                packing: *packing,
                in_features: columns,
                precision: Precision::Exact,
                words: words(packed, rows, device),
                scales: (!scales.is_empty()).then(|| words(scales, rows, device)),
            },
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Last {
    Nothing,
    Add,
    Multiply,
    AddItself,
}

struct Case {
    format: Option<Packing>,
    /// Rows, input features, output features.
    sizes: [usize; 3],
    bias: bool,
    activation: Option<Activation>,
    last: Last,
    seed: u64,
}

fn check(findings: &mut Findings, case: &Case) {
    let Case {
        format,
        sizes: [m, k, n],
        bias,
        activation,
        last,
        seed,
    } = *case;
    let mut random = Random(seed);
    let x = random.floats(m * k);
    let numbers = Numbers::random(format, [n, k], &mut random);
    let biases = random.floats(n);
    let other = random.floats(m * n);

    let operands = |device: &Device| {
        let x = floats(&x, [m, k], device);
        let combine = match last {
            Last::Nothing => Combine::Nothing,
            Last::Add => Combine::Add(floats(&other, [m, n], device)),
            Last::Multiply => Combine::Multiply(floats(&other, [m, n], device)),
            Last::AddItself => Combine::Add(x.clone()),
        };
        let bias = bias.then(|| vector(&biases, device));
        (x, numbers.weight([n, k], device), bias, combine)
    };
    let (x_cpu, weight, bias_cpu, combine) = operands(&Device::flex());
    let expected = values(linear_reference(
        x_cpu,
        &weight,
        bias_cpu.as_ref(),
        activation,
        combine,
    ));
    let name = format!(
        "linear {format:?} m {m} k {k} n {n} bias {bias} {activation:?} {last:?} (seed {seed})"
    );
    findings.compare(&name, &expected, |device| {
        let (x, weight, bias, combine) = operands(device);
        linear(x, &weight, bias.as_ref(), activation, combine)
    });
}

#[test]
fn every_format_and_shape_equals_the_reference() {
    let mut sizes = vec![
        [1, 1, 1],
        [1, 8, 1],
        [1, 7, 3],
        [2, 31, 5],
        [3, 32, 4],
        [4, 33, 65],
        [5, 64, 63],
        [6, 100, 12],
        [7, 96, 130],
        [8, 40, 64],
        [9, 256, 64],
        [17, 12, 36],
        [31, 65, 67],
        [64, 64, 64],
        [65, 72, 68],
        [70, 1000, 20],
        [100, 129, 1],
        [130, 48, 260],
        [1, 2048, 512],
        [5, 1536, 384],
        [200, 160, 136],
        // The widest tiles of the kernel for software adapters, whole and cut.
        [16, 40, 1536],
        [17, 36, 770],
        [3, 24, 1533],
        [197, 12, 115],
    ];
    sizes.extend((1..=9).map(|m| [m, 104, 40]));
    sizes.extend((15..=18).map(|m| [m, 48, 33]));
    let epilogues = [
        (false, None, Last::Nothing),
        (true, None, Last::Nothing),
        (true, Some(Activation::GeluPytorchTanh), Last::Nothing),
        (false, Some(Activation::Silu), Last::Multiply),
        (true, None, Last::Add),
    ];
    let mut findings = Findings::default();
    for format in FORMATS {
        for (i, &sizes) in sizes.iter().enumerate() {
            let (bias, activation, last) = epilogues[i % epilogues.len()];
            check(
                &mut findings,
                &Case {
                    format,
                    sizes,
                    bias,
                    activation,
                    last,
                    seed: i as u64,
                },
            );
        }
    }
    findings.finish();
}

#[test]
fn every_epilogue_equals_the_reference() {
    let activations = [
        None,
        Some(Activation::Gelu),
        Some(Activation::GeluPytorchTanh),
        Some(Activation::QuickGelu),
        Some(Activation::Silu),
        Some(Activation::Relu),
    ];
    let mut findings = Findings::default();
    for activation in activations {
        for last in [Last::Nothing, Last::Add, Last::Multiply, Last::AddItself] {
            for bias in [false, true] {
                for (seed, sizes) in [[3, 24, 24], [12, 10, 10]].into_iter().enumerate() {
                    let format = FORMATS[usize::from(bias) * 2];
                    let seed = 100 + seed as u64;
                    check(
                        &mut findings,
                        &Case {
                            format,
                            sizes,
                            bias,
                            activation,
                            last,
                            seed,
                        },
                    );
                }
            }
        }
    }
    findings.finish();
}

#[test]
fn activations_hold_for_large_arguments() {
    let mut findings = Findings::default();
    let x = [-1e4_f32, -200.0, -50.0, 50.0, 200.0, 1e4];
    for activation in [
        Activation::Gelu,
        Activation::GeluPytorchTanh,
        Activation::QuickGelu,
        Activation::Silu,
        Activation::Relu,
        Activation::Relu6,
    ] {
        // All of them are zero far below, and their argument far above, or a limit of theirs.
        let limit = match activation {
            Activation::Relu6 => 6.0,
            _ => f32::INFINITY,
        };
        for x in x {
            let case = format!("{activation:?}({x})");
            findings.compare(&case, &[x.clamp(0.0, limit)], |device| {
                let weight = Weight::Float(floats(&[1.0], [1, 1], device));
                let x = floats(&[x], [1, 1], device);
                linear(x, &weight, None, Some(activation), Combine::Nothing)
            });
        }
    }
    findings.finish();
}

#[test]
fn operands_may_be_views_of_larger_tensors() {
    let mut random = Random(7);
    let (x, w) = (random.floats(20 * 64), random.floats(48 * 64));
    let view = |device: &Device| {
        let x = floats(&x, [20, 64], device).slice([4..13, 0..32]);
        let w = floats(&w, [64, 48], device)
            .transpose()
            .slice([8..40, 0..32]);
        (x.clone(), Weight::Float(w), x)
    };
    let (x_cpu, weight, other) = view(&Device::flex());
    let expected = values(linear_reference(
        x_cpu,
        &weight,
        None,
        None,
        Combine::Multiply(other),
    ));
    let mut findings = Findings::default();
    findings.compare("linear of views (seed 7)", &expected, |device| {
        let (x, weight, other) = view(device);
        linear(x, &weight, None, None, Combine::Multiply(other))
    });
    findings.finish();
}
