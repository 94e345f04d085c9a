//! The model as a user sees it: load a package, embed photos and text, compare.

use burn::tensor::{Device, Tensor, TensorData};

use crate::cores;
use crate::device::{self, DeviceKind, DeviceOptions, DeviceReport};
use crate::embedding::{self, Embedding, Similarity};
use crate::families::{Item, Layout, Network, Preprocessing, Readout, token_ids};
use crate::input::image::{self, DecodeLimits, Pixels};
use crate::input::text::Tokenizer;
use crate::layers::{Vars, Weights};
use crate::ops::Precision;
use crate::package::manifest::Manifest;
use crate::package::{LoadProgress, Package, Source, TokenTable};
use crate::{Code, Error, Result};

/// Rows of tokens, and of patches, that are run together at most, but for an input for each core. Enough to fill a
/// GPU, few enough that one can cancel between packs.
const PACK_ROWS: usize = 4096;

/// Bytes of token embeddings that are kept in memory.
const TOKEN_CACHE: usize = 64 << 20;

/// How to load a package.
#[derive(Default)]
pub struct LoadOptions<'a> {
    /// The device.
    pub device: DeviceOptions,
    /// Reduce images to about this many pixels at most, instead of the package's own limit.
    pub max_pixels: Option<u64>,
    /// How a processor multiplies with q8 and q4 weights.
    pub precision: Precision,
    /// What may be decoded.
    pub decode: DecodeLimits,
    /// Is told of the bytes that have arrived.
    pub progress: Option<&'a mut dyn FnMut(LoadProgress<'_>)>,
}

/// One thing to embed: an image, a text, or both together.
#[derive(Debug, Clone, Default)]
pub struct Input {
    /// The image.
    pub image: Option<InputImage>,
    /// The text.
    pub text: Option<String>,
    /// What the embedding is for; the package's own instruction if absent.
    pub instruction: Option<String>,
}

/// An image as it comes.
#[derive(Debug, Clone)]
pub enum InputImage {
    /// The bytes of an image file.
    Encoded {
        /// The file's name, for errors.
        name: String,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// Decoded pixels, upright.
    Pixels(Pixels),
}

impl Input {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: Some(text.into()),
            ..Self::default()
        }
    }

    /// An image file's bytes.
    pub fn image(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        let image = InputImage::Encoded {
            name: name.into(),
            bytes,
        };
        Self {
            image: Some(image),
            ..Self::default()
        }
    }
}

/// An input that is decoded, resampled and tokenized, ready for the model.
#[derive(Debug, Clone)]
pub struct Prepared(Item);

impl Prepared {
    /// An input whose image was cut into patches elsewhere.
    pub fn new(item: Item) -> Self {
        Self(item)
    }

    /// The tokens and patches.
    pub fn item(&self) -> &Item {
        &self.0
    }
}

/// A loaded model.
///
/// ```no_run
/// # async fn example() -> agff::Result<()> {
/// use agff::{Agff, Input, LoadOptions, Source};
/// let agff = Agff::load(Source::Folder("models/agff-nano".into()), LoadOptions::default()).await?;
/// let photo = agff.embed_image("mug.jpg", std::fs::read("mug.jpg").unwrap()).await?;
/// let query = agff.embed_text("a red mug left of a laptop").await?;
/// println!("{:.3}", agff.similarity(&query, &photo)?.score);
/// # Ok(())
/// # }
/// ```
pub struct Agff {
    manifest: Manifest,
    layout: Box<dyn Layout>,
    preprocessing: Box<dyn Preprocessing>,
    decode: DecodeLimits,
    table: TokenTable,
    network: Box<dyn Network>,
    device: Device,
    report: DeviceReport,
    _give_back: GiveBack,
}

