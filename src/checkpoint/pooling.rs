//! How `sentence-transformers` says what is done with a network's states: `modules.json`, and a folder for
//! each module.

use serde_json::Value;

use super::section::Section;
use crate::{Code, Error, Result};

/// The list of modules.
pub(super) const MODULES_FILE: &str = "modules.json";

/// Most modules of a list.
const MAX_MODULES: usize = 64;

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
    let Some(kind) = string("type").and_then(|kind| kind.rsplit('.').next()) else {
        let why = "has a module without a `type`";
        return Err(Error::new(Code::Config, shown, why));
    };
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
    if kind == "Pooling" && path.is_empty() {
        let why = "has a pooling module without a `path` to its folder";
        return Err(Error::new(Code::Config, shown, why));
    }
    Ok((path.to_owned(), kind.to_owned()))
}

/// The configurations of pooling modules.
pub(super) fn files(shown: &str, modules: &Value) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for entry in modules.as_array().into_iter().flatten() {
        let (path, kind) = module(shown, entry)?;
        if kind == "Pooling" {
            files.push(config_of(&path));
        }
    }
    Ok(files)
}

fn config_of(path: &str) -> String {
    format!("{path}/config.json")
}

/// Checks every module against what is built, and gives the pooling that is asked for.
pub(super) fn chosen<'a>(
    shown: &str,
    modules: &Value,
    built: &[&str],
    config: impl Fn(&str) -> Option<Section<'a>>,
) -> Result<Option<&'static str>> {
    let mut pooling = None;
    for entry in modules.as_array().into_iter().flatten() {
        let (path, kind) = module(shown, entry)?;
        match kind.as_str() {
            // The network itself, and unit length, which every embedding has here.
            "Transformer" | "Normalize" => {}
            "Pooling" => {
                let file = config_of(&path);
                let section = config(&file).ok_or_else(|| {
                    let why = format!("names a pooling module, but {file} is not there");
                    Error::new(Code::Config, shown, why)
                })?;
                pooling = Some(read(&section, built)?);
            }
            other => {
                let why = format!(
                    "asks for the module {other} ({path}); embeddings of this family are made without it here, \
                     so they would be others than the checkpoint's"
                );
                return Err(Error::new(Code::Config, shown, why));
            }
        }
    }
    Ok(pooling)
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
