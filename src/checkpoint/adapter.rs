//! Adapters of PEFT: products of two thin matrices that are added to a checkpoint's weights (LoRA: Hu et al., arXiv
//! 2106.09685). They are folded in while the weights are converted, so a package has none.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::files::SmallFiles;
use super::section::{Section, object};
use super::weights::widen;
use crate::tensors::shard::{self, PREFIX};
use crate::tensors::{Kind, TensorSpec, hex};
use crate::{Code, Error, Result};

/// What an adapter says of itself.
pub const ADAPTER_CONFIG_FILE: &str = "adapter_config.json";

/// Its matrices.
pub const ADAPTER_WEIGHTS_FILE: &str = "adapter_model.safetensors";

/// Most bytes of the matrices.
pub(super) const MAX_BYTES: u64 = 256 << 20;

/// What stands before the names of a model's parts.
const OUTSIDE: &str = "base_model.model.";

/// An adapter.
#[derive(Debug)]
pub(crate) struct Adapter {
    /// What is added to each weight, by its name in packages.
    products: BTreeMap<String, Product>,
    /// Tells it from others.
    pub sha256: String,
}

/// `up · down`, `[rows, rank] · [rank, columns]`.
#[derive(Debug)]
struct Product {
    rows: usize,
    columns: usize,
    down: Vec<f32>,
    /// With the scale of the whole in it.
    up: Vec<f32>,
}

/// A matrix of the file.
struct Matrix {
    name: String,
    shape: [usize; 2],
    values: Vec<f32>,
    /// Whether embeddings do not come from the weight that it changes.
    unused: bool,
}

impl Adapter {
    /// Reads the one that is among a checkpoint's small files, if there is one. `rename` gives the names of weights in
    /// packages.
    ///
    /// # Errors
    /// [`Code::PackageFileMissing`] if one of its two files is missing, [`Code::Config`] for a kind that is not folded
    /// in here, [`Code::PackageTensor`], [`Code::PackageTruncated`], [`Code::PackageNotFinite`].
    pub fn of(files: &SmallFiles, rename: super::weights::Rename<'_>) -> Result<Option<Self>> {
        let names = [ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE];
        let missing = |name: &str| {
            let why = "is not there, though the other file of an adapter is";
            Err(Error::new(Code::PackageFileMissing, files.shown(name), why))
        };
        let (config, weights) = match names.map(|name| files.get(name)) {
            [None, None] => return Ok(None),
            [None, Some(_)] => return missing(ADAPTER_CONFIG_FILE),
            [Some(_), None] => return missing(ADAPTER_WEIGHTS_FILE),
            [Some(config), Some(weights)] => (config, weights),
        };
        let shown = files.shown(ADAPTER_CONFIG_FILE);
        let config = object(config, &shown)?;
        let scale = Scale::read(&Section::root(&config, &shown))?;
        let shown = files.shown(ADAPTER_WEIGHTS_FILE);
        let products = products(weights, &shown, rename, &scale).map_err(|e| {
            // Of a matrix, but in which file?
            let why = format!("{} {}", e.subject(), e.message());
            match e.subject() == shown {
                true => e,
                false => Error::new(e.code(), shown, why),
            }
        })?;
        let mut hash = Sha256::new_with_prefix(weights);
        hash.update(files.get(ADAPTER_CONFIG_FILE).unwrap_or_default());
        Ok(Some(Self {
            products,
            sha256: hex(&hash.finalize()),
        }))
    }