impl Agff {
    /// Opens a package and the device, and streams the weights onto it.
    ///
    /// # Errors
    /// Everything that can be wrong with a package (`package-…`, `config`, `tokenizer`), or with
    /// the device ([`Code::NoGpu`]).
    pub async fn load(source: Source, options: LoadOptions<'_>) -> Result<Self> {
        let package = Package::open(source).await?;
        let manifest = package.manifest().clone();
        let tokenizer = Tokenizer::from_bytes(&package.tokenizer_bytes().await?)?;
        let layout = manifest.config.layout(manifest.settings(), tokenizer)?;
        let (device, report) = device::open(options.device).await?;

        // Before the weights, so that a missing or damaged table is found without them.
        let table = package.token_table(TOKEN_CACHE).await?;
        let give_back = GiveBack(device.clone());
        let mut weights = Weights::new(&device, report.largest_binding);
        if report.kind == DeviceKind::Cpu {
            weights = weights.with_precision(options.precision);
        }
        let mut ignore = |_: LoadProgress<'_>| ();
        let progress = options.progress.unwrap_or(&mut ignore);
        package
            .load_tensors(progress, |tensor| weights.insert(tensor))
            .await?;
        let network = manifest.config.build(&manifest.views, Vars::new(weights))?;

        let mut preprocessing = manifest.preprocessing();
        if let Some(most) = options.max_pixels {
            preprocessing = preprocessing.with_max_pixels(most)?;
        }
        Ok(Self {
            layout,
            preprocessing,
            decode: options.decode,
            table,
            network,
            device,
            report,
            manifest,
            _give_back: give_back,
        })
    }

    /// The package's manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The device that runs the model, and why.
    pub fn device(&self) -> &DeviceReport {
        &self.report
    }

    /// How images are prepared.
    pub fn preprocessing(&self) -> &dyn Preprocessing {
        &*self.preprocessing
    }

    /// Decodes, resamples and tokenizes an input. Needs no device, and may run on any thread.
    ///
    /// # Errors
    /// Errors of the image (`image-…`) name it; [`Code::Input`] if the text cannot be used.
    pub fn prepare(&self, input: &Input) -> Result<Prepared> {
        self.preparation().prepare(input)
    }

