//! What training starts from, and what it becomes: a package's tensors in host memory.

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest, Sha256};

use agff::families::check_views;
use agff::input::text::Tokenizer;
use agff::package::manifest::{Dtype, Manifest, View};
use agff::package::{Package, PackageWriter, Source, TokenTable};
use agff::tensors::quantize::{Packed, unpack_rows};
use agff::tensors::{
    EMBEDDING_DEVIATION, Group, Init, Kind, RawTensor, Suffix, TOKEN_TABLE, TensorSpec,
};
use agff::{Code, Error, Result};

use super::random::{Draw, What};

/// The global view's learned vectors.
const GLOBAL: &str = "views.global";

/// Bytes of token embeddings that are kept in memory where they are read from the package.
const TOKEN_CACHE: usize = 64 << 20;

/// A package in memory. Linear weights stay as they are stored; the token embeddings are read by
/// row from the package, or are here as floats.
pub struct Base {
    /// What the package says about itself.
    pub manifest: Manifest,
    /// `tokenizer.json`.
    pub tokenizer: Vec<u8>,
    tensors: BTreeMap<String, RawTensor>,
    table: Table,
}

/// How learned vectors of new views begin; the recipe's [`Views`](super::recipe::Views) say it.
#[derive(Debug, Clone, Copy)]
pub struct NewViews {
    /// By chance, with this multiple of the token embeddings' deviation;
    pub scale: f64,
    /// or as the global view, with noise of this multiple, if it is above 0.
    pub noise: f64,
}

enum Table {
    Read(TokenTable),
    Floats(Vec<f32>),
}

impl Base {
    /// Reads a package.
    ///
    /// # Errors
    /// Those of [`Package`].
    pub async fn package(source: Source) -> Result<Self> {
        let package = Package::open(source).await?;
        let tokenizer = package.tokenizer_bytes().await?;
        let table = package.token_table(TOKEN_CACHE).await?;
        let mut tensors = BTreeMap::new();
        package
            .load_tensors(&mut |_| (), |tensor| {
                tensors.insert(tensor.name.clone(), tensor);
                Ok(())
            })
            .await?;
        Ok(Self {
            manifest: package.manifest().clone(),
            tokenizer,
            tensors,
            table: Table::Read(table),
        })
    }

    /// A model by chance: weights of variance 1/fan-in (those that end a residual branch smaller by
    /// the root of the number of branches), norms of one, biases of zero, embeddings and learned views
    /// of deviation 0.3. The manifest must be complete but for its files.
    ///
    /// # Errors
    /// [`Code::Config`] for a model that cannot exist; [`Code::Tokenizer`].
    pub fn random(manifest: Manifest, tokenizer: Vec<u8>, seed: u64) -> Result<Self> {
        manifest.config.validate()?;
        Tokenizer::from_bytes(&tokenizer)?;
        let mut tensors = BTreeMap::new();
        let mut table = Vec::new();
        for spec in manifest.tensors() {
            let values = init_tensor(&spec, seed);
            if spec.kind == Kind::TokenTable {
                table = values;
            } else {
                let tensor = RawTensor::f32(&spec.name, spec.shape, &values);
                tensors.insert(spec.name, tensor);
            }
        }
        Ok(Self {
            manifest,
            tokenizer,
            tensors,
            table: Table::Floats(table),
        })
    }

    /// The same model with linear maps behind its towers, which begin at nothing.
    ///
    /// # Errors
    /// [`Code::Recipe`] if the family has none.
    pub fn with_maps(mut self) -> Result<Self> {
        let Some(config) = self.manifest.config.with_maps() else {
            let family = self.manifest.config.family();
            let why = format!("is \"maps\", which the family {family} has none of; take \"lora\"");
            return Err(Error::new(Code::Recipe, "train", why));
        };
        self.manifest.config = config;
        for spec in self.specs() {
            if spec.group == Group::Maps && self.floats(&spec).is_err() {
                let tensor =
                    RawTensor::f32(&spec.name, spec.shape.clone(), &vec![0.0; spec.count()]);
                self.tensors.insert(spec.name, tensor);
            }
        }
        Ok(self)
    }

