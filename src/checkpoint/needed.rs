//! Which of a repository's files a checkpoint is converted from.

use super::CONFIG_FILE;
use super::listing::RemoteFile;
use super::weights::{INDEX_FILE, WEIGHTS_FILE};
use crate::{Code, Error, Result};

/// What is taken beside the configuration and the weights, where it is there.
const OTHERS: [&str; 10] = [
    "preprocessor_config.json",
    "processor_config.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "modules.json",
    "config_sentence_transformers.json",
    "tokenizer.json",
    "spiece.model",
    "merges.txt",
    "README.md",
];

/// A tokenizer's vocabulary, which is in `tokenizer.json` too.
const VOCABULARY: &str = "vocab.json";

/// The configuration of the pooling that `modules.json` names, by the folder that everybody has.
const POOLING: &str = "1_Pooling/config.json";

/// Chooses from the files that there are; `shown` is what to call the checkpoint in messages.
pub fn choose(shown: &str, files: &[RemoteFile]) -> Result<Vec<RemoteFile>> {
    let find = |path: &str| files.iter().find(|file| file.path == path);
    let Some(config) = find(CONFIG_FILE) else {
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
    let mut needed = vec![config.clone()];
    needed.extend(OTHERS.iter().filter_map(|path| find(path)).cloned());
    needed.extend(find(POOLING).cloned());
    if find("tokenizer.json").is_none() {
        needed.extend(find(VOCABULARY).cloned());
    }
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

/// What to ask a server for that lists nothing, beside the configuration and the weights.
pub fn small_files() -> impl Iterator<Item = &'static str> {
    OTHERS.into_iter().chain([POOLING, VOCABULARY])
}

/// Whether a file has weights in it. They come last.
pub fn is_weights(file: &RemoteFile) -> bool {
    file.path.ends_with(".safetensors")
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
