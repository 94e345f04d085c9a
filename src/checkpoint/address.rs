//! Where a checkpoint is on the web: what a model hub calls it, or the URL of a folder.

use crate::{Code, Error, Result};

/// The hub that names belong to if nothing else is said.
pub const HUB: &str = "https://huggingface.co";

/// The hub's other hosts.
const ALIASES: [&str; 2] = ["hf.co", "www.huggingface.co"];

/// The revision that is taken if none is named.
const MAIN: &str = "main";

/// What stands between a repository and its revision in the addresses that people copy.
const VIEWS: [&str; 4] = ["resolve", "blob", "tree", "raw"];

/// The address of a checkpoint's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    place: Place,
    /// A folder below, with no slash at its ends.
    folder: String,
    /// What stands after the `?` of every file's URL.
    query: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Hub(Repository),
    /// A URL without its final slash.
    Folder(String),
}

/// A repository of a hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// The hub's URL, without its final slash.
    pub hub: String,
    /// `owner/name`.
    pub name: String,
    /// A branch, a tag, or a commit.
    pub revision: String,
}

impl Address {
    /// Reads a name such as `google/siglip2-base-patch16-224`, with `@revision` if it is not `main`, or a URL: of a
    /// repository, of one of its folders or files as a browser shows them, or of any other folder that has a
    /// checkpoint's files. A URL's query is kept for every file.
    ///
    /// # Errors
    /// [`Code::Input`], saying what an address looks like.
    pub fn parse(text: &str, hub: &str) -> Result<Self> {
        let hub = hub.trim_end_matches('/');
        let web = |url: &str| url.starts_with("http://") || url.starts_with("https://");
        if !web(hub) || hub.contains(['@', '?', '#', ' ']) {
            let why = "is no address of a hub, such as https://huggingface.co";
            return Err(Error::new(Code::Input, "the hub", why));
        }
        let fail = |why: &str| Error::new(Code::Input, text, why);
        let Some((scheme, rest)) = text.split_once("://") else {
            return named(text, hub).ok_or_else(|| {
                fail("is no model's name (owner/name, or owner/name@revision) and no URL")
            });
        };
        if !matches!(scheme, "http" | "https") {
            return Err(fail("is a URL of another kind than http and https"));
        }
        let rest = rest.split('#').next().unwrap_or_default();
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query.to_owned()).filter(|q| !q.is_empty())),
            None => (rest, None),
        };
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        if host.is_empty() {
            return Err(fail("is a URL without a host"));
        }
        if host.contains('@') {
            // It is not said again.
            let why = "has a password in it; give a token by itself";
            return Err(Error::new(Code::Input, "the URL", why));
        }
        let origin = format!("{scheme}://{host}");
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        if parts
            .iter()
            .any(|part| matches!(*part, "." | "..") || part.contains('\\'))
        {
            return Err(fail("leads out of the folder that it names"));
        }
        let is_hub = origin == hub || origin == HUB || ALIASES.contains(&host);
        let place = |owner: &str, name: &str, revision: &str| {
            let hub = match ALIASES.contains(&host) {
                true => HUB.to_owned(),
                false => origin.clone(),
            };
            Place::Hub(Repository {
                hub,
                name: format!("{owner}/{name}"),
                revision: revision.replace("%2F", "/"),
            })
        };
        let (place, below) = match parts.as_slice() {
            [owner, name, view, revision, below @ ..] if VIEWS.contains(view) => {
                // Revisions of pull requests have slashes in them.
                match (*revision, below) {
                    ("refs", [kind, number, below @ ..]) => {
                        let revision = format!("refs/{kind}/{number}");
                        (place(owner, name, &revision), below)
                    }
                    _ => (place(owner, name, revision), below),
                }
            }
            [owner, name] if is_hub => (place(owner, name, MAIN), &[][..]),
            _ => (Place::Folder(origin), parts.as_slice()),
        };
        // A file stands for its folder.
        let below = match below {
            [folders @ .., last] if last.contains('.') && is_file(last) => folders,
            all => all,
        };
        Ok(Self {
            place,
            folder: below.join("/"),
            query,
        })
    }

    /// The repository, if it is one of a hub's.
    pub fn repository(&self) -> Option<&Repository> {
        match &self.place {
            Place::Hub(repository) => Some(repository),
            Place::Folder(_) => None,
        }
    }

    /// The same folder at another revision, if it is a repository's.
    #[must_use]
    pub fn at(&self, revision: &str) -> Self {
        let mut address = self.clone();
        if let Place::Hub(repository) = &mut address.place {
            revision.clone_into(&mut repository.revision);
        }
        address
    }

    /// A folder of the repository that is meant, without slashes at its ends; empty for the repository itself.
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// Scheme, host and port of the server.
    pub fn origin(&self) -> String {
        let url = match &self.place {
            Place::Hub(repository) => &repository.hub,
            Place::Folder(origin) => origin,
        };
        let host = url.find("://").map_or(0, |at| at + 3);
        let length = url[host..].find('/').unwrap_or(url.len() - host);
        url[..host + length].to_owned()
    }

    /// The URL of a file.
    pub fn file(&self, name: &str) -> String {
        let base = match &self.place {
            Place::Hub(Repository {
                hub,
                name,
                revision,
            }) => format!("{hub}/{name}/resolve/{}", revision.replace('/', "%2F")),
            Place::Folder(origin) => origin.clone(),
        };
        let folder = match self.folder.as_str() {
            "" => String::new(),
            folder => format!("{folder}/"),
        };
        let query = self
            .query
            .as_ref()
            .map_or(String::new(), |q| format!("?{q}"));
        format!("{base}/{folder}{name}{query}")
    }

    /// How to call it in messages and in a package's provenance, without what a query may have of secrets.
    pub fn shown(&self) -> String {
        let folder = match self.folder.as_str() {
            "" => String::new(),
            folder => format!("/{folder}"),
        };
        match &self.place {
            Place::Hub(repository) if repository.revision == MAIN => {
                format!("{}{folder}", repository.name)
            }
            Place::Hub(repository) => {
                format!("{}@{}{folder}", repository.name, repository.revision)
            }
            Place::Folder(origin) => format!("{origin}{folder}"),
        }
    }

    /// A name for a package that is made of it: the repository's, or the last folder's.
    pub fn name(&self) -> &str {
        let path = match (&self.place, self.folder.as_str()) {
            (_, folder) if !folder.is_empty() => folder,
            (Place::Hub(repository), _) => &repository.name,
            (Place::Folder(origin), _) => origin,
        };
        path.rsplit('/').next().unwrap_or(path)
    }
}

