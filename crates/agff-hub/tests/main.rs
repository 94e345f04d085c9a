//! Fetching from a server that behaves as a model hub does (`tests/support/hub.rs`).

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use agff::package::{ConvertOptions, plan};
use agff::tensors::Dtype;
use agff::{Address, Code, Error, Result};
use agff_hub::{Cache, Fetched, Options, Progress, Watch, fetch};
use agff_test_support::golden::Case;
use agff_test_support::hub::{Hub, Repository};

const NAME: &str = "owner/small-clip";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// A hub with one model, and an empty cache.
fn hub() -> (Hub, tempfile::TempDir) {
    let scratch = tempfile::tempdir().unwrap();
    let checkpoint = scratch.path().join("checkpoint");
    Case::read("clip-openai").write_checkpoint(&checkpoint);
    let mut repository = Repository::of(&checkpoint, COMMIT);
    // What is there and not needed.
    for name in ["pytorch_model.bin", "vocab.json", "photo.jpg"] {
        repository.files.insert(name.into(), vec![7; 50_000]);
    }
    repository.files.insert(
        "README.md".into(),
        b"---\nlicense: mit\n---\n# A model".to_vec(),
    );
    let hub = Hub::start();
    hub.with(|state| state.repositories.insert(NAME.into(), repository));
    (hub, scratch)
}

fn options(scratch: &Path) -> Options {
    Options {
        cache: Cache {
            own: scratch.join("cache"),
            others: Vec::new(),
        },
        token: None,
        weights: true,
    }
}

/// Looks at every piece.
struct Pieces<F>(F);

impl<F: FnMut(Progress<'_>) -> Result<()>> Watch for Pieces<F> {
    fn described(&mut self, folder: &Path) -> Result<()> {
        assert!(folder.join("config.json").exists() && folder.join("tokenizer.json").exists());
        Ok(())
    }

    fn progress(&mut self, at: Progress<'_>) -> Result<()> {
        (self.0)(at)
    }
}

