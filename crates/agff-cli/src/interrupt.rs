//! Ctrl-C as a wish to stop when it suits.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use agff::{Code, Error};

use crate::Failure;
use crate::output::Console;

/// The flag; a process has one, whatever it does first and then.
static STOP: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// What will happen.
static WHAT: Mutex<&str> = Mutex::new("");

/// A flag that Ctrl-C sets, saying what will happen; a second Ctrl-C ends the process at once.
pub fn flag(what: &'static str, console: &Console) -> Result<Arc<AtomicBool>, Failure> {
    *WHAT.lock().unwrap_or_else(PoisonError::into_inner) = what;
    if let Some(stop) = STOP.get() {
        return Ok(stop.clone());
    }
    let stop = Arc::new(AtomicBool::new(false));
    let flag = stop.clone();
    let quiet = console.json();
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        if !quiet {
            let what = *WHAT.lock().unwrap_or_else(PoisonError::into_inner);
            eprintln!("\n{what} (again to end at once)");
        }
    })
    .map_err(|e| Error::new(Code::Internal, "Ctrl-C", "cannot be listened for").with_source(e))?;
    Ok(STOP.get_or_init(|| stop).clone())
}
