//! Checkpoints become packages.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use agff::families::qwen3_vl::Config;
use agff::families::{ModelConfig, registry};
use agff::package::{ConvertOptions, Manifest, Package, Source, convert};
use agff::tensors::Dtype;
use agff::tensors::{RawTensor, Suffix};
use agff::{Code, Result};
use half::bf16;
use pollster::block_on;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::package::checkpoint::{Shard, Stored, encode, write_safetensors, write_weights};
use crate::support::golden::weights as tensor;
use crate::support::packages;

/// A `config.json` of the model of `packages::small_config`, in the older style.
fn config_json() -> Value {
    json!({
        "model_type": "qwen3_vl",
        "image_token_id": 290,
        "tie_word_embeddings": true,
        "text_config": {
            "model_type": "qwen3_vl_text", "vocab_size": 300, "hidden_size": 72,
            "intermediate_size": 80, "num_hidden_layers": 2, "num_attention_heads": 4,
            "num_key_value_heads": 2, "head_dim": 16, "hidden_act": "silu",
            "max_position_embeddings": 4096, "rms_norm_eps": 1e-6, "rope_theta": 500000,
            "rope_scaling": {"mrope_section": [4, 2, 2], "mrope_interleaved": true, "rope_type": "default"},
            "attention_bias": true
        },
        "vision_config": {
            "model_type": "qwen3_vl", "depth": 2, "hidden_size": 32,
            "hidden_act": "gelu_pytorch_tanh", "intermediate_size": 48, "num_heads": 2,
            "in_channels": 3, "patch_size": 4, "spatial_merge_size": 2, "temporal_patch_size": 2,
            "out_hidden_size": 72, "num_position_embeddings": 16, "deepstack_visual_indexes": [0]
        }
    })
}

pub fn tokenizer_json() -> Value {
    let names = [
        "<|im_start|>",
        "<|im_end|>",
        "<|vision_start|>",
        "<|vision_end|>",
    ];
    let ids = (280..).zip(names).chain([(290, "<|image_pad|>")]);
    let added: Vec<Value> = ids
        .clone()
        .map(|(id, name)| {
            json!({
                "id": id, "content": name, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": true,
            })
        })
        .collect();
    let vocabulary: serde_json::Map<String, Value> = ids
        .map(|(id, name)| (name.to_owned(), id.into()))
        .chain([("unknown".to_owned(), 0.into())])
        .collect();
    json!({
        "version": "1.0",
        "added_tokens": added,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "unknown"},
    })
}

/// The official names and shapes of the small model's tensors, the output head among them.
pub fn official(config: &Config) -> Vec<(String, Vec<usize>)> {
    let mut list: Vec<_> = ModelConfig::new(config.clone())
        .tensors(&[])
        .into_iter()
        .map(|spec| {
            let name = match spec.name.strip_prefix("vision.") {
                Some(rest) => format!("model.visual.{rest}"),
                None => spec.name.replacen("text.", "model.language_model.", 1),
            };
            let shape = if name.ends_with("patch_embed.proj.weight") {
                vec![32, 3, 2, 4, 4]
            } else {
                spec.shape
            };
            (name, shape)
        })
        .collect();
    list.push(("lm_head.weight".into(), vec![300, 72]));
    list
}

/// A folder with a checkpoint, and room beside it for packages.
pub struct Checkpoint {
    dir: TempDir,
}

impl Checkpoint {
    pub fn new(stored: Stored, shards: usize, bare: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let this = Self { dir };
        fs::create_dir(this.hf()).unwrap();
        this.put("config.json", &config_json());
        this.put("tokenizer.json", &tokenizer_json());
        let all = official(&packages::small_config());
        let each = all.len().div_ceil(shards);
        let shards: Vec<Shard> = all
            .chunks(each)
            .enumerate()
            .map(|(i, tensors)| Shard {
                file: match shards {
                    1 => "model.safetensors".into(),
                    n => format!("model-{:05}-of-{n:05}.safetensors", i + 1),
                },
                tensors: tensors.to_vec(),
            })
            .collect();
        write_weights(&this.hf(), &shards, "seed", 1.0, stored, bare);
        this
    }

    pub fn small() -> Self {
        Self::new(Stored::F32, 1, false)
    }