fn get(hub: &Hub, name: &str, options: &Options) -> Result<Fetched> {
    let address = Address::parse(name, &hub.url)?;
    fetch(&address, options, &mut Pieces(|_: Progress<'_>| Ok(())))
}

/// Has the model's files in a plain folder, too.
fn serve_plainly(hub: &Hub) {
    hub.with(|state| {
        let files = state.repositories[NAME].files.clone();
        for (name, bytes) in files {
            state.plain.insert(format!("models/clip/{name}"), bytes);
        }
    });
}

/// The files of a folder that are no leftovers.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}

#[test]
fn what_is_needed_is_fetched_once_and_checked() {
    let (hub, scratch) = hub();
    let options = options(scratch.path());
    let mut seen = Vec::new();
    let address = Address::parse(NAME, &hub.url).unwrap();
    let mut watch = Pieces(|at: Progress<'_>| {
        seen.push((at.done, at.total));
        Ok(())
    });
    let fetched = fetch(&address, &options, &mut watch).unwrap();
    assert_eq!(
        names(&fetched.folder),
        [
            "README.md",
            "config.json",
            "model.safetensors",
            "preprocessor_config.json",
            "tokenizer.json",
        ]
    );
    assert_eq!(fetched.commit.as_deref(), Some(COMMIT));
    for name in names(&fetched.folder) {
        let right = hub.with(|state| state.repositories[NAME].files[&name].clone());
        assert!(
            fs::read(fetched.folder.join(&name)).unwrap() == right,
            "{name}"
        );
    }
    let total = seen.last().unwrap().1;
    assert_eq!(fetched.fetched, total);
    assert!(
        seen.windows(2).all(|pair| pair[0].0 <= pair[1].0),
        "{seen:?}"
    );
    assert_eq!(seen.last().unwrap().0, total);

    // The second time only the revision is asked for.
    hub.take_asked();
    let again = get(&hub, NAME, &options).unwrap();
    assert_eq!((again.fetched, &again.folder), (0, &fetched.folder));
    assert_eq!(hub.take_asked().len(), 1);

    // And without a network it is there too.
    hub.with(|state| state.silent = true);
    let offline = get(&hub, NAME, &options).unwrap();
    assert!(offline.offline && offline.folder == fetched.folder);
    let other = get(&hub, "owner/other", &options).unwrap_err();
    assert_eq!(other.code(), Code::Fetch, "{other}");
}

#[test]
fn a_broken_connection_goes_on_where_it_ended() {
    let (hub, scratch) = hub();
    hub.with(|state| {
        state.cuts = (30_000, 3);
        state.too_many = 2;
    });
    let fetched = get(&hub, NAME, &options(scratch.path())).unwrap();
    let whole = hub.with(|state| state.repositories[NAME].files["model.safetensors"].clone());
    assert!(fs::read(fetched.folder.join("model.safetensors")).unwrap() == whole);
    let ranges: Vec<_> = hub
        .take_asked()
        .into_iter()
        .filter_map(|asked| asked.range)
        .collect();
    assert!(ranges.contains(&"bytes=30000-".into()), "{ranges:?}");
    // No byte came twice.
    let all: u64 = names(&fetched.folder)
        .iter()
        .map(|name| fs::metadata(fetched.folder.join(name)).unwrap().len())
        .sum();
    assert_eq!(fetched.fetched, all);
}

#[test]
fn an_abort_is_at_once_and_what_came_is_kept() {
    let (hub, scratch) = hub();
    let options = options(scratch.path());
    let address = Address::parse(NAME, &hub.url).unwrap();
    hub.with(|state| state.pause = Duration::from_millis(2));
    let (mut stalled, mut aborted) = (false, None);
    let mut watch = Pieces(|at: Progress<'_>| {
        if at.file != "model.safetensors" || at.done < at.total / 2 {
            return Ok(());
        }
        // From here on the server says nothing for ten seconds; whoever waits is still asked.
        if !stalled {
            stalled = true;
            hub.with(|state| state.pause = Duration::from_secs(10));
            return Ok(());
        }
        aborted = Some(Instant::now());
        Err(Error::new(Code::Aborted, "", "enough"))
    });
    let error = fetch(&address, &options, &mut watch).unwrap_err();
    assert_eq!(error.code(), Code::Aborted);
    assert!(aborted.unwrap().elapsed() < Duration::from_millis(500));
    hub.with(|state| state.pause = Duration::ZERO);
    hub.take_asked();
    let fetched = get(&hub, NAME, &options).unwrap();
    let whole = hub.with(|state| state.repositories[NAME].files["model.safetensors"].clone());
    assert!(fs::read(fetched.folder.join("model.safetensors")).unwrap() == whole);
    assert!(fetched.fetched < whole.len() as u64, "the rest only");
    assert!(hub.take_asked().iter().any(|asked| asked.range.is_some()));
}

#[test]
fn a_changed_revision_is_another_folder_and_damage_is_refused() {
    let (hub, scratch) = hub();
    let options = options(scratch.path());
    let first = get(&hub, NAME, &options).unwrap();
    let newer = "ffffffffffffffffffffffffffffffffffffffff";
    hub.with(|state| {
        let repository = state.repositories.get_mut(NAME).unwrap();
        repository.commit = newer.into();
        let weights = repository.files.get_mut("model.safetensors").unwrap();
        *weights.last_mut().unwrap() ^= 1;
        state.damaged = true;
    });
    let error = get(&hub, NAME, &options).unwrap_err();
    assert_eq!(error.code(), Code::PackageHash, "{error}");
    hub.with(|state| state.damaged = false);
    let second = get(&hub, NAME, &options).unwrap();
    assert_eq!(second.commit.as_deref(), Some(newer));
    assert_ne!(second.folder, first.folder);
    assert!(first.folder.join("model.safetensors").exists());
}

