//! The operations over feature maps: windows, depthwise convolution, pooling by region; and the softmax over
//! the largest values.

use agff::ops::Activation;
use agff::ops::depthwise::{depthwise, depthwise_reference};
use agff::ops::linear::{Combine, Weight, linear};
use agff::ops::regions::{
    pool_own_regions, pool_own_regions_reference, pool_regions, pool_regions_reference,
};
use agff::ops::top_softmax::{top_softmax, top_softmax_reference};
use agff::ops::window::{Window, windows, windows_reference};
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor};

use crate::kernels::support::{Findings, Random, floats, values, vector};

/// Maps, height, width, channels, kernel, stride.
const CASES: [[usize; 6]; 12] = [
    [1, 1, 1, 1, 1, 1],
    [1, 1, 1, 4, 5, 2],
    [2, 5, 4, 3, 3, 1],
    [1, 13, 13, 3, 3, 2],
    [3, 6, 9, 8, 3, 2],
    [1, 17, 17, 24, 5, 2],
    [2, 9, 9, 40, 5, 1],
    [1, 8, 3, 17, 3, 1],
    [1, 4, 4, 7, 2, 2],
    [1, 7, 30, 36, 1, 2],
    [2, 3, 3, 100, 5, 1],
    [1, 33, 32, 16, 3, 2],
];

/// The same windows, and windows without zeros around the map.
fn each_window([_, height, width, _, kernel, stride]: [usize; 6]) -> Vec<Window> {
    let mut all = vec![Window::same(height, width, kernel, stride)];
    if height >= kernel && width >= kernel {
        all.push(Window {
            above: 0,
            left: 0,
            rows: (height - kernel) / stride + 1,
            columns: (width - kernel) / stride + 1,
            ..all[0]
        });
    }
    all
}

#[test]
fn windows_equal_the_reference() {
    let mut findings = Findings::default();
    for (seed, case) in CASES.into_iter().enumerate() {
        let [maps, height, width, channels, ..] = case;
        for window in each_window(case) {
            let x = Random(seed as u64).floats(maps * height * width * channels);
            let shape = [maps * height * width, channels];
            let x_cpu = floats(&x, shape, &Device::flex());
            let expected = values(windows_reference(x_cpu, &window));
            findings.compare(
                &format!("{case:?} {window:?} (seed {seed})"),
                &expected,
                |device| windows(floats(&x, shape, device), &window),
            );
        }
    }
    findings.finish();
}

#[test]
fn depthwise_convolutions_equal_the_reference() {
    let mut findings = Findings::default();
    let activations = [None, Some(Activation::Relu6), Some(Activation::Silu)];
    for (seed, case) in CASES.into_iter().enumerate() {
        let [maps, height, width, channels, kernel, _] = case;
        let activation = activations[seed % activations.len()];
        for window in each_window(case) {
            let mut random = Random(seed as u64);
            let x = random.floats(maps * height * width * channels);
            let weight = random.floats(kernel * kernel * channels);
            let bias = random.floats(channels);
            let put = |d: &Device| {
                (
                    floats(&x, [maps * height * width, channels], d),
                    floats(&weight, [kernel * kernel, channels], d),
                    vector(&bias, d),
                )
            };
            let (x_cpu, weight_cpu, bias_cpu) = put(&Device::flex());
            let expected = values(depthwise_reference(
                x_cpu,
                &weight_cpu,
                &bias_cpu,
                &window,
                activation,
            ));
            findings.compare(
                &format!("{case:?} {window:?} {activation:?} (seed {seed})"),
                &expected,
                |device| {
                    let (x, weight, bias) = put(device);
                    depthwise(x, &weight, &bias, &window, activation)
                },
            );
        }
    }
    findings.finish();
}

#[test]
fn a_linear_layer_over_windows_is_a_convolution() {
    let mut findings = Findings::default();
    for (seed, case) in CASES.into_iter().enumerate() {
        let [maps, height, width, channels, kernel, stride] = case;
        let window = Window::same(height, width, kernel, stride);
        // Without zeros around it Burn's own convolution takes the same windows.
        if window.above + window.left > 0 || stride * (window.rows - 1) + kernel > height {
            continue;
        }
        let mut random = Random(seed as u64);
        let out = 5;
        let x = random.floats(maps * height * width * channels);
        let weight = random.floats(out * kernel * kernel * channels);
        let shape = [maps * height * width, channels];
        let flex = Device::flex();
        let kernels = floats(&weight, [out, kernel * kernel * channels], &flex)
            .reshape([out, kernel, kernel, channels])
            .permute([0, 3, 1, 2]);
        let map = floats(&x, shape, &flex)
            .reshape([maps, height, width, channels])
            .permute([0, 3, 1, 2]);
        let options = ConvOptions::new([stride; 2], [0; 2], [1; 2], 1);
        let y = conv2d(map, kernels, None, options).permute([0, 2, 3, 1]);
        let expected = values(y.reshape([maps * window.outputs(), out]));
        findings.compare(&format!("{case:?} (seed {seed})"), &expected, |device| {
            let weight = floats(&weight, [out, kernel * kernel * channels], device);
            let x = windows(floats(&x, shape, device), &window);
            linear(x, &Weight::Float(weight), None, None, Combine::Nothing)
        });
    }
    findings.finish();
}