    pub fn hf(&self) -> PathBuf {
        self.dir.path().join("Tiny-VL")
    }

    pub fn out(&self) -> PathBuf {
        self.dir.path().join("package")
    }

    pub fn put(&self, file: &str, json: &Value) {
        let path = self.hf().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, json.to_string()).unwrap();
    }

    /// Changes `config.json` at a JSON pointer; `null` removes nothing, it is written.
    pub fn set(&self, pointer: &str, value: Value) {
        let mut config = config_json();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        config.pointer_mut(parent).unwrap()[key] = value;
        self.put("config.json", &config);
    }

    pub fn convert(&self, options: &ConvertOptions) -> Result<Manifest> {
        convert(&self.hf(), &self.out(), options, &mut |_| {})
    }

    /// The error of a conversion, which must leave nothing behind.
    #[track_caller]
    pub fn refused(&self) -> agff::Error {
        let error = self.convert(&ConvertOptions::default()).unwrap_err();
        assert!(!self.out().exists(), "something was left behind");
        let left: Vec<_> = fs::read_dir(self.dir.path())
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .filter(|name| name.to_string_lossy().starts_with('.'))
            .collect();
        assert!(left.is_empty(), "{left:?} was left behind");
        error
    }
}

fn options(dtype: Dtype) -> ConvertOptions {
    ConvertOptions {
        dtype,
        ..ConvertOptions::default()
    }
}

fn read(out: &Path) -> (Manifest, BTreeMap<String, RawTensor>, Vec<f32>) {
    block_on(async {
        let package = Package::open(Source::Folder(out.into())).await.unwrap();
        let mut tensors = BTreeMap::new();
        package
            .load_tensors(&mut |_| {}, |t| {
                tensors.insert(t.name.clone(), t);
                Ok(())
            })
            .await
            .unwrap();
        let table = package.token_table(1 << 20).await.unwrap();
        let ids: Vec<u32> = (0..table.rows_total() as u32).collect();
        let rows = table.rows(&ids).await.unwrap();
        (package.manifest().clone(), tensors, rows)
    })
}

#[test]
fn the_rule_for_weights_gives_the_documented_values() {
    let name = "model.language_model.embed_tokens.weight";
    let bits = |values: &[f32]| values[..3].iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    let values = tensor("small", name, &[576, 64], 1.0);
    assert_eq!(bits(&values), [0x3e3a_78ba, 0x3de9_146b, 0x3eb4_b1ec]);
    let values = tensor("small", "model.language_model.norm.weight", &[64], 1.0);
    assert_eq!(bits(&values), [0x3f89_6546, 0x3f69_2c5c, 0x3f71_8954]);
}

#[test]
fn every_way_to_store_a_checkpoint_gives_the_same_package() {
    for (stored, shards, bare) in [
        (Stored::F32, 1, false),
        (Stored::F32, 1, true),
        (Stored::F32, 4, false),
        (Stored::F16, 1, false),
        (Stored::Bf16, 3, true),
    ] {
        let c = Checkpoint::new(stored, shards, bare);
        c.convert(&options(Dtype::F32)).unwrap();
        let (manifest, tensors, rows) = read(&c.out());
        let mut expected = packages::small_config();
        expected.text.tie_word_embeddings = true;
        assert_eq!(manifest.config, ModelConfig::new(expected.clone()));
        let rounded = |name: &str, shape: &[usize]| -> Vec<f32> {
            let values = tensor("seed", name, shape, 1.0).into_iter();
            match stored {
                Stored::F32 => values.collect(),
                Stored::F16 => values.map(|v| half::f16::from_f32(v).to_f32()).collect(),
                Stored::Bf16 => values.map(|v| bf16::from_f32(v).to_f32()).collect(),
            }
        };
        let mut seen = 0;
        for (name, shape) in official(&expected) {
            let canonical = name.replacen("model.visual.", "vision.", 1).replacen(
                "model.language_model.",
                "text.",
                1,
            );
            if canonical.ends_with("embed_tokens.weight") {
                assert!(rows == rounded(&name, &shape), "{name}");
            } else if canonical != "lm_head.weight" {
                let values = tensors[&canonical].as_f32().unwrap();
                assert!(values == rounded(&name, &shape), "{name}");
                seen += 1;
            }
        }
        assert_eq!(seen, tensors.len());
        assert_eq!(tensors["vision.patch_embed.proj.weight"].shape, [32, 96]);
    }
}

