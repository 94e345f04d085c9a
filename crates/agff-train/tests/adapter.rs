//! What was trained, saved by itself and merged, gives the embeddings that it was trained to.

use std::path::Path;

use agff::device::{DeviceChoice, DeviceOptions};
use agff::package::Source;
use agff::tensors::Dtype;
use agff::{Agff, Code, Input, LoadOptions};
use agff_train::Trainer;
use agff_train::adapter::Adapter;
use agff_train::base::Base;
use agff_train::passes::outputs;

use super::run::Folder;
use super::support::cosine;
use super::support::photo::{package_of_parts, shape};

fn load(package: &Path) -> Agff {
    let options = LoadOptions {
        device: DeviceOptions {
            choice: DeviceChoice::Cpu,
            ..DeviceOptions::default()
        },
        ..LoadOptions::default()
    };
    pollster::block_on(Agff::load(Source::Folder(package.to_owned()), options)).unwrap()
}

fn base(package: &Path) -> Base {
    pollster::block_on(Base::package(Source::Folder(package.to_owned()))).unwrap()
}

/// Embeddings of texts and pictures, `[inputs]` of `[views · dimensions]`.
fn of_package(agff: &Agff, folder: &Folder) -> Vec<Vec<f32>> {
    let mut inputs = vec![
        Input::text("a red square"),
        Input::text("nothing of the kind"),
    ];
    for name in ["images/red-0.png", "images/blue-3.png"] {
        inputs.push(Input::image(
            name,
            std::fs::read(folder.join(name)).unwrap(),
        ));
    }
    let embeddings = pollster::block_on(agff.embed(&inputs)).unwrap();
    embeddings.into_iter().map(|e| e.values).collect()
}

fn of_trainer(trainer: &Trainer, agff: &Agff, folder: &Folder) -> Vec<Vec<f32>> {
    let image = |name: &str| {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        agff.prepare(&Input::image(name, bytes)).unwrap()
    };
    let text = |text: &str| agff.prepare(&Input::text(text)).unwrap();
    let items = [
        text("a red square"),
        text("nothing of the kind"),
        image("images/red-0.png"),
        image("images/blue-3.png"),
    ]
    .map(|prepared| prepared.item().clone().into());
    let (encoder, parameters) = (trainer.encoder(), trainer.parameters());
    let values = outputs(encoder, parameters, &items, &vec![vec![0, 1], vec![2, 3]]).unwrap();
    let width = values.len() / 4;
    values.chunks(width).map(<[f32]>::to_vec).collect()
}

/// The smallest cosine of any view.
fn agreement(a: &[Vec<f32>], b: &[Vec<f32>]) -> f64 {
    let views = |v: &[f32]| v.chunks(32).map(<[f32]>::to_vec).collect::<Vec<_>>();
    let pairs = a.iter().zip(b);
    pairs
        .flat_map(|(a, b)| {
            let (a, b) = (views(a), views(b));
            a.into_iter()
                .zip(b)
                .map(|(a, b)| cosine(&a, &b))
                .collect::<Vec<_>>()
        })
        .fold(1.0, f64::min)
}

#[test]
fn a_model_trained_whole_is_the_package_that_it_becomes() {
    let folder = Folder::new();
    let (trainer, _) = folder.run(&[]);
    let agff = load(&folder.join("run/model"));
    assert!(agff.manifest().trained);
    let trained = of_trainer(&trainer, &agff, &folder);
    let agreement = agreement(&trained, &of_package(&agff, &folder));
    assert!(agreement > 0.99999, "{agreement}");
}

#[test]
fn an_adapter_merged_into_its_model_gives_the_trained_embeddings_and_q8_stays_near() {
    let folder = Folder::new();
    folder.run(&["out='start'"]);
    let start = folder.join("start/model");
    // Adapters are trained on a package that is stored packed, too.
    for (out, dtype) in [("f32", Dtype::F32), ("q8", Dtype::Q8)] {
        let package = folder.join(&format!("package-{out}"));
        let whole = base(&start);
        let manifest = whole.manifest.clone();
        whole
            .write(&package, false, manifest, Some(dtype), |_| Ok(None))
            .unwrap();
        recipe_from(&folder, &package);
        let set = [
            format!("out='{out}'"),
            "train='lora'".into(),
            "lora.rank=4".into(),
            "lora.vision=true".into(),
            "optimiser.steps=25".into(),
        ];
        let (trainer, losses) = folder.run(&set.each_ref().map(String::as_str));
        assert!(losses[20..].iter().sum::<f64>() < losses[..5].iter().sum::<f64>());

        let adapter = Adapter::read(&folder.join(&format!("{out}/adapter"))).unwrap();
        let merged = folder.join(&format!("merged-{out}"));
        adapter
            .merge(base(&package), &merged, false, Dtype::F32)
            .unwrap();
        let agff = load(&merged);
        let trained = of_trainer(&trainer, &agff, &folder);
        let same = agreement(&trained, &of_package(&agff, &folder));
        assert!(same > 0.99999, "{out}: {same}");
        // It did learn something.
        let before = agreement(&trained, &of_package(&load(&package), &folder));
        assert!(before < 0.9999, "{out}: {before}");

        let small = folder.join(&format!("merged-{out}-q8"));
        adapter
            .merge(base(&package), &small, false, Dtype::Q8)
            .unwrap();
        let near = agreement(&trained, &of_package(&load(&small), &folder));
        assert!(near > 0.999, "{out}: {near}");
    }
}

