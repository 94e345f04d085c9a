//! The threads of an engine in a page: workers that have started the same program in the same memory, and wait here
//! for their part of a pass.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use rayon::{ThreadBuilder, ThreadPoolBuilder};
use wasm_bindgen::prelude::*;

use super::convert::unusable;

/// Threads that are to be started. They live as long as the engine.
#[wasm_bindgen]
pub struct Threads {
    count: usize,
    sender: Sender<ThreadBuilder>,
    receiver: &'static Waiting,
}

type Waiting = Mutex<Receiver<ThreadBuilder>>;

#[wasm_bindgen]
impl Threads {
    /// So many threads, for which there must be as many workers.
    #[wasm_bindgen(constructor)]
    pub fn new(count: usize) -> Self {
        let (sender, receiver) = channel();
        Self {
            count,
            sender,
            // An engine is never ended but with its worker, and its threads read this until then.
            receiver: Box::leak(Box::new(Mutex::new(receiver))),
        }
    }

    /// What each worker calls [`enter_thread`] with.
    #[wasm_bindgen(getter)]
    pub fn address(&self) -> usize {
        std::ptr::from_ref(self.receiver).expose_provenance()
    }

    /// Gives the workers their threads, when all of them have started the program.
    ///
    /// # Errors
    /// `threads` if they were started before.
    pub fn start(self) -> Result<(), JsValue> {
        let Self { count, sender, .. } = self;
        ThreadPoolBuilder::new()
            .num_threads(count)
            .spawn_handler(move |thread| {
                // The receiver is never dropped.
                let _ = sender.send(thread);
                Ok(())
            })
            .build_global()
            .map_err(|error| unusable("threads", &error.to_string()))
    }
}

/// Turns the worker that calls it into one of the threads; it does not return.
///
/// # Safety
/// `address` is [`Threads::address`] of an engine in this memory.
#[wasm_bindgen(js_name = enterThread)]
pub unsafe fn enter_thread(address: usize) {
    // SAFETY: promised by the caller; it was leaked, so it is still there.
    let waiting: &Waiting = unsafe { &*std::ptr::with_exposed_provenance(address) };
    let thread = waiting
        .lock()
        .ok()
        .and_then(|receiver| receiver.recv().ok());
    if let Some(thread) = thread {
        thread.run();
    }
}
