//! `agff doctor`: what this machine offers, which device would be taken and why, and whether each
//! of them computes the same.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Instant;

use agff::device::{self, DeviceChoice, DeviceKind, DeviceOptions, DeviceReport};
use agff::input::image::Pixels;
use agff::package::{Manifest, Package};
use agff::{Agff, Code, Embedding, Error, Input, InputImage, LoadOptions, Result};
use pollster::block_on;
use serde::Serialize;
use serde_json::{Value, json};

use crate::output::{self, Console, Style, fields};
use crate::{Done, Failure, Outcome, model, models, nano};

const LONG: &str = "\
Show devices, limits and versions, and check that they compute the same

Lists the GPU adapters, tells which device --device auto takes and why, and embeds a
small picture and a text with the built-in model on the CPU and on the GPU. If that fails
somewhere or the two differ, the exit code is 1.";

const EXAMPLES: &str = "\
Examples:
  agff doctor
  agff doctor --json | jq .auto";

/// The least cosine between a view on the GPU and the same on the CPU.
const LEAST_COSINE: f64 = 0.9999;

/// Show devices, limits and versions, and check that they compute the same
#[derive(clap::Args)]
#[command(long_about = LONG, after_help = EXAMPLES)]
pub struct Args {
    /// Print JSON, one object
    #[arg(long)]
    pub json: bool,
}

/// Everything that doctor finds out.
#[derive(Serialize)]
struct Report {
    version: &'static str,
    os: &'static str,
    arch: &'static str,
    threads: usize,
    cpu_features: Vec<&'static str>,
    adapters: Vec<Adapter>,
    auto: DeviceReport,
    model: Value,
    /// The folder of the model of photos; null if it was not pulled.
    photo: Option<PathBuf>,
    self_test: Vec<Check>,
    ok: bool,
}

/// A GPU adapter, or a program that acts as one.
#[derive(Serialize)]
struct Adapter {
    name: String,
    backend: String,
    kind: String,
    driver: String,
    limits: Limits,
}

/// The limits that matter for a model.
#[derive(Serialize)]
struct Limits {
    max_storage_buffer_binding_size: u64,
    max_buffer_size: u64,
    max_storage_buffers_per_shader_stage: u32,
    max_compute_workgroup_storage_size: u32,
    max_compute_invocations_per_workgroup: u32,
    max_compute_workgroups_per_dimension: u32,
}

/// What came of embedding on one device.
#[derive(Serialize)]
struct Check {
    device: DeviceKind,
    ok: bool,
    /// Seconds to load the model, and to embed.
    load: Option<f64>,
    embed: Option<f64>,
    /// The least cosine between a view here and on the CPU.
    cosine: Option<f64>,
    #[serde(skip)]
    embeddings: Vec<Embedding>,
}

pub fn run(args: Args, console: &Console) -> Done {
    let manifest = block_on(Package::open(nano::source()))?.manifest().clone();
    let adapters = adapters();
    let (_, auto) = block_on(device::open(DeviceOptions::default()))?;
    let mut problems = Vec::new();
    let cpu = check(DeviceKind::Cpu, None, &mut problems);
    let gpu = match adapters.is_empty() {
        true => None, // There is nothing to check.
        false => Some(check(DeviceKind::Gpu, Some(&cpu.embeddings), &mut problems)),
    };
    let self_test: Vec<Check> = [Some(cpu), gpu].into_iter().flatten().collect();
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        os: std::env::consts::OS,
        arch: std::env::consts::ARCH,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        cpu_features: cpu_features(),
        adapters,
        auto,
        model: json!({ "name": manifest.name, "trained": manifest.trained }),
        photo: photo(),
        ok: self_test.iter().all(|check| check.ok),
        self_test,
    };
    if args.json {
        console.json_line(&report)?;
    } else {
        print(&report, &manifest, console)?;
    }
    problems.iter().for_each(|problem| console.error(problem));
    if report.ok {
        Ok(Outcome::Complete)
    } else {
        Err(Failure::Reported)
    }
}

