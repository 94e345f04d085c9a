//! How `sentence-transformers` says what is done with a network's states: `modules.json`, and a folder for
//! each module.
//!
//! ```text
//! Transformer ─ Pooling ─ Dense, any number of them ─ Normalize
//! ```

use serde_json::Value;

use super::section::Section;
use super::weights::WEIGHTS_FILE;
use crate::{Code, Error, Result};

/// The list of modules.
pub(super) const MODULES_FILE: &str = "modules.json";

/// Most modules of a list.
const MAX_MODULES: usize = 64;

/// Most values of a vector.
const MAX_FEATURES: usize = 1 << 16;

/// How one vector is made of a sequence's states: the name where a file states it as one string, and the
/// switch that older files have.
const POOLINGS: [(&str, &str); 6] = [
    ("cls", "pooling_mode_cls_token"),
    ("mean", "pooling_mode_mean_tokens"),
    ("max", "pooling_mode_max_tokens"),
    ("mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens"),
    ("weightedmean", "pooling_mode_weightedmean_tokens"),
    (LAST_TOKEN, "pooling_mode_lasttoken"),
];

/// The state of the last token.
pub(crate) const LAST_TOKEN: &str = "lasttoken";

/// What is done with a network's states.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Modules {
    /// How one vector is made of them, if that is said.
    pub pooling: Option<&'static str>,
    /// What that vector goes through.
    pub dense: Vec<DenseModule>,
    /// The file that says that a prompt's tokens are left out of the pooling.
    pub without_prompt: Option<String>,
}

/// A linear layer with an activation.
#[derive(Debug, PartialEq)]
pub(crate) struct DenseModule {
    /// Its folder.
    pub path: String,
    pub in_features: usize,
    pub out_features: usize,
    pub bias: bool,
    /// The last part of the activation's type.
    pub activation: String,
}

/// Whose modules and activations are meant; others of the same name are somebody's own code.
const LIBRARY: &str = "sentence_transformers.";
const ACTIVATIONS: &str = "torch.nn.";

/// Reads the list.
pub(super) fn modules_json(json: &[u8], shown: &str) -> Result<Value> {
    let fail = |why: String| Error::new(Code::Config, shown, why);
    let value: Value = serde_json::from_slice(json)
        .map_err(|e| fail(format!("is not a JSON list: {e}")).with_source(e))?;
    match value.as_array() {
        Some(list) if list.len() <= MAX_MODULES => Ok(value),
        Some(list) => Err(fail(format!(
            "has {} modules; {MAX_MODULES} are read",
            list.len()
        ))),
        None => Err(fail("is not a list of modules".into())),
    }
}

/// A module of the list: what it is called, and the last part of its type.
fn module(shown: &str, module: &Value) -> Result<(String, String)> {
    let string = |field: &str| module.get(field).and_then(Value::as_str);
    let Some(kind) = string("type") else {
        let why = "has a module without a `type`";
        return Err(Error::new(Code::Config, shown, why));
    };
    if !kind.starts_with(LIBRARY) {
        let why =
            format!("asks for the module {kind}, whose code is not that of sentence-transformers");
        return Err(Error::new(Code::Config, shown, why));
    }
    let kind = kind.rsplit('.').next().unwrap_or(kind);
    let path = match module.get("path") {
        None => "",
        Some(path) => path.as_str().ok_or_else(|| {
            let why = format!("has a module whose `path` is {path}, not a string");
            Error::new(Code::Config, shown, why)
        })?,
    };
    // It must not lead out of the folder.
    let ok = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if path.starts_with('.') || !path.chars().all(ok) {
        let why = format!("has a module at {path:?}, which is not the name of a folder beside it");
        return Err(Error::new(Code::Config, shown, why));
    }
    if has_folder(kind) && path.is_empty() {
        let why = format!("has the module {kind} without a `path` to its folder");
        return Err(Error::new(Code::Config, shown, why));
    }
    Ok((path.to_owned(), kind.to_owned()))
}

/// Whether a module is described by a file of its own.
fn has_folder(kind: &str) -> bool {
    matches!(kind, "Pooling" | "Dense")
}

/// The files of modules' weights, in the order of the vector's way.
pub(super) fn weights(shown: &str, modules: &Value) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for entry in modules.as_array().into_iter().flatten() {
        let (path, kind) = module(shown, entry)?;
        if kind == "Dense" {
            files.push(format!("{path}/{WEIGHTS_FILE}"));
        }
    }
    Ok(files)
}

