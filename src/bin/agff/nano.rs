//! The default package, agff-nano, which this program carries with it.

use std::borrow::Cow;

use agff::Source;

/// What it is called.
pub const NAME: &str = "agff-nano";

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/agff-nano/", $name)))),*]
    };
}

/// Its files: what its manifest lists, and the manifest.
const FILES: [(&str, &[u8]); 4] = files![
    "agff.json",
    "tokenizer.json",
    "weights-00001.safetensors",
    "embed-00001.safetensors",
];

/// The package as a source.
pub fn source() -> Source {
    Source::memory(FILES.map(|(name, bytes)| (name.to_owned(), Cow::Borrowed(bytes))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_is_carried_whole() {
        let package = pollster::block_on(agff::package::Package::open(source())).unwrap();
        assert_eq!(package.manifest().name, NAME);
        let mut listed: Vec<&str> = package
            .manifest()
            .files
            .iter()
            .map(|f| f.path.as_str())
            .collect();
        listed.push(agff::package::manifest::MANIFEST_FILE);
        let mut carried = FILES.map(|(name, _)| name).to_vec();
        listed.sort_unstable();
        carried.sort_unstable();
        assert_eq!(listed, carried);
    }
}