/// Where the model of photos is, if it is on this machine.
fn photo() -> Option<PathBuf> {
    models::pulled(Path::new(agff_photo::NAME)).ok().flatten()
}

/// Every adapter of this machine.
fn adapters() -> Vec<Adapter> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends: wgpu::Backends::PRIMARY,
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let found = block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY));
    found
        .into_iter()
        .map(|adapter| {
            let (info, limits) = (adapter.get_info(), adapter.limits());
            Adapter {
                name: info.name,
                backend: info.backend.to_string(),
                kind: match info.device_type {
                    wgpu::DeviceType::DiscreteGpu => "discrete".into(),
                    wgpu::DeviceType::IntegratedGpu => "integrated".into(),
                    wgpu::DeviceType::VirtualGpu => "virtual".into(),
                    wgpu::DeviceType::Cpu => "software".into(),
                    wgpu::DeviceType::Other => "other".into(),
                },
                driver: format!("{} {}", info.driver, info.driver_info)
                    .trim()
                    .to_owned(),
                limits: Limits {
                    max_storage_buffer_binding_size: limits.max_storage_buffer_binding_size,
                    max_buffer_size: limits.max_buffer_size,
                    max_storage_buffers_per_shader_stage: limits
                        .max_storage_buffers_per_shader_stage,
                    max_compute_workgroup_storage_size: limits.max_compute_workgroup_storage_size,
                    max_compute_invocations_per_workgroup: limits
                        .max_compute_invocations_per_workgroup,
                    max_compute_workgroups_per_dimension: limits
                        .max_compute_workgroups_per_dimension,
                },
            }
        })
        .collect()
}

/// SIMD instructions of this processor that the CPU path has code for.
fn cpu_features() -> Vec<&'static str> {
    #[cfg(target_arch = "x86_64")]
    let known = [
        ("sse4.1", is_x86_feature_detected!("sse4.1")),
        ("avx", is_x86_feature_detected!("avx")),
        ("avx2", is_x86_feature_detected!("avx2")),
        ("fma", is_x86_feature_detected!("fma")),
        ("f16c", is_x86_feature_detected!("f16c")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
    ];
    #[cfg(target_arch = "aarch64")]
    let known = [("neon", std::arch::is_aarch64_feature_detected!("neon"))];
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let known: [(&str, bool); 0] = [];
    known
        .into_iter()
        .filter_map(|(name, there)| there.then_some(name))
        .collect()
}

/// Embeds on one device and compares with what came out on another.
fn check(device: DeviceKind, others: Option<&[Embedding]>, problems: &mut Vec<Error>) -> Check {
    // Graphics drivers and shader compilers are programs of others: what they do to this one must
    // not keep it from reporting.
    let done = catch_unwind(AssertUnwindSafe(|| embed(device))).unwrap_or_else(|_| {
        let message = format!("the {device} failed while it embedded; see above");
        Err(Error::new(Code::Internal, device.to_string(), message))
    });
    let failed = Check {
        device,
        ok: false,
        load: None,
        embed: None,
        cosine: None,
        embeddings: Vec::new(),
    };
    let (load, embed, embeddings) = match done {
        Ok(done) => done,
        Err(error) => {
            problems.push(error);
            return failed;
        }
    };
    let cosine = others.and_then(|others| least_cosine(&embeddings, others));
    let ok = cosine.is_none_or(|cosine| cosine >= LEAST_COSINE);
    if !ok {
        problems.push(Error::new(
            Code::Internal,
            device.to_string(),
            "computes something else than the CPU: use --device cpu, update the graphics driver, and \
             report this",
        ));
    }
    Check {
        ok,
        load: Some(load),
        embed: Some(embed),
        cosine,
        embeddings,
        ..failed
    }
}

