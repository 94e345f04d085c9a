//! Times the crate natively beside its peers, interleaved in one run; ratios above 1 say that ours
//! is faster.
//!
//!     cargo run -p agff --features bench,threads --example speed [kernels] [photos] [torch=PYTHON]
//!
//! `kernels`: the GPU's linear kernel, with f32 and q8 weights, against Burn's matmul on the
//! software adapter (lavapipe), if there is one, and on a real GPU, if there is one. `photos`:
//! decoding a large JPEG at a part of its size against the whole, and agff-nano on the CPU. `torch`: a transformer block on the CPU against PyTorch, by
//! `examples/speed_torch.py`.

use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use agff::device::gpu::{GpuOptions, Wanted, open_wanted};
use agff::device::{DeviceChoice, DeviceOptions};
use agff::families::bench::{BenchBlock, BlockShape, matrix};
use agff::input::image::{self, DecodeLimits};
use agff::ops::{Combine, Precision, Weight, linear};
use agff::tensors::Dtype;
use agff::tensors::Packing;
use agff::tensors::quantize::pack_rows;
use agff::{Agff, Input, LoadOptions, Source};
use agff_test_support::jpeg;
use burn::tensor::{DType, Device, Int, Tensor, TensorData};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    for part in std::env::args().skip(1) {
        match part.split_once('=') {
            None if part == "kernels" => {
                for wanted in [Wanted::Software, Wanted::Hardware] {
                    kernels(wanted)?;
                }
            }
            None if part == "photos" => photos()?,
            Some(("torch", python)) => torch(python)?,
            _ => {
                return Err(format!("{part:?} is none of kernels, photos and torch=PYTHON").into());
            }
        }
    }
    Ok(())
}

/// Best and median seconds of each contestant, which take turns. What takes less than 30 ms is
/// repeated within a round. Slow ones have fewer rounds, but three.
fn race<const N: usize>(
    rounds: usize,
    mut contestants: [&mut dyn FnMut(usize) -> Result<f64, Failure>; N],
) -> Result<[[f64; 2]; N], Failure> {
    let mut repeats = [1; N];
    for (work, repeats) in contestants.iter_mut().zip(&mut repeats) {
        work(1)?;
        *repeats = (0.03 / work(1)?).ceil().max(1.0) as usize;
    }
    let mut times: [Vec<f64>; N] = std::array::from_fn(|_| Vec::new());
    let start = Instant::now();
    for round in 0..rounds {
        if round >= 3 && start.elapsed().as_secs() >= 8 {
            break;
        }
        for turn in 0..N {
            let i = (turn + round) % N;
            times[i].push(contestants[i](repeats[i])? / repeats[i] as f64);
        }
    }
    Ok(times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        [times[0], times[times.len() / 2]]
    }))
}

/// `theirs / ours` by the best round, and by the median one.
fn ratio(ours: [f64; 2], theirs: [f64; 2]) -> String {
    format!("{:.2} ({:.2})", theirs[0] / ours[0], theirs[1] / ours[1])
}

fn kernels(wanted: Wanted) -> Result<(), Failure> {
    let (device, report) = match pollster::block_on(open_wanted(GpuOptions::default(), wanted)) {
        Ok(opened) => opened,
        Err(error) => {
            println!("\nleft out: {wanted:?} adapter: {error}");
            return Ok(());
        }
    };
    println!("\nA matrix product on {} ({})", report.name, report.backend);
    println!(
        "rows × in × out         f32 : Burn f32  q8 : Burn f32   ours f32, ours q8, Burn in ms"
    );
    for [rows, inputs, outputs] in [
        [64, 192, 576],
        [256, 576, 192],
        [256, 192, 576],
        [128, 1536, 1536],
        [8, 1536, 1536],
    ] {
        let x = matrix(&random(1, rows * inputs), [rows, inputs], &device);
        let numbers = random(2, inputs * outputs);
        let packed = q8(&numbers, [outputs, inputs], &device)?;
        let weight = matrix(&numbers, [outputs, inputs], &device);
        // Burn's own linear layers have their weights as [in, out], so it gets them so.
        let transposed = weight.clone().transpose().into_data();
        let transposed = Tensor::<2>::from_data(transposed, &device);
        let weight = Weight::Float(weight);
        let run = |work: &dyn Fn() -> Tensor<2>, repeats: usize| {
            let start = Instant::now();
            // Every result is looked at: Burn hands out data that it waits for only then.
            for _ in 0..repeats {
                values(work());
            }
            Ok(start.elapsed().as_secs_f64())
        };
        let ours = || linear(x.clone(), &weight, None, None, Combine::Nothing);
        let packed = || linear(x.clone(), &packed, None, None, Combine::Nothing);
        let burn = || x.clone().matmul(transposed.clone());
        let expected = values(burn());
        for product in [values(ours()), values(packed())] {
            let alike = cosine(&product, &expected);
            assert!(alike > 0.9999, "the products differ: {alike}");
        }
        let [ours, packed, burn] = race(
            25,
            [&mut |n| run(&ours, n), &mut |n| run(&packed, n), &mut |n| {
                run(&burn, n)
            }],
        )?;
        println!(
            "{:22}  {:14}  {:14}  {:.2}, {:.2}, {:.2}",
            format!("{rows} × {inputs} × {outputs}"),
            ratio(ours, burn),
            ratio(packed, burn),
            1e3 * ours[0],
            1e3 * packed[0],
            1e3 * burn[0]
        );
    }
    Ok(())
}