    /// Checks that it belongs to a model of these tensors.
    ///
    /// # Errors
    /// [`Code::PackageTensor`], naming the weight.
    pub fn check<'a>(&self, specs: impl Iterator<Item = &'a TensorSpec>) -> Result<()> {
        let specs: BTreeMap<&str, &TensorSpec> = specs.map(|s| (s.name.as_str(), s)).collect();
        for (name, product) in &self.products {
            let shape = [product.rows, product.columns];
            let why = match specs.get(name.as_str()) {
                Some(spec) if spec.kind == Kind::TokenTable => {
                    "has an adapter, which is not folded into token embeddings here".into()
                }
                Some(spec) if spec.kind == Kind::Plain => {
                    "has an adapter, but is no linear layer: it is another model's".into()
                }
                Some(spec) if spec.shape == shape => continue,
                Some(spec) => format!(
                    "has the shape {:?}, and its adapter is for {shape:?}: it is another model's",
                    spec.shape
                ),
                None => {
                    "has an adapter, but is no weight of this model: it is another model's".into()
                }
            };
            return Err(Error::new(Code::PackageTensor, name, why));
        }
        Ok(())
    }

    /// Adds what it changes to rows of a weight, from `first` on.
    pub fn add_to(&self, name: &str, first: usize, values: &mut [f32]) {
        let Some(Product {
            columns, down, up, ..
        }) = self.products.get(name)
        else {
            return;
        };
        let rank = down.len() / columns;
        for (row, up) in values
            .chunks_exact_mut(*columns)
            .zip(up[first * rank..].chunks_exact(rank))
        {
            for (&factor, down) in up.iter().zip(down.chunks_exact(*columns)) {
                for (value, &d) in row.iter_mut().zip(down) {
                    *value += factor * d;
                }
            }
        }
    }
}

/// What products are multiplied with.
struct Scale {
    alpha: f64,
    /// Whether the rank's square root divides it, not the rank.
    by_root: bool,
    /// The ranks that the configuration speaks of.
    ranks: Vec<u64>,
}

impl Scale {
    /// Reads the configuration. What would change weights in another way is refused.
    fn read(s: &Section<'_>) -> Result<Self> {
        if !s.present("peft_type") {
            return Err(s.wrong(
                "peft_type",
                "is not there; of an adapter of LoRA it is \"LORA\"",
            ));
        }
        s.one_of("peft_type", &["LORA"])?;
        s.one_of("bias", &["none"])?;
        plain_only(s)?;
        let alpha = s.float("lora_alpha", 8.0)?;
        if !(alpha as f32).is_finite() {
            return s.refuse("lora_alpha", "no weight could be multiplied with it");
        }
        let mut ranks = vec![s.number("r")?.unwrap_or(8)];
        let others = s.section("rank_pattern")?;
        for pattern in others.names() {
            ranks.extend(others.number(pattern)?);
        }
        Ok(Self {
            alpha,
            by_root: s.boolean("use_rslora")? == Some(true),
            ranks,
        })
    }

    fn of(&self, rank: usize) -> f64 {
        match self.by_root {
            true => self.alpha / (rank as f64).sqrt(),
            false => self.alpha / rank as f64,
        }
    }
}

/// Refuses what is not plain LoRA.
fn plain_only(s: &Section<'_>) -> Result<()> {
    // With any other PEFT changes the model's own weights as well, when it loads the adapter.
    const BEGINNINGS: [&str; 5] = ["gaussian", "orthogonal", "eva", "mica", "lora_ga"];
    let begun = s.value("init_lora_weights");
    if begun.is_some_and(|begun| !begun.is_boolean()) {
        let begun = s.string("init_lora_weights")?.unwrap_or_default();
        if !BEGINNINGS.contains(&begun.to_ascii_lowercase().as_str()) {
            return s.refuse(
                "init_lora_weights",
                "PEFT changes the model's own weights with it; save the adapter as plain LoRA \
                 (`path_initial_model_for_weight_conversion`)",
            );
        }
    }
    for switch in [
        "use_dora",
        "fan_in_fan_out",
        "lora_bias",
        "use_qalora",
        "use_bdlora",
    ] {
        if s.boolean(switch)? == Some(true) {
            return s.refuse(switch, "only plain LoRA is folded in here");
        }
    }
    for more in [
        "modules_to_save",
        "alpha_pattern",
        "layer_replication",
        "trainable_token_indices",
        "target_parameters",
        "megatron_config",
        "alora_invocation_tokens",
        "arrow_config",
        "kasa_config",
        "monteclora_config",
    ] {
        let empty = match s.value(more) {
            None => true,
            Some(value) => {
                value.as_array().is_some_and(Vec::is_empty)
                    || value.as_object().is_some_and(serde_json::Map::is_empty)
            }
        };
        if !empty {
            return s.refuse(more, "only plain LoRA is folded in here");
        }
    }
    Ok(())
}