/// Loads the built-in model and embeds a text and a picture: seconds for each, and the vectors.
fn embed(device: DeviceKind) -> Result<(f64, f64, Vec<Embedding>)> {
    let choice = match device {
        DeviceKind::Cpu => DeviceChoice::Cpu,
        DeviceKind::Gpu => DeviceChoice::Gpu,
    };
    let options = LoadOptions {
        device: DeviceOptions {
            choice,
            ..DeviceOptions::default()
        },
        ..LoadOptions::default()
    };
    let start = Instant::now();
    let agff = block_on(Agff::load(nano::source(), options))?;
    let load = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let inputs = [
        Input::text("a red mug left of a laptop"),
        Input {
            image: Some(InputImage::Pixels(picture())),
            ..Input::default()
        },
    ];
    let embeddings = block_on(agff.embed(&inputs))?;
    Ok((load, start.elapsed().as_secs_f64(), embeddings))
}

/// A red disc on a gradient.
fn picture() -> Pixels {
    let (width, height) = (96_u32, 64_u32);
    let rgb = (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .flat_map(|(x, y)| {
            let far = (x as i32 - 30).pow(2) + (y as i32 - 32).pow(2);
            if far < 400 {
                [200, 30, 30]
            } else {
                [(2 * x) as u8, (3 * y) as u8, 120]
            }
        })
        .collect();
    Pixels { width, height, rgb }
}

/// The least cosine between the same views of the same inputs; unit vectors all.
fn least_cosine(a: &[Embedding], b: &[Embedding]) -> Option<f64> {
    let pairs = a
        .iter()
        .zip(b)
        .flat_map(|(a, b)| (0..a.views.len()).map(|i| (a.view(i), b.view(i))));
    pairs
        .map(|(a, b)| {
            a.iter()
                .zip(b)
                .map(|(&a, &b)| f64::from(a) * f64::from(b))
                .sum()
        })
        .reduce(f64::min)
}

fn print(report: &Report, manifest: &Manifest, console: &Console) -> Result<(), Failure> {
    let title = |text: &str| console.line(&console.style(Style::Bold, text));
    title("This program and machine")?;
    let features = report.cpu_features.join(" ");
    let cpu = format!(
        "{} on {}, {} threads, {features}",
        report.arch, report.os, report.threads
    );
    fields(
        console,
        &[("agff", report.version.to_owned()), ("cpu", cpu)],
    )?;

    title("GPU adapters")?;
    if report.adapters.is_empty() {
        console.line("  none; on Linux, is the Vulkan driver of the graphics card installed?")?;
    }
    for adapter in &report.adapters {
        let l = &adapter.limits;
        let limits = format!(
            "{} per binding, {} workgroup memory, {} invocations, {} storage buffers",
            output::bytes(l.max_storage_buffer_binding_size),
            output::bytes(u64::from(l.max_compute_workgroup_storage_size)),
            l.max_compute_invocations_per_workgroup,
            l.max_storage_buffers_per_shader_stage,
        );
        fields(
            console,
            &[
                (
                    "name",
                    format!("{} ({}, {})", adapter.name, adapter.backend, adapter.kind),
                ),
                ("driver", adapter.driver.clone()),
                ("limits", limits),
            ],
        )?;
    }

    title("--device auto")?;
    let taken = format!("{}, {}", report.auto.kind, report.auto.name);
    fields(
        console,
        &[("takes", taken), ("because", report.auto.reason.clone())],
    )?;

    title("The model of photos")?;
    let place = match &report.photo {
        Some(folder) => folder.display().to_string(),
        None => "not on this machine; get it with `agff pull photo`".to_owned(),
    };
    fields(console, &[("photo", place)])?;

    title(&format!(
        "Embedding a text and a picture with {}",
        manifest.name
    ))?;
    for check in &report.self_test {
        let result = match check.ok {
            true => console.style(Style::Green, "works"),
            false => console.style(Style::Red, "fails"),
        };
        let seconds = match (check.load, check.embed) {
            (Some(load), Some(embed)) => {
                format!(", loaded in {load:.2} s, embedded in {embed:.2} s")
            }
            _ => String::new(),
        };
        let cosine = check
            .cosine
            .map_or_else(String::new, |c| format!(", least cosine to the CPU {c:.7}"));
        console.line(&format!("  {}  {result}{seconds}{cosine}", check.device))?;
    }
    if !manifest.trained {
        console.note(&model::untrained(&manifest.name));
    }
    Ok(())
}
