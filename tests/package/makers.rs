//! A checkpoint is run as its makers run it: pixel limits, the newer processor file, and what
//! `sentence-transformers` says of pooling.

use agff::Code;
use agff::package::ConvertOptions;
use agff::package::manifest::ImageSettings;
use serde_json::{Value, json};

use super::convert::Checkpoint;

fn image(c: &Checkpoint, options: &ConvertOptions) -> agff::Result<ImageSettings> {
    c.convert(options).map(|manifest| manifest.image)
}

fn limits(image: ImageSettings) -> (u64, u64) {
    (image.min_pixels, image.max_pixels)
}

/// Four to 1800 merged patches of 8 × 8 pixels: what the embedder is run with.
const EMBEDDER: (u64, u64) = (4 * 64, 1800 * 64);

#[test]
fn the_limits_that_the_chat_model_is_published_with_give_way_to_the_embedders() {
    for (stated, expected) in [
        ((65_536, 16_777_216), EMBEDDER),
        // Whoever states others means them.
        ((65_536, 16_777_215), (65_536, 16_777_215)),
        ((300, 5000), (300, 5000)),
    ] {
        let c = Checkpoint::small();
        let (min, max) = stated;
        let size = json!({"size": {"shortest_edge": min, "longest_edge": max}});
        c.put("preprocessor_config.json", &size);
        let image = image(&c, &ConvertOptions::default()).unwrap();
        assert_eq!(limits(image), expected, "{stated:?}");
    }
}

#[test]
fn limits_can_be_given_and_are_checked_before_anything_is_written() {
    let c = Checkpoint::small();
    let with = |min: Option<u64>, max: Option<u64>| ConvertOptions {
        min_pixels: min,
        max_pixels: max,
        force: true,
        ..ConvertOptions::default()
    };
    for (options, expected) in [
        (with(Some(128), Some(9000)), (128, 9000)),
        (with(None, Some(9000)), (EMBEDDER.0, 9000)),
        (with(Some(128), None), (128, EMBEDDER.1)),
        // The lower limit follows an upper one that is below it.
        (with(None, Some(100)), (100, 100)),
    ] {
        assert_eq!(limits(image(&c, &options).unwrap()), expected);
    }
    let fresh = Checkpoint::small();
    for (options, field) in [
        (with(None, Some(63)), "max_pixels"),
        (with(None, Some(1 << 40)), "max_pixels"),
        (with(Some(0), None), "min_pixels"),
        (with(Some(9000), Some(8000)), "min_pixels"),
    ] {
        let error = image(&fresh, &options).unwrap_err();
        assert!(error.message().contains(field), "{error}");
        assert!(error.subject().ends_with("agff.json"), "{error}");
        assert!(!fresh.out().exists());
    }
}

#[test]
fn the_image_processor_is_found_inside_the_processors_file() {
    let c = Checkpoint::small();
    let inner = json!({"size": {"shortest_edge": 256, "longest_edge": 4096}, "patch_size": 4});
    c.put("processor_config.json", &json!({"image_processor": inner}));
    let options = ConvertOptions::default();
    assert_eq!(limits(image(&c, &options).unwrap()), (256, 4096));

    // An older file of that name has no image processor in it.
    let c = Checkpoint::small();
    c.put("processor_config.json", &json!({"processor_class": "P"}));
    c.put(
        "preprocessor_config.json",
        &json!({"min_pixels": 300, "max_pixels": 5000}),
    );
    assert_eq!(limits(image(&c, &options).unwrap()), (300, 5000));

    let c = Checkpoint::small();
    let inner = json!({"do_normalize": false});
    c.put("processor_config.json", &json!({"image_processor": inner}));
    let error = image(&c, &options).unwrap_err();
    assert_eq!(error.code(), Code::Config);
    assert!(
        error.subject().ends_with("processor_config.json"),
        "{error}"
    );
    assert!(
        error.message().contains("`image_processor.do_normalize`"),
        "{error}"
    );
}

