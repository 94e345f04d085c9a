//! Models of a hub by their name: planned, pulled, converted, and used.

use std::fs;
use std::path::Path;

use crate::program::{Run, agff, finish, text_of, vectors};
use crate::support::golden::{self, Case};
use crate::support::hub::{Hub, Repository};

const NAME: &str = "owner/small-clip";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// A hub with one model, whose files lie in the folder `checkpoint` too.
fn hub(scratch: &Path) -> Hub {
    let checkpoint = scratch.join("checkpoint");
    Case::read("clip-openai").write_checkpoint(&checkpoint);
    let hub = Hub::start();
    let repository = Repository::of(&checkpoint, COMMIT);
    hub.with(|state| state.repositories.insert(NAME.into(), repository));
    hub
}

/// Runs `agff` with folders of its own.
fn asked(scratch: &Path, hub: &Hub, arguments: &[&str]) -> Run {
    let mut command = agff();
    command
        .env("AGFF_MODELS", scratch.join("models"))
        .env("AGFF_HUB_CACHE", scratch.join("cache"))
        .env("HF_HOME", scratch.join("none"))
        .env("HF_ENDPOINT", &hub.url)
        .env_remove("HF_TOKEN")
        .args(arguments);
    finish(command)
}

#[test]
fn a_model_is_pulled_by_its_name_and_used_by_it() {
    let scratch = tempfile::tempdir().unwrap();
    let hub = hub(scratch.path());
    let run = |arguments: &[&str]| asked(scratch.path(), &hub, arguments);
    let embed = [
        "embed", "--device", "cpu", "--text", "a dog", "--json", "--model", NAME,
    ];

    let missing = run(&embed);
    assert_eq!(
        missing.error_codes(),
        ["package-file-missing"],
        "{}",
        missing.err
    );
    assert!(
        missing.err.contains(&format!("agff pull {NAME}")),
        "{}",
        missing.err
    );

    let pulled = run(&["pull", NAME, "--dtype", "f32", "--regions", "3"]);
    assert_eq!(pulled.code, 0, "{}", pulled.err);
    assert!(pulled.out.contains("small-clip"), "{}", pulled.out);
    assert!(!scratch.path().join("cache").join("refs").exists());
    let kept = walkdir::WalkDir::new(scratch.path().join("cache"));
    let left: Vec<_> = kept
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.ends_with("model.safetensors"))
        .collect();
    assert!(left.is_empty(), "the download is a package now: {left:?}");

    // The same vectors as from the folder, to the bit.
    let (folder, package) = (
        text_of(&scratch.path().join("checkpoint")),
        text_of(&scratch.path().join("package")),
    );
    let converted = run(&["convert", &folder, "--out", &package, "--dtype", "f32"]);
    assert_eq!(converted.code, 0, "{}", converted.err);
    let of_name = run(&embed);
    assert_eq!(of_name.code, 0, "{}", of_name.err);
    let of_folder = run(&[&embed[..7], &[&package]].concat());
    assert_eq!(vectors(&of_name.lines()[0]), vectors(&of_folder.lines()[0]));

    let inspected = run(&[
        "inspect",
        &text_of(&scratch.path().join("models/owner/small-clip")),
    ]);
    assert!(
        inspected.out.contains(&format!("{NAME}@{COMMIT}")),
        "{}",
        inspected.out
    );
    let again = run(&["pull", NAME]);
    assert!(again.err.contains("--force"), "{}", again.err);
}

#[test]
fn a_plan_reads_the_small_files_only() {
    let scratch = tempfile::tempdir().unwrap();
    let hub = hub(scratch.path());
    let planned = asked(
        scratch.path(),
        &hub,
        &["plan", NAME, "--dtype", "f32", "--json"],
    );
    assert_eq!(planned.code, 0, "{}", planned.err);
    let plan = &planned.lines()[0];
    let asked_for = hub.take_asked();
    assert!(
        asked_for
            .iter()
            .all(|asked| !asked.path.contains("safetensors")),
        "{asked_for:?}"
    );
    // As large as the package is in the end: its files have headers too.
    let checkpoint = text_of(&scratch.path().join("checkpoint"));
    let package = scratch.path().join("package");
    let converted = asked(
        scratch.path(),
        &hub,
        &[
            "convert",
            &checkpoint,
            "--out",
            &text_of(&package),
            "--dtype",
            "f32",
        ],
    );
    assert_eq!(converted.code, 0, "{}", converted.err);
    let files = fs::read_dir(&package).unwrap().map(|entry| entry.unwrap());
    let tensors: u64 = files
        .filter(|file| {
            file.path()
                .extension()
                .is_some_and(|ending| ending == "safetensors")
        })
        .map(|file| file.metadata().unwrap().len())
        .sum();
    let planned = plan["package"].as_u64().unwrap();
    assert!(
        planned <= tensors && tensors < planned + 16_384,
        "{planned}, {tensors}"
    );
    let parts = plan["device"].as_u64().unwrap() + plan["token_table"].as_u64().unwrap();
    assert_eq!(parts, planned);
    let weights = scratch.path().join("checkpoint/model.safetensors");
    assert!(plan["download"].as_u64().unwrap() > fs::metadata(weights).unwrap().len());
    assert_eq!(plan["family"], "clip");
}