#[test]
fn tokens_go_to_the_hub_and_not_to_where_it_sends() {
    let (hub, scratch) = hub();
    hub.with(|state| state.repositories.get_mut(NAME).unwrap().token = Some("secret".into()));
    let mut options = options(scratch.path());
    for (token, says) in [(None, "--token"), (Some("wrong"), "conditions")] {
        options.token = token.map(str::to_owned);
        let error = get(&hub, NAME, &options).unwrap_err();
        assert_eq!(error.code(), Code::Fetch);
        assert!(error.message().contains(says), "{error}");
    }
    options.token = Some("secret".into());
    hub.take_asked();
    get(&hub, NAME, &options).unwrap();
    let asked = hub.take_asked();
    let stored: Vec<_> = asked
        .iter()
        .filter(|asked| asked.path.starts_with("/store/"))
        .collect();
    assert!(!stored.is_empty());
    assert!(
        stored.iter().all(|asked| asked.token.is_none()),
        "{stored:?}"
    );
    let hub_asked = asked
        .iter()
        .filter(|asked| !asked.path.starts_with("/store/"));
    assert!(
        hub_asked
            .into_iter()
            .all(|asked| asked.token.as_deref() == Some("secret"))
    );
}

#[test]
fn what_is_not_there_is_said() {
    let (hub, scratch) = hub();
    let options = options(scratch.path());
    let error = get(&hub, &format!("{NAME}@v9"), &options).unwrap_err();
    assert_eq!(error.code(), Code::PackageFileMissing, "{error}");
    assert!(error.message().contains("v9"));
    let error = get(&hub, "nobody/nothing", &options).unwrap_err();
    assert_eq!(error.code(), Code::Fetch, "{error}");
    hub.with(|state| {
        let files = &mut state.repositories.get_mut(NAME).unwrap().files;
        files.remove("model.safetensors");
    });
    let error = get(&hub, NAME, &options).unwrap_err();
    assert_eq!(error.code(), Code::PackageFamily);
    assert!(error.message().contains("pickle"), "{error}");
    hub.with(|state| state.too_many = 100);
    let error = get(&hub, NAME, &options).unwrap_err();
    assert!(error.message().contains("too often"), "{error}");
}

#[test]
fn a_folder_of_any_server_does_and_its_query_goes_along() {
    let (hub, scratch) = hub();
    serve_plainly(&hub);
    let options = options(scratch.path());
    let url = format!("{}/plain/models/clip/config.json?token=a%2Fb", hub.url);
    for without_ranges in [true, false] {
        hub.with(|state| state.without_ranges = without_ranges);
        let fetched = get(&hub, &url, &options).unwrap();
        assert!(names(&fetched.folder).contains(&"model.safetensors".into()));
        assert_eq!(fetched.commit, None);
    }
    let asked = hub.take_asked();
    assert!(
        asked
            .iter()
            .all(|asked| asked.path.ends_with("?token=a%2Fb")),
        "{asked:?}"
    );
    hub.with(|state| state.silent = true);
    assert!(get(&hub, &url, &options).unwrap().offline);
    let elsewhere = format!("{}/plain/not/here", hub.url);
    hub.with(|state| state.silent = false);
    let error = get(&hub, &elsewhere, &options).unwrap_err();
    assert_eq!(error.code(), Code::PackageFileMissing, "{error}");
}

#[test]
fn without_weights_the_rest_comes_and_their_length_is_known() {
    let (hub, scratch) = hub();
    let mut options = options(scratch.path());
    options.weights = false;
    let fetched = get(&hub, NAME, &options).unwrap();
    assert!(!names(&fetched.folder).contains(&"model.safetensors".into()));
    let weights = hub.with(|state| state.repositories[NAME].files["model.safetensors"].len());
    assert!(fetched.bytes > weights as u64 && fetched.fetched < weights as u64);
}

