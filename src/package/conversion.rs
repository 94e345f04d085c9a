//! A package from a checkpoint while its bytes arrive, as in a page, where no file of the checkpoint is ever kept.
//!
//! ```text
//! small files ─ Described ─ headers ─ Conversion ─ bytes of the weights, in order ─ Writes ─ hashes ─ manifest
//! ```
//!
//! The package's layout follows from the list of tensors, so it is known before the first weight: each piece of
//! some rows is converted as soon as it is there and written where it belongs. The package is the same, to the
//! bit, as the one that [`convert`](super::convert()) makes of the same files. Memory holds the small files, one piece
//! of at most 8 MB, and what it is converted to.

use std::ops::Range;

use safetensors::Dtype as FileDtype;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::hash::{FileHash, LongHash};
use super::layout::{Layout, Stored};
use super::manifest::{FileEntry, Manifest, TOKENIZER_FILE};
use super::options::ConvertOptions;
use super::plan::{GivenViews, Plan, Prepared, random_values};
use crate::checkpoint::{SmallFiles, Weights, widen};
use crate::tensors::quantize::{Packed, pack_rows};
use crate::tensors::{Group, TensorSpec, hex};
use crate::{Code, Error, Result};

/// Bytes of the checkpoint that are converted at once.
const PIECE: usize = 8 << 20;

/// A checkpoint whose small files have been read and checked.
pub struct Described {
    prepared: Prepared,
    options: ConvertOptions,
    weights: Weights,
    inputs: Vec<InputFile>,
}

/// A file of weights.
struct InputFile {
    name: String,
    bytes: u64,
    sha256: Option<String>,
}

/// A conversion: takes the bytes of the files of weights one after the other.
pub struct Conversion {
    prepared: Prepared,
    manifest: Manifest,
    layout: Layout,
    inputs: Vec<InputFile>,
    /// In the order in which they come.
    tensors: Vec<Coming>,
    /// The checkpoint's values beside the tensors that the manifest needs.
    scalars: Vec<Scalar>,
    /// The tensor that is coming, and its rows that were converted.
    next: usize,
    rows: usize,
    /// Bytes of the rows after those.
    piece: Vec<u8>,
    /// The file that is read, its bytes that came, and their hash.
    file: usize,
    at: u64,
    hash: LongHash,
    /// Where to go on.
    state: State,
    /// Entries of the files that were hashed, and the one that is.
    sealed: Vec<FileEntry>,
    sealing: Option<FileHash>,
}

/// A tensor of the checkpoint.
struct Coming {
    spec: usize,
    file: usize,
    bytes: Range<u64>,
    dtype: FileDtype,
}

/// A tensor of one value that becomes a part of the manifest.
struct Scalar {
    name: &'static str,
    file: usize,
    bytes: Range<u64>,
    dtype: FileDtype,
}

/// Bytes of a file of the package, and where in it they belong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The file.
    pub path: String,
    /// Its first byte.
    pub at: u64,
    /// What is to be there.
    pub bytes: Vec<u8>,
}

/// How far a conversion is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    /// Tells this conversion from others.
    of: String,
    /// The file and the place in it at which to go on, and the hash of what is before.
    file: usize,
    at: u64,
    hash: LongHash,
    /// Of each shard the end of what was written.
    written: Vec<u64>,
    /// Bytes of the scalars, zero where they have not come yet.
    #[serde(default)]
    scalars: Vec<Vec<u8>>,
}

impl Described {
    /// Checks the small files; `views` is a `views.json`.
    ///
    /// # Errors
    /// As [`convert`](super::convert())'s for everything but weights.
    pub fn new(
        files: &SmallFiles,
        options: ConvertOptions,
        views: Option<Vec<u8>>,
    ) -> Result<Self> {
        let views: GivenViews = views.map(|json| (json, "views".into()));
        Ok(Self {
            prepared: Prepared::new(files, &options, views)?,
            options,
            weights: Weights::default(),
            inputs: Vec::new(),
        })
    }

    /// What the package will take.
    pub fn plan(&self) -> Plan {
        self.prepared.plan(self.options.dtype)
    }

    /// Adds a file of weights: its name, its length, its sha256 if that is known, and its header without the length
    /// before it. The bytes will be taken in the order in which the files are added.
    ///
    /// # Errors
    /// [`Code::PackageTensor`].
    pub fn add_file(
        &mut self,
        name: &str,
        bytes: u64,
        sha256: Option<String>,
        header: &[u8],
    ) -> Result<()> {
        let prepared = &self.prepared;
        self.weights
            .add(name, bytes, header, &|tensor| prepared.rename(name, tensor))?;
        self.inputs.push(InputFile {
            name: name.into(),
            bytes,
            sha256,
        });
        Ok(())
    }

