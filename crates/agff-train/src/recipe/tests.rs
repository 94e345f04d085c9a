//! What a recipe may say, and what is said of one that cannot be meant.

use std::path::Path;

use super::*;

/// A small recipe that can be meant; `more` is put before its sections.
const SMALL: &str = r#"
out = "run"
train = "views"

[start]
package = "models/nano"

[[data]]
rows = "a.jsonl"

[[data]]
rows = "b.jsonl"
weight = 2

[optimiser]
steps = 10
"#;

fn parse(text: &str, overrides: &[&str]) -> Result<Recipe> {
    let overrides: Vec<String> = overrides.iter().map(|&text| text.into()).collect();
    Recipe::parse(text, "r.toml", Path::new("/recipes"), &overrides)
}

/// The error's text, with its subject.
fn refusal(text: &str, overrides: &[&str]) -> String {
    let error = parse(text, overrides).expect_err("is refused");
    assert_eq!(error.code(), Code::Recipe, "{error}");
    error.to_string()
}

#[test]
fn the_example_can_be_meant_and_is_the_same_when_written_out() {
    let example = parse(Recipe::EXAMPLE, &[]).unwrap();
    let again = parse(&example.to_toml().unwrap(), &[]).unwrap();
    assert_eq!(again, example);
    let Start::Random(start) = &example.start else {
        panic!("the example draws its weights");
    };
    let fusion = example.fusion.of(None);
    let manifest = start.manifest(example.views.as_ref(), fusion);
    assert_eq!(manifest.views.len(), 5);
    assert_eq!(manifest.views[4].name, "fine-4");
}

#[test]
fn the_example_has_every_key() {
    // A key that cannot be known, in every section: the error names all that are.
    let mut keys = 0;
    let mut sections = vec![String::new()];
    for line in Recipe::EXAMPLE.lines() {
        if let Some(head) = line.strip_prefix('[') {
            sections.push(
                head.trim_start_matches('[')
                    .split(']')
                    .next()
                    .unwrap()
                    .into(),
            );
        }
    }
    for inline in [
        "optimiser.multipliers",
        "optimiser.muon",
        "data[0].scenes",
        "loss.matryoshka[0]",
    ] {
        sections.push(inline.into());
    }
    for section in sections {
        let section = section.replacen("data", "data[0]", usize::from(section == "data"));
        let key = [section.as_str(), "no-such-key-anywhere"].join(".");
        let set = format!("{}=1", key.trim_start_matches('.'));
        let error = refusal(Recipe::EXAMPLE, &[&set]);
        let (_, known) = error
            .split_once("known here: ")
            .unwrap_or_else(|| panic!("{error}"));
        for name in known.split(", ") {
            let there = Recipe::EXAMPLE.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            assert!(
                there.clone().any(|word| word == name),
                "{section}: {name} is missing"
            );
            keys += 1;
        }
    }
    assert!(keys > 100, "{keys} keys were looked at");
}

#[test]
fn what_the_example_calls_a_default_is_one() {
    // The values of these sections are the defaults, as the example says.
    let example = parse(Recipe::EXAMPLE, &[]).unwrap();
    assert_eq!(example.lora, Lora::default());
    assert_eq!(example.batch, BatchSettings::default());
    assert_eq!(example.checkpoint, Checkpoints::default());
    assert_eq!(example.log, Log::default());
    let Start::Random(start) = &example.start else {
        panic!("the example draws its weights");
    };
    assert_eq!(start.image, Default::default());
    let prompt = start::RandomPrompt {
        max_tokens: None,
        ..start.prompt.clone()
    };
    assert_eq!(prompt, Default::default());
    // In the others, those that differ say so.
    let augmentation = Augmentation {
        crop_area: [1.0; 2],
        crop_aspect: [1.0; 2],
        brightness: 0.0,
        contrast: 0.0,
        saturation: 0.0,
        ..example.augmentation
    };
    assert_eq!(augmentation, Augmentation::default());
    let loss = Loss {
        hardness: Hardness::None,
        mask_margin: None,
        matryoshka: Vec::new(),
        ..example.loss
    };
    assert_eq!(loss, Loss::default());
    let optimiser = Optimiser {
        warmup_steps: 0,
        steps: None,
        ..example.optimiser
    };
    assert_eq!(optimiser, Optimiser::default());
}