fn module(name: &str, path: &str) -> Value {
    json!({"idx": 0, "name": "0", "path": path, "type": format!("sentence_transformers.models.{name}")})
}

#[test]
fn pooling_by_the_last_token_is_taken_and_every_other_is_refused_by_its_name() {
    let modules = json!([
        module("Transformer", ""),
        module("Pooling", "1_Pooling"),
        module("Normalize", "2_Normalize")
    ]);
    let convert = |pooling: Value| {
        let c = Checkpoint::small();
        c.put("modules.json", &modules);
        c.put("1_Pooling/config.json", &pooling);
        c.convert(&ConvertOptions::default())
    };
    let last = json!({"pooling_mode_lasttoken": true, "pooling_mode_mean_tokens": false});
    convert(last).unwrap();
    convert(json!({"pooling_mode": "lasttoken"})).unwrap();
    for (pooling, field) in [
        // The mean is what sentence-transformers takes unless it is switched off.
        (json!({}), "`pooling_mode_mean_tokens`"),
        (
            json!({"pooling_mode_mean_tokens": true}),
            "`pooling_mode_mean_tokens`",
        ),
        (
            json!({"pooling_mode_cls_token": true}),
            "`pooling_mode_cls_token`",
        ),
        (
            json!({"pooling_mode_lasttoken": true, "pooling_mode_mean_tokens": false, "pooling_mode_max_tokens": true}),
            "`pooling_mode_max_tokens`",
        ),
        (json!({"pooling_mode": "mean"}), "`pooling_mode`"),
    ] {
        let error = convert(pooling).unwrap_err();
        assert_eq!(error.code(), Code::Config, "{error}");
        assert!(
            error.subject().ends_with("1_Pooling/config.json"),
            "{error}"
        );
        assert!(error.message().contains(field), "{error}");
        assert!(error.message().contains("lasttoken"), "{error}");
    }
}

#[test]
fn modules_that_would_change_the_vectors_are_refused() {
    for (modules, said) in [
        (
            json!([module("Transformer", ""), module("Dense", "2_Dense")]),
            "Dense",
        ),
        (json!([module("LSTM", "1_LSTM")]), "LSTM"),
        (json!([module("Pooling", "../elsewhere")]), "elsewhere"),
        (json!([{"path": "1_Pooling"}]), "`type`"),
        (json!([module("Pooling", "")]), "`path`"),
        (
            json!([{"type": "sentence_transformers.models.Pooling", "path": 7}]),
            "`path`",
        ),
        (
            json!([{"type": "own_code.Transformer", "path": ""}]),
            "own_code.Transformer",
        ),
        (
            json!([module("Transformer", "0_Transformer")]),
            "name that folder",
        ),
        (
            json!([module("Transformer", ""), module("Transformer", "")]),
            "two Transformers",
        ),
        (json!([module("Normalize", "")]), "no Transformer"),
        (json!([]), "no Transformer"),
        (json!({"0": "Transformer"}), "list"),
    ] {
        let c = Checkpoint::small();
        c.put("modules.json", &modules);
        c.put(
            "2_Dense/config.json",
            &json!({"in_features": 64, "out_features": 32}),
        );
        let error = c.convert(&ConvertOptions::default()).unwrap_err();
        assert_eq!(error.code(), Code::Config, "{error}");
        assert!(error.subject().ends_with("modules.json"), "{error}");
        assert!(error.message().contains(said), "{error}");
        assert!(!c.out().exists());
    }
    // Named, but not there.
    let c = Checkpoint::small();
    c.put("modules.json", &json!([module("Pooling", "1_Pooling")]));
    let error = c.convert(&ConvertOptions::default()).unwrap_err();
    assert_eq!(error.code(), Code::PackageFileMissing, "{error}");
}