    /// The same model with other views. Learned vectors of views that are there already, with as many
    /// vectors, stay; the others begin as `start` says.
    ///
    /// # Errors
    /// [`Code::PackageManifest`] if the views are none that the model can have; errors of reading token embeddings.
    pub fn with_views(mut self, views: Vec<View>, seed: u64, start: NewViews) -> Result<Self> {
        let global = self.global_branch()?;
        let mut deviation = None;
        let before = std::mem::replace(&mut self.manifest.views, views);
        check_views(&self.manifest.views)?;
        self.manifest.config.check(self.manifest.settings())?;
        let kept = |view: &View| {
            before
                .iter()
                .any(|b| (&b.name, b.learned) == (&view.name, view.learned))
        };
        self.tensors
            .retain(|name, _| match name.strip_prefix("views.") {
                Some(name) => self
                    .manifest
                    .views
                    .iter()
                    .any(|v| v.name == name && kept(v)),
                None => true,
            });
        for spec in self.specs() {
            if spec.group == Group::Views && !self.tensors.contains_key(&spec.name) {
                let count = spec.count();
                // Where a vector of zeros looks at everything, that is what the global view does.
                let near = match spec.init {
                    Init::Zeros => Some(vec![0.0; count]),
                    _ if spec.name == GLOBAL || global.len() < count => None,
                    _ => Some(global[global.len() - count..].to_vec()),
                };
                let of = match (spec.init, deviation) {
                    (Init::Zeros, _) => EMBEDDING_DEVIATION,
                    (_, Some(known)) => known,
                    (_, None) => *deviation.insert(self.token_deviation()?),
                };
                let (mut values, share) = match near {
                    Some(values) if start.noise > 0.0 => (values, start.noise),
                    _ => (vec![0.0; count], start.scale),
                };
                let noise = chance(seed, &spec.name, share as f32 * of, count);
                values
                    .iter_mut()
                    .zip(noise)
                    .for_each(|(x, noise)| *x += noise);
                let tensor = RawTensor::f32(&spec.name, spec.shape, &values);
                self.tensors.insert(spec.name, tensor);
            }
        }
        Ok(self)
    }

    /// What the global view's branch is made of, one vector after the other: the embeddings of its tokens, and its
    /// learned vectors.
    fn global_branch(&self) -> Result<Vec<f32>> {
        let Some(view) = self.manifest.views.first() else {
            return Ok(Vec::new());
        };
        let mut branch = Vec::new();
        if !view.prompt.is_empty() {
            let tokenizer = Tokenizer::from_bytes(&self.tokenizer)?;
            branch.extend(self.token_rows(&tokenizer.encode(&view.prompt)?)?);
        }
        if let Some(learned) = self.tensors.get(GLOBAL).and_then(RawTensor::as_f32) {
            branch.extend_from_slice(learned);
        }
        Ok(branch)
    }

    /// The deviation of token embeddings, of a thousand of them: some runs of neighbours, so that little of a large table is
    /// read.
    fn token_deviation(&self) -> Result<f32> {
        let [rows, _] = self.manifest.config.token_table();
        let begins = (0..rows).step_by(rows.div_ceil(16));
        let ids = begins.flat_map(|begin| begin..rows.min(begin + 64));
        let ids: Vec<u32> = ids.map(|id| id as u32).collect();
        let values = self.token_rows(&ids)?;
        let squares: f64 = values.iter().map(|&x| f64::from(x).powi(2)).sum();
        Ok((squares / values.len() as f64).sqrt() as f32)
    }

    /// The tensors as they are stored, without the token embeddings.
    pub fn stored(&self) -> impl Iterator<Item = &RawTensor> {
        self.tensors.values()
    }

    /// Every tensor of the model.
    pub fn specs(&self) -> Vec<TensorSpec> {
        self.manifest.tensors()
    }

