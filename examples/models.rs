//! Embeds what it is asked for and says how long that took: our side of `make bench-models`, natively.
//!
//!     cargo run --features threads --example models -- PACKAGE [exact]
//!
//! Says `ready` when the package is loaded. Then each line of stdin is `photo FILE` or `text WORDS`, and its answer is
//! a line of the milliseconds, from the file's bytes, and the values of the global view.

use std::io::Write;
use std::time::Instant;

use agff::device::{DeviceChoice, DeviceOptions};
use agff::ops::Precision;
use agff::{Agff, Input, LoadOptions, Source};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let package = arguments.next().ok_or("which package?")?;
    let precision = match arguments.next().as_deref() {
        None => Precision::default(),
        Some("exact") => Precision::Exact,
        Some(other) => return Err(format!("{other:?} is not `exact`").into()),
    };
    let options = LoadOptions {
        device: DeviceOptions {
            choice: DeviceChoice::Cpu,
            ..DeviceOptions::default()
        },
        precision,
        ..LoadOptions::default()
    };
    let agff = pollster::block_on(Agff::load(Source::Folder(package.into()), options))?;
    let mut out = std::io::stdout();
    writeln!(out, "ready")?;
    for line in std::io::stdin().lines() {
        let line = line?;
        let input = match line.split_once(' ') {
            Some(("photo", file)) => Input::image(file, std::fs::read(file)?),
            Some(("text", words)) => Input::text(words),
            _ => return Err(format!("{line:?} is neither `photo FILE` nor `text WORDS`").into()),
        };
        let start = Instant::now();
        let embedding = pollster::block_on(agff.embed_one(&input))?;
        let milliseconds = 1e3 * start.elapsed().as_secs_f64();
        let values: Vec<String> = embedding.view(0).iter().map(f32::to_string).collect();
        writeln!(out, "{milliseconds} {}", values.join(" "))?;
    }
    Ok(())
}
