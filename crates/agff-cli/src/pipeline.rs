//! Many inputs through the model: prepared in parallel, some ahead of it; embedded in packs.
//!
//! Threads of their own read, decode and cut photos, as many as there are cores, and stop when
//! [`AHEAD`] inputs per thread wait for the model. So memory does not grow with the number of photos, and the
//! results come in the inputs' order.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};

use agff::device::DeviceKind;
use agff::index::content_id;
use agff::{Agff, Code, Embedding, Error, Input, InputImage, Prepared, Result};
use pollster::block_on;

use crate::Failure;
use crate::inputs;
use crate::output::{Console, Unit};

/// Prepared inputs that may wait, for each thread.
const AHEAD: usize = 2;

/// Most threads that prepare inputs: each may hold a decoded photo.
const MOST_THREADS: usize = 8;

/// Rows of tokens, or of patches, after which a pack is full, if it has an input for each core. The library runs no
/// more at once.
const PACK_ROWS: usize = 4096;

/// Most inputs in a pack, so that progress is seen.
const PACK_INPUTS: usize = 32;

/// What is done with each result.
type Each<'a> = dyn FnMut(&Job, Result<Made>) -> Result<(), Failure> + 'a;

/// What came of a job.
pub struct Made {
    /// The content of the photo's file: its sha256.
    pub content: Option<String>,
    /// Absent if the content was known already.
    pub embedding: Option<Embedding>,
}

/// A job that is ready for the model, unless its content is known.
struct Ready {
    content: Option<String>,
    prepared: Option<Prepared>,
}

/// What a run may leave out.
pub struct Limits<'a> {
    /// Whether this content need not be embedded. Asked once for each photo, by several threads.
    pub known: &'a (dyn Fn(&str) -> bool + Sync),
    /// Set when no more passes of the model should begin.
    pub stop: &'a AtomicBool,
}

/// Something to embed: a photo, a text, or both.
#[derive(Debug, Clone, Default)]
pub struct Job {
    pub image: Option<PathBuf>,
    pub text: Option<String>,
    pub instruction: Option<String>,
}

impl Job {
    pub fn image(path: PathBuf) -> Self {
        Self {
            image: Some(path),
            ..Self::default()
        }
    }

    pub fn text(text: String) -> Self {
        Self {
            text: Some(text),
            ..Self::default()
        }
    }