#[test]
fn paths_are_relative_to_the_recipe() {
    let recipe = parse(SMALL, &["eval.files=['q.jsonl', '/abs.jsonl']"]).unwrap();
    assert_eq!(recipe.out, Path::new("/recipes/run"));
    assert_eq!(recipe.start, Start::Package("/recipes/models/nano".into()));
    assert_eq!(recipe.data[1].rows, Rows::File("/recipes/b.jsonl".into()));
    let files = ["/recipes/q.jsonl", "/abs.jsonl"].map(PathBuf::from);
    assert_eq!(recipe.eval.files, files);
}

#[test]
fn overrides_count_as_if_they_stood_in_the_file() {
    let set = [
        "batch.rows=128",
        "loss.hardness = e1",
        "data[1].weight=0.5",
        "out=elsewhere",
        "optimiser.betas=[0.9, 0.98]",
        "optimiser.multipliers.views=10",
        "batch.rows=96",
    ];
    let recipe = parse(SMALL, &set).unwrap();
    assert_eq!(recipe.batch.rows, 96, "the last one counts");
    assert_eq!(recipe.loss.hardness, Hardness::E1);
    assert_eq!(recipe.data[1].weight, 0.5);
    assert_eq!(recipe.out, Path::new("/recipes/elsewhere"));
    assert_eq!(recipe.optimiser.betas, [0.9, 0.98]);
    assert_eq!(recipe.optimiser.multipliers.views, 10.0);
}

