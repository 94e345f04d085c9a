//! The default package, agff-nano, which this program carries with it.

use std::borrow::Cow;
use std::path::Path;

use agff::Source;
use agff::package::manifest::MANIFEST_FILE;

pub use agff_nano::NAME;

/// Whether the built-in package is meant, by its name, and not a package in a folder.
pub fn is_meant(path: &Path) -> bool {
    path == Path::new(NAME) && !path.join(MANIFEST_FILE).exists()
}

/// The package as a source.
pub fn source() -> Source {
    let files = agff_nano::FILES.iter();
    Source::memory(files.map(|&(name, bytes)| (name.to_owned(), Cow::Borrowed(bytes))))
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
        let mut carried: Vec<&str> = agff_nano::FILES.iter().map(|&(name, _)| name).collect();
        listed.sort_unstable();
        carried.sort_unstable();
        assert_eq!(listed, carried);
    }
}
