//! A guard for libraries that panic on bad files, as the one for Parquet does.
//!
//! It is public for whoever reads such files too, and for panic hooks: a panic that is expected, and handled,
//! should not be reported as a defect.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// What `read` gives; `None` if it panicked. What it changed before that is not to be used any more.
pub fn guarded<T>(read: impl FnOnce() -> T) -> Option<T> {
    let before = GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(read));
    GUARDED.set(before);
    result.ok()
}

/// Whether a panic on this thread is expected, and handled: for panic hooks, which then say nothing.
pub fn is_guarded() -> bool {
    GUARDED.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_nothing_and_is_expected_only_while_it_is_guarded() {
        assert!(!is_guarded());
        assert_eq!(guarded(is_guarded), Some(true));
        assert!(!is_guarded());
        let numbers: Vec<u8> = Vec::new();
        assert_eq!(guarded(|| numbers[0]), None);
        assert!(!is_guarded());
    }

    #[test]
    fn a_guard_within_another_leaves_that_one_as_it_was() {
        let both = guarded(|| (guarded(is_guarded), is_guarded()));
        assert_eq!(both, Some((Some(true), true)));
    }
}