/// Puts the pairs of matrices of a file together.
fn products(
    file: &[u8],
    shown: &str,
    rename: super::weights::Rename<'_>,
    scale: &Scale,
) -> Result<BTreeMap<String, Product>> {
    // By the weight's name in packages, or by its own where embeddings do not come from it.
    let mut downs = BTreeMap::new();
    let mut ups = BTreeMap::new();
    let mut adapter = None;
    for (name, mut matrix) in matrices(file, shown)? {
        let Part { side, path, own } = Part::of(&name)?;
        if *adapter.get_or_insert_with(|| own.to_owned()) != own {
            let why = "is of another adapter than the tensors before it; save one alone";
            return Err(Error::new(Code::PackageTensor, &name, why));
        }
        let weight = format!("{path}.weight");
        let of = match side {
            Side::Down => &mut downs,
            Side::Up => &mut ups,
        };
        let canonical = rename(&weight);
        matrix.unused = canonical.is_none();
        if let Some(other) = of.insert(canonical.unwrap_or(weight), matrix) {
            let why = format!("is there twice, also as {}", other.name);
            return Err(Error::new(Code::PackageTensor, &name, why));
        }
    }
    let alone = |matrix: &Matrix| {
        let why = "is there without the other matrix of its pair";
        Err(Error::new(Code::PackageTensor, &matrix.name, why))
    };
    let mut products = BTreeMap::new();
    for (weight, down) in downs {
        let Some(up) = ups.remove(&weight) else {
            return alone(&down);
        };
        let ([rank, columns], [rows, other]) = (down.shape, up.shape);
        if rank != other || rank == 0 || columns == 0 || rows == 0 {
            let why = format!(
                "is {:?}, and the other of its pair {:?}",
                down.shape, up.shape
            );
            return Err(Error::new(Code::PackageTensor, &down.name, why));
        }
        if !scale.ranks.contains(&(rank as u64)) {
            let why = format!(
                "has the rank {rank}, and {ADAPTER_CONFIG_FILE} speaks of {:?}: they do not belong together",
                scale.ranks
            );
            return Err(Error::new(Code::PackageTensor, &down.name, why));
        }
        let nothing = |matrix: &Matrix| matrix.values.iter().all(|&v| v == 0.0);
        if down.unused {
            // Training never reached it, so it is as it began.
            if nothing(&up) || nothing(&down) {
                continue;
            }
            let why = "is for a part of the model that its embeddings do not come from; leave it out of `target_modules`";
            return Err(Error::new(Code::PackageTensor, &down.name, why));
        }
        let factor = scale.of(rank);
        let product = Product {
            rows,
            columns,
            down: down.values,
            up: up
                .values
                .iter()
                .map(|&v| (f64::from(v) * factor) as f32)
                .collect(),
        };
        if !product.is_finite() {
            let why = "is too large with the other of its pair and `lora_alpha`: their product is infinite";
            return Err(Error::new(Code::PackageNotFinite, &down.name, why));
        }
        products.insert(weight, product);
    }
    if let Some(up) = ups.values().next() {
        return alone(up);
    }
    if products.is_empty() {
        let why = "has no matrices of an adapter in it";
        return Err(Error::new(Code::PackageTensor, shown, why));
    }
    Ok(products)
}

impl Product {
    /// Whether no entry of it is beyond an f32.
    fn is_finite(&self) -> bool {
        let largest = |values: &[f32]| {
            let sizes = values.iter().map(|&v| f64::from(v).abs());
            sizes.fold(0.0, f64::max)
        };
        let rank = self.down.len() / self.columns;
        rank as f64 * largest(&self.down) * largest(&self.up) < f64::from(f32::MAX)
    }
}

/// Which of its pair a matrix is.
enum Side {
    Down,
    Up,
}