#[test]
fn a_plain_checkpoint_becomes_the_official_embedding() {
    let c = Checkpoint::small();
    fs::write(
        c.hf().join("README.md"),
        "---\nlicense: apache-2.0\ntags: [x]\n---\n# Tiny\n",
    )
    .unwrap();
    let manifest = c.convert(&ConvertOptions::default()).unwrap();
    assert_eq!(manifest.name, "Tiny-VL");
    assert_eq!(manifest.licence, "Apache-2.0");
    assert_eq!(manifest.dimensions, [72]);
    assert_eq!(manifest.views.len(), 1);
    assert_eq!(manifest.views[0].prompt, "<|im_start|>assistant\n");
    assert_eq!(
        manifest.prompt.prefix,
        "<|im_start|>system\n{instruction}<|im_end|>\n<|im_start|>user\n{image}{text}<|im_end|>\n"
    );
    assert_eq!(manifest.prompt.instruction, "Represent the user's input.");
    // The model's positions end before the usual limit of 8192 tokens.
    assert_eq!(manifest.prompt.max_tokens, 4096);
    // Without a preprocessor_config.json: 4 to 1800 merged patches of 8 × 8 pixels.
    assert_eq!(
        (manifest.image.min_pixels, manifest.image.max_pixels),
        (4 * 64, 1800 * 64)
    );
    assert!(manifest.trained);
}

#[test]
fn quantised_packages_hold_what_was_chosen_for_the_weights() {
    for dtype in [Dtype::F16, Dtype::Q8, Dtype::Q4] {
        let c = Checkpoint::small();
        let manifest = c.convert(&options(dtype)).unwrap();
        let (_, tensors, _) = read(&c.out());
        for spec in manifest.tensors() {
            let suffix = Suffix::of(spec.stored_dtype(dtype));
            if !spec.name.starts_with("text.embed_tokens") {
                let stored = format!("{}{}", spec.name, suffix.as_str());
                assert!(tensors.contains_key(&stored), "{stored}");
            }
        }
        let name = "vision.blocks.0.attn.qkv.weight";
        let official = tensor(
            "seed",
            "model.visual.blocks.0.attn.qkv.weight",
            &[96, 32],
            1.0,
        );
        let packed = agff::tensors::quantize::pack_rows(dtype, name, 32, &official).unwrap();
        let suffix = Suffix::of(dtype).as_str();
        assert_eq!(tensors[&format!("{name}{suffix}")].words, packed.words);
        if dtype != Dtype::F16 {
            assert_eq!(tensors[&format!("{name}.scales")].words, packed.scales);
        }
    }
}

#[test]
fn the_same_checkpoint_gives_the_same_bytes() {
    let c = Checkpoint::small();
    c.convert(&options(Dtype::Q4)).unwrap();
    let bytes = |folder: &Path| -> BTreeMap<String, Vec<u8>> {
        fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap())
            .map(|e| {
                let name = e.file_name().into_string().unwrap();
                (name, fs::read(e.path()).unwrap())
            })
            .collect()
    };
    let first = bytes(&c.out());
    assert!(first.len() >= 4, "{:?}", first.keys());
    let again = ConvertOptions {
        force: true,
        ..options(Dtype::Q4)
    };
    c.convert(&again).unwrap();
    assert!(first == bytes(&c.out()));
}

#[test]
fn a_folder_with_something_in_it_is_not_overwritten() {
    let c = Checkpoint::small();
    fs::create_dir(c.out()).unwrap();
    fs::write(c.out().join("diary.txt"), "dear").unwrap();
    for force in [false, true] {
        let options = ConvertOptions {
            force,
            ..ConvertOptions::default()
        };
        assert_eq!(c.convert(&options).unwrap_err().code(), Code::Io);
    }
    assert_eq!(fs::read(c.out().join("diary.txt")).unwrap(), b"dear");
}