    /// The photo's path, or the text.
    pub fn name(&self) -> String {
        match (&self.image, &self.text) {
            (Some(path), _) => path.display().to_string(),
            (None, text) => text.clone().unwrap_or_default(),
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty_text(&self) -> bool {
        self.image.is_none() && self.text.as_ref().is_none_or(String::is_empty)
    }

    /// Reads, decodes and tokenizes.
    fn prepare(&self, agff: &Agff, known: &dyn Fn(&str) -> bool) -> Result<Ready> {
        let mut content = None;
        let image = match &self.image {
            None => None,
            Some(path) => {
                let bytes = inputs::read(path)?;
                let id = content.insert(content_id(&bytes));
                if known(id) {
                    let prepared = None;
                    return Ok(Ready { content, prepared });
                }
                Some(InputImage::Encoded {
                    name: path.display().to_string(),
                    bytes,
                })
            }
        };
        let prepared = agff.prepare(&Input {
            image,
            text: self.text.clone(),
            instruction: self.instruction.clone(),
        })?;
        Ok(Ready {
            content,
            prepared: Some(prepared),
        })
    }
}

/// Embeds every job and hands what comes of it to `each`, in their order. A job's own error is one
/// of the results.
///
/// # Errors
/// What stops everything: the device, the package, and errors of `each`.
pub fn embed(
    agff: &Agff,
    jobs: &[Job],
    console: &Console,
    mut each: impl FnMut(&Job, Result<Embedding>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let limits = Limits {
        known: &|_| false,
        stop: &AtomicBool::new(false),
    };
    embed_new(agff, jobs, &limits, console, |job, made| {
        let left_out = || Error::new(Code::Internal, job.name(), "the model left it out");
        each(
            job,
            made.and_then(|made| made.embedding.ok_or_else(left_out)),
        )
    })
}

/// The same without what is known; and told to stop, it ends after the pass of the model that is
/// running, whose results are handed on.
///
/// # Errors
/// As [`embed`].
pub fn embed_new(
    agff: &Agff,
    jobs: &[Job],
    limits: &Limits<'_>,
    console: &Console,
    mut each: impl FnMut(&Job, Result<Made>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let known = limits.known;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = cores.min(MOST_THREADS);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|i| format!("prepare-{i}"))
        .build()
        .map_err(|e| Error::new(Code::Internal, "threads", e.to_string()).with_source(e))?;
    console.begin("Embedding", jobs.len() as u64, Unit::Inputs);
    let done = std::thread::scope(|scope| {
        // A queue of places for results: its bound is what limits how far ahead the threads are.
        let (places, queue) = sync_channel::<Receiver<Result<Ready>>>(AHEAD * threads);
        scope.spawn(move || {
            pool.in_place_scope(|scope| {
                for job in jobs {
                    let (result, place) = sync_channel(1);
                    if places.send(place).is_err() {
                        return; // The model has stopped, and so do we.
                    }
                    // The place may be gone for the same reason.
                    scope.spawn(move |_| drop(result.send(job.prepare(agff, known))));
                }
            });
        });
        let mut done = 0;
        let mut each = |job: &Job, made: Result<Made>| {
            each(job, made)?;
            done += 1;
            console.progress(done, "");
            Ok(())
        };
        let mut pack = Pack {
            agff,
            // A processor computes one input on each of its cores.
            least: match agff.device().kind {
                DeviceKind::Cpu => threads,
                DeviceKind::Gpu => 1,
            },
            waiting: Vec::new(),
            rows: 0,
        };
        for job in jobs {
            if limits.stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            let prepared = match queue.recv().map(|place| place.recv()) {
                Ok(Ok(prepared)) => prepared,
                // A thread that panicked left its place empty; the hook has told of it.
                _ => Err(Error::new(
                    Code::Internal,
                    job.name(),
                    "could not be prepared",
                )),
            };
            pack.add(job, prepared, &mut each)?;
        }
        pack.run(&mut each)
    });
    console.end();
    done
}

/// Prepared inputs that will go through the model together.
struct Pack<'a> {
    agff: &'a Agff,
    /// Inputs that a full pack has at least.
    least: usize,
    waiting: Vec<(&'a Job, Result<Ready>)>,
    rows: usize,
}

impl<'a> Pack<'a> {
    fn add(
        &mut self,
        job: &'a Job,
        ready: Result<Ready>,
        each: &mut Each<'_>,
    ) -> Result<(), Failure> {
        let prepared = ready
            .as_ref()
            .ok()
            .and_then(|ready| ready.prepared.as_ref());
        let rows = prepared.map_or(0, |prepared| {
            let item = prepared.item();
            let patches = item.patches.as_ref().map_or(0, |p| p.grid.patches());
            patches.max(item.sequence.tokens.len())
        });
        let many = self.rows + rows > PACK_ROWS && self.waiting.len() >= self.least;
        if many || self.waiting.len() == PACK_INPUTS {
            self.run(each)?;
        }
        self.rows += rows;
        self.waiting.push((job, ready));
        Ok(())
    }

    /// Embeds what waits.
    fn run(&mut self, each: &mut Each<'_>) -> Result<(), Failure> {
        self.rows = 0;
        let waiting = std::mem::take(&mut self.waiting);
        let good: Vec<Prepared> = waiting
            .iter()
            .filter_map(|(_, ready)| ready.as_ref().ok()?.prepared.clone())
            .collect();
        // If one of them cannot be embedded, each is tried alone, to find out which.
        let mut together = block_on(self.agff.embed_prepared(good))
            .ok()
            .map(Vec::into_iter);
        for (job, ready) in waiting {
            let made = match ready {
                Err(error) => Err(error),
                Ok(Ready { content, prepared }) => {
                    let embedding = match (prepared, &mut together) {
                        (None, _) => Ok(None),
                        (Some(_), Some(embeddings)) => {
                            let left_out = "the model left it out";
                            let embedding = embeddings.next();
                            embedding
                                .map(Some)
                                .ok_or_else(|| Error::new(Code::Internal, job.name(), left_out))
                        }
                        (Some(prepared), None) => self.alone(job, prepared)?.map(Some),
                    };
                    embedding.map(|embedding| Made { content, embedding })
                }
            };
            each(job, made)?;
        }
        Ok(())
    }

    /// Embeds one input; the outer error is one that would befall the others as well.
    fn alone(&self, job: &Job, prepared: Prepared) -> Result<Result<Embedding>> {
        let done = block_on(self.agff.embed_prepared(vec![prepared]));
        match done.map(|mut embeddings| embeddings.pop()) {
            Ok(Some(embedding)) => Ok(Ok(embedding)),
            Ok(None) => Ok(Err(Error::new(
                Code::Internal,
                job.name(),
                "the model left it out",
            ))),
            Err(error) if matches!(error.code(), Code::Input | Code::PackageNotFinite) => {
                let message = error.message().to_owned();
                Ok(Err(
                    Error::new(error.code(), job.name(), message).with_source(error)
                ))
            }
            Err(error) => Err(error),
        }
    }
}