/// Decodes a 4:2:0 JPEG of 12 megapixels, made of a sample photo, whole and scaled, on one thread.
fn decoding(photo: &Path) -> Result<(), Failure> {
    let bytes = jpeg::tiled(&std::fs::read(photo)?, 8, 10);
    let limits = DecodeLimits::default();
    let size = image::decode("", &bytes, &limits)?;
    let short = size.width.min(size.height);
    let decode = |divisor: Option<u32>| {
        let (bytes, limits) = (&bytes, &limits);
        move |n: usize| {
            let least = divisor.map(|divisor| short.div_ceil(divisor));
            let start = Instant::now();
            for _ in 0..n {
                black_box(image::decode_scaled("", bytes, limits, least)?);
            }
            Ok(start.elapsed().as_secs_f64())
        }
    };
    let [whole, half, quarter, eighth] = race(
        15,
        [
            &mut decode(None),
            &mut decode(Some(2)),
            &mut decode(Some(4)),
            &mut decode(Some(8)),
        ],
    )?;
    println!(
        "\nDecoding a JPEG of {} × {} ({:.1} MB): whole {:.1} ms; scaled is faster, at 1/2 {}, at 1/4 {}, \
         at 1/8 {}",
        size.width,
        size.height,
        bytes.len() as f64 / 1e6,
        1e3 * whole[0],
        ratio(half, whole),
        ratio(quarter, whole),
        ratio(eighth, whole)
    );
    Ok(())
}

fn photos() -> Result<(), Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let options = LoadOptions {
        device: DeviceOptions {
            choice: DeviceChoice::Cpu,
            ..DeviceOptions::default()
        },
        ..LoadOptions::default()
    };
    let nano = Source::Folder(root.join("models/agff-nano"));
    let nano = pollster::block_on(Agff::load(nano, options))?;
    let folder = root.join("www/demo/public/samples");
    decoding(&folder.join("coffee.jpg"))?;
    let inputs = ["astronaut.jpg", "carrots.jpg", "coffee.jpg", "rocket.jpg"]
        .map(|name| std::fs::read(folder.join(name)).map(|bytes| Input::image(name, bytes)));
    let inputs = inputs.into_iter().collect::<Result<Vec<_>, _>>()?;
    let [best] = race(
        9,
        [&mut |n| {
            let start = Instant::now();
            for _ in 0..n {
                for input in &inputs {
                    pollster::block_on(nano.embed_one(input))?;
                }
            }
            Ok(start.elapsed().as_secs_f64())
        }],
    )?;
    println!(
        "\nagff-nano natively on the CPU, photos one by one (decoding included): {:.1} photos/s",
        inputs.len() as f64 / best[0]
    );
    Ok(())
}