    /// The values of a tensor, unpacked if it is stored packed.
    ///
    /// # Errors
    /// [`Code::PackageTensor`] if there is none of that name; errors of reading token embeddings.
    pub fn floats(&self, spec: &TensorSpec) -> Result<Vec<f32>> {
        let name = spec.name.as_str();
        if name == TOKEN_TABLE {
            return match &self.table {
                Table::Floats(values) => Ok(values.clone()),
                Table::Read(table) => {
                    let ids: Vec<u32> = (0..table.rows_total() as u32).collect();
                    pollster::block_on(table.rows(&ids))
                }
            };
        }
        let missing = || Error::new(Code::PackageTensor, name, "is not in the package");
        if let Some(values) = self.tensors.get(name).and_then(RawTensor::as_f32) {
            return Ok(values.to_vec());
        }
        let (dtype, words) = [Suffix::F16, Suffix::Q8, Suffix::Q4]
            .into_iter()
            .find_map(|suffix| {
                let stored = self.tensors.get(&format!("{name}{}", suffix.as_str()))?;
                Some((suffix.dtype()?, stored.words.clone()))
            })
            .ok_or_else(missing)?;
        let scales = self
            .tensors
            .get(&format!("{name}{}", Suffix::Scales.as_str()))
            .map(|scales| scales.words.clone());
        let packed = Packed {
            words,
            scales: scales.unwrap_or_default(),
        };
        unpack_rows(dtype, name, spec.shape[1], &packed)
    }

    /// The embeddings of these token ids, `[ids, hidden]`.
    ///
    /// # Errors
    /// Those of [`TokenTable::rows`].
    pub fn token_rows(&self, ids: &[u32]) -> Result<Vec<f32>> {
        match &self.table {
            Table::Read(table) => pollster::block_on(table.rows(ids)),
            Table::Floats(values) => {
                let [_, width] = self.manifest.config.token_table();
                let rows = ids
                    .iter()
                    .map(|&id| &values[id as usize * width..][..width]);
                Ok(rows.collect::<Vec<_>>().concat())
            }
        }
    }

    /// Writes a package of the model's tensors, each from `values` or, where that has none, from
    /// here. Linear weights are stored as `dtype`, token embeddings too (q8 where that is q4); where it is `None` as they
    /// are here, and those of `values` as the manifest says.
    ///
    /// # Errors
    /// Those of [`PackageWriter`]; [`Code::PackageNotFinite`] for values that cannot be packed.
    pub fn write(
        &self,
        out: &Path,
        force: bool,
        manifest: Manifest,
        dtype: Option<Dtype>,
        values: impl Fn(&TensorSpec) -> Result<Option<Vec<f32>>>,
    ) -> Result<Manifest> {
        let mut writer = PackageWriter::create(out, force)?;
        for spec in manifest.tensors() {
            let given = values(&spec)?;
            let mut own = spec.stored_dtype(dtype.unwrap_or(manifest.dtype));
            if dtype.is_none() && given.is_none() {
                let stored = self.tensors.values();
                let mut parts = stored.filter(|t| t.split_name().0 == spec.name).peekable();
                if parts.peek().is_some() {
                    parts.try_for_each(|tensor| writer.tensor(tensor))?;
                    continue;
                }
                if let Table::Read(table) = &self.table {
                    own = table.dtype();
                }
            }
            let values = match given {
                Some(values) => values,
                None => self.floats(&spec)?,
            };
            check_finite(&spec, &values)?;
            for tensor in RawTensor::stored(&spec, own, &values)? {
                writer.tensor(&tensor)?;
            }
        }
        let manifest = Manifest {
            dtype: dtype.unwrap_or(manifest.dtype),
            ..manifest
        };
        writer.finish(manifest, &self.tokenizer)
    }
}

/// Refuses what no package may have.
fn check_finite(spec: &TensorSpec, values: &[f32]) -> Result<()> {
    match values.iter().position(|x| !x.is_finite()) {
        None => Ok(()),
        Some(at) => Err(Error::new(
            Code::PackageNotFinite,
            &spec.name,
            format!("value {at} is {}; training has diverged", values[at]),
        )),
    }
}

