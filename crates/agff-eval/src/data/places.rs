//! Paths as data files have them: relative to the file, so that both can be moved together.

use std::path::{Component, Path, PathBuf};

/// The path of the file `to` as seen from `folder`; both must be there. Absolute if they have nothing in
/// common but the root, or cannot be resolved.
pub(super) fn relative(folder: &Path, to: &Path) -> PathBuf {
    let here = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    let (Ok(from), Ok(target)) = (here.canonicalize(), resolved(to)) else {
        return std::path::absolute(to).unwrap_or_else(|_| to.to_owned());
    };
    let common = from
        .components()
        .zip(target.components())
        .take_while(|(a, b)| a == b)
        .filter(|(part, _)| matches!(part, Component::Normal(_)))
        .count();
    if common == 0 {
        return target;
    }
    let shared = |path: &Path| {
        let not_normal = |part: &Component<'_>| !matches!(part, Component::Normal(_));
        path.components().take_while(not_normal).count() + common
    };
    let up = from.components().skip(shared(&from)).map(|_| "..");
    let down = target.components().skip(shared(&target));
    up.map(PathBuf::from)
        .chain(down.map(|part| PathBuf::from(part.as_os_str())))
        .collect()
}

/// The path with the links of its folder followed, but not its own: its name may tell what is in it.
fn resolved(path: &Path) -> std::io::Result<PathBuf> {
    match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) if folder.as_os_str().is_empty() => {
            Ok(Path::new(".").canonicalize()?.join(name))
        }
        (Some(folder), Some(name)) => Ok(folder.canonicalize()?.join(name)),
        _ => path.canonicalize(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_from_the_folder_to_the_file() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["a/b", "a/c/d"] {
            std::fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        let at = |path: &str| root.path().join(path);
        for (folder, file, expected) in [
            ("a", "a/b/1.jpg", "b/1.jpg"),
            ("a/b", "a/b/1.jpg", "1.jpg"),
            ("a/c/d", "a/b/1.jpg", "../../b/1.jpg"),
            ("a/b", "a/b/../c/2.jpg", "../c/2.jpg"),
        ] {
            assert_eq!(relative(&at(folder), &at(file)), Path::new(expected));
            let again = at(folder).join(expected);
            assert_eq!(
                again.parent().unwrap().canonicalize().unwrap(),
                at(file).parent().unwrap().canonicalize().unwrap()
            );
        }
    }

    #[test]
    fn a_folder_that_is_not_there_leaves_an_absolute_path() {
        let path = relative(Path::new("/no/such/folder"), Path::new("/no/other/1.jpg"));
        assert!(path.is_absolute());
    }
}