/// Whether this is the name of one of a checkpoint's files, rather than of a folder with a dot in it.
fn is_file(name: &str) -> bool {
    let known = [".json", ".safetensors", ".txt", ".model", ".md", ".bin"];
    known.iter().any(|ending| name.ends_with(ending))
}

/// `owner/name`, with `@revision` or not.
fn named(text: &str, hub: &str) -> Option<Address> {
    let (name, revision) = match text.split_once('@') {
        Some((name, revision)) => (name, revision),
        None => (text, MAIN),
    };
    let (owner, short) = name.split_once('/')?;
    let letters = |part: &str, also: &[char]| {
        (1..=96).contains(&part.len())
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || also.contains(&c))
            && !part.starts_with(['.', '-'])
            && !part.contains("..")
    };
    let ok = letters(owner, &['-', '_', '.'])
        && letters(short, &['-', '_', '.'])
        && letters(revision, &['-', '_', '.', '/']);
    ok.then(|| Address {
        place: Place::Hub(Repository {
            hub: hub.into(),
            name: name.into(),
            revision: revision.into(),
        }),
        folder: String::new(),
        query: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> String {
        Address::parse(text, HUB).unwrap().file("config.json")
    }

    #[test]
    fn names_and_the_addresses_that_people_copy_are_the_same_files() {
        let main = "https://huggingface.co/google/siglip2/resolve/main/config.json";
        for text in [
            "google/siglip2",
            "google/siglip2@main",
            "https://huggingface.co/google/siglip2",
            "https://huggingface.co/google/siglip2/",
            "https://hf.co/google/siglip2",
            "https://huggingface.co/google/siglip2/tree/main",
            "https://huggingface.co/google/siglip2/blob/main/config.json",
            "https://huggingface.co/google/siglip2/resolve/main/model.safetensors#top",
        ] {
            assert_eq!(url(text), main, "{text}");
        }
        let pull = "https://huggingface.co/a/b/resolve/refs%2Fpr%2F3/config.json";
        assert_eq!(url("a/b@refs/pr/3"), pull);
        assert_eq!(url("https://huggingface.co/a/b/tree/refs/pr/3"), pull);
        assert_eq!(url("https://huggingface.co/a/b/tree/refs%2Fpr%2F3"), pull);
        assert_eq!(
            url("https://huggingface.co/a/b/tree/v1.0/text"),
            "https://huggingface.co/a/b/resolve/v1.0/text/config.json"
        );
    }

    #[test]
    fn other_folders_and_queries_stay_as_they_are() {
        assert_eq!(
            url("https://example.org/models/clip/?token=a/b"),
            "https://example.org/models/clip/config.json?token=a/b"
        );
        assert_eq!(
            url("http://localhost:8080/clip/config.json"),
            "http://localhost:8080/clip/config.json"
        );
        let own = Address::parse("a/b", "http://localhost:9/").unwrap();
        assert_eq!(own.file("x"), "http://localhost:9/a/b/resolve/main/x");
        let again = Address::parse("http://localhost:9/a/b", "http://localhost:9").unwrap();
        assert_eq!(again, own);
        let private = Address::parse("https://example.org/m/clip?key=secret", HUB).unwrap();
        assert_eq!(private.shown(), "https://example.org/m/clip");
        assert_eq!((private.name(), own.name()), ("clip", "b"));
        let commit = own.at("0123abcd");
        assert_eq!(
            commit.file("x"),
            "http://localhost:9/a/b/resolve/0123abcd/x"
        );
        assert_eq!(commit.shown(), "a/b@0123abcd");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "clip",
            "a/b/c",
            "../b",
            "a/..",
            "a b/c",
            "a/b@",
            "a/b@../x",
            "ftp://x/a/b",
            "https://",
            "https://user:word@host/a/b",
            "https://host/a/b/resolve/main/../../c",
            "https://host/../b/resolve/main",
            "./a/b",
        ] {
            let error = Address::parse(text, HUB).unwrap_err();
            assert_eq!(error.code(), Code::Input, "{text}");
            assert!(!error.to_string().contains("word@"), "{error}");
        }
        for hub in ["", "localhost:80", "ftp://host", "http://user:word@host"] {
            let error = Address::parse("a/b", hub).unwrap_err();
            assert_eq!(error.subject(), "the hub", "{hub}");
        }
    }
}