/// A tensor's first values, from the seed and its name.
fn init_tensor(spec: &TensorSpec, seed: u64) -> Vec<f32> {
    let count = spec.count();
    let deviation = match spec.init {
        Init::Zeros => return vec![0.0; count],
        Init::Ones => return vec![1.0; count],
        Init::FanIn { branches } => 1.0 / (spec.shape[1] as f32 * branches as f32).sqrt(),
        Init::Deviation(deviation) => deviation,
    };
    chance(seed, &spec.name, deviation, count)
}

/// Numbers of this deviation, from the seed and the name of a tensor.
fn chance(seed: u64, tensor: &str, deviation: f32, count: usize) -> Vec<f32> {
    let mut draw = drawn(seed, tensor);
    // Uniform: its deviation is its half width over √3.
    let half = f64::from(deviation * 3f32.sqrt());
    (0..count)
        .map(|_| draw.between(-half, half) as f32)
        .collect()
}

/// What the first values of a tensor are drawn from.
pub(super) fn drawn(seed: u64, tensor: &str) -> Draw {
    let hash = Sha256::digest(tensor.as_bytes());
    let (index, _) = hash.split_first_chunk().expect("a hash has 32 bytes");
    Draw::new(seed, 0, What::Weights, u64::from_le_bytes(*index))
}

#[cfg(test)]
mod tests {
    use super::super::encoder::Encoder;
    use super::super::parameters::Parameters;
    use super::super::passes::{chunks, outputs};
    use super::super::recipe::{Lora, Train};
    use super::super::testing::{device, inputs, tiny};
    use super::*;

    /// The least cosine of a new fine view with the global one, whose branch is a token and a learned vector.
    fn nearness(learned: usize, noise: f64) -> f64 {
        let view = |name: &str, prompt: &str, learned| View {
            name: name.into(),
            prompt: prompt.into(),
            learned,
            region: None,
        };
        let start = NewViews { scale: 1.0, noise };
        let global = view("global", "<|im_start|>", 1);
        let base = tiny(0).with_views(vec![global.clone()], 5, start).unwrap();
        let views = vec![global, view("fine-1", "", learned)];
        let base = base.with_views(views, 5, start).unwrap();
        let (train, lora) = (Train::Views, Lora::default());
        let parameters = Parameters::new(&base, train, &lora, None, 3, &device()).unwrap();
        let encoder = Encoder::new(base, train, &lora, &parameters, &device(), None).unwrap();
        let items = inputs(&encoder, 6);
        let made = outputs(&encoder, &parameters, &items, &chunks(&items, 6, 6)).unwrap();
        let width = encoder.dimensions();
        let cosine = |pair: &[f32]| {
            let (a, b) = pair.split_at(width);
            let dot =
                |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
            dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
        };
        made.chunks(2 * width).map(cosine).fold(1.0, f64::min)
    }

    #[test]
    fn new_fine_views_begin_as_the_global_view_with_noise() {
        assert!(nearness(2, 1e-4) > 0.99999, "{}", nearness(2, 1e-4));
        let noisy = nearness(2, 0.1);
        assert!((0.9..0.9999).contains(&noisy), "{noisy}");
        // By chance, if that is asked for, and where the global view's branch is too short.
        assert!(nearness(2, 0.0) < 0.9 && nearness(3, 1e-4) < 0.9);
    }

    #[test]
    fn chance_has_the_deviation_of_token_embeddings() {
        let base = tiny(0);
        let spread = |scale: f64| {
            let views = vec![View {
                name: "global".into(),
                learned: 64,
                ..View::default()
            }];
            let start = NewViews { scale, noise: 0.0 };
            let base = tiny(0).with_views(views, 1, start).unwrap();
            let values = base.tensors[GLOBAL].as_f32().unwrap();
            let squares: f32 = values.iter().map(|x| x * x).sum();
            (squares / values.len() as f32).sqrt()
        };
        let own = base.token_deviation().unwrap();
        assert!((spread(1.0) / own - 1.0).abs() < 0.1);
        assert!((spread(0.5) / own - 0.5).abs() < 0.1);
    }
}