#[test]
fn what_cannot_be_meant_is_refused_with_its_place_and_what_to_do() {
    let with = |line: &str| format!("{SMALL}{line}\n");
    let mut wrong: Vec<String> = Vec::new();
    for (text, expected) in [
        // No TOML.
        (with("steps ="), "r.toml:17:8: is not TOML: "),
        // Unknown keys: a slip, a key of another section, nothing like any.
        (
            with("step = 3"),
            "r.toml:17:1: `optimiser.step` is not known; did you mean `steps`?",
        ),
        (
            with("[batch]\nrowz = 3"),
            "r.toml:18:1: `batch.rowz` is not known; did you mean `rows`?",
        ),
        (
            format!("learning_rate = 1e-3\n{SMALL}"),
            "r.toml:1:1: `learning_rate` is not known here; there is one in [optimiser]",
        ),
        (
            with("[log]\ncolour = 1"),
            "r.toml:18:1: `log.colour` is not known; known here: every, tensorboard",
        ),
        // Wrong types.
        (
            with("[batch]\nrows = \"many\""),
            "r.toml:18:1: `batch.rows` cannot be used: invalid type: string \"many\", expected a \
             whole number, 0 or more",
        ),
        (
            SMALL.replace("weight = 2", "weight = true"),
            "r.toml:13:1: `data[1].weight` cannot be used: invalid type: boolean `true`, expected a \
             number",
        ),
        (
            with("[batch]\nrows = -1"),
            "r.toml:18:1: `batch.rows` cannot be used: invalid value: integer `-1`, expected a whole \
             number, 0 or more",
        ),
        (
            with("schedule = \"cosin\""),
            "r.toml:17:1: `optimiser.schedule` is `cosin`; it must be one of `cosine`, `linear`, \
             `constant`",
        ),
        // What is missing, and what excludes each other.
        (
            SMALL.replace("out = \"run\"", ""),
            "r.toml: `out` is missing; it has no default",
        ),
        (
            SMALL.replace("steps = 10", ""),
            "r.toml:15:2: `optimiser.steps` is missing; give `steps` or `epochs`",
        ),
        (
            with("epochs = 3"),
            "r.toml:17:1: `optimiser.epochs` is there beside `steps`; leave one out",
        ),
        (
            SMALL.replace("package = \"models/nano\"", ""),
            "r.toml:5:2: `start` cannot be used: give `package`",
        ),
        (
            SMALL.replace("rows = \"b.jsonl\"", ""),
            "r.toml:11:1: `data[1]` cannot be used: give `rows`, a JSON-lines file, or `scenes`",
        ),
        // Numbers that cannot be.
        (
            with("[batch]\nrows = 1"),
            "r.toml:18:1: `batch.rows` is 1; rows are each other's negatives, so there must be at \
             least 2",
        ),
        (
            with("[batch]\nrows = 8\nparts = 5"),
            "r.toml:19:1: `batch.parts` is 5; 8 rows have between 1 and 4 parts of 2 rows or more",
        ),
        (
            with("betas = [0.9, 1.0]"),
            "r.toml:17:15: `optimiser.betas[1]` is 1; it must be at least 0 and below 1",
        ),
        (
            with("learning_rate = nan"),
            "r.toml:17:1: `optimiser.learning_rate` is NaN; it must be a number above 0",
        ),
        (
            with("warmup_steps = 10"),
            "r.toml:17:1: `optimiser.warmup_steps` is 10; it must be below the 10 steps of the run",
        ),
        (
            with("[augmentation]\ncrop_area = [0.9, 0.5]"),
            "r.toml:18:1: `augmentation.crop_area` is [0.9, 0.5]; it must be two numbers in order, \
             between 0.01 and 1",
        ),
        (
            with("[lora]\ntargets = [\"q_proj\", \"qkv\"]"),
            "r.toml:18:22: `lora.targets[1]` is qkv, of the vision tower, but lora.vision is false",
        ),
        (
            with("[loss]\nmatryoshka = [{ dimensions = 8 }, { dimensions = 8 }]"),
            "r.toml:18:37: `loss.matryoshka[1].dimensions` is 8 again",
        ),
        (
            SMALL.replace(
                "weight = 2",
                "weight = 0\n[[data]]\nrows = \"c\"\nweight = -1",
            ),
            "r.toml:16:1: `data[2].weight` is -1; it must be between 0 and 1000000000",
        ),
        (
            with("[views]\nlearned = 0"),
            "r.toml:18:1: `views.learned` is 0 and there is no prompt",
        ),
    ] {
        let error = refusal(&text, &[]);
        if !error.starts_with(expected) {
            wrong.push(format!("expected {expected}\n     got {error}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_cannot_be_meant_in_an_override_is_said_of_the_override() {
    for (set, expected) in [
        (
            "batch.rowz=3",
            "--set batch.rowz=3: `batch.rowz` is not known; did you mean `rows`?",
        ),
        ("batch.rows=1", "--set batch.rows=1: `batch.rows` is 1; "),
        (
            "batch.rows=many",
            "--set batch.rows=many: `batch.rows` cannot be used: invalid type: ",
        ),
        ("batch.rows", "--set batch.rows: has no `=`"),
        ("batch..rows=2", "--set batch..rows=2: has no such key"),
        (
            "data[2].weight=1",
            "--set data[2].weight=1: there is no [2]: the list has 2",
        ),
        ("seed[0]=1", "--set seed[0]=1: [0] is of no list"),
        ("out.x=1", "--set out.x=1: `x` would be in a string"),
        (
            "optimiser.betas=[0.9",
            "--set optimiser.betas=[0.9: its value is not TOML",
        ),
        ("out=", "--set out=: its value is not TOML"),
    ] {
        let error = refusal(SMALL, &[set]);
        assert!(
            error.starts_with(expected),
            "expected {expected}\n     got {error}"
        );
    }
}

#[test]
fn a_random_start_is_held_to_what_a_manifest_may_say() {
    for (set, expected) in [
        (
            "start.random.config.text.head_dim=15",
            "`start.random.config.text.head_dim` is 15; it must be even",
        ),
        (
            "start.random.config.vision.dept=3",
            "`start.random.config.vision.dept` is not known; did you mean `depth`?",
        ),
        (
            "start.random.dimensions=[48]",
            "`start.random.dimensions` is [48]; it must begin with",
        ),
        (
            "start.random.prompt.empty=''",
            "`start.random.prompt.empty` is empty",
        ),
        (
            "start.random.image.min_pixels=0",
            "`start.random.image.min_pixels` is 0",
        ),
    ] {
        let error = refusal(Recipe::EXAMPLE, &[set]);
        let expected = format!("--set {set}: {expected}");
        assert!(
            error.starts_with(&expected),
            "expected {expected}\n     got {error}"
        );
    }
    // The same in the file itself has a line.
    let text = Recipe::EXAMPLE.replace("head_dim = 16", "head_dim = 15");
    let error = refusal(&text, &[]);
    let line = text
        .lines()
        .position(|line| line == "head_dim = 15")
        .unwrap()
        + 1;
    assert!(error.starts_with(&format!("r.toml:{line}:1: ")), "{error}");
}

#[test]
fn the_shape_may_be_a_file_of_its_own_and_errors_name_it() {
    let folder = tempfile::tempdir().unwrap();
    let Start::Random(start) = parse(Recipe::EXAMPLE, &[]).unwrap().start else {
        panic!("the example draws its weights");
    };
    let json = serde_json::to_string(&start.config).unwrap();
    let toml = toml::to_string(&start.config).unwrap();
    let read = |file: &str, text: &str| {
        std::fs::write(folder.path().join(file), text).unwrap();
        let set = [format!("start.random.config='{file}'")];
        Recipe::parse(Recipe::EXAMPLE, "r.toml", folder.path(), &set)
    };
    for (file, text) in [("shape.json", &json), ("shape.toml", &toml)] {
        let Start::Random(read) = read(file, text).unwrap().start else {
            panic!("it is still a random start");
        };
        assert_eq!(read.config, start.config, "{file}");
    }
    let wrong = json.replace("\"depth\":2", "\"depth\":0");
    let error = read("shape.json", &wrong).unwrap_err();
    let file = folder.path().join("shape.json");
    let expected = format!(
        "{}: `start.random.config.vision.depth` is 0; it must be between 1 and 1024",
        file.display()
    );
    assert_eq!(error.to_string(), expected);
    let error = read("shape.json", "{").unwrap_err();
    assert_eq!(
        (error.code(), error.subject()),
        (Code::Recipe, &*file.display().to_string())
    );
    std::fs::remove_file(&file).unwrap();
    let set = ["start.random.config='shape.json'".to_owned()];
    let error = Recipe::parse(Recipe::EXAMPLE, "r.toml", folder.path(), &set).unwrap_err();
    assert_eq!(error.code(), Code::Io);
}

#[test]
fn a_recipe_that_is_not_there_is_an_error_of_reading() {
    let error = Recipe::read(Path::new("no/such/recipe.toml"), &[]).unwrap_err();
    assert_eq!(
        (error.code(), error.subject()),
        (Code::Io, "no/such/recipe.toml")
    );
}

#[test]
fn every_recipe_in_the_folder_is_one() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../recipes");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            Recipe::read(&path, &[]).unwrap();
            names.push(path.file_stem().unwrap().to_str().unwrap().to_owned());
        }
    }
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "ablation",
            "ablation-base",
            "ablation-shelves",
            "agff-nano",
            "agff-nano-base",
            "agff-pico",
            "agff-pico-base",
            "photo-words"
        ]
    );
}