#[test]
fn what_cannot_be_converted_is_said_before_the_weights_are_fetched() {
    let scratch = tempfile::tempdir().unwrap();
    let hub = hub(scratch.path());
    hub.with(|state| {
        let mut other = state.repositories[NAME].clone();
        let config = br#"{"model_type": "llama"}"#.to_vec();
        other.files.insert("config.json".into(), config);
        state.repositories.insert("owner/llama".into(), other);
    });
    let out = text_of(&scratch.path().join("out"));
    for arguments in [
        &["pull", "owner/llama", "--json"][..],
        &["convert", "owner/llama", "--out", &out, "--json"],
        &["plan", "owner/llama", "--json"],
    ] {
        // `pull` and `convert` have no `--json`.
        let arguments: Vec<&str> = match arguments[0] {
            "plan" => arguments.to_vec(),
            _ => arguments[..arguments.len() - 1].to_vec(),
        };
        let run = asked(scratch.path(), &hub, &arguments);
        assert_eq!(run.code, 1, "{}", run.err);
        assert!(
            run.err.contains("llama") && run.err.contains("siglip"),
            "{}",
            run.err
        );
    }
    let asked_for = hub.take_asked();
    assert!(
        asked_for
            .iter()
            .all(|asked| !asked.path.contains("safetensors")),
        "{asked_for:?}"
    );
    for (name, says) in [
        ("nobody/nothing", "--token"),
        ("owner/small-clip@v9", "revision"),
        ("not a name", "name"),
        ("owner/small-clip/more", "name"),
    ] {
        let run = asked(scratch.path(), &hub, &["pull", name]);
        assert_eq!(run.code, 1, "{name}: {}", run.err);
        assert!(run.err.contains(says), "{name}: {}", run.err);
    }
}

#[test]
fn known_models_are_listed_with_what_gets_them_and_whether_they_are_here() {
    let scratch = tempfile::tempdir().unwrap();
    let hub = hub(scratch.path());
    let run = |arguments: &[&str]| asked(scratch.path(), &hub, arguments);
    let told = run(&["models"]);
    assert_eq!(told.code, 0, "{}", told.err);
    assert!(told.out.contains("agff pull photo"), "{}", told.out);

    // As if it had been pulled.
    let name = "google/siglip2-base-patch16-224";
    let folder = scratch.path().join("models").join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("agff.json"), "{}").unwrap();
    let listed = run(&["models", "--json"]);
    let models: Vec<serde_json::Value> = listed
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(models.len() >= 4, "{}", listed.out);
    for model in &models {
        assert_eq!(model["here"], model["name"] == name, "{model}");
    }
    let large = models.last().unwrap();
    assert_eq!(
        large["get"],
        "agff pull Qwen/Qwen3-VL-Embedding-2B --dtype q4"
    );
}