#[test]
fn linear_layers_that_are_not_built_are_refused_by_name() {
    type Change<'a> = &'a dyn Fn(&mut serde_json::Map<String, Value>, &mut Vec<Value>);
    let of = |change: Change<'_>| {
        let scratch = tempfile::tempdir().unwrap();
        let (checkpoint, out) = (scratch.path().join("hf"), scratch.path().join("out"));
        crate::support::golden::Case::read("bert-dense").write_checkpoint(&checkpoint);
        let [layer, modules] = ["2_Dense/config.json", "modules.json"].map(|f| checkpoint.join(f));
        let read = |path| std::fs::read(path).unwrap();
        let mut fields = serde_json::from_slice(&read(&layer)).unwrap();
        let mut list = serde_json::from_slice(&read(&modules)).unwrap();
        change(&mut fields, &mut list);
        std::fs::write(layer, Value::Object(fields).to_string()).unwrap();
        std::fs::write(modules, Value::Array(list).to_string()).unwrap();
        let options = ConvertOptions::default();
        agff::package::convert(&checkpoint, &out, &options, &mut |_| ())
    };
    of(&|_, _| ()).unwrap();
    let changes: [(Change<'_>, &str); 7] = [
        (
            &|c, _| drop(c.insert("activation_function".into(), json!("torch.nn.GELU"))),
            "GELU",
        ),
        (
            &|c, _| drop(c.insert("in_features".into(), json!(47))),
            "in_features",
        ),
        (
            &|c, _| drop(c.insert("module_input_name".into(), json!("token_embeddings"))),
            "module_input_name",
        ),
        (
            &|c, _| drop(c.insert("out_features".into(), json!(0))),
            "out_features",
        ),
        (
            &|c, _| drop(c.insert("activation_function".into(), json!("own_code.Tanh"))),
            "own_code.Tanh",
        ),
        (&|_, modules| modules.swap(1, 2), "at another place"),
        (&|_, modules| modules.swap(3, 4), "at another place"),
    ];
    for (change, said) in changes {
        let error = of(change).unwrap_err();
        assert_eq!(error.code(), Code::Config, "{said}: {error}");
        assert!(error.message().contains(said), "{said}: {error}");
    }
    // A layer of another width than its file says.
    let error = of(&|c, _| drop(c.insert("out_features".into(), json!(63)))).unwrap_err();
    assert!(error.message().contains("in_features"), "{error}");
}

/// A small file, and what becomes of its JSON, which is `null` if it is not there.
type Changed<'a> = (&'a str, &'a dyn Fn(&mut Value));

/// A golden case with other small files.
fn with_files(case: &str, files: &[Changed<'_>]) -> agff::Result<agff::package::Manifest> {
    let scratch = tempfile::tempdir().unwrap();
    let (checkpoint, out) = (scratch.path().join("hf"), scratch.path().join("out"));
    crate::support::golden::Case::read(case).write_checkpoint(&checkpoint);
    for (name, change) in files {
        let file = checkpoint.join(name);
        let mut json = match std::fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap(),
            Err(_) => Value::Null,
        };
        change(&mut json);
        std::fs::write(file, json.to_string()).unwrap();
    }
    agff::package::convert(&checkpoint, &out, &ConvertOptions::default(), &mut |_| ())
}

/// A golden case with a file of prompts.
fn with_prompts(case: &str, prompts: Value) -> agff::Result<agff::package::Manifest> {
    let file = "config_sentence_transformers.json";
    with_files(case, &[(file, &|json| *json = prompts.clone())])
}

#[test]
fn texts_are_cut_where_their_makers_cut_them() {
    let most = |files: &[Changed<'_>]| {
        let manifest = with_files("bert-dense", files).unwrap();
        manifest.prompt.max_tokens
    };
    let positions = most(&[]);
    let tokenizer: Changed<'_> = ("tokenizer_config.json", &|json| {
        *json = json!({"model_max_length": 20})
    });
    assert_eq!(most(&[tokenizer]), 20);
    let sentences: Changed<'_> = ("sentence_bert_config.json", &|json| {
        *json = json!({"max_seq_length": 10})
    });
    assert_eq!(most(&[tokenizer, sentences]), 10);
    assert_eq!(
        most(&[("tokenizer_config.json", &|json| {
            *json =
                json!({"model_max_length": 1_000_000_000_000_000_019_884_624_838_656_u128 as f64});
        })]),
        positions
    );
}

