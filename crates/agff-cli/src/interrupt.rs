//! Ctrl-C as a wish to stop when it suits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use agff::{Code, Error};

use crate::Failure;
use crate::output::Console;

/// A flag that Ctrl-C sets, saying what will happen; a second Ctrl-C ends the process at once.
pub fn flag(what: &'static str, console: &Console) -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = stop.clone();
    let quiet = console.json();
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        if !quiet {
            eprintln!("\n{what} (again to end at once)");
        }
    })
    .map_err(|e| Error::new(Code::Internal, "Ctrl-C", "cannot be listened for").with_source(e))?;
    Ok(stop)
}