    /// Begins, when all files were added.
    ///
    /// # Errors
    /// [`Code::PackageTensor`] if a tensor is missing, has another shape or type, or is one too many;
    /// [`Code::PackageManifest`].
    pub fn begin(self) -> Result<Conversion> {
        let Self {
            prepared,
            options,
            weights,
            inputs,
        } = self;
        weights.check(prepared.of_checkpoint())?;
        let learned = prepared.views.views.iter().filter(|view| view.learned > 0);
        let random: Vec<String> = learned.map(|view| view.name.clone()).collect();
        let manifest = prepared.manifest(&options, &random)?;
        let layout = Layout::new(&prepared.specs, options.dtype)?;
        let mut tensors = Vec::new();
        for (spec, of) in prepared.specs.iter().enumerate() {
            if of.group == Group::Views {
                continue;
            }
            let (file, entry) = weights.entry(of)?;
            tensors.push(Coming {
                spec,
                file,
                bytes: entry.bytes.clone(),
                dtype: entry.dtype,
            });
        }
        tensors.sort_by_key(|tensor| (tensor.file, tensor.bytes.start));
        let mut scalars = Vec::new();
        for name in prepared.family.scalars() {
            if let Some((file, entry)) = weights.scalar(name)? {
                scalars.push(Scalar {
                    name,
                    file,
                    bytes: entry.bytes.clone(),
                    dtype: entry.dtype,
                });
            }
        }
        let state = State {
            of: identity(&prepared, &manifest, &layout, &inputs)?,
            file: 0,
            at: 0,
            hash: LongHash::default(),
            written: layout
                .shards
                .iter()
                .map(|s| s.header.len() as u64)
                .collect(),
            scalars: scalars.iter().map(|s| vec![0; length(&s.bytes)]).collect(),
        };
        Ok(Conversion {
            prepared,
            manifest,
            layout,
            inputs,
            tensors,
            scalars,
            next: 0,
            rows: 0,
            piece: Vec::new(),
            file: 0,
            at: 0,
            hash: LongHash::default(),
            state,
            sealed: Vec::new(),
            sealing: None,
        })
    }
}

fn length(range: &Range<u64>) -> usize {
    (range.end - range.start) as usize
}

/// Tells a conversion from those of other files or with other options.
fn identity(
    prepared: &Prepared,
    manifest: &Manifest,
    layout: &Layout,
    inputs: &[InputFile],
) -> Result<String> {
    let mut hash = Sha256::new_with_prefix(manifest.to_json()?);
    if let Some(adapter) = &prepared.adapter {
        hash.update(&adapter.sha256);
    }
    for shard in &layout.shards {
        hash.update(&shard.header);
    }
    for input in inputs {
        let sha256 = input.sha256.as_deref().unwrap_or_default();
        hash.update(format!("{} {} {sha256}\n", input.name, input.bytes));
    }
    Ok(hex(&hash.finalize()))
}

impl Conversion {
    /// The files of the package but for its manifest, with their lengths, in the manifest's order.
    pub fn files(&self) -> impl Iterator<Item = (&str, u64)> {
        let tokenizer = (TOKENIZER_FILE, self.prepared.tokenizer.len() as u64);
        let shards = self.layout.shards.iter();
        std::iter::once(tokenizer).chain(shards.map(|shard| (shard.path.as_str(), shard.bytes())))
    }

    /// What is known without any weights: the tokenizer, the headers of the shards, and the learned vectors of views.
    ///
    /// # Errors
    /// [`Code::Internal`].
    pub fn known(&mut self) -> Result<Vec<Write>> {
        let mut writes = vec![Write {
            path: TOKENIZER_FILE.into(),
            at: 0,
            bytes: self.prepared.tokenizer.clone(),
        }];
        for shard in &self.layout.shards {
            writes.push(Write {
                path: shard.path.clone(),
                at: 0,
                bytes: shard.header.clone(),
            });
        }
        for number in 0..self.prepared.specs.len() {
            let spec = &self.prepared.specs[number];
            if spec.group == Group::Views {
                let values = random_values(&spec.name, spec.count());
                self.pack(number, 0, &values, &mut writes)?;
            }
        }
        Ok(writes)
    }

    /// The file of weights whose bytes come next, by the order in which it was added, and the first of them; `None`
    /// when all came.
    pub fn position(&self) -> Option<(usize, u64)> {
        (self.file < self.inputs.len()).then_some((self.file, self.at))
    }

