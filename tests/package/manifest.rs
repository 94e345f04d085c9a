//! A manifest that cannot be meant is refused, and the error names the field.

use agff::Code;
use agff::package::Manifest;
use agff::tensors::Dtype;
use serde_json::{Value, json};

use crate::package::Parts;

fn parse(json: &Value) -> agff::Result<Manifest> {
    Manifest::parse(json.to_string().as_bytes())
}

fn valid() -> Value {
    Parts::new(Dtype::Q8).manifest
}

/// Sets the value at a JSON pointer.
fn set(json: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match json.pointer_mut(parent).unwrap() {
        Value::Array(list) => list[key.parse::<usize>().unwrap()] = value,
        other => other[key] = value,
    }
}

#[test]
fn a_manifest_is_read_as_it_was_written_and_unknown_fields_are_ignored() {
    let mut json = valid();
    let manifest = parse(&json).unwrap();
    assert_eq!(
        Manifest::parse(&manifest.to_json().unwrap()).unwrap(),
        manifest
    );
    json["from_the_future"] = json!({"a": [1]});
    json["views"][0]["colour"] = json!("blue");
    assert_eq!(parse(&json).unwrap(), manifest);
}

#[test]
fn what_is_no_manifest_says_so() {
    for text in [
        "",
        "{",
        "[]",
        "null",
        "{}",
        "<!doctype html>",
        "{\"format\": \"gguf\"}",
        "\u{0}",
    ] {
        let error = Manifest::parse(text.as_bytes()).unwrap_err();
        assert_eq!(error.code(), Code::PackageManifest, "{text:?}");
        assert_eq!(error.subject(), "agff.json");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(
        Manifest::parse(deep.as_bytes()).unwrap_err().code(),
        Code::PackageManifest
    );
    let long = vec![b' '; (8 << 20) + 1];
    let error = Manifest::parse(&long).unwrap_err();
    assert!(error.message().contains("bytes long"), "{error}");
}

#[test]
fn other_versions_and_families_say_what_is_read_here() {
    for version in [json!(0), json!(2), json!(4_000_000_000_000_u64)] {
        let mut json = valid();
        json["version"] = version;
        // What a later version means by its fields cannot be known.
        json["views"] = json!("elsewhere");
        let error = parse(&json).unwrap_err();
        assert_eq!(error.code(), Code::PackageVersion);
        assert!(error.message().contains("reads version 1"), "{error}");
    }
    let mut json = valid();
    json["family"] = "unheard-of".into();
    json["config"] = json!({});
    let error = parse(&json).unwrap_err();
    assert_eq!(error.code(), Code::PackageFamily);
    assert!(error.message().contains("qwen3_vl"), "{error}");
}

#[test]
fn impossible_values_are_refused_by_the_name_of_their_field() {
    let hash = "0".repeat(64);
    let manifest = Code::PackageManifest;
    let table = [
        ("/version", json!("1"), manifest, "version"),
        ("/family", json!(3), manifest, "family"),
        ("/trained", json!("yes"), manifest, "trained"),
        ("/dtype", json!("q2"), manifest, "dtype"),
        ("/image/min_pixels", json!(0), manifest, "image.min_pixels"),
        ("/image/min_pixels", json!(-1), manifest, "image.min_pixels"),
        (
            "/image/min_pixels",
            json!(5000),
            manifest,
            "image.min_pixels",
        ),
        ("/image/max_pixels", json!(63), manifest, "image.max_pixels"),
        (
            "/image/max_pixels",
            json!(1u64 << 40),
            manifest,
            "image.max_pixels",
        ),
        ("/image/std", json!([1, 0, 1]), manifest, "image.std"),
        ("/image/std", json!([1, 1]), manifest, "image.std"),
        ("/image/mean", json!([0, 0, 1e60]), manifest, "image.mean"),
        ("/prompt/prefix", json!("{text}"), manifest, "{image}"),
        ("/prompt/prefix", json!("{image}"), manifest, "{text}"),
        (
            "/prompt/prefix",
            json!("{image}{text}{text}"),
            manifest,
            "prompt.prefix",
        ),
        ("/prompt/image", json!("nothing"), manifest, "{pad}"),
        (
            "/prompt/image_token",
            json!(""),
            manifest,
            "prompt.image_token",
        ),
        ("/prompt/empty", json!(""), manifest, "prompt.empty"),
        (
            "/prompt/max_tokens",
            json!(0),
            manifest,
            "prompt.max_tokens",
        ),
        (
            "/prompt/max_tokens",
            json!(5000),
            manifest,
            "prompt.max_tokens",
        ),
        (
            "/prompt/instruction",
            json!("x".repeat(70_000)),
            manifest,
            "prompt.instruction",
        ),
        ("/views", json!([]), manifest, "views"),
        ("/views/0/name", json!("fine"), manifest, "views[0].name"),
        ("/views/1/name", json!("global"), manifest, "views[1].name"),
        ("/views/1/name", json!(""), manifest, "views[1].name"),
        ("/views/1/name", json!("a/b"), manifest, "views[1].name"),
        ("/views/1/learned", json!(0), manifest, "views[1]"),
        (
            "/views/1/learned",
            json!(100_000),
            manifest,
            "views[1].learned",
        ),
        (
            "/fusion/temperature",
            json!(0),
            manifest,
            "fusion.temperature",
        ),
        (
            "/fusion/temperature",
            json!(-0.1),
            manifest,
            "fusion.temperature",
        ),
        (
            "/fusion/temperature",
            json!(1e-60),
            manifest,
            "fusion.temperature",
        ),
        (
            "/fusion/temperature",
            json!(1e60),
            manifest,
            "fusion.temperature",
        ),
        (
            "/fusion/reduction",
            json!("median"),
            manifest,
            "fusion.reduction",
        ),
        ("/dimensions", json!([]), manifest, "dimensions"),
        ("/dimensions", json!([36]), manifest, "dimensions"),
        ("/dimensions", json!([144, 72]), manifest, "dimensions"),
        ("/dimensions", json!([72, 72]), manifest, "dimensions"),
        ("/dimensions", json!([72, 18, 36]), manifest, "dimensions"),
        ("/dimensions", json!([72, 0]), manifest, "dimensions"),
        ("/files", json!([]), manifest, "tokenizer.json"),
        (
            "/files/1/path",
            json!("../weights.safetensors"),
            manifest,
            "files[1].path",
        ),
        (
            "/files/1/path",
            json!("/etc/passwd"),
            manifest,
            "files[1].path",
        ),
        ("/files/1/path", json!("a//b"), manifest, "files[1].path"),
        ("/files/1/path", json!("a/./b"), manifest, "files[1].path"),
        ("/files/1/path", json!("a\\b"), manifest, "files[1].path"),
        ("/files/1/path", json!("C:b"), manifest, "files[1].path"),
        (
            "/files/1/path",
            json!("http://x/y"),
            manifest,
            "files[1].path",
        ),
        (
            "/files/1/path",
            json!("a?b#c%2e"),
            manifest,
            "files[1].path",
        ),
        (
            "/files/1/path",
            json!("agff.json"),
            manifest,
            "files[1].path",
        ),
        (
            "/files/1/path",
            json!("tokenizer.json"),
            manifest,
            "files[1].path",
        ),
        ("/files/1/bytes", json!(0), manifest, "files[1].bytes"),
        ("/files/1/bytes", json!(1.5), manifest, "files[1].bytes"),
        (
            "/files/1/bytes",
            json!(u64::MAX),
            manifest,
            "files[1].bytes",
        ),
        ("/files/1/sha256", json!("abc"), manifest, "files[1].sha256"),
        (
            "/files/1/sha256",
            json!("G".repeat(64)),
            manifest,
            "files[1].sha256",
        ),
        (
            "/files/2/blocks",
            json!({"size": 0, "sha256": []}),
            manifest,
            "files[2].blocks.size",
        ),
        (
            "/files/2/blocks",
            json!({"size": 1 << 20, "sha256": []}),
            manifest,
            "files[2].blocks.sha256",
        ),
        (
            "/files/2/blocks",
            json!({"size": 1 << 20, "sha256": [hash, hash]}),
            manifest,
            "files[2].blocks.sha256",
        ),
        (
            "/files/2/blocks/sha256/0",
            json!("A".repeat(64)),
            manifest,
            "blocks.sha256[0]",
        ),
        ("/config/vision", json!({}), manifest, "config.vision"),
        (
            "/config/text/head_dim",
            json!("x"),
            manifest,
            "config.text.head_dim",
        ),
        (
            "/config/text/head_dim",
            json!(15),
            Code::Config,
            "config.text.head_dim",
        ),
        (
            "/config/text/head_dim",
            json!(1u64 << 60),
            Code::Config,
            "config.text.head_dim",
        ),
        (
            "/config/text/vocab_size",
            json!(0),
            Code::Config,
            "config.text.vocab_size",
        ),
        (
            "/config/text/rms_norm_eps",
            json!(0),
            Code::Config,
            "config.text.rms_norm_eps",
        ),
        (
            "/config/text/num_key_value_heads",
            json!(3),
            Code::Config,
            "num_key_value_heads",
        ),
        (
            "/config/text/head_dim",
            json!(258),
            Code::Config,
            "head_dim",
        ),
        (
            "/config/vision/num_heads",
            json!(5),
            Code::Config,
            "config.vision.num_heads",
        ),
        (
            "/config/vision/depth",
            json!(0),
            Code::Config,
            "config.vision.depth",
        ),
        (
            "/config/vision/num_position_embeddings",
            json!(17),
            Code::Config,
            "num_position",
        ),
        (
            "/config/vision/out_hidden_size",
            json!(71),
            Code::Config,
            "out_hidden_size",
        ),
        (
            "/config/vision/deepstack_visual_indexes",
            json!([2]),
            Code::Config,
            "deepstack",
        ),
    ];
    let mut wrong = Vec::new();
    for (pointer, value, code, field) in table {
        let mut json = valid();
        set(&mut json, pointer, value.clone());
        match parse(&json) {
            Ok(_) => wrong.push(format!("{pointer} = {value} was accepted")),
            Err(e) if e.code() != code || !e.message().contains(field) => {
                wrong.push(format!("{pointer} = {value}: {e:?}"));
            }
            Err(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    for field in [
        "name",
        "config",
        "image",
        "prompt",
        "views",
        "fusion",
        "dimensions",
        "files",
    ] {
        let mut json = valid();
        json.as_object_mut().unwrap().remove(field);
        let error = parse(&json).unwrap_err();
        assert_eq!(error.code(), Code::PackageManifest);
        assert!(error.message().contains(field), "{error}");
    }
}

#[test]
fn a_manifest_with_any_value_replaced_is_read_or_refused_but_never_a_panic() {
    fn leaves(value: &Value, at: String, list: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                for (key, v) in map {
                    leaves(v, format!("{at}/{key}"), list);
                }
            }
            Value::Array(items) => {
                for (i, v) in items.iter().enumerate() {
                    leaves(v, format!("{at}/{i}"), list);
                }
            }
            _ => {}
        }
        if !at.is_empty() {
            list.push(at);
        }
    }
    let json = valid();
    let mut list = Vec::new();
    leaves(&json, String::new(), &mut list);
    assert!(list.len() > 60, "{list:?}");
    let mut refused = 0;
    for pointer in &list {
        for value in [
            json!(null),
            json!(0),
            json!(-1),
            json!(1),
            json!(1e300),
            json!(u64::MAX),
            json!(""),
            json!("{text}"),
            json!([]),
            json!([[]]),
            json!({}),
            json!(true),
        ] {
            let mut changed = json.clone();
            set(&mut changed, pointer, value);
            refused += usize::from(parse(&changed).is_err());
        }
    }
    // Most values have one right type; names, texts and flags take several.
    assert!(refused > list.len() * 8, "{refused} of {}", list.len() * 12);
}