#[test]
fn a_package_with_other_files_in_its_folder_is_not_replaced() {
    let c = Checkpoint::small();
    c.convert(&ConvertOptions::default()).unwrap();
    let force = ConvertOptions {
        force: true,
        ..ConvertOptions::default()
    };
    fs::create_dir(c.out().join("notes")).unwrap();
    let diary = c.out().join("notes/diary.txt");
    fs::write(&diary, "dear").unwrap();
    let error = c.convert(&force).unwrap_err();
    assert_eq!(error.code(), Code::Io);
    assert!(error.message().contains("diary.txt"), "{error}");
    assert_eq!(fs::read(&diary).unwrap(), b"dear");
    fs::remove_file(&diary).unwrap();
    // A card is about the weights that go.
    let card = c.out().join("README.md");
    fs::write(&card, "good weights").unwrap();
    c.convert(&force).unwrap();
    assert!(!card.exists());
}

#[test]
fn views_come_from_a_file_with_given_or_random_vectors() {
    let c = Checkpoint::small();
    let views = c.dir.path().join("views.json");
    let vectors: Vec<f32> = (0..2 * 72).map(|i| i as f32 / 100.0).collect();
    let (dtype, bytes) = encode(&vectors, Stored::F32);
    write_safetensors(
        &c.dir.path().join("vectors.safetensors"),
        &BTreeMap::from([("views.fine-1".into(), (dtype, vec![2, 72], bytes))]),
    );
    let json = json!({
        "views": [
            {"name": "global", "prompt": "<|im_start|>assistant\n"},
            {"name": "fine-1", "learned": 2},
            {"name": "fine-2", "prompt": "colours:", "learned": 3}
        ],
        "fusion": {"temperature": 0.1, "reduction": "max"},
        "prefix": "<|im_start|>{instruction}: {image}{text}<|im_end|>",
        "named": {"query": "Find it."},
        "dimensions": [72, 36],
        "vectors": "vectors.safetensors"
    });
    fs::write(&views, json.to_string()).unwrap();
    let with_views = ConvertOptions {
        views: Some(views.clone()),
        ..ConvertOptions::default()
    };
    let manifest = c.convert(&with_views).unwrap();
    assert_eq!(manifest.views.len(), 3);
    assert_eq!(manifest.dimensions, [72, 36]);
    assert_eq!(manifest.prompt.named["query"], "Find it.");
    assert_eq!(manifest.prompt.prefix, json["prefix"]);
    assert!(manifest.provenance.contains("fine-2") && !manifest.provenance.contains("fine-1"));
    let (_, tensors, _) = read(&c.out());
    assert_eq!(tensors["views.fine-1"].as_f32().unwrap(), vectors);
    let random = tensors["views.fine-2"].as_f32().unwrap();
    assert_eq!(random.len(), 3 * 72);
    let deviation = (random.iter().map(|v| v * v).sum::<f32>() / random.len() as f32).sqrt();
    assert!((0.017..0.023).contains(&deviation), "{deviation}");

    let again = |json: Value| {
        fs::write(&views, json.to_string()).unwrap();
        let options = ConvertOptions {
            force: true,
            ..with_views.clone()
        };
        c.convert(&options).unwrap_err()
    };
    let mut typo = json.clone();
    typo["fusions"] = json!({});
    assert_eq!(again(typo).code(), Code::PackageManifest);
    let mut wordless = json.clone();
    wordless["prefix"] = "<|im_start|>{image}<|im_end|>".into();
    let error = again(wordless);
    assert_eq!(error.code(), Code::PackageManifest);
    assert!(error.message().contains("{text}"), "{error}");
    let mut unnamed = json.clone();
    unnamed["views"][1]["name"] = "fine-3".into();
    assert_eq!(again(unnamed).code(), Code::PackageTensor);
    let mut foreign = json.clone();
    foreign["views"][2]["prompt"] = "<|nobody_knows|>".into();
    let error = again(foreign);
    assert_eq!(error.code(), Code::Tokenizer);
    assert!(error.message().contains("<|nobody_knows|>"), "{error}");
}