    /// Takes the next bytes, and gives what they become.
    ///
    /// # Errors
    /// [`Code::PackageNotFinite`]; [`Code::PackageTruncated`] for more bytes than were announced;
    /// [`Code::PackageHash`] at the end of a file that has another sha256 than was announced.
    pub fn feed(&mut self, mut bytes: &[u8]) -> Result<Vec<Write>> {
        let mut writes = Vec::new();
        while !bytes.is_empty() {
            let Some(input) = self.inputs.get(self.file) else {
                let why = "has more bytes than its headers say";
                return Err(Error::new(Code::PackageTruncated, "the checkpoint", why));
            };
            let stop = match self.coming() {
                Some((tensor, end)) if self.at >= tensor.bytes.start => end,
                Some((tensor, _)) => tensor.bytes.start,
                None => input.bytes,
            };
            let within = self.coming().is_some_and(|(t, _)| self.at >= t.bytes.start);
            let left = usize::try_from(stop - self.at).unwrap_or(usize::MAX);
            let (head, rest) = bytes.split_at(bytes.len().min(left));
            bytes = rest;
            if input.sha256.is_some() {
                self.hash.update(head);
            }
            self.take_scalars(head);
            self.at += head.len() as u64;
            if within {
                self.piece.extend_from_slice(head);
                if head.len() == left {
                    self.convert_piece(&mut writes)?;
                }
            }
            if self.at == self.inputs[self.file].bytes {
                self.end_file()?;
            }
        }
        Ok(writes)
    }

    /// Where to go on, as a text to be kept, once what was given to be written is.
    pub fn state(&self) -> String {
        serde_json::to_string(&self.state).unwrap_or_default()
    }

    /// Goes on where a conversion stopped whose [`state`](Self::state) was kept, and which has left
    /// [`files`](Self::files) of these lengths. Nothing is changed, and the answer is `false`, if the state is another
    /// conversion's, or if less is there than it says.
    pub fn resume(&mut self, state: &str, lengths: &[u64]) -> bool {
        let Ok(state) = serde_json::from_str::<State>(state) else {
            return false;
        };
        let (file, at) = (state.file, state.at);
        let tokenizer = self.prepared.tokenizer.len() as u64;
        let least = std::iter::once(tokenizer).chain(state.written.iter().copied());
        let there = lengths.len() == self.layout.shards.len() + 1
            && least.zip(lengths).all(|(least, &length)| length >= least);
        let lengths = |scalars: &[Vec<u8>]| scalars.iter().map(Vec::len).collect::<Vec<_>>();
        let same = state.of == self.state.of
            && state.written.len() == self.layout.shards.len()
            && lengths(&state.scalars) == lengths(&self.state.scalars);
        let hashed = self.inputs.get(file).is_some_and(|i| i.sha256.is_some());
        let within = self.inputs.get(file).map_or(0, |input| input.bytes);
        if !there || !same || file > self.inputs.len() || at > within {
            return false;
        }
        if hashed && !state.hash.is_after(at) {
            return false;
        }
        let after = |tensor: &Coming| (tensor.file, tensor.bytes.end) > (file, at);
        let next = self.tensors.iter().position(after);
        let next = next.unwrap_or(self.tensors.len());
        let rows = match self.tensors.get(next) {
            Some(tensor) if tensor.file == file && tensor.bytes.start < at => {
                let row = self.row_bytes(tensor);
                let done = at - tensor.bytes.start;
                if !done.is_multiple_of(row) {
                    return false;
                }
                (done / row) as usize
            }
            _ => 0,
        };
        (self.next, self.rows) = (next, rows);
        (self.file, self.at, self.hash) = (file, at, state.hash.clone());
        self.state = state;
        true
    }

    /// Takes the bytes of the package's files as they were written, from front to back, in the order of
    /// [`files`](Self::files): they are hashed.
    ///
    /// # Errors
    /// [`Code::Internal`] before all weights came, or for more bytes than there are.
    pub fn seal(&mut self, mut bytes: &[u8]) -> Result<()> {
        if self.position().is_some() {
            let why = "is hashed before all of its weights came";
            return Err(Error::new(Code::Internal, &self.manifest.name, why));
        }
        loop {
            let Some((path, length)) = self.files().nth(self.sealed.len()) else {
                return match bytes {
                    [] => Ok(()),
                    _ => {
                        let why = "has more bytes than were written";
                        Err(Error::new(Code::Internal, &self.manifest.name, why))
                    }
                };
            };
            let path = path.to_owned();
            let number = self.sealed.len();
            let shard = number
                .checked_sub(1)
                .and_then(|n| self.layout.shards.get(n));
            let block_bytes = shard.and_then(|shard| shard.block_bytes);
            let mut hash = self.sealing.take().unwrap_or(FileHash::new(block_bytes));
            let left = usize::try_from(length - hash.bytes()).unwrap_or(usize::MAX);
            let (head, rest) = bytes.split_at(bytes.len().min(left));
            hash.update(head);
            bytes = rest;
            if head.len() < left {
                self.sealing = Some(hash);
                return Ok(());
            }
            self.sealed.push(hash.entry(path));
        }
    }