#[test]
fn pooling_by_region_equals_the_reference() {
    pooling(pool_regions, pool_regions_reference, |_| 1);
}

#[test]
fn pooling_by_each_map_s_own_regions_equals_the_reference() {
    pooling(pool_own_regions, pool_own_regions_reference, |maps| maps);
}

/// Compares a way of pooling whose weights are of so many maps.
fn pooling(
    pool: fn(Tensor<2>, &Tensor<2>) -> Tensor<2>,
    reference: fn(Tensor<2>, &Tensor<2>) -> Tensor<2>,
    own: fn(usize) -> usize,
) {
    let mut findings = Findings::default();
    for (seed, [maps, cells, channels, regions]) in [
        [1, 1, 1, 1],
        [2, 81, 1280, 10],
        [3, 9, 33, 4],
        [1, 49, 16, 17],
        [5, 4, 7, 2],
    ]
    .into_iter()
    .enumerate()
    {
        let mut random = Random(seed as u64);
        let x = random.floats(maps * cells * channels);
        let rows = own(maps) * regions;
        let weights: Vec<f32> = (0..rows * cells).map(|_| random.float().max(0.0)).collect();
        let put = |d: &Device| {
            (
                floats(&x, [maps * cells, channels], d),
                floats(&weights, [rows, cells], d),
            )
        };
        let (x_cpu, weights_cpu) = put(&Device::flex());
        let expected = values(reference(x_cpu, &weights_cpu));
        let case = format!("{maps} maps of {cells} × {channels}, {rows} regions (seed {seed})");
        findings.compare(&case, &expected, |device| {
            let (x, weights) = put(device);
            pool(x, &weights)
        });
    }
    findings.finish();
}

#[test]
fn the_softmax_over_the_largest_values_equals_the_reference() {
    let mut findings = Findings::default();
    for (seed, [rows, width, keep]) in [
        [1, 1, 1],
        [2, 5, 3],
        [10, 1000, 50],
        [3, 1000, 1000],
        [4, 64, 100],
        [70, 33, 1],
        [300, 7, 2],
    ]
    .into_iter()
    .enumerate()
    {
        for (temperature, scale, levels) in
            [(2.0, 10.0, None), (0.5, 100.0, None), (1.0, 1.0, Some(2.0))]
        {
            let mut random = Random(seed as u64);
            // With few levels there are ties, and zeros of both signs.
            let level = |x: f32| levels.map_or(x, |levels: f32| (x * levels).round() / levels);
            let x: Vec<f32> = random.floats(rows * width);
            let x: Vec<f32> = x.into_iter().map(|x| level(x) * scale).collect();
            let put = |d: &Device| floats(&x, [rows, width], d);
            let expected = values(top_softmax_reference(
                put(&Device::flex()),
                keep,
                temperature,
            ));
            let case =
                format!("{rows} × {width}, {keep} at {temperature}, {levels:?} (seed {seed})");
            findings.compare(&case, &expected, |device| {
                top_softmax(put(device), keep, temperature)
            });
        }
    }
    findings.finish();
}

#[test]
fn gradients_go_through_the_references() {
    let device = Device::flex().autodiff();
    let x: Tensor<2> = floats(&Random(1).floats(16 * 4), [16, 4], &device).require_grad();
    let weight = floats(&Random(2).floats(9 * 4), [9, 4], &device);
    let window = Window::same(4, 4, 3, 1);
    let y = depthwise(
        x.clone(),
        &weight,
        &vector(&[0.0; 4], &device),
        &window,
        None,
    );
    let regions = floats(&[1.0 / 16.0; 16], [1, 16], &device);
    let y = top_softmax(pool_regions(windows(y, &window), &regions), 3, 1.0);
    let gradients = y.slice([0..1, 0..4]).sum().backward();
    let gradient = x.grad(&gradients).expect("x is tracked");
    assert!(values(gradient).iter().any(|g| g.abs() > 1e-6));
}