    fn preparation(&self) -> Preparation<'_> {
        Preparation {
            layout: &*self.layout,
            preprocessing: &*self.preprocessing,
            decode: &self.decode,
        }
    }

    /// Embeds inputs, several in one pass as far as they fit.
    ///
    /// # Errors
    /// The first error of any input; see [`prepare`](Self::prepare) to tell them apart.
    pub async fn embed(&self, inputs: &[Input]) -> Result<Vec<Embedding>> {
        let preparation = self.preparation();
        // As many as there are cores, so that few decoded photos wait.
        let prepared = inputs.chunks(cores::threads()).flat_map(|inputs| {
            cores::map(inputs.iter().collect(), |input| preparation.prepare(input))
        });
        self.run_packs(prepared).await
    }

    /// Embeds an image file's bytes.
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare) and [`embed_prepared`](Self::embed_prepared).
    pub async fn embed_image(&self, name: &str, bytes: Vec<u8>) -> Result<Embedding> {
        self.embed_one(&Input::image(name, bytes)).await
    }

    /// Embeds a text.
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare) and [`embed_prepared`](Self::embed_prepared).
    pub async fn embed_text(&self, text: &str) -> Result<Embedding> {
        self.embed_one(&Input::text(text)).await
    }

    /// Embeds one input.
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare) and [`embed_prepared`](Self::embed_prepared).
    pub async fn embed_one(&self, input: &Input) -> Result<Embedding> {
        let mut embeddings = self.embed_prepared(vec![self.prepare(input)?]).await?;
        Ok(embeddings.remove(0))
    }

    /// Embeds prepared inputs, in packs of several.
    ///
    /// # Errors
    /// [`Code::Input`] if one is too large for the device; errors of reading token embeddings;
    /// [`Code::PackageNotFinite`] if the model computes something that is not a number.
    pub async fn embed_prepared(&self, inputs: Vec<Prepared>) -> Result<Vec<Embedding>> {
        self.run_packs(inputs.into_iter().map(Ok)).await
    }

    /// Takes inputs one by one, and runs a pack as soon as the next would not fit in it.
    async fn run_packs(
        &self,
        inputs: impl Iterator<Item = Result<Prepared>>,
    ) -> Result<Vec<Embedding>> {
        let mut embeddings = Vec::new();
        let mut pack = Vec::new();
        let mut rows = Rows::default();
        for input in inputs {
            let Prepared(item) = input?;
            let added = Rows::of(&item);
            self.check_size(&item, added)?;
            let next = rows.and(added);
            let many = next.tokens > PACK_ROWS || next.patches > PACK_ROWS;
            let full = many && pack.len() >= self.threads() || !self.holds(next);
            if full && !pack.is_empty() {
                self.run(std::mem::take(&mut pack), &mut embeddings).await?;
                rows = added;
            } else {
                rows = next;
            }
            pack.push(item);
        }
        if !pack.is_empty() {
            self.run(pack, &mut embeddings).await?;
        }
        Ok(embeddings)
    }

    /// The fused similarity of a query and a target, and why.
    ///
    /// # Errors
    /// [`Code::Embedding`] if their dimensions differ.
    pub fn similarity(&self, query: &Embedding, target: &Embedding) -> Result<Similarity> {
        embedding::similarity(query, target, &self.manifest.fusion)
    }

    /// The probability that a text is of a picture, as the model was trained to give it: of their global views,
    /// each pair by itself. `None` for models without one, and for embeddings that were cut.
    ///
    /// # Errors
    /// [`Code::Embedding`] if one is not whole, or their dimensions differ.
    pub fn probability(&self, query: &Embedding, target: &Embedding) -> Result<Option<f32>> {
        let global = self.similarity(query, target)?.patterns.gg;
        let whole = Some(&query.dimensions) == self.manifest.dimensions.first();
        let probability = self.manifest.probability.filter(|_| whole);
        Ok(probability.map(|probability| probability.of(global)))
    }

    /// Runs one pack and appends its embeddings. Where each core has an input or more to itself, it runs them alone:
    /// nothing then waits for others in the middle of a pass.
    async fn run(&self, items: Vec<Item>, embeddings: &mut Vec<Embedding>) -> Result<()> {
        let threads = self.threads();
        let shares = if items.len() < threads { 1 } else { threads };
        let mut packs = Vec::new();
        for items in in_shares(items, shares) {
            let ids = token_ids(&items);
            let tokens = self.token_rows(&ids).await?;
            packs.push((items, ids, tokens));
        }
        let (network, device) = (&self.network, &self.device);
        let reads = cores::map(packs, |(items, ids, tokens)| {
            let counts: Vec<(usize, bool)> = items
                .iter()
                .map(|item| (item.sequence.tokens.len(), item.sequence.truncated))
                .collect();
            (network.forward(items, &ids, tokens, device), counts)
        });
        for (read, counts) in reads {
            self.read_out(read, counts, embeddings).await?;
        }
        Ok(())
    }

    /// How many inputs are computed beside each other.
    fn threads(&self) -> usize {
        match self.report.kind {
            DeviceKind::Cpu => cores::threads(),
            DeviceKind::Gpu => 1,
        }
    }

    /// The embeddings of distinct tokens, `[ids, width]`.
    async fn token_rows(&self, ids: &[u32]) -> Result<Option<Tensor<2>>> {
        if ids.is_empty() {
            return Ok(None);
        }
        let rows = self.table.rows(ids).await?;
        let data = TensorData::new(rows, [ids.len(), self.table.hidden()]);
        Ok(Some(Tensor::from_data(data, &self.device)))
    }

    /// Reads the vectors of a pass back; of each input the number of its tokens, and whether its text was cut.
    async fn read_out(
        &self,
        read: Readout,
        counts: Vec<(usize, bool)>,
        embeddings: &mut Vec<Embedding>,
    ) -> Result<()> {
        let views: Vec<String> = self.manifest.views.iter().map(|v| v.name.clone()).collect();
        let view_counts = read
            .counts
            .unwrap_or_else(|| vec![views.len(); counts.len()]);
        let data = read.views.into_data_async().await.map_err(|error| {
            #[cfg(feature = "gpu")]
            device::gpu::forget(&self.device);
            Error::new(
                Code::DeviceLost,
                self.report.name.as_str(),
                format!("the result could not be read back ({error}); load the model again"),
            )
        })?;
        let values: Vec<f32> = data
            .try_into_vec()
            .map_err(|error| Error::new(Code::Internal, "readout", format!("{error:?}")))?;

        let dimensions = self.manifest.config.embedding_dim();
        let mut values = &values[..];
        for (count, (tokens, truncated)) in view_counts.into_iter().zip(counts) {
            let (own, rest) = values.split_at(count * dimensions);
            values = rest;
            let mut unit = Vec::with_capacity(own.len());
            for view in own.chunks(dimensions) {
                unit.extend(embedding::unit(view).ok_or_else(|| {
                    Error::new(
                        Code::PackageNotFinite,
                        self.manifest.name.as_str(),
                        "the model computed a vector that is zero or not a number; its weights are damaged or overflow",
                    )
                })?);
            }
            embeddings.push(Embedding {
                views: views[..count].to_vec(),
                dimensions,
                values: unit,
                tokens,
                truncated,
            });
        }
        Ok(())
    }

    /// Bytes of the widest activation that so many rows have.
    fn widest(&self, rows: Rows) -> u64 {
        let widths = self.manifest.config.widest_activation();
        4 * (rows.patches as u64 * widths.patch as u64)
            .max(rows.tokens as u64 * widths.token as u64)
    }

    /// Whether the device's buffers can hold the activations of so many rows.
    fn holds(&self, rows: Rows) -> bool {
        self.report
            .largest_binding
            .is_none_or(|largest| self.widest(rows) <= largest)
    }

    fn check_size(&self, item: &Item, rows: Rows) -> Result<()> {
        if self.holds(rows) {
            return Ok(());
        }
        let (subject, advice) = match item.patches {
            Some(_) => ("image", "load the model with fewer pixels, or on the CPU"),
            None => ("text", "shorten it, or load the model on the CPU"),
        };
        Err(Error::new(
            Code::Input,
            subject,
            format!(
                "needs a buffer of {} MiB, but {} has {} MiB at most; {advice}",
                self.widest(rows) >> 20,
                self.report.name,
                self.report.largest_binding.unwrap_or(0) >> 20
            ),
        ))
    }
}