#[test]
fn keys_that_came_later_leave_the_recipes_of_earlier_runs_as_they_were() {
    let recipe = Recipe::parse(Recipe::EXAMPLE, "example", Path::new(""), &[]).unwrap();
    let text = recipe.to_toml().unwrap();
    for key in ["noise", "maps", "keep_texts", "keep_pictures"] {
        assert!(!text.contains(key), "{key}");
    }
    let set = [
        "views.noise=0.2".into(),
        "optimiser.multipliers.maps=2".into(),
    ];
    let other = Recipe::parse(Recipe::EXAMPLE, "example", Path::new(""), &set).unwrap();
    let text = other.to_toml().unwrap();
    assert!(text.contains("noise = 0.2") && text.contains("maps = 2.0"));
}

#[test]
fn captions_and_muon_are_refused_where_what_they_move_is_not_trained() {
    for key in ["loss.keep_texts", "loss.keep_pictures"] {
        let keep = |train: &str| {
            let set = [format!("train={train}"), format!("{key}=1")];
            Recipe::parse(Recipe::EXAMPLE, "example", Path::new(""), &set)
        };
        assert!(keep("maps").is_ok());
        let error = keep("all").unwrap_err();
        assert!(error.message().contains("maps"), "{error}");
    }
    for key in ["captions.weight", "optimiser.muon.learning_rate"] {
        let set = |train: &str| [format!("train={train}"), format!("{key}=1")];
        let example = |train| Recipe::parse(Recipe::EXAMPLE, "example", Path::new(""), &set(train));
        assert!(example("all").is_ok());
        let error = example("views").unwrap_err();
        assert!(error.to_string().contains(key), "{error}");
    }
}
