//! Linear layers and activations: every format, epilogue and set of operands that are trained.

use agff::ops::Activation;
use agff::ops::activation::{activated, activated_reference};
use agff::ops::linear::{Combine, Weight, linear, linear_reference};
use burn::tensor::{Device, Tensor};

use super::{Leaf, agrees_with_finite_differences, as_vector, compare};
use crate::kernels::linear::{FORMATS, Numbers};
use crate::kernels::support::{Findings, Random};

const ACTIVATIONS: [Activation; 6] = [
    Activation::Gelu,
    Activation::GeluPytorchTanh,
    Activation::QuickGelu,
    Activation::Silu,
    Activation::Relu,
    Activation::Relu6,
];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Last {
    Nothing,
    Add,
    Multiply,
    AddItself,
}

/// Which of x, weight, bias and the last operand are trained.
type Trained = [bool; 4];

struct Case {
    /// The weight's format; only floats can be trained.
    format: usize,
    /// Rows, input features, output features.
    sizes: [usize; 3],
    bias: bool,
    activation: Option<Activation>,
    last: Last,
    trained: Trained,
}

/// The layer of a case with either implementation: leaves are x, weight, bias, other.
fn layer<'a>(
    case: &'a Case,
    numbers: &'a Numbers,
    operation: impl Fn(Tensor<2>, &Weight, Option<&Tensor<1>>, Option<Activation>, Combine) -> Tensor<2>
    + 'a,
) -> impl Fn(&[Tensor<2>], &Device) -> Tensor<2> + 'a {
    move |leaves, device| {
        let [_, k, n] = case.sizes;
        let x = leaves[0].clone();
        let weight = match case.format {
            0 => Weight::Float(leaves[1].clone()),
            _ => numbers.weight([n, k], device),
        };
        let bias = case.bias.then(|| as_vector(&leaves[2]));
        let other = leaves[3].clone();
        let combine = match case.last {
            Last::Nothing => Combine::Nothing,
            Last::Add => Combine::Add(other),
            Last::Multiply => Combine::Multiply(other),
            Last::AddItself => Combine::Add(x.clone()),
        };
        operation(x, &weight, bias.as_ref(), case.activation, combine)
    }
}

fn leaves(case: &Case, random: &mut Random) -> Vec<Leaf> {
    let [m, k, n] = case.sizes;
    let [x, weight, bias, other] = case.trained;
    let combines = matches!(case.last, Last::Add | Last::Multiply);
    vec![
        Leaf::random("x", [m, k], random).tracked(x),
        Leaf::random("weight", [n, k], random).tracked(weight && case.format == 0),
        Leaf::random("bias", [1, n], random).tracked(bias && case.bias),
        Leaf::random("other", [m, n], random).tracked(other && combines),
    ]
}

fn check(findings: &mut Findings, case: &Case, seed: u64) {
    let mut random = Random(seed);
    let [_, k, n] = case.sizes;
    let leaves = leaves(case, &mut random);
    let numbers = Numbers::random(FORMATS[case.format], [n, k], &mut random);
    let name = format!(
        "linear {:?} sizes {:?} bias {} {:?} {:?} training {:?} (seed {seed})",
        FORMATS[case.format], case.sizes, case.bias, case.activation, case.last, case.trained
    );
    let kernels = layer(case, &numbers, linear);
    let reference = layer(case, &numbers, linear_reference);
    compare(findings, &name, &leaves, kernels, reference);
}

#[test]
fn every_format_and_shape_has_the_gradients_of_the_reference() {
    let sizes = [
        [1, 1, 1],
        [1, 7, 3],
        [3, 32, 4],
        [2, 64, 96],
        [5, 33, 65],
        [17, 100, 36],
        [64, 64, 64],
        [65, 72, 132],
        [130, 40, 260],
        [70, 1000, 20],
        [600, 24, 40],
        [1100, 12, 6],
    ];
    let mut findings = Findings::default();
    for format in 0..FORMATS.len() {
        for (i, &sizes) in sizes.iter().enumerate() {
            let case = Case {
                format,
                sizes,
                bias: i % 2 == 0,
                activation: None,
                last: [Last::Nothing, Last::Add][i / 2 % 2],
                trained: [true; 4],
            };
            check(&mut findings, &case, i as u64);
        }
    }
    findings.finish();
}

#[test]
fn every_epilogue_has_the_gradients_of_the_reference() {
    let mut findings = Findings::default();
    let activations = ACTIVATIONS.map(Some).into_iter().chain([None]);
    for (i, activation) in activations.enumerate() {
        for last in [Last::Nothing, Last::Add, Last::Multiply, Last::AddItself] {
            let sizes = [[9, 24, 24], [6, 10, 10]][i % 2];
            let case = Case {
                format: i % 3,
                sizes,
                bias: i % 2 == 0,
                activation,
                last,
                trained: [true; 4],
            };
            check(&mut findings, &case, 100 + i as u64);
        }
    }
    findings.finish();
}