#[test]
fn special_tokens_are_those_that_the_tokenizer_has() {
    // A vocabulary with other names for the ends, as the multilingual MiniLM have.
    let renamed: Changed<'_> = ("tokenizer.json", &|json| {
        let other = json
            .to_string()
            .replace("[CLS]", "<s>")
            .replace("[SEP]", "</s>");
        *json = serde_json::from_str(&other).unwrap();
    });
    let error = with_files("bert-dense", &[renamed]).unwrap_err();
    assert_eq!(error.code(), Code::Tokenizer, "{error}");
    assert!(error.message().contains("[CLS]"), "{error}");
    let named: Changed<'_> = ("tokenizer_config.json", &|json| {
        *json = json!({"cls_token": "<s>", "sep_token": {"content": "</s>"}});
    });
    let manifest = with_files("bert-dense", &[renamed, named]).unwrap();
    assert_eq!(manifest.prompt.prefix, "<s>{instruction}{text}</s>");

    let without_end: Changed<'_> = ("tokenizer_config.json", &|json| {
        *json = json!({"eos_token": "<nope>", "pad_token": "<pad>"});
    });
    let error = with_files("siglip-2", &[without_end]).unwrap_err();
    assert!(error.message().contains("<nope>"), "{error}");
}

#[test]
fn a_prompt_that_is_left_out_of_the_mean_or_fills_the_text_is_refused() {
    let file = "config_sentence_transformers.json";
    let prompts =
        |prompt: &str| json!({"prompts": {"query": prompt}, "default_prompt_name": "query"});
    let pooling: Changed<'_> = ("1_Pooling/config.json", &|json| {
        *json = json!({"pooling_mode": "mean", "include_prompt": false})
    });
    let short = prompts("query: ");
    let error = with_files(
        "bert-dense",
        &[pooling, (file, &|json| *json = short.clone())],
    )
    .unwrap_err();
    assert!(error.message().contains("include_prompt"), "{error}");
    with_files("bert-dense", &[pooling]).unwrap();

    let long = prompts(&"word ".repeat(200));
    let error = with_files("bert-dense", &[(file, &|json| *json = long.clone())]).unwrap_err();
    assert!(error.message().contains("no room for a text"), "{error}");
}

#[test]
fn prompts_by_name_become_the_packages_instructions() {
    let prompts = json!({
        "prompts": {"query": "query: ", "document": "", "passage": "passage: "},
        "default_prompt_name": "passage",
    });
    let manifest = with_prompts("bert", prompts.clone()).unwrap();
    let named: Vec<[&str; 2]> = manifest
        .prompt
        .named
        .iter()
        .map(|(name, text)| [name.as_str(), text])
        .collect();
    assert_eq!(named, [["passage", "passage: "], ["query", "query: "]]);
    assert_eq!(manifest.prompt.instruction, "passage: ");
    for (case, prompts, field) in [
        ("bert", json!({"prompts": {"query": 7}}), "query"),
        (
            "bert",
            json!({"prompts": {}, "default_prompt_name": "query"}),
            "default_prompt_name",
        ),
        // Texts of two towers have no place for one.
        ("siglip-2", prompts, "passage"),
    ] {
        let error = with_prompts(case, prompts).unwrap_err();
        assert_eq!(error.code(), Code::Config, "{error}");
        assert!(error.message().contains(field), "{error}");
    }
    let none = json!({"prompts": {"query": "", "document": ""}, "default_prompt_name": null});
    with_prompts("siglip-2", none).unwrap();
}