#[test]
fn what_a_photo_model_was_trained_to_is_what_its_package_gives() {
    let folder = Folder::new();
    let package = folder.join("package");
    package_of_parts(&package, Dtype::F32, Some(shape().parts), false);
    let recipe = "out = 'run'\nseed = 5\nstart = { package = 'package' }\n[[data]]\nrows = 'rows.jsonl'\naugment = false\n\
                  [batch]\nrows = 8\n[loss]\nhardness = 'e1'\ntemperature = 0.1\n\
                  [optimiser]\nsteps = 20\nlearning_rate = 3e-3\n";
    std::fs::write(folder.join("recipe.toml"), recipe).unwrap();
    for (train, more) in [
        ("maps", ["loss.keep_texts=1", "loss.keep_pictures=1"]),
        ("maps", ["views.fine=2", "views.learned=1"]),
        ("lora", ["lora.rank=4", "lora.alpha=8"]),
    ] {
        let out = format!("{train}-{}", more[0]);
        let set = [format!("out='{out}'"), format!("train={train}")];
        let set: Vec<&str> = set.iter().map(String::as_str).chain(more).collect();
        let (trainer, losses) = folder.run(&set);
        assert!(losses[15..].iter().sum::<f64>() < losses[..5].iter().sum::<f64>());
        let made = match train {
            "maps" => folder.join(&format!("{out}/model")),
            _ => {
                let merged = folder.join("merged");
                let adapter = Adapter::read(&folder.join(&format!("{out}/adapter"))).unwrap();
                adapter
                    .merge(base(&package), &merged, false, Dtype::F32)
                    .unwrap();
                merged
            }
        };
        let agff = load(&made);
        let trained = of_trainer(&trainer, &agff, &folder);
        // A text has one view in a package, and that one in the place of all in training.
        let found = of_package(&agff, &folder);
        let cut: Vec<Vec<f32>> = trained
            .iter()
            .zip(&found)
            .map(|(trained, found)| trained[..found.len()].to_vec())
            .collect();
        let same = agreement(&cut, &found);
        assert!(same > 0.99999, "{out}: {same}");
        let before = of_package(&load(&package), &folder);
        let moved = agreement(
            &before.iter().map(|v| v[..32].to_vec()).collect::<Vec<_>>(),
            &found.iter().map(|v| v[..32].to_vec()).collect::<Vec<_>>(),
        );
        assert!(moved < 0.9999, "{out}: {moved}");
    }
}

#[test]
fn an_adapter_refuses_another_model_than_its_own() {
    let folder = Folder::new();
    folder.run(&["out='start'", "optimiser.steps=6"]);
    folder.run(&["out='other'", "optimiser.steps=7"]);
    recipe_from(&folder, &folder.join("start/model"));
    folder.run(&["train='views'", "optimiser.steps=6"]);
    let adapter = Adapter::read(&folder.join("run/adapter")).unwrap();
    let error = adapter
        .merge(
            base(&folder.join("other/model")),
            &folder.join("out"),
            false,
            Dtype::F32,
        )
        .unwrap_err();
    assert_eq!(error.code(), Code::Checkpoint);
    assert!(error.to_string().contains("another package"), "{error}");
    assert!(!folder.join("out").exists());
}

#[test]
fn views_can_be_added_to_a_model_that_has_none() {
    let folder = Folder::new();
    folder.run(&["out='start'", "views.fine=0", "optimiser.steps=10"]);
    let start = folder.join("start/model");
    recipe_from(&folder, &start);
    folder.run(&["train='views'", "views.fine=3", "optimiser.steps=10"]);
    let adapter = Adapter::read(&folder.join("run/adapter")).unwrap();
    let merged = folder.join("merged");
    adapter
        .merge(base(&start), &merged, false, Dtype::F32)
        .unwrap();
    assert_eq!(load(&merged).manifest().views.len(), 4);
}

/// Lets the recipe start from a package.
fn recipe_from(folder: &Folder, package: &Path) {
    let path = folder.join("recipe.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = text.split_once("[start").unwrap();
    let (_, tail) = rest.split_once("[views]").unwrap();
    let start = format!("[start]\npackage = {:?}\n", package.display().to_string());
    std::fs::write(path, format!("{head}{start}\n[views]{tail}")).unwrap();
}