/// Large results are worked on in pieces: none may be left out because an operand is smaller.
#[test]
fn activations_reach_every_row_of_a_result_that_is_wider_than_its_operand() {
    let mut findings = Findings::default();
    for (i, activation) in ACTIVATIONS.into_iter().enumerate() {
        for last in [Last::Nothing, Last::Add, Last::Multiply] {
            let case = Case {
                format: 0,
                sizes: [2100, 4, 17],
                bias: i % 2 == 0,
                activation: Some(activation),
                last,
                trained: [true; 4],
            };
            check(&mut findings, &case, 150 + i as u64);
        }
    }
    findings.finish();
}

#[test]
fn only_what_is_trained_gets_gradients() {
    let mut findings = Findings::default();
    for bits in 1..16_u64 {
        let trained = [0, 1, 2, 3].map(|i| bits >> i & 1 == 1);
        for (activation, last) in [
            (None, Last::Add),
            (None, Last::Multiply),
            (Some(Activation::Silu), Last::Multiply),
        ] {
            let case = Case {
                format: 0,
                sizes: [5, 12, 8],
                bias: true,
                activation,
                last,
                trained,
            };
            check(&mut findings, &case, 200 + bits);
        }
    }
    findings.finish();
}

#[test]
fn a_packed_weight_passes_on_what_its_unpacked_floats_pass_on() {
    let mut findings = Findings::default();
    for (seed, format) in FORMATS.into_iter().enumerate().skip(1) {
        let (m, k, n) = (37, 200, 150);
        let mut random = Random(300 + seed as u64);
        let numbers = Numbers::random(format, [n, k], &mut random);
        let leaves = [Leaf::random("x", [m, k], &mut random)];
        let with = |unpacked: bool| {
            let numbers = &numbers;
            move |leaves: &[Tensor<2>], device: &Device| {
                let mut weight = numbers.weight([n, k], device);
                if unpacked {
                    weight = Weight::Float(weight.to_float());
                }
                linear(leaves[0].clone(), &weight, None, None, Combine::Nothing)
            }
        };
        let name = format!("linear {format:?} against its floats (seed {})", 300 + seed);
        compare(&mut findings, &name, &leaves, with(false), with(true));
    }
    findings.finish();
}

#[test]
fn activations_by_themselves_have_the_gradients_of_the_reference() {
    let mut findings = Findings::default();
    for (i, activation) in ACTIVATIONS.into_iter().enumerate() {
        for (j, shape) in [[1, 1], [3, 5], [8, 64], [300, 128]]
            .into_iter()
            .enumerate()
        {
            for (x, factor) in [
                (true, None),
                (true, Some(true)),
                (true, Some(false)),
                (false, Some(true)),
            ] {
                let seed = (400 + 10 * i + j) as u64;
                let mut random = Random(seed);
                let leaves = [
                    Leaf::random("x", shape, &mut random).scaled(4.0).tracked(x),
                    Leaf::random("factor", shape, &mut random).tracked(factor == Some(true)),
                ];
                let name = format!("{activation:?} of {shape:?} times {factor:?} (seed {seed})");
                let factor = |leaves: &[Tensor<2>]| factor.map(|_| leaves[1].clone());
                compare(
                    &mut findings,
                    &name,
                    &leaves,
                    |leaves, _| activated(leaves[0].clone(), activation, factor(leaves)),
                    |leaves, _| activated_reference(leaves[0].clone(), activation, factor(leaves)),
                );
            }
        }
    }
    findings.finish();
}

#[test]
fn activations_of_large_arguments_have_slopes_of_zero_and_one() {
    let mut findings = Findings::default();
    let x = [-1e4_f32, -200.0, -50.0, 50.0, 200.0, 1e4];
    for activation in ACTIVATIONS {
        let leaf = Leaf {
            name: "x",
            values: x.to_vec(),
            shape: [1, x.len()],
            tracked: true,
        };
        let above = match activation {
            Activation::Relu6 => 0.0,
            _ => 1.0,
        };
        let slopes = x.map(|x| if x > 0.0 { above } else { 0.0 });
        let expected = [("gradient of x".to_string(), slopes.to_vec())];
        findings.compare_parts(&format!("{activation:?}"), &expected, 1e-5, |device| {
            let device = device.clone().autodiff();
            let x =
                crate::kernels::support::floats(&leaf.values, leaf.shape, &device).require_grad();
            let gradients = activated(x.clone(), activation, None).sum().backward();
            let gradient = x.grad(&gradients).expect("x is tracked");
            vec![crate::kernels::support::values(gradient)]
        });
    }
    findings.finish();
}

#[test]
fn gradients_agree_with_finite_differences() {
    for activation in [
        None,
        Some(Activation::Gelu),
        Some(Activation::GeluPytorchTanh),
        Some(Activation::QuickGelu),
        Some(Activation::Silu),
    ] {
        for last in [Last::Add, Last::Multiply] {
            let case = Case {
                format: 0,
                sizes: [6, 10, 7],
                bias: true,
                activation,
                last,
                trained: [true; 4],
            };
            let mut random = Random(500);
            let leaves = leaves(&case, &mut random);
            let numbers = Numbers::random(None, [7, 10], &mut random);
            let run = layer(&case, &numbers, linear);
            agrees_with_finite_differences(&format!("{activation:?} {last:?}"), &leaves, run);
        }
    }
}