/// What a matrix's name says.
struct Part<'a> {
    /// Which of its pair it is.
    side: Side,
    /// The part of the model that it belongs to.
    path: &'a str,
    /// The adapter's own name, which stands in some files: `.lora_A.default.weight`.
    own: &'a str,
}

impl<'a> Part<'a> {
    fn of(name: &'a str) -> Result<Self> {
        let within = name.strip_prefix(OUTSIDE).and_then(|name| {
            let stem = name.strip_suffix(".weight")?;
            let (path, rest) = stem.rsplit_once(".lora_")?;
            let (side, own) = rest.split_once('.').unwrap_or((rest, ""));
            let side = match side {
                "A" => Side::Down,
                "B" => Side::Up,
                _ => return None,
            };
            Some(Self { side, path, own })
        });
        within.ok_or_else(|| {
            let why = "is no part of plain LoRA, which alone is folded in here";
            Error::new(Code::PackageTensor, name, why)
        })
    }
}

/// The matrices of a file, widened.
fn matrices(file: &[u8], shown: &str) -> Result<Vec<(String, Matrix)>> {
    let short = || {
        let why = "ends within its header; download it again";
        Error::new(Code::PackageTruncated, shown, why)
    };
    let (prefix, rest) = file.split_at_checked(PREFIX as usize).ok_or_else(short)?;
    let prefix = prefix.try_into().map_err(|_| short())?;
    let length = shard::header_len(prefix, shown, file.len() as u64)? as usize;
    let header = rest.get(..length).ok_or_else(short)?;
    let mut matrices = Vec::new();
    for entry in shard::parse_header(header, shown, file.len() as u64)? {
        let fail = |code, why: String| Err(Error::new(code, &entry.name, why));
        use safetensors::Dtype::{BF16, F16, F32};
        if !matches!(entry.dtype, F32 | F16 | BF16) {
            let why = format!("is {:?}; f32, f16 and bf16 are converted", entry.dtype);
            return fail(Code::PackageTensor, why);
        }
        let &[rows, columns] = &entry.shape[..] else {
            let why = format!("has the shape {:?}; a matrix was expected", entry.shape);
            return fail(Code::PackageTensor, why);
        };
        let values = widen(
            entry.dtype,
            &file[entry.bytes.start as usize..entry.bytes.end as usize],
        );
        if !values.iter().all(|value| value.is_finite()) {
            let why = "has values that are not numbers; download it again".into();
            return fail(Code::PackageNotFinite, why);
        }
        let matrix = Matrix {
            name: entry.name.clone(),
            shape: [rows, columns],
            values,
            unused: false,
        };
        matrices.push((entry.name, matrix));
    }
    Ok(matrices)
}

#[cfg(test)]
mod tests {
    use safetensors::tensor::{Dtype, TensorView};

    use super::*;

    /// An adapter of one pair of rank 2 for a weight `[3, 2]`.
    fn files(config: &str, names: [&str; 2]) -> SmallFiles {
        let bytes = |values: &[f32]| {
            values
                .iter()
                .flat_map(|v| v.to_le_bytes())
                .collect::<Vec<u8>>()
        };
        let (a, b) = (
            bytes(&[1.0, 2.0, 3.0, 4.0]),
            bytes(&[1.0, 0.0, 0.0, 1.0, 1.0, 1.0]),
        );
        let tensors = [
            (
                names[0],
                TensorView::new(Dtype::F32, vec![2, 2], &a).unwrap(),
            ),
            (
                names[1],
                TensorView::new(Dtype::F32, vec![3, 2], &b).unwrap(),
            ),
        ];
        let mut files = SmallFiles::new("");
        let weights = safetensors::serialize(tensors, None).unwrap();
        files.insert(ADAPTER_CONFIG_FILE, config.into()).unwrap();
        files.insert(ADAPTER_WEIGHTS_FILE, weights).unwrap();
        files
    }

    const PAIR: [&str; 2] = [
        "base_model.model.layer.query.lora_A.default.weight",
        "base_model.model.layer.query.lora_B.default.weight",
    ];
    const CONFIG: &str = r#"{"peft_type": "LORA", "r": 2, "lora_alpha": 4, "bias": "none", "modules_to_save": null}"#;