#[test]
fn a_file_of_a_folder_that_was_replaced_is_fetched_again() {
    let (hub, scratch) = hub();
    serve_plainly(&hub);
    let options = options(scratch.path());
    let url = format!("{}/plain/models/clip", hub.url);
    let first = get(&hub, &url, &options).unwrap();
    assert!(first.fetched > 0);
    assert_eq!(get(&hub, &url, &options).unwrap().fetched, 0);
    let newer = hub.with(|state| {
        let weights = state
            .plain
            .get_mut("models/clip/model.safetensors")
            .unwrap();
        *weights.last_mut().unwrap() ^= 1;
        weights.clone()
    });
    let second = get(&hub, &url, &options).unwrap();
    assert_eq!(second.fetched, newer.len() as u64, "and nothing else");
    assert!(fs::read(second.folder.join("model.safetensors")).unwrap() == newer);
}

#[test]
fn a_token_is_for_its_own_origin_and_a_folder_does_not_lead_out() {
    let (hub, scratch) = hub();
    let mut options = options(scratch.path());
    options.token = Some("two words".into());
    let error = get(&hub, NAME, &options).unwrap_err();
    assert_eq!(error.code(), Code::Input, "{error}");
    let url = format!("{}/owner/small-clip/resolve/main/../../../../out", hub.url);
    let error = Address::parse(&url, &hub.url).unwrap_err();
    assert_eq!(error.code(), Code::Input, "{error}");
    // Another port is another origin.
    options.token = Some("secret".into());
    hub.take_asked();
    get(&hub, NAME, &options).unwrap();
    let asked = hub.take_asked();
    let of_store = asked.iter().find(|asked| asked.path.starts_with("/store/"));
    assert_eq!(of_store.unwrap().token, None);
}

#[test]
fn two_downloads_at_once_wait_for_each_other() {
    let (hub, scratch) = hub();
    hub.with(|state| state.pause = Duration::from_millis(2));
    let options = options(scratch.path());
    let both = std::thread::scope(|scope| {
        let one = || scope.spawn(|| get(&hub, NAME, &options).unwrap());
        let (first, second) = (one(), one());
        [first.join().unwrap(), second.join().unwrap()]
    });
    let whole = hub.with(|state| state.repositories[NAME].files["model.safetensors"].clone());
    assert!(fs::read(both[0].folder.join("model.safetensors")).unwrap() == whole);
    // One of them fetched all, the other nothing.
    assert!(both.iter().any(|fetched| fetched.fetched == 0), "{both:?}");
}

#[test]
fn what_another_program_keeps_is_used_as_it_is() {
    let (hub, scratch) = hub();
    let snapshot = scratch
        .path()
        .join("hub/models--owner--small-clip/snapshots")
        .join(COMMIT);
    fs::create_dir_all(&snapshot).unwrap();
    hub.with(|state| {
        for (name, bytes) in &state.repositories[NAME].files {
            fs::write(snapshot.join(name), bytes).unwrap();
        }
    });
    let mut options = options(scratch.path());
    options.cache.others = vec![scratch.path().join("hub")];
    let fetched = get(&hub, NAME, &options).unwrap();
    assert_eq!((fetched.folder, fetched.fetched), (snapshot.clone(), 0));
    // One that is not whole is not.
    fs::remove_file(snapshot.join("tokenizer.json")).unwrap();
    let fetched = get(&hub, NAME, &options).unwrap();
    assert_ne!(fetched.folder, snapshot);
}

/// The sizes in the list of known models are those of their shapes.
#[test]
fn known_models_take_what_the_list_says() {
    for shape in agff_test_support::shapes::SHAPES {
        let known = agff_hub::known();
        let model = known.iter().find(|model| model.name.ends_with(shape.name));
        let model = model.expect(shape.name);
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in shape.small_files() {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        let options = ConvertOptions {
            dtype: match model.dtype.as_str() {
                "q4" => Dtype::Q4,
                _ => Dtype::Q8,
            },
            ..ConvertOptions::default()
        };
        let plan = plan(folder.path(), &options).unwrap();
        let millions = |n: u64| (n + 500_000) / 1_000_000;
        assert_eq!(millions(plan.package), model.kept, "{}", model.name);
        assert_eq!(millions(plan.device), model.device, "{}", model.name);
        assert_eq!(millions(plan.parameters), model.weights, "{}", model.name);
    }
}
