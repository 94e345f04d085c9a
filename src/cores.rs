//! Work that is shared out over the processor's cores, where there are several.

/// How many threads would share work that begins here. One, if this is one of them: then its caller has shared out
/// something larger already, like the photos of a pack. Besides, a thread that waits for others takes up other work
/// meanwhile, and in a backward pass it holds a lock on the graph that this work may ask for.
pub fn threads() -> usize {
    #[cfg(feature = "threads")]
    if rayon::current_thread_index().is_none() {
        return rayon::current_num_threads();
    }
    1
}

/// The results of some work, in order.
pub fn map<T: Send, U: Send>(items: Vec<T>, work: impl Fn(T) -> U + Sync + Send) -> Vec<U> {
    #[cfg(feature = "threads")]
    if items.len() > 1 && threads() > 1 {
        use rayon::prelude::*;
        return items.into_par_iter().map(work).collect();
    }
    items.into_iter().map(work).collect()
}
