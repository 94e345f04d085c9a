//! The small files that describe a checkpoint.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::files::SmallFiles;
use super::pooling::{self, Modules};
use super::section::{Section, object};
use crate::{Code, Error, Result};

/// The configuration's file name.
pub const CONFIG_FILE: &str = "config.json";

/// The image processor's own file.
const PREPROCESSOR_FILE: &str = "preprocessor_config.json";

/// The file that `transformers` 5 writes in its place, with the image processor inside.
const PROCESSOR_FILE: &str = "processor_config.json";

/// The prompts of `sentence-transformers`.
const PROMPTS_FILE: &str = "config_sentence_transformers.json";

/// How `sentence-transformers` reads texts.
const SENTENCES_FILE: &str = "sentence_bert_config.json";

/// What the tokenizer's special tokens are, in the newer and the older file.
const TOKENIZER_CONFIG_FILES: [&str; 2] = ["tokenizer_config.json", "special_tokens_map.json"];

/// Those that a checkpoint may have beside its `config.json`.
pub(super) const OTHERS: [&str; 7] = [
    PREPROCESSOR_FILE,
    PROCESSOR_FILE,
    PROMPTS_FILE,
    SENTENCES_FILE,
    pooling::MODULES_FILE,
    TOKENIZER_CONFIG_FILES[0],
    TOKENIZER_CONFIG_FILES[1],
];

/// Most bytes of one of these files.
pub(super) const MAX_BYTES: u64 = 8 << 20;

/// The JSON files that describe a checkpoint, read but not yet understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// By name: how to call it in messages, and its object or list.
    files: BTreeMap<String, (String, Value)>,
}

/// What is put before texts.
#[derive(Debug, Default)]
pub(crate) struct Prompts {
    /// By what they are for, such as `query`.
    pub named: BTreeMap<String, String>,
    /// If nothing is said; empty for none.
    pub default: String,
}

impl Description {
    /// Reads the `config.json`.
    ///
    /// # Errors
    /// [`Code::PackageFileMissing`] if there is none, [`Code::Config`] if it is not JSON.
    pub fn config(files: &SmallFiles) -> Result<Self> {
        let mut description = Self {
            files: BTreeMap::new(),
        };
        description.read_file(files, CONFIG_FILE, true)?;
        Ok(description)
    }

    /// Reads the others that there are.
    ///
    /// # Errors
    /// As [`config`](Self::config).
    pub fn read_others(&mut self, files: &SmallFiles) -> Result<()> {
        for name in OTHERS {
            self.read_file(files, name, false)?;
        }
        for name in self.pooling_files()? {
            self.read_file(files, &name, true)?;
        }
        Ok(())
    }

    fn read_file(&mut self, files: &SmallFiles, name: &str, needed: bool) -> Result<()> {
        match files.get(name) {
            Some(bytes) => self.insert(name, files.shown(name), bytes),
            None if needed => {
                let shown = files.shown(name);
                Err(Error::new(Code::PackageFileMissing, shown, "is not there"))
            }
            None => Ok(()),
        }
    }

    /// Adds a file: its name in the checkpoint, how to call it in messages, and its bytes.
    ///
    /// # Errors
    /// [`Code::Config`] if it is not JSON.
    pub fn insert(&mut self, name: &str, shown: String, json: &[u8]) -> Result<()> {
        let value = match name {
            pooling::MODULES_FILE => pooling::modules_json(json, &shown)?,
            _ => Value::Object(object(json, &shown)?),
        };
        self.files.insert(name.to_owned(), (shown, value));
        Ok(())
    }

    /// What the `config.json` says that the checkpoint is.
    ///
    /// # Errors
    /// [`Code::Config`] if it is not a string.
    pub fn model_type(&self) -> Result<&str> {
        let section = self.section(CONFIG_FILE)?;
        Ok(section.string("model_type")?.unwrap_or_default())
    }

