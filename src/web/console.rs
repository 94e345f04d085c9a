//! Panics and log messages, where a page's author can see them.

use std::cell::RefCell;

use js_sys::Function;
use wasm_bindgen::prelude::*;
use web_sys::console;

thread_local! {
    static PANIC_HANDLER: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Sets what is called, once and with the message, when the engine panics. The engine is lost
/// then: a promise that it was working on never settles, so whoever waits must be told here.
#[wasm_bindgen(js_name = setPanicHandler)]
pub fn set_panic_handler(handler: Function) {
    PANIC_HANDLER.with_borrow_mut(|slot| *slot = Some(handler));
}

/// Sends panics to the console and the handler, and warnings and errors to the console. (The
/// browser's GPU reports a failed shader only in the log.)
pub(super) fn install() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        if let Some(handler) = PANIC_HANDLER.with_borrow_mut(Option::take) {
            // What the handler throws cannot be handed on: the engine is about to trap.
            let _ = handler.call1(&JsValue::NULL, &info.to_string().into());
        }
    }));
    if log::set_logger(&ConsoleLog).is_ok() {
        log::set_max_level(log::LevelFilter::Warn);
    }
}

struct ConsoleLog;

impl log::Log for ConsoleLog {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() <= log::Level::Warn
    }

    fn log(&self, record: &log::Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let line = format!("{}: {}", record.target(), record.args()).into();
        match record.level() {
            log::Level::Error => console::error_1(&line),
            _ => console::warn_1(&line),
        }
    }

    fn flush(&self) {}
}