/// What makes inputs ready.
#[derive(Clone, Copy)]
struct Preparation<'a> {
    layout: &'a dyn Layout,
    preprocessing: &'a dyn Preprocessing,
    decode: &'a DecodeLimits,
}

impl Preparation<'_> {
    fn prepare(self, input: &Input) -> Result<Prepared> {
        let patches = match &input.image {
            None => None,
            Some(InputImage::Pixels(pixels)) => Some(self.preprocessing.patches("image", pixels)?),
            Some(InputImage::Encoded { name, bytes }) => {
                let least_side = self.preprocessing.scaled_input();
                let pixels = image::decode_scaled(name, bytes, self.decode, least_side)?;
                Some(self.preprocessing.patches(name, &pixels)?)
            }
        };
        let (text, instruction) = (input.text.as_deref(), input.instruction.as_deref());
        Ok(Prepared(self.layout.item(patches, text, instruction)?))
    }
}

/// The items, in order, in so many parts of about the same number.
fn in_shares(mut items: Vec<Item>, shares: usize) -> Vec<Vec<Item>> {
    let mut parts = Vec::new();
    for left in (1..=shares).rev() {
        let rest = items.split_off(items.len().div_ceil(left));
        parts.push(std::mem::replace(&mut items, rest));
    }
    parts
}

/// How much of a pack something takes.
#[derive(Debug, Clone, Copy, Default)]
struct Rows {
    tokens: usize,
    patches: usize,
}

impl Rows {
    fn of(item: &Item) -> Self {
        Self {
            tokens: item.sequence.tokens.len(),
            patches: item.patches.as_ref().map_or(0, |p| p.grid.patches()),
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            tokens: self.tokens + other.tokens,
            patches: self.patches + other.patches,
        }
    }
}

/// Gives the memory of a model that is gone back to its device, which outlives it. It is the last
/// field of what it cleans up after, so that it is dropped last.
struct GiveBack(Device);

impl Drop for GiveBack {
    fn drop(&mut self) {
        self.0.memory_cleanup();
    }
}