/// The blocks of the page's benchmark, against PyTorch in a process of its own that waits for its
/// turn.
fn torch(python: &str) -> Result<(), Failure> {
    let usable = Command::new(python)
        .args(["-c", "import torch, numpy"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !usable {
        println!("\nleft out: PyTorch, because {python} has no torch and numpy (see PYTHON)");
        return Ok(());
    }
    println!("\nA transformer block natively on the CPU: ours against PyTorch, f32, all cores");
    println!("block                       ours : PyTorch  cosine     ours, PyTorch in ms");
    let device = Device::flex();
    let shape = |vision, rows, hidden, wide, heads, kv_heads, head_dim| BlockShape {
        vision,
        rows,
        hidden,
        wide,
        heads,
        kv_heads,
        head_dim,
    };
    for (name, shape) in [
        (
            "nano decoder, 130 tokens",
            shape(false, 130, 192, 576, 6, 2, 32),
        ),
        (
            "nano vision, 400 patches",
            shape(true, 400, 192, 576, 4, 4, 48),
        ),
        (
            "1536 decoder, 256 tokens",
            shape(false, 256, 1536, 4096, 12, 2, 128),
        ),
    ] {
        let folder = tempfile::tempdir()?;
        let tensors = shape.tensors();
        let weights: Vec<Vec<f32>> = tensors
            .iter()
            .enumerate()
            .map(|(i, (name, shape))| tensor(i as u64, name, shape))
            .collect();
        let block = BenchBlock::new(&shape, &weights, Dtype::F32, &device)?;
        let input = random(99, shape.rows * shape.hidden);
        let x = matrix(&input, [shape.rows, shape.hidden], &device);
        for ((name, _), values) in tensors.iter().zip(&weights) {
            write(folder.path().join(name), values)?;
        }
        let [cos, sin] = block.rotary().map(values);
        for (name, values) in [("cos", &cos), ("sin", &sin), ("x", &input)] {
            write(folder.path().join(name), values)?;
        }
        let sizes = [
            shape.rows,
            shape.hidden,
            shape.heads,
            shape.kv_heads,
            shape.head_dim,
        ];
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/speed_torch.py");
        let mut child = Command::new(python)
            .arg(script)
            .arg(folder.path())
            .arg(if shape.vision { "vision" } else { "text" })
            .args(sizes.map(|size| size.to_string()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut stdin = child.stdin.take().ok_or("no stdin")?;
        let mut stdout = BufReader::new(child.stdout.take().ok_or("no stdout")?);
        let mut line = String::new();
        // The first line says that its result lies in the folder.
        stdout.read_line(&mut line)?;
        let expected: Vec<f32> = std::fs::read(folder.path().join("y"))?
            .as_chunks()
            .0
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect();
        let alike = cosine(&values(block.forward(x.clone())), &expected);
        assert!(alike > 0.9999, "the block differs from PyTorch's: {alike}");
        let mut theirs = |n: usize| -> Result<f64, Failure> {
            writeln!(stdin, "{n}")?;
            line.clear();
            stdout.read_line(&mut line)?;
            Ok(line.trim().parse()?)
        };
        let mut ours = |n: usize| -> Result<f64, Failure> {
            let start = Instant::now();
            for _ in 0..n {
                values(block.forward(x.clone()));
            }
            Ok(start.elapsed().as_secs_f64())
        };
        let [ours, theirs] = race(15, [&mut ours, &mut theirs])?;
        drop(stdin);
        child.wait()?;
        println!(
            "{name:26}  {:14}  {alike:.7}  {:.2}, {:.2}",
            ratio(ours, theirs),
            1e3 * ours[0],
            1e3 * theirs[0]
        );
    }
    Ok(())
}

/// A weight of these numbers as q8.
fn q8(numbers: &[f32], [rows, columns]: [usize; 2], device: &Device) -> Result<Weight, Failure> {
    let packed = pack_rows(Dtype::Q8, "weight", columns, numbers)?;
    let tensor = |words: Vec<u32>| {
        let width = words.len() / rows;
        Tensor::<2, Int>::from_data(TensorData::new(words, [rows, width]), (device, DType::U32))
    };
    Ok(Weight::Packed {
        packing: Packing::Q8,
        in_features: columns,
        precision: Precision::Exact,
        words: tensor(packed.words),
        scales: Some(tensor(packed.scales)),
    })
}

/// A tensor's values: norms around one, matrices of unit gain.
fn tensor(seed: u64, name: &str, shape: &[usize]) -> Vec<f32> {
    let mut values = random(seed, shape.iter().product());
    let (middle, scale) = match shape {
        [_, inputs] => (0.0, (3.0 / *inputs as f32).sqrt()),
        _ if name.ends_with("bias") => (0.0, 0.1),
        _ => (1.0, 0.2),
    };
    values.iter_mut().for_each(|v| *v = middle + scale * *v);
    values
}

fn write(path: PathBuf, values: &[f32]) -> std::io::Result<()> {
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    std::fs::write(path, bytes)
}

fn values(tensor: Tensor<2>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        let products = a.iter().zip(b).map(|(a, b)| *a as f64 * *b as f64);
        products.sum()
    };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// Reproducible numbers from −1 to 1: SplitMix64 (Steele et al., 2014).
fn random(seed: u64, count: usize) -> Vec<f32> {
    let mut state = seed;
    let next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    std::iter::repeat_with(next).take(count).collect()
}
