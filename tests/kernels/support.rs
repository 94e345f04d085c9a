//! Devices, random numbers, and the comparison of one case everywhere.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use agff::device::gpu::{GpuOptions, Wanted, open_wanted};
use agff::ops::gpu::adapter::{Kind, with_kind};
use burn::tensor::{DType, Device, Int, Tensor, TensorData};

/// A device, and for GPUs which variants of the kernels run there.
#[derive(Clone)]
pub struct Target {
    name: String,
    device: Device,
    kind: Option<Kind>,
}

/// The CPU, and every GPU device with the variants for GPUs and for software adapters.
///
/// What runs within the limits that WebGPU guarantees runs within an adapter's own, with the same text, so
/// devices of both kinds are only compared with `AGFF_TEST_LONG=1`: drivers compile everything for each.
fn targets() -> &'static [Target] {
    static TARGETS: OnceLock<Vec<Target>> = OnceLock::new();
    TARGETS.get_or_init(|| {
        let mut targets = vec![Target {
            name: "cpu".into(),
            device: Device::flex(),
            kind: None,
        }];
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| value == "1");
        let limits: &[bool] = match set("AGFF_TEST_LONG") {
            true => &[true, false],
            false => &[true],
        };
        for wanted in [Wanted::Software, Wanted::Hardware] {
            for &guaranteed_limits in limits {
                let opened = pollster::block_on(open_wanted(
                    GpuOptions {
                        guaranteed_limits,
                        ..Default::default()
                    },
                    wanted,
                ));
                let (device, report) = match opened {
                    Ok(opened) => opened,
                    Err(error) => {
                        eprintln!("left out: {wanted:?} adapter: {error}");
                        continue;
                    }
                };
                let limits = if guaranteed_limits {
                    "guaranteed limits"
                } else {
                    "its own limits"
                };
                for kind in [Kind::Software, Kind::Hardware] {
                    let name = format!("{} with {limits}, {kind:?} kernels", report.name);
                    targets.push(Target {
                        name,
                        device: device.clone(),
                        kind: Some(kind),
                    });
                }
            }
        }
        let required = set("AGFF_REQUIRE_GPU");
        assert!(
            targets.len() > 1 || !required,
            "AGFF_REQUIRE_GPU is set, but no GPU adapter was found, not even a software one"
        );
        if targets.len() == 1 {
            eprintln!(
                "left out: all GPU kernels, because there is no adapter, not even a software one"
            );
        }
        targets
    })
}

/// What a test has found so far.
#[derive(Default)]
pub struct Findings {
    compared: usize,
    worst: f32,
    failures: Vec<String>,
}

impl Findings {
    /// Runs `work` on every target and compares with `expected`, whose largest magnitude is the
    /// measure of the allowed difference.
    pub fn compare(&mut self, case: &str, expected: &[f32], work: impl Fn(&Device) -> Tensor<2>) {
        const TOLERANCE: f32 = 1e-5;
        let expected = [(String::new(), expected.to_vec())];
        self.compare_parts(case, &expected, TOLERANCE, |device| {
            vec![values(work(device))]
        });
    }

    /// [`compare`](Self::compare) for several results of one piece of work, each with a name and
    /// a magnitude of its own: its largest value, but no less than a hundredth of what is largest
    /// in all, because a result that cancels out is the rounding of the others.
    pub fn compare_parts(
        &mut self,
        case: &str,
        expected: &[(String, Vec<f32>)],
        tolerance: f32,
        work: impl Fn(&Device) -> Vec<Vec<f32>>,
    ) {
        let largest = |values: &[f32]| values.iter().fold(1e-3_f32, |most, x| most.max(x.abs()));
        let least = expected
            .iter()
            .map(|(_, values)| 0.01 * largest(values))
            .fold(0.0, f32::max);
        for target in targets() {
            let run = || work(&target.device);
            let run = || target.kind.map_or_else(run, |kind| with_kind(kind, run));
            let place = format!("{case} on {}", target.name);
            match catch_unwind(AssertUnwindSafe(run)) {
                Err(_) => self.failures.push(format!("{place}: it panicked")),
                Ok(found) if found.len() != expected.len() => self.failures.push(format!(
                    "{place}: {} results instead of {}",
                    found.len(),
                    expected.len()
                )),
                Ok(found) => {
                    for ((name, expected), found) in expected.iter().zip(&found) {
                        let magnitude = largest(expected).max(least);
                        let fault = self.difference(expected, found, magnitude, tolerance);
                        if let Some(fault) = fault {
                            self.failures.push(format!("{place}: {name} {fault}"));
                        }
                    }
                }
            }
            self.compared += expected.len();
        }
    }

    /// What is wrong with a result.
    fn difference(
        &mut self,
        expected: &[f32],
        found: &[f32],
        magnitude: f32,
        tolerance: f32,
    ) -> Option<String> {
        if found.len() != expected.len() {
            return Some(format!(
                "{} values instead of {}",
                found.len(),
                expected.len()
            ));
        }
        let difference = |i: &usize| {
            let d = (found[*i] - expected[*i]).abs() / magnitude;
            if d.is_nan() { f32::INFINITY } else { d }
        };
        let at = (0..found.len())
            .max_by(|a, b| difference(a).total_cmp(&difference(b)))
            .expect("a case has results");
        self.worst = self.worst.max(difference(&at));
        if difference(&at) <= tolerance {
            return None;
        }
        let wrong = (0..found.len())
            .filter(|i| difference(i) > tolerance)
            .count();
        Some(format!(
            "{wrong} of {} values differ, most at {at}: {} instead of {} (magnitude {magnitude})",
            found.len(),
            found[at],
            expected[at]
        ))
    }

    /// Fails with every case that differed.
    pub fn finish(self) {
        let Self {
            compared,
            worst,
            failures,
        } = self;
        println!(
            "{compared} comparisons on {} targets, largest relative difference {worst:.1e}",
            targets().len()
        );
        assert!(
            failures.is_empty(),
            "{} of {compared} comparisons failed:\n{}",
            failures.len(),
            failures.join("\n")
        );
    }
}

/// The values of a tensor, row by row.
pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

/// A tensor of floats.
pub fn floats(values: &[f32], shape: [usize; 2], device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
}

/// A vector of floats.
pub fn vector(values: &[f32], device: &Device) -> Tensor<1> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), device)
}

/// A tensor of packed words.
pub fn words(values: &[u32], rows: usize, device: &Device) -> Tensor<2, Int> {
    let data = TensorData::new(values.to_vec(), [rows, values.len() / rows]);
    Tensor::from_data(data, (device, DType::U32))
}

/// Reproducible random numbers: SplitMix64 (Steele et al., 2014).
pub struct Random(pub u64);

impl Random {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Less than `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }

    /// From −1 to 1.
    pub fn float(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    pub fn floats(&mut self, n: usize) -> Vec<f32> {
        (0..n).map(|_| self.float()).collect()
    }
}