    /// The manifest, when all was hashed.
    ///
    /// # Errors
    /// [`Code::Internal`] before; whatever [`Manifest::validate`] refuses.
    pub fn finish(self) -> Result<Manifest> {
        if self.sealed.len() != self.files().count() {
            let why = "is not whole yet";
            return Err(Error::new(Code::Internal, &self.manifest.name, why));
        }
        let mut manifest = self.manifest;
        let came = || self.scalars.iter().zip(&self.state.scalars);
        manifest.probability = self.prepared.family.probability(|name| {
            let of = came().find(|(scalar, _)| scalar.name == name);
            Ok(of.and_then(|(scalar, bytes)| widen(scalar.dtype, bytes).first().copied()))
        })?;
        manifest.files = self.sealed;
        manifest.validate()?;
        Ok(manifest)
    }

    /// Keeps the scalars that are among the bytes that come next.
    fn take_scalars(&mut self, bytes: &[u8]) {
        let here = self.at..self.at + bytes.len() as u64;
        for (scalar, kept) in self.scalars.iter().zip(&mut self.state.scalars) {
            let part = scalar.bytes.start.max(here.start)..scalar.bytes.end.min(here.end);
            if scalar.file == self.file && part.start < part.end {
                let to = (part.start - scalar.bytes.start) as usize;
                let from = (part.start - here.start) as usize;
                let count = length(&part);
                kept[to..to + count].copy_from_slice(&bytes[from..from + count]);
            }
        }
    }

    /// Bytes of a tensor's row in the checkpoint.
    fn row_bytes(&self, tensor: &Coming) -> u64 {
        (self.spec(tensor).row_len() * tensor.dtype.bitsize() / 8) as u64
    }

    fn spec(&self, tensor: &Coming) -> &TensorSpec {
        &self.prepared.specs[tensor.spec]
    }

    /// The next tensor in this file, and the end of its next piece.
    fn coming(&self) -> Option<(&Coming, u64)> {
        let tensor = self.tensors.get(self.next)?;
        let row = self.row_bytes(tensor);
        let rows = (PIECE as u64 / row).max(1);
        let end = tensor.bytes.start + (self.rows as u64 + rows) * row;
        (tensor.file == self.file).then_some((tensor, end.min(tensor.bytes.end)))
    }

    /// Converts the rows that are there.
    fn convert_piece(&mut self, writes: &mut Vec<Write>) -> Result<()> {
        let Some(tensor) = self.tensors.get(self.next) else {
            return Ok(());
        };
        let (spec, rows) = (tensor.spec, self.rows);
        let mut values = widen(tensor.dtype, &self.piece);
        if let Some(adapter) = &self.prepared.adapter {
            adapter.add_to(&self.prepared.specs[spec].name, rows, &mut values);
        }
        let done = self.piece.len() as u64 / self.row_bytes(tensor);
        self.piece.clear();
        self.pack(spec, rows, &values, writes)?;
        self.rows += done as usize;
        if self.rows == self.prepared.specs[spec].shape[0] {
            self.next += 1;
            self.rows = 0;
        }
        self.note();
        Ok(())
    }

    /// Packs rows from `first` on, and says where they belong.
    fn pack(
        &mut self,
        number: usize,
        first: usize,
        values: &[f32],
        writes: &mut Vec<Write>,
    ) -> Result<()> {
        let spec = &self.prepared.specs[number];
        let dtype = spec.stored_dtype(self.manifest.dtype);
        let Packed { words, scales } = pack_rows(dtype, &spec.name, spec.row_len(), values)?;
        let [stored_values, stored_scales] = &self.layout.tensors[number];
        for (stored, words) in [(stored_values, words), (stored_scales, scales)] {
            let places = stored
                .iter()
                .flat_map(|stored: &Stored| stored.places(first, bytemuck::cast_slice(&words)));
            for place in places {
                let end = place.at + place.bytes.len() as u64;
                let written = &mut self.state.written[place.shard];
                *written = end.max(*written);
                writes.push(Write {
                    path: self.layout.shards[place.shard].path.clone(),
                    at: place.at,
                    bytes: place.bytes.to_vec(),
                });
            }
        }
        Ok(())
    }

    fn end_file(&mut self) -> Result<()> {
        let input = &self.inputs[self.file];
        if let Some(should) = &input.sha256 {
            let is = self.hash.hex();
            if is != *should {
                let why =
                    format!("has the sha256 {is}, the hub states {should}; download it again");
                return Err(Error::new(Code::PackageHash, &input.name, why));
            }
        }
        self.file += 1;
        self.at = 0;
        self.hash = LongHash::default();
        self.note();
        Ok(())
    }

    /// All that came is converted: here it can go on.
    fn note(&mut self) {
        self.state.file = self.file;
        self.state.at = self.at;
        self.state.hash.clone_from(&self.hash);
    }
}