/// The configurations of modules.
pub(super) fn files(shown: &str, modules: &Value) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for entry in modules.as_array().into_iter().flatten() {
        let (path, kind) = module(shown, entry)?;
        if has_folder(&kind) {
            files.push(config_of(&path));
        }
    }
    Ok(files)
}

fn config_of(path: &str) -> String {
    format!("{path}/config.json")
}

/// Checks every module against what is built, and gives what is asked for.
pub(super) fn chosen<'a>(
    shown: &str,
    modules: &Value,
    built: &[&str],
    config: impl Fn(&str) -> Option<Section<'a>>,
) -> Result<Modules> {
    let mut of = Modules::default();
    let (mut begun, mut normalised) = (false, false);
    let mut paths = Vec::new();
    let fail = |why: String| Err(Error::new(Code::Config, shown, why));
    let read_config = |path: &str, kind: &str| {
        let file = config_of(path);
        config(&file).ok_or_else(|| {
            let why = format!("names the module {kind}, but {file} is not there");
            Error::new(Code::Config, shown, why)
        })
    };
    for entry in modules.as_array().into_iter().flatten() {
        let (path, kind) = module(shown, entry)?;
        if has_folder(&kind) {
            if paths.contains(&path) {
                return fail(format!("names the folder {path} twice"));
            }
            paths.push(path.clone());
        }
        match kind.as_str() {
            // The network itself.
            "Transformer" if begun => return fail("has two Transformers".into()),
            "Transformer" if !path.is_empty() => {
                return fail(format!(
                    "has the network in the folder {path}; name that folder"
                ));
            }
            "Transformer" => begun = true,
            // Unit length, which every embedding has here.
            "Normalize" => normalised = true,
            "Pooling" if begun && of.pooling.is_none() && !normalised => {
                let config = read_config(&path, &kind)?;
                of.pooling = Some(read(&config, built)?);
                if config.boolean("include_prompt")? == Some(false) {
                    of.without_prompt = Some(config_of(&path));
                }
            }
            "Dense" if of.pooling.is_some() && !normalised => {
                of.dense.push(dense(&read_config(&path, &kind)?, path)?);
            }
            "Pooling" | "Dense" => {
                return fail(format!(
                    "has {kind} ({path}) at another place than in Transformer, Pooling, Dense, Normalize, which \
                     is the order that is built here"
                ));
            }
            other => {
                return fail(format!(
                    "asks for the module {other} ({path}); embeddings of this family are made without it here, \
                     so they would be others than the checkpoint's"
                ));
            }
        }
    }
    match begun {
        true => Ok(of),
        false => fail("names no Transformer".into()),
    }
}

/// A linear layer.
fn dense(section: &Section<'_>, path: String) -> Result<DenseModule> {
    for field in ["module_input_name", "module_output_name"] {
        section.one_of(field, &["sentence_embedding"])?;
    }
    // Without a statement it is the one that the library begins with.
    let activation = section.string("activation_function")?;
    let activation = activation.unwrap_or("torch.nn.modules.activation.Tanh");
    if !activation.starts_with(ACTIVATIONS) {
        return section.refuse(
            "activation_function",
            "only those of torch.nn are known here",
        );
    }
    let activation = activation.rsplit('.').next().unwrap_or_default();
    let size = |field: &str| match section.size(field, 0)? {
        features @ 1..=MAX_FEATURES => Ok(features),
        _ => section.refuse(field, &format!("it must be between 1 and {MAX_FEATURES}")),
    };
    Ok(DenseModule {
        path,
        in_features: size("in_features")?,
        out_features: size("out_features")?,
        bias: section.boolean("bias")?.unwrap_or(true),
        activation: activation.to_owned(),
    })
}

/// The one pooling of a module.
fn read(section: &Section<'_>, built: &[&str]) -> Result<&'static str> {
    let why = format!("built here for this family: {}", built.join(", "));
    if let Some(mode) = section.string("pooling_mode")? {
        let known = POOLINGS.into_iter().find(|(name, _)| *name == mode);
        return match known.filter(|(name, _)| built.contains(name)) {
            Some((name, _)) => Ok(name),
            None => section.refuse("pooling_mode", &why),
        };
    }
    let mut pooling = None;
    for (name, switch) in POOLINGS {
        // The mean is taken unless that is switched off.
        let on = section.boolean(switch)?.unwrap_or(name == "mean");
        if !on {
            continue;
        }
        if !built.contains(&name) {
            return section.refuse(switch, &why);
        }
        if let Some(other) = pooling.replace(name) {
            let why = format!("{other} is on as well; only one of them can be built here");
            return section.refuse(switch, &why);
        }
    }
    pooling.ok_or_else(|| section.wrong("pooling_mode", "names no pooling at all"))
}