    /// How to call a file in messages.
    pub fn shown<'a>(&'a self, name: &'a str) -> &'a str {
        self.files.get(name).map_or(name, |(shown, _)| shown)
    }

    /// The object in a file that must be there.
    ///
    /// # Errors
    /// [`Code::PackageFileMissing`].
    pub(crate) fn section(&self, name: &str) -> Result<Section<'_>> {
        self.object(name).map_or_else(
            || {
                let why = "is not there; name a checkpoint's folder";
                Err(Error::new(Code::PackageFileMissing, name, why))
            },
            |(map, shown)| Ok(Section::root(map, shown)),
        )
    }

    /// The image processor's object, wherever it is.
    ///
    /// # Errors
    /// [`Code::Config`] if it is not an object.
    pub(crate) fn image_processor(&self) -> Result<Option<Section<'_>>> {
        if let Some((map, shown)) = self.object(PROCESSOR_FILE) {
            let root = Section::root(map, shown);
            if root.present("image_processor") {
                return root.section("image_processor").map(Some);
            }
        }
        let own = self.object(PREPROCESSOR_FILE);
        Ok(own.map(|(map, shown)| Section::root(map, shown)))
    }

    /// Refuses a checkpoint whose weights are quantised already.
    ///
    /// # Errors
    /// [`Code::Config`].
    pub(crate) fn not_quantised(&self) -> Result<()> {
        let root = self.section(CONFIG_FILE)?;
        match root.present("quantization_config") {
            true => root.refuse(
                "quantization_config",
                "the checkpoint is already quantised; convert the original one",
            ),
            false => Ok(()),
        }
    }

    /// What `sentence-transformers` puts before texts: by name, and without a name.
    ///
    /// # Errors
    /// [`Code::Config`] if one is no string, or the default is none of them.
    pub(crate) fn prompts(&self) -> Result<Prompts> {
        let Some((map, shown)) = self.object(PROMPTS_FILE) else {
            return Ok(Prompts::default());
        };
        let root = Section::root(map, shown);
        let prompts = root.section("prompts")?;
        let mut named = BTreeMap::new();
        for name in prompts.names() {
            // An empty one says that there is none.
            if let Some(prompt) = prompts.string(name)?.filter(|prompt| !prompt.is_empty()) {
                named.insert(name.to_owned(), prompt.to_owned());
            }
        }
        let default = match root.string("default_prompt_name")? {
            None => None,
            Some(name) if prompts.present(name) => named.get(name).cloned(),
            Some(_) => {
                return root.refuse("default_prompt_name", "`prompts` has none of that name");
            }
        };
        Ok(Prompts {
            named,
            default: default.unwrap_or_default(),
        })
    }

    /// The token that begins a text, if the tokenizer's files name it.
    ///
    /// # Errors
    /// [`Code::Config`] if it is no token.
    pub(crate) fn start_token(&self) -> Result<Option<&str>> {
        self.special_token("bos_token")
    }

    /// The token that ends a text.
    ///
    /// # Errors
    /// As [`start_token`](Self::start_token).
    pub(crate) fn end_token(&self) -> Result<Option<&str>> {
        self.special_token("eos_token")
    }

    /// The token before a text of BERT's kind.
    ///
    /// # Errors
    /// As [`start_token`](Self::start_token).
    pub(crate) fn class_token(&self) -> Result<Option<&str>> {
        self.special_token("cls_token")
    }

    /// The token after a text of BERT's kind.
    ///
    /// # Errors
    /// As [`start_token`](Self::start_token).
    pub(crate) fn separator_token(&self) -> Result<Option<&str>> {
        self.special_token("sep_token")
    }

    /// Most tokens of a text, as `sentence-transformers` cuts it: what its own file says, and else the tokenizer's.
    ///
    /// # Errors
    /// [`Code::Config`] if it is no number.
    pub(crate) fn max_tokens(&self) -> Result<Option<usize>> {
        if let Some((map, shown)) = self.object(SENTENCES_FILE) {
            let own = Section::root(map, shown).number("max_seq_length")?;
            if let Some(most) = own {
                return Ok(usize::try_from(most).ok());
            }
        }
        let Some((map, shown)) = self.object(TOKENIZER_CONFIG_FILES[0]) else {
            return Ok(None);
        };
        // Without a limit it is some 10³⁰.
        let most = Section::root(map, shown).float("model_max_length", f64::INFINITY)?;
        Ok((most < f64::from(u32::MAX)).then_some(most.max(0.0) as usize))
    }

    /// The token that texts are filled up with.
    ///
    /// # Errors
    /// As [`start_token`](Self::start_token).
    pub(crate) fn padding_token(&self) -> Result<Option<&str>> {
        self.special_token("pad_token")
    }

    /// Whether the tokenizer's file asks for padding before a text.
    ///
    /// # Errors
    /// [`Code::Config`] if it names no side.
    pub(crate) fn pads_left(&self) -> Result<bool> {
        let Some((map, shown)) = self.object(TOKENIZER_CONFIG_FILES[0]) else {
            return Ok(false);
        };
        let root = Section::root(map, shown);
        root.one_of("padding_side", &["left", "right"])?;
        Ok(root.string("padding_side")? == Some("left"))
    }

    /// A special token by itself, or as the `content` of an object.
    fn special_token(&self, field: &str) -> Result<Option<&str>> {
        for name in TOKENIZER_CONFIG_FILES {
            let Some((map, shown)) = self.object(name) else {
                continue;
            };
            let token = Section::root(map, shown).token(field)?;
            if token.is_some() {
                return Ok(token);
            }
        }
        Ok(None)
    }

    /// The one of these poolings that the checkpoint asks for; `None` if it says nothing of it. What would
    /// change its vectors afterwards is refused.
    ///
    /// # Errors
    /// [`Code::Config`], naming the file and what it asks for.
    pub(crate) fn pooling(&self, built: &[&str]) -> Result<Option<&'static str>> {
        let modules = self.modules(built)?;
        match modules.dense.first() {
            None => Ok(modules.pooling),
            Some(dense) => {
                let why = format!(
                    "asks for the module Dense ({}); embeddings of this family are made without it here, so they \
                     would be others than the checkpoint's",
                    dense.path
                );
                Err(Error::new(
                    Code::Config,
                    self.shown(pooling::MODULES_FILE),
                    why,
                ))
            }
        }
    }

    /// What the checkpoint asks to be done with a network's states: one of these poolings, and linear layers. What
    /// else would change its vectors is refused.
    ///
    /// # Errors
    /// As [`pooling`](Self::pooling).
    pub(crate) fn modules(&self, built: &[&str]) -> Result<Modules> {
        let Some((shown, modules)) = self.files.get(pooling::MODULES_FILE) else {
            return Ok(Modules::default());
        };
        pooling::chosen(shown, modules, built, |file| {
            self.object(file)
                .map(|(map, shown)| Section::root(map, shown))
        })
    }

    /// The files of the weights of linear layers behind the network, in their order.
    ///
    /// # Errors
    /// [`Code::Config`].
    pub(crate) fn module_weights(&self) -> Result<Vec<String>> {
        match self.files.get(pooling::MODULES_FILE) {
            Some((shown, modules)) => pooling::weights(shown, modules),
            None => Ok(Vec::new()),
        }
    }

    fn pooling_files(&self) -> Result<Vec<String>> {
        match self.files.get(pooling::MODULES_FILE) {
            Some((shown, modules)) => pooling::files(shown, modules),
            None => Ok(Vec::new()),
        }
    }

    fn object(&self, name: &str) -> Option<(&Map<String, Value>, &str)> {
        let (shown, value) = self.files.get(name)?;
        Some((value.as_object()?, shown))
    }
}
