//! Which files to fetch.

use agff::checkpoint::{
    ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE, CONFIG_FILE, INDEX_FILE, RemoteFile, WEIGHTS_FILE,
    files_of_index, is_weights, small_files,
};
use agff::{Address, Code, Error, Result};

use crate::What;
use crate::client::{Answer, Client, GoOn, shown};

/// Without the weights, if those are not wanted.
pub fn wanted(files: Vec<RemoteFile>, weights: bool) -> Vec<RemoteFile> {
    let keep = |file: &RemoteFile| weights || !is_weights(&file.path);
    files.into_iter().filter(keep).collect()
}

/// Asks a server that lists nothing for each file. What the index of shards names is known once it is there.
pub fn probe(
    client: &Client,
    address: &Address,
    what: What,
    go_on: GoOn<'_>,
) -> Result<Vec<RemoteFile>> {
    let of = |path: &str, answer: Answer| RemoteFile {
        path: path.into(),
        bytes: answer.whole(),
        sha256: None,
        immutable: false,
        version: answer.version().map(str::to_owned),
    };
    let find = |path: &str, go_on: GoOn<'_>| -> Result<Option<RemoteFile>> {
        let answer = client.find(&address.file(path), go_on)?;
        Ok(answer.map(|answer| of(path, answer)))
    };
    if let What::Adapter = what {
        let mut found = Vec::new();
        for path in [ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE] {
            found.extend(find(path, go_on)?);
        }
        return what.choose(&address.shown(), &found);
    }
    // Whether anything may be read there at all.
    let config = client.get(&address.file(CONFIG_FILE), 0, None, go_on)?;
    let Some(config) = config.map(|answer| of(CONFIG_FILE, answer)) else {
        let why = format!("has no {CONFIG_FILE}; is it the folder of a checkpoint?");
        return Err(Error::new(Code::PackageFileMissing, address.shown(), why));
    };
    let mut needed = vec![config];
    for path in small_files() {
        needed.extend(find(&path, go_on)?);
    }
    if let Some(weights) = find(WEIGHTS_FILE, go_on)? {
        needed.push(weights);
        return Ok(needed);
    }
    let url = address.file(INDEX_FILE);
    let Some(json) = client.small(&url, go_on)? else {
        let why = format!(
            "has neither {WEIGHTS_FILE} nor {INDEX_FILE}; other formats of weights are not read"
        );
        return Err(Error::new(Code::PackageFileMissing, address.shown(), why));
    };
    let shards = files_of_index(&json, shown(&url))?;
    needed.extend(find(INDEX_FILE, go_on)?);
    for shard in shards {
        match find(&shard, go_on)? {
            Some(file) => needed.push(file),
            None => {
                let url = address.file(&shard);
                let why = "is not there, though the index names it";
                return Err(Error::new(Code::PackageFileMissing, shown(&url), why));
            }
        }
    }
    Ok(needed)
}
