//! Which of a repository's files a checkpoint is converted from.

use super::listing::RemoteFile;
use super::weights::{INDEX_FILE, WEIGHTS_FILE};
use super::{ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE, CONFIG_FILE, adapter};
use crate::{Code, Error, Result};

/// What is taken beside the configuration and the weights, where it is there.
const OTHERS: [&str; 14] = [
    "preprocessor_config.json",
    "processor_config.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "modules.json",
    "config_sentence_transformers.json",
    "sentence_bert_config.json",
    "added_tokens.json",
    "tokenizer.json",
    "spiece.model",
    "merges.txt",
    "README.md",
    ADAPTER_CONFIG_FILE,
    ADAPTER_WEIGHTS_FILE,
];

/// A tokenizer's vocabulary, in one file or the other, which is in `tokenizer.json` too.
const VOCABULARIES: [&str; 2] = ["vocab.json", "vocab.txt"];

/// The configuration of the pooling that `modules.json` names, by the folder that everybody has.
const POOLING: &str = "1_Pooling/config.json";

/// What `modules.json` may name behind the pooling, by the folders that everybody has.
const DENSE: [&str; 2] = ["2_Dense", "3_Dense"];

/// Chooses from the files that there are; `shown` is what to call the checkpoint in messages.
pub fn choose(shown: &str, files: &[RemoteFile]) -> Result<Vec<RemoteFile>> {
    let find = |path: &str| files.iter().find(|file| file.path == path);
    let Some(config) = find(CONFIG_FILE) else {
        if find(ADAPTER_CONFIG_FILE).is_some() {
            let why = "is an adapter of PEFT alone: name the model that it was made for, and this as its adapter";
            return Err(Error::new(Code::PackageFileMissing, shown, why));
        }
        let why = match files
            .iter()
            .find(|file| file.path.ends_with("/config.json"))
        {
            Some(other) => format!(
                "has no {CONFIG_FILE}; {:?} is in a folder below: name that folder",
                other.path
            ),
            None if find(WEIGHTS_FILE).is_some() || find(INDEX_FILE).is_some() => {
                format!("has no {CONFIG_FILE}, which says what model its weights are of")
            }
            None => no_weights(files),
        };
        return Err(Error::new(Code::PackageFileMissing, shown, why));
    };
    if find(ADAPTER_CONFIG_FILE).is_some() {
        let why = "has an adapter beside weights of its own, which the makers' library adds to the model that \
                   adapter_config.json names: convert that one, with this as its adapter; or download the folder, \
                   and leave in it what is meant";
        return Err(Error::new(Code::Config, shown, why));
    }
    let mut needed = vec![config.clone()];
    needed.extend(OTHERS.iter().filter_map(|path| find(path)).cloned());
    needed.extend(find(POOLING).cloned());
    if find("tokenizer.json").is_none() {
        needed.extend(VOCABULARIES.into_iter().filter_map(find).cloned());
    }
    let (weights, configs): (Vec<_>, Vec<_>) = files
        .iter()
        .filter(|file| is_dense(&file.path))
        .cloned()
        .partition(|file| is_weights(&file.path));
    needed.extend(configs);
    needed.extend(weights);
    // One file is preferred, as it is in a folder.
    match (find(WEIGHTS_FILE), find(INDEX_FILE)) {
        (Some(weights), _) => needed.push(weights.clone()),
        (None, Some(index)) => {
            needed.push(index.clone());
            let shards = files.iter().filter(|file| is_shard(&file.path));
            needed.extend(shards.cloned());
        }
        (None, None) => {
            return Err(Error::new(Code::PackageFamily, shown, no_weights(files)));
        }
    }
    Ok(needed)
}

/// Chooses the two files of an adapter from those that there are.
///
/// # Errors
/// [`Code::PackageFileMissing`], [`Code::PackageFamily`] for other formats, [`Code::Input`] for one that is too long.
pub fn choose_adapter(shown: &str, files: &[RemoteFile]) -> Result<Vec<RemoteFile>> {
    let names = [ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE];
    let found = names.map(|path| files.iter().find(|file| file.path == path));
    match found {
        [Some(_), Some(weights)] if weights.bytes > Some(adapter::MAX_BYTES) => {
            let why = format!(
                "has an adapter of {} bytes; up to {} are read. Merge it into its model with PEFT \
                 (`merge_and_unload`), and convert that",
                weights.bytes.unwrap_or_default(),
                adapter::MAX_BYTES
            );
            Err(Error::new(Code::Input, shown, why))
        }
        [Some(config), Some(weights)] => Ok(vec![config.clone(), weights.clone()]),
        [None, _] => {
            let why = "has no adapter_config.json; is it the repository of an adapter?";
            Err(Error::new(Code::PackageFileMissing, shown, why))
        }
        [Some(_), None] => {
            let why = format!(
                "has no {ADAPTER_WEIGHTS_FILE}, and an adapter is read from nothing else: a pickle, as \
                 adapter_model.bin, can run any program when it is opened. Save the adapter anew, as safetensors"
            );
            Err(Error::new(Code::PackageFamily, shown, why))
        }
    }
}