#[test]
fn both_styles_of_configuration_say_the_same() {
    let c = Checkpoint::small();
    let old = c.convert(&ConvertOptions::default()).unwrap();
    let mut config = config_json();
    let text = config["text_config"].as_object_mut().unwrap();
    text.remove("rope_theta");
    let mut rope = text.remove("rope_scaling").unwrap();
    rope["rope_theta"] = 500_000.0.into();
    text.insert("rope_parameters".into(), rope);
    text.insert("tie_word_embeddings".into(), true.into());
    config
        .as_object_mut()
        .unwrap()
        .remove("tie_word_embeddings");
    config["vision_config"]["model_type"] = "qwen3_vl_vision".into();
    config["vision_config"]["patch_size"] = json!([4, 4]);
    config["vision_config"]["rope_parameters"] =
        json!({"rope_theta": 10000.0, "rope_type": "axial"});
    c.put("config.json", &config);
    let force = ConvertOptions {
        force: true,
        ..ConvertOptions::default()
    };
    assert_eq!(c.convert(&force).unwrap(), old);
}

#[test]
fn the_image_processor_is_read_in_both_styles() {
    let settings = |json: Value| {
        let c = Checkpoint::small();
        c.put("preprocessor_config.json", &json);
        c.convert(&ConvertOptions::default()).map(|m| m.image)
    };
    let new = settings(json!({
        "size": {"shortest_edge": 256, "longest_edge": 4096}, "patch_size": 4, "merge_size": 2,
        "temporal_patch_size": 2, "image_mean": [0.5, 0.4, 0.3], "image_std": [0.5, 0.5, 0.5]
    }))
    .unwrap();
    assert_eq!((new.min_pixels, new.max_pixels), (256, 4096));
    assert_eq!(new.mean, [0.5, 0.4, 0.3]);
    let old = settings(json!({"min_pixels": 300, "max_pixels": 5000})).unwrap();
    assert_eq!((old.min_pixels, old.max_pixels), (300, 5000));
    // What transformers takes when a file states no mean.
    assert_eq!(old.mean, [0.48145466, 0.4578275, 0.40821073]);
    for (json, field) in [
        (json!({"patch_size": 14}), "patch_size"),
        (json!({"do_normalize": false}), "do_normalize"),
        (json!({"resample": 2}), "resample"),
        (json!({"rescale_factor": 1.0}), "rescale_factor"),
        (json!({"image_mean": [0.5]}), "image_mean"),
        (json!({"size": {"shortest_edge": "a"}}), "shortest_edge"),
        (
            json!({"size": {"shortest_edge": 0}}),
            "`size.shortest_edge`",
        ),
        (
            json!({"min_pixels": 9000, "max_pixels": 5000}),
            "`min_pixels`",
        ),
        (json!({"max_pixels": 3}), "`max_pixels`"),
        (
            json!({"size": {"longest_edge": 1e15}}),
            "`size.longest_edge`",
        ),
        (json!({"image_mean": [1e300, 0.5, 0.5]}), "`image_mean`"),
        (json!({"image_std": [0.5, 0.0, 0.5]}), "`image_std`"),
    ] {
        let error = settings(json).unwrap_err();
        assert_eq!(error.code(), Code::Config, "{error}");
        assert!(error.message().contains(field), "{error}");
        assert!(error.subject().ends_with("preprocessor_config.json"));
    }
}

#[test]
fn older_names_of_tensors_are_known() {
    let family = registry::by_name("qwen3_vl").unwrap();
    for (name, canonical) in [
        (
            "model.visual.blocks.0.attn.qkv.weight",
            Some("vision.blocks.0.attn.qkv.weight"),
        ),
        ("visual.merger.norm.bias", Some("vision.merger.norm.bias")),
        ("model.language_model.norm.weight", Some("text.norm.weight")),
        (
            "language_model.layers.3.mlp.up_proj.weight",
            Some("text.layers.3.mlp.up_proj.weight"),
        ),
        ("language_model.model.norm.weight", Some("text.norm.weight")),
        (
            "model.layers.3.mlp.up_proj.weight",
            Some("text.layers.3.mlp.up_proj.weight"),
        ),
        (
            "model.embed_tokens.weight",
            Some("text.embed_tokens.weight"),
        ),
        ("norm.weight", Some("text.norm.weight")),
        ("lm_head.weight", None),
        ("model.visual.rotary_pos_emb.inv_freq", None),
        ("something.else", Some("something.else")),
    ] {
        assert_eq!(family.rename(name).as_deref(), canonical, "{name}");
    }
}