#[test]
fn an_adapter_is_pulled_with_its_model_and_gives_it_its_name() {
    let scratch = tempfile::tempdir().unwrap();
    let hub = hub(scratch.path());
    let folder = golden::folder().join("clip-openai/adapter");
    let adapter = Repository::of(&folder, COMMIT);
    hub.with(|state| state.repositories.insert("owner/lora".into(), adapter));
    let run = |arguments: &[&str]| asked(scratch.path(), &hub, arguments);

    let alone = run(&["pull", "owner/lora"]);
    assert_ne!(alone.code, 0);
    let says = "name the model that it was made for";
    assert!(alone.err.contains(says), "{}", alone.err);

    let pulled = run(&["pull", NAME, "--adapter", "owner/lora", "--dtype", "f32"]);
    assert_eq!(pulled.code, 0, "{}", pulled.err);
    let package = scratch.path().join("models/owner/lora");
    let inspected = run(&["inspect", &text_of(&package)]);
    let said = format!("The adapter owner/lora@{COMMIT} is folded in.");
    assert!(inspected.out.contains(&said), "{}", inspected.out);

    // The same package as from folders, and another one than without it.
    let checkpoint = text_of(&scratch.path().join("checkpoint"));
    let of_folders = scratch.path().join("folded");
    let mut convert = vec!["convert", &checkpoint, "--dtype", "f32", "--out"];
    let (out, adapter) = (text_of(&of_folders), text_of(&folder));
    convert.extend([out.as_str(), "--adapter", &adapter]);
    let converted = run(&convert);
    assert_eq!(converted.code, 0, "{}", converted.err);
    let weights = |package: &Path| fs::read(package.join("weights-00001.safetensors")).unwrap();
    assert!(weights(&package) == weights(&of_folders));
    let plain = run(&["pull", NAME, "--dtype", "f32"]);
    assert_eq!(plain.code, 0, "{}", plain.err);
    assert!(weights(&package) != weights(&scratch.path().join("models").join(NAME)));

    // From a folder it has no name to go by.
    let unnamed = run(&["pull", NAME, "--adapter", &adapter]);
    assert_ne!(unnamed.code, 0);
    assert!(unnamed.err.contains("--out"), "{}", unnamed.err);
}

#[test]
fn a_model_of_the_sigmoid_kind_says_probabilities() {
    let scratch = tempfile::tempdir().unwrap();
    let hub = Hub::start();
    let checkpoint = scratch.path().join("siglip");
    Case::read("siglip-2").write_checkpoint(&checkpoint);
    let run = |arguments: &[&str]| asked(scratch.path(), &hub, arguments);
    let package = text_of(&scratch.path().join("package"));
    let converted = run(&["convert", &text_of(&checkpoint), "--out", &package]);
    assert_eq!(converted.code, 0, "{}", converted.err);
    let photo = text_of(&golden::folder().join("images/square.png"));
    let of = |arguments: &[&str]| {
        let run = run(&[
            arguments,
            &["--json", "--device", "cpu", "--model", &package],
        ]
        .concat());
        assert_eq!(run.code, 0, "{}", run.err);
        run.lines().remove(0)
    };
    let compared = of(&["compare", "--text", "a dog", &photo]);
    let inspected = run(&["inspect", "--json", &package]).lines().remove(0);
    let number = |value: &serde_json::Value| value.as_f64().unwrap();
    let [scale, bias] = ["scale", "bias"].map(|part| number(&inspected["probability"][part]));
    let expected = 1.0 / (1.0 + (-(scale * number(&compared["patterns"]["gg"]) + bias)).exp());
    let is = number(&compared["probability"]);
    assert!((is - expected).abs() < 1e-6, "{is} {expected}");
    // Of a part of the vectors there is none.
    let config = fs::read_to_string(Path::new(&package).join("agff.json")).unwrap();
    let cut = config.replace("\"dimensions\": [\n    64\n  ]", "\"dimensions\": [64, 16]");
    assert_ne!(cut, config);
    fs::write(Path::new(&package).join("agff.json"), cut).unwrap();
    let compared = of(&["compare", "--dim", "16", "--text", "a dog", &photo]);
    assert!(compared.get("probability").is_none(), "{compared}");
}

#[test]
fn linear_layers_behind_a_text_model_come_from_a_server_that_lists_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let checkpoint = scratch.path().join("dense");
    Case::read("bert-dense").write_checkpoint(&checkpoint);
    let repository = Repository::of(&checkpoint, COMMIT);
    let hub = Hub::start();
    hub.with(|state| {
        for (name, bytes) in &repository.files {
            state
                .plain
                .insert(format!("models/dense/{name}"), bytes.clone());
        }
        state.repositories.insert("owner/dense".into(), repository);
    });
    let run = |arguments: &[&str]| asked(scratch.path(), &hub, arguments);
    let vectors_of = |from: &str, package: &str| {
        let package = text_of(&scratch.path().join(package));
        let converted = run(&["convert", from, "--out", &package, "--dtype", "f32"]);
        assert_eq!(converted.code, 0, "{from}: {}", converted.err);
        let embedded = run(&[
            "embed", "--device", "cpu", "--text", "a dog", "--json", "--model", &package,
        ]);
        assert_eq!(embedded.code, 0, "{from}: {}", embedded.err);
        vectors(&embedded.lines()[0])
    };
    let of_folder = vectors_of(&text_of(&checkpoint), "of-folder");
    let plain = format!("{}/plain/models/dense", hub.url);
    assert_eq!(vectors_of(&plain, "of-server"), of_folder);
    assert_eq!(vectors_of("owner/dense", "of-hub"), of_folder);
}