/// What to ask a server for that lists nothing, beside the configuration and the weights.
pub fn small_files() -> impl Iterator<Item = String> {
    let others = OTHERS.into_iter().chain([POOLING]).map(str::to_owned);
    let others = others.chain(VOCABULARIES.map(str::to_owned));
    // Weights come last.
    let dense = |file: &'static str| DENSE.map(|folder| format!("{folder}/{file}"));
    others.chain(dense(CONFIG_FILE)).chain(dense(WEIGHTS_FILE))
}

/// Whether this is one of the two files of a linear layer behind the network.
fn is_dense(path: &str) -> bool {
    path.split_once('/').is_some_and(|(folder, file)| {
        let numbered = folder.strip_suffix("_Dense");
        let numbered = numbered.is_some_and(|n| n.parse::<u8>().is_ok());
        numbered && (file == CONFIG_FILE || file == WEIGHTS_FILE)
    })
}

/// Whether a file has weights in it. They come last.
pub fn is_weights(path: &str) -> bool {
    path.ends_with(".safetensors") && path != ADAPTER_WEIGHTS_FILE
}

/// Whether this is one of the files of an index.
fn is_shard(path: &str) -> bool {
    path.starts_with("model-") && path.contains("-of-") && path.ends_with(".safetensors")
}

/// Says what there is in the place of weights that are read here.
fn no_weights(files: &[RemoteFile]) -> String {
    let has = |ending: &str| files.iter().any(|file| file.path.ends_with(ending));
    let what = if has(".bin") || has(".pt") || has(".pth") {
        "has its weights as a Python pickle only, which can run any program when it is opened; it is not read here. \
         Take the safetensors that the hub's bot offers in a pull request (NAME@refs/pr/N)"
    } else if has(".gguf") {
        "has its weights as GGUF only; take the repository that those were made of"
    } else if has(".onnx") {
        "has its weights as ONNX only; take the repository that those were made of"
    } else {
        "has no model.safetensors; is it the repository of a model?"
    };
    what.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(paths: &[&str]) -> Result<Vec<String>> {
        let files: Vec<RemoteFile> = paths
            .iter()
            .map(|path| RemoteFile {
                path: (*path).into(),
                bytes: Some(1),
                sha256: None,
                immutable: true,
                version: None,
            })
            .collect();
        let needed = choose("a/b", &files)?;
        Ok(needed.into_iter().map(|file| file.path).collect())
    }

    #[test]
    fn an_adapter_beside_weights_could_be_of_another_model() {
        let files = [
            "config.json",
            "adapter_config.json",
            "adapter_model.safetensors",
            "model.safetensors",
        ];
        let error = listing(&files).unwrap_err();
        assert!(error.message().contains("as its adapter"), "{error}");
    }

    #[test]
    fn an_adapter_is_safetensors_of_a_size_that_is_read() {
        let file = |path: &str, bytes: u64| RemoteFile {
            path: path.into(),
            bytes: Some(bytes),
            sha256: None,
            immutable: true,
            version: None,
        };
        let config = file(ADAPTER_CONFIG_FILE, 100);
        let chosen = |weights| choose_adapter("a/b", &[config.clone(), weights]);
        let right = chosen(file(ADAPTER_WEIGHTS_FILE, 1 << 20)).unwrap();
        assert_eq!(right.len(), 2);
        let long = chosen(file(ADAPTER_WEIGHTS_FILE, 1 << 30)).unwrap_err();
        assert_eq!(long.code(), Code::Input, "{long}");
        let pickle = chosen(file("adapter_model.bin", 100)).unwrap_err();
        assert!(pickle.message().contains("pickle"), "{pickle}");
    }

    #[test]
    fn only_what_is_needed_is_chosen() {
        let all = [
            "config.json",
            "model.safetensors",
            "pytorch_model.bin",
            "tokenizer.json",
            "vocab.json",
            "merges.txt",
            "onnx/model.onnx",
            "README.md",
            "photo.png",
            "tf_model.h5",
        ];
        let chosen = listing(&all).unwrap();
        assert_eq!(
            chosen,
            [
                "config.json",
                "tokenizer.json",
                "merges.txt",
                "README.md",
                "model.safetensors"
            ]
        );
        let shards = [
            "config.json",
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
            "model.safetensors.index.json",
            "vocab.json",
            "merges.txt",
        ];
        assert_eq!(listing(&shards).unwrap().len(), 6);
    }

    #[test]
    fn weights_in_other_formats_are_named() {
        for (paths, code, says) in [
            (
                &["config.json", "pytorch_model.bin"][..],
                Code::PackageFamily,
                "pickle",
            ),
            (&["config.json", "model.gguf"], Code::PackageFamily, "GGUF"),
            (
                &["config.json", "onnx/model.onnx"],
                Code::PackageFamily,
                "ONNX",
            ),
            (&["model.Q4_K_M.gguf"], Code::PackageFileMissing, "GGUF"),
            (
                &["text/config.json", "text/model.safetensors"],
                Code::PackageFileMissing,
                "text/config.json",
            ),
            (
                &["model.safetensors"],
                Code::PackageFileMissing,
                "no config.json",
            ),
            (
                &["notes.md"],
                Code::PackageFileMissing,
                "is it the repository",
            ),
        ] {
            let error = listing(paths).unwrap_err();
            assert_eq!(error.code(), code, "{paths:?}");
            assert!(error.message().contains(says), "{paths:?}: {error}");
        }
    }
}