    fn read(config: &str, names: [&str; 2]) -> Result<Option<Adapter>> {
        Adapter::of(&files(config, names), &|name| {
            Some(name.replace("layer", "l"))
        })
    }

    #[test]
    fn the_product_is_added_to_the_rows_that_come() {
        let adapter = read(CONFIG, PAIR).unwrap().unwrap();
        let mut rows = [10.0; 4];
        adapter.add_to("l.query.weight", 1, &mut rows);
        // Rows 1 and 2 of 2 · up · down.
        assert_eq!(rows, [16.0, 18.0, 18.0, 22.0]);
        adapter.add_to("l.key.weight", 0, &mut rows);
        assert_eq!(rows, [16.0, 18.0, 18.0, 22.0]);
        let by_root = CONFIG.replace("\"r\"", "\"use_rslora\": true, \"r\"");
        let mut row = [0.0; 2];
        let adapter = read(&by_root, PAIR).unwrap().unwrap();
        adapter.add_to("l.query.weight", 0, &mut row);
        let factor = 4.0 / 2.0_f32.sqrt();
        assert_eq!(row, [factor, 2.0 * factor]);
    }

    #[test]
    fn what_is_not_plain_lora_is_refused_by_name() {
        for (config, field) in [
            (CONFIG.replace("LORA", "IA3"), "peft_type"),
            (CONFIG.replace("none", "all"), "bias"),
            (CONFIG.replace("null", "[\"head\"]"), "modules_to_save"),
            (
                CONFIG.replace("\"r\"", "\"use_dora\": true, \"r\""),
                "use_dora",
            ),
            (
                CONFIG.replace("\"r\"", "\"init_lora_weights\": \"pissa_niter_4\", \"r\""),
                "init_lora_weights",
            ),
            (CONFIG.replace("\"LORA\"", "null"), "peft_type"),
            (CONFIG.replace(": 4,", ": 1e39,"), "lora_alpha"),
            (
                CONFIG.replace("\"r\"", "\"alpha_pattern\": {\"a\": 1}, \"r\""),
                "alpha_pattern",
            ),
        ] {
            let error = read(&config, PAIR).unwrap_err();
            assert_eq!(error.code(), Code::Config, "{error}");
            assert!(error.message().contains(field), "{error}");
        }
        for names in [
            [
                PAIR[0],
                "base_model.model.layer.query.lora_magnitude_vector",
            ],
            [PAIR[0], "base_model.model.layer.key.lora_B.weight"],
            ["layer.query.lora_A.weight", PAIR[1]],
            // Of two adapters.
            ["base_model.model.layer.query.lora_A.weight", PAIR[1]],
        ] {
            let error = read(CONFIG, names).unwrap_err();
            assert_eq!(error.code(), Code::PackageTensor, "{error}");
        }
        let other_rank = CONFIG.replace(": 2,", ": 8,");
        let error = read(&other_rank, PAIR).unwrap_err();
        assert!(error.message().contains("rank"), "{error}");
        let mut alone = SmallFiles::new("");
        alone.insert(ADAPTER_CONFIG_FILE, CONFIG.into()).unwrap();
        let error = Adapter::of(&alone, &|_| None).unwrap_err();
        assert_eq!(error.code(), Code::PackageFileMissing);
    }

    #[test]
    fn it_belongs_to_one_model() {
        let adapter = read(CONFIG, PAIR).unwrap().unwrap();
        let spec = |name: &str, shape: [usize; 2]| TensorSpec {
            name: name.into(),
            kind: Kind::Linear,
            ..TensorSpec::token_table(shape)
        };
        adapter
            .check([spec("l.query.weight", [3, 2])].iter())
            .unwrap();
        for other in [spec("l.query.weight", [2, 2]), spec("l.key.weight", [3, 2])] {
            let error = adapter.check([other].iter()).unwrap_err();
            assert_eq!(error.code(), Code::PackageTensor);
            assert_eq!(error.subject(), "l.query.weight");
        }
    }
}
