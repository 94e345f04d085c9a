//! What the families `siglip`, `clip` and `chinese_clip` do beyond equalling their references (`tests/parity.rs`): regions of a
//! picture as views, tokenizers in older files, and what they refuse.

use std::fs;
use std::path::Path;

use agff::device::{DeviceChoice, DeviceOptions};
use agff::input::image::Pixels;
use agff::input::text::Tokenizer;
use agff::package::{ConvertOptions, Manifest, convert};
use agff::tensors::Dtype;
use agff::{Agff, Code, Embedding, Input, InputImage, LoadOptions, Result, Source};
use serde_json::{Value, json};

use crate::support::golden::{self, Case};
use crate::support::{cosine, largest_difference};

/// One case of each family.
const CASES: [&str; 3] = ["siglip-2", "clip-openai", "chinese-clip-squash"];

fn converted(checkpoint: &Path, out: &Path, options: ConvertOptions) -> Result<Manifest> {
    let options = ConvertOptions {
        dtype: Dtype::F32,
        force: true,
        ..options
    };
    convert(checkpoint, out, &options, &mut |_| ())
}

/// A case's package with a grid of regions, after a change of its weights.
fn package(
    case: &str,
    regions: Option<usize>,
    change: fn(&str, &mut [f32]),
) -> (tempfile::TempDir, Agff) {
    let scratch = tempfile::tempdir().unwrap();
    let (checkpoint, out) = (
        scratch.path().join("checkpoint"),
        scratch.path().join("package"),
    );
    Case::read(case).write_changed(&checkpoint, change);
    let options = ConvertOptions {
        regions,
        ..ConvertOptions::default()
    };
    converted(&checkpoint, &out, options).unwrap();
    let agff = load(&out);
    (scratch, agff)
}

fn load(package: &Path) -> Agff {
    let options = LoadOptions {
        device: DeviceOptions {
            choice: DeviceChoice::Cpu,
            ..DeviceOptions::default()
        },
        ..LoadOptions::default()
    };
    pollster::block_on(Agff::load(Source::Folder(package.into()), options)).unwrap()
}

fn embed(agff: &Agff, inputs: &[Input]) -> Vec<Embedding> {
    pollster::block_on(agff.embed(inputs)).unwrap()
}

fn pixels(side: u32, rgb: Vec<u8>) -> Input {
    let pixels = Pixels {
        width: side,
        height: side,
        rgb,
    };
    Input {
        image: Some(InputImage::Pixels(pixels)),
        ..Input::default()
    }
}

/// The reference looks at the cells of each region by itself (`make_two_towers.py`).
#[test]
fn regions_equal_the_reference_and_leave_the_global_view_as_it_is() {
    let square = fs::read(golden::folder().join("images/square.png")).unwrap();
    for case in CASES {
        let (_folder, agff) = package(case, Some(3), |_, _| ());
        let inputs = [
            Input::image("square.png", square.clone()),
            Input::text("a dog"),
            pixels(9, vec![90; 243]),
        ];
        let found = embed(&agff, &inputs);
        assert_eq!(found[1].views, ["global"], "a text has one vector");
        assert_eq!(found[0].views.len(), 10);
        let golden = Case::read(case);
        let expected = golden.expected("square.regions").unwrap();
        for (i, expected) in expected.chunks(found[0].dimensions).enumerate() {
            let most = largest_difference(found[0].view(1 + i), expected);
            assert!(most < 2e-4, "{case} region {i}: {most}");
        }
        let global = golden.expected("square.embedding").unwrap();
        assert!(
            largest_difference(found[0].view(0), &global) < 2e-4,
            "{case}"
        );
        // Packed together or alone, a picture has the same views.
        let alone = embed(&agff, &inputs[2..]);
        assert!(
            largest_difference(&alone[0].values, &found[2].values) < 1e-5,
            "{case}"
        );
    }
}

/// A model whose blocks change nothing and whose pooling is a plain mean, so that each part of a vector comes from
/// one patch: the weights of everything else are zero.
fn linear(name: &str, values: &mut [f32]) {
    let pooling = [
        "head.attention",
        "patch_embedding",
        "class_embedding",
        "layrnorm",
        "layernorm",
        "projection",
    ];
    let zero = match name.strip_prefix("vision_model.") {
        // The last block of the one family is what the head is of the other.
        Some(block) if block.starts_with("encoder.layers.2.self_attn.") => {
            block.contains("q_proj") || block.contains("k_proj")
        }
        Some(block) if block.starts_with("encoder.") => !block.contains("layer_norm"),
        Some("head.probe") => true,
        Some(other) => {
            !pooling.iter().any(|part| other.contains(part)) || other.ends_with("in_proj_bias")
        }
        None => false,
    };
    if zero {
        values.fill(0.0);
    }
    // Without the class token's own share.
    if name.ends_with("class_embedding") {
        values.fill(0.0);
    }
}

#[test]
fn where_pooling_is_linear_the_mean_of_all_regions_is_the_whole() {
    let (_folder, agff) = package("siglip-left", Some(3), linear);
    let square = fs::read(golden::folder().join("images/square.png")).unwrap();
    // The vectors before they are of unit length are not to be had, but the mean of regions of equal size must
    // have the direction of the whole once each has its own length back: which is found by least squares.
    let found = &embed(&agff, &[Input::image("square.png", square)])[0];
    let regions: Vec<&[f32]> = (1..10).map(|i| found.view(i)).collect();
    let left = residual(found.view(0), &regions);
    assert!(left < 1e-3, "{left} of the whole is in no region");
}

/// How much of `vector` is not a sum of multiples of `others`: Gram and Schmidt.
fn residual(vector: &[f32], others: &[&[f32]]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut basis: Vec<Vec<f64>> = Vec::new();
    let without = |vector: &[f32], basis: &[Vec<f64>]| {
        let mut rest: Vec<f64> = vector.iter().map(|&v| f64::from(v)).collect();
        for unit in basis {
            let share = dot(&rest, unit);
            rest.iter_mut().zip(unit).for_each(|(r, u)| *r -= share * u);
        }
        rest
    };
    for other in others {
        let rest = without(other, &basis);
        let length = dot(&rest, &rest).sqrt();
        if length > 1e-6 {
            basis.push(rest.iter().map(|r| r / length).collect());
        }
    }
    let rest = without(vector, &basis);
    dot(&rest, &rest).sqrt()
}

/// A thing in a corner of a picture that is otherwise full of other things, asked for by the thing alone.
#[test]
fn a_thing_in_a_corner_is_found_by_fusion_and_not_by_the_whole() {
    const THINGS: u32 = 60;
    for (case, side) in [("siglip-left", 48), ("clip-openai", 96)] {
        let (_folder, agff) = package(case, Some(3), linear);
        let tile = side / 3;
        let texture = |seed: u32| {
            let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(7);
            (0..tile * tile * 3)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 24) as u8
                })
                .collect::<Vec<u8>>()
        };
        // Nine tiles, each of some texture.
        let scene = |textures: [u32; 9]| {
            let tiles = textures.map(texture);
            let at = |i: u32| {
                let (x, y) = (i % side, i / side);
                let from = ((y % tile * tile) + x % tile) as usize * 3;
                let tile = &tiles[(y / tile * 3 + x / tile) as usize];
                [tile[from], tile[from + 1], tile[from + 2]]
            };
            pixels(side, (0..side * side).flat_map(at).collect())
        };
        let queries: Vec<Input> = (0..THINGS).map(|thing| scene([thing; 9])).collect();
        let targets: Vec<Input> = (0..THINGS)
            .map(|thing| {
                let mut textures: [u32; 9] = std::array::from_fn(|i| 1000 + 9 * thing + i as u32);
                textures[8] = thing;
                scene(textures)
            })
            .collect();
        let (queries, targets) = (embed(&agff, &queries), embed(&agff, &targets));
        let hits = |score: &dyn Fn(&Embedding, &Embedding) -> f32| {
            let best = |query: &Embedding| {
                let scores = targets.iter().map(|target| score(query, target));
                let best = scores.enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
                best.unwrap().0
            };
            let found = |(i, query): (usize, &Embedding)| best(query) == i;
            queries.iter().enumerate().filter(|of| found(*of)).count()
        };
        let fused = hits(&|query, target| agff.similarity(query, target).unwrap().score);
        let whole = hits(&|query, target| cosine(query.view(0), target.view(0)) as f32);
        println!("{case}: {fused} of {THINGS} found by fusion, {whole} by the whole picture");
        assert!(
            fused >= 54 && whole <= 30,
            "{case}: {fused} by fusion, {whole} by the whole"
        );
        // And it is known where.
        let similarity = agff.similarity(&queries[0], &targets[0]).unwrap();
        assert_eq!(similarity.fine, Some(9), "{case}: the corner");
    }
}

#[test]
fn a_photo_with_a_text_and_views_of_another_kind_are_refused() {
    for case in CASES {
        let (scratch, agff) = package(case, None, |_, _| ());
        let both = Input {
            text: Some("a dog".into()),
            ..pixels(9, vec![90; 243])
        };
        assert_eq!(agff.prepare(&both).unwrap_err().code(), Code::Input);

        let views = scratch.path().join("views.json");
        let global = json!({"name": "global"});
        for (fine, field) in [
            (json!({"name": "fine-1", "prompt": "colours: "}), "views[1]"),
            (json!({"name": "fine-1", "learned": 2}), "views[1]"),
            (json!({"name": "fine-1"}), "views[1].region"),
            (
                json!({"name": "fine-1", "region": {"x": 0.5, "y": 0, "width": 0.6, "height": 1}}),
                "views[1].region",
            ),
        ] {
            fs::write(&views, json!({"views": [global, fine]}).to_string()).unwrap();
            let options = ConvertOptions {
                views: Some(views.clone()),
                ..ConvertOptions::default()
            };
            let checkpoint = scratch.path().join("checkpoint");
            let error = converted(&checkpoint, &scratch.path().join("no"), options).unwrap_err();
            assert_eq!(error.code(), Code::PackageManifest, "{error}");
            assert!(error.message().contains(field), "{error}");
            assert!(error.subject().ends_with("views.json"), "{error}");
        }
    }
}

/// Changes a JSON file of a checkpoint.
fn change(file: &Path, change: &dyn Fn(&mut Value)) {
    let mut json: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    change(&mut json);
    fs::write(file, json.to_string()).unwrap();
}

#[test]
fn what_the_towers_cannot_honour_is_refused_by_name() {
    type Change = &'static dyn Fn(&mut Value);
    let config: &[(&str, Change, &str)] = &[
        (
            "siglip-2",
            &|c| c["vision_config"]["vision_use_head"] = json!(false),
            "vision_use_head",
        ),
        (
            "siglip-2",
            &|c| c["text_config"]["projection_size"] = json!(32),
            "projection_size",
        ),
        (
            "siglip-2",
            &|c| c["vision_config"]["num_channels"] = json!(1),
            "num_channels",
        ),
        (
            "siglip-2",
            &|c| c["vision_config"]["model_type"] = json!("siglip2_vision_model"),
            "model_type",
        ),
        (
            "siglip-2",
            &|c| c["vision_config"]["num_attention_heads"] = json!(5),
            "num_attention_heads",
        ),
        (
            "siglip-2",
            &|c| c["text_config"]["hidden_act"] = json!("swiglu"),
            "hidden_act",
        ),
        (
            "clip-openai",
            &|c| c["text_config"]["model_type"] = json!("bert"),
            "model_type",
        ),
        (
            "clip-openai",
            &|c| c["vision_config"]["patch_size"] = json!(0),
            "patch_size",
        ),
        (
            "clip-openai",
            &|c| c["projection_dim"] = json!(0),
            "projection_dim",
        ),
        (
            "clip-openai",
            &|c| c["text_config"]["max_position_embeddings"] = json!(2),
            "max_position_embeddings",
        ),
        (
            "chinese-clip-squash",
            &|c| c["text_config"]["model_type"] = json!("clip_text_model"),
            "model_type",
        ),
        (
            "chinese-clip-squash",
            &|c| c["text_config"]["is_decoder"] = json!(true),
            "is_decoder",
        ),
        (
            "chinese-clip-squash",
            &|c| c["text_config"]["num_attention_heads"] = json!(5),
            "num_attention_heads",
        ),
    ];
    let processor: &[(&str, Change, &str)] = &[
        (
            "siglip-2",
            &|c| c["size"] = json!({"height": 80, "width": 64}),
            "size",
        ),
        (
            "siglip-2",
            &|c| c["size"] = json!({"shortest_edge": 64}),
            "size",
        ),
        ("siglip-2", &|c| c["resample"] = json!(1), "resample"),
        (
            "siglip-2",
            &|c| c["do_normalize"] = json!(false),
            "do_normalize",
        ),
        ("clip-openai", &|c| c["crop_size"] = json!(64), "crop_size"),
        (
            "clip-openai",
            &|c| c["do_center_crop"] = json!(false),
            "size",
        ),
        (
            "clip-openai",
            &|c| c["image_std"] = json!([0.3, 0.3, 0.0]),
            "image_std",
        ),
    ];
    let files = [
        ("config.json", config),
        ("preprocessor_config.json", processor),
    ];
    for (file, changes) in files {
        for (case, to, field) in changes {
            let scratch = tempfile::tempdir().unwrap();
            let checkpoint = scratch.path().join("checkpoint");
            Case::read(case).write_checkpoint(&checkpoint);
            change(&checkpoint.join(file), to);
            let options = ConvertOptions::default();
            let error = converted(&checkpoint, &scratch.path().join("no"), options).unwrap_err();
            assert_eq!(error.code(), Code::Config, "{case} {field}: {error}");
            assert!(error.message().contains(field), "{case} {field}: {error}");
        }
    }
}

/// Splits a `tokenizer.json` of the family `clip` into the older pair of files.
fn as_pair(checkpoint: &Path) {
    let path = checkpoint.join("tokenizer.json");
    let json: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    fs::write(
        checkpoint.join("vocab.json"),
        json["model"]["vocab"].to_string(),
    )
    .unwrap();
    let merges = json["model"]["merges"].as_array().unwrap().iter();
    let lines = merges.map(|pair| {
        format!(
            "{} {}\n",
            pair[0].as_str().unwrap(),
            pair[1].as_str().unwrap()
        )
    });
    let lines: String = lines.collect();
    fs::write(
        checkpoint.join("merges.txt"),
        format!("#version: 0.2\n{lines}"),
    )
    .unwrap();
    fs::remove_file(path).unwrap();
}

#[test]
fn a_tokenizer_in_older_files_gives_the_same_ids() {
    for (name, change) in [
        ("clip-openai", as_pair as fn(&Path)),
        ("chinese-clip-squash", as_word_pieces),
        ("bert", as_word_pieces),
    ] {
        let scratch = tempfile::tempdir().unwrap();
        let (checkpoint, out) = (
            scratch.path().join("checkpoint"),
            scratch.path().join("package"),
        );
        let case = Case::read(name);
        case.write_checkpoint(&checkpoint);
        change(&checkpoint);
        converted(&checkpoint, &out, ConvertOptions::default()).unwrap();
        let agff = load(&out);
        for golden in case.inputs.iter().filter(|input| input.text.is_some()) {
            let item = agff
                .prepare(&Input::text(golden.text.clone().unwrap()))
                .unwrap();
            let ids = crate::support::ids(&item.item().sequence, 0);
            assert_eq!(ids, golden.ids, "{name} {}", golden.id);
        }
    }
}

/// Puts a `tokenizer.json` of BERT's build into the older file, a word each line.
fn as_word_pieces(checkpoint: &Path) {
    let path = checkpoint.join("tokenizer.json");
    let json: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let vocabulary = json["model"]["vocab"].as_object().unwrap();
    let mut words: Vec<&String> = vocabulary.keys().collect();
    words.sort_by_key(|word| vocabulary[*word].as_u64());
    let lines: String = words.iter().map(|word| format!("{word}\n")).collect();
    fs::write(checkpoint.join("vocab.txt"), lines).unwrap();
    fs::remove_file(path).unwrap();
}

/// SplitMix64 from FNV-1a of a name, as `make_sentencepiece.py` has it.
struct Draw(u64);

impl Draw {
    fn new(name: &str) -> Self {
        Self(fnv(name.bytes()))
    }

    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % most as u64) as usize
    }
}

fn fnv(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

#[test]
fn ids_of_a_sentencepiece_model_equal_those_of_its_own_library() {
    #[derive(serde::Deserialize)]
    struct Golden {
        ranges: Vec<(u32, u32)>,
        common: String,
        first: Vec<String>,
        ids_of_first: Vec<Vec<u32>>,
        cleaned: std::collections::BTreeMap<String, Vec<u32>>,
        hashes: Vec<u32>,
    }
    let folder = golden::folder().join("sentencepiece");
    let golden: Golden =
        serde_json::from_slice(&fs::read(folder.join("ids.json")).unwrap()).unwrap();

    let scratch = tempfile::tempdir().unwrap();
    let (checkpoint, out) = (
        scratch.path().join("checkpoint"),
        scratch.path().join("package"),
    );
    Case::read("siglip-narrow").write_checkpoint(&checkpoint);
    fs::remove_file(checkpoint.join("tokenizer.json")).unwrap();
    fs::copy(folder.join("spiece.model"), checkpoint.join("spiece.model")).unwrap();
    let ends = json!({"pad_token": "</s>", "eos_token": {"content": "</s>"}});
    fs::write(checkpoint.join("tokenizer_config.json"), ends.to_string()).unwrap();
    converted(&checkpoint, &out, ConvertOptions::default()).unwrap();

    // The whole tokenizer of the family cleans texts first.
    let agff = load(&out);
    for (text, expected) in &golden.cleaned {
        let item = agff.prepare(&Input::text(text)).unwrap();
        assert_eq!(
            &crate::support::ids(&item.item().sequence, 0),
            expected,
            "{text:?}"
        );
    }

    // And without the cleaning it is SentencePiece.
    let mut json: Value =
        serde_json::from_slice(&fs::read(out.join("tokenizer.json")).unwrap()).unwrap();
    let steps = json["normalizer"]["normalizers"].as_array().unwrap();
    json["normalizer"] = steps.last().unwrap().clone();
    json["normalizer"]["add_dummy_prefix"] = json!(true);
    let tokenizer = Tokenizer::from_bytes(json.to_string().as_bytes()).unwrap();
    let common: Vec<char> = golden.common.chars().collect();
    let string = |number: usize| {
        let mut draw = Draw::new(&format!("sentencepiece/{number}"));
        let ranges: Vec<(u32, u32)> = (0..1 + draw.below(4))
            .map(|_| golden.ranges[draw.below(golden.ranges.len())])
            .collect();
        let letter = |draw: &mut Draw| {
            if draw.below(4) == 0 {
                return common[draw.below(common.len())];
            }
            let (first, last) = ranges[draw.below(ranges.len())];
            char::from_u32(first + draw.below((last - first + 1) as usize) as u32).unwrap()
        };
        let length = draw.below(32);
        (0..length).map(|_| letter(&mut draw)).collect::<String>()
    };
    for (i, (first, ids)) in golden.first.iter().zip(&golden.ids_of_first).enumerate() {
        assert_eq!(&string(i), first);
        assert_eq!(&tokenizer.encode(first).unwrap(), ids, "{first:?}");
    }
    let differ: Vec<String> = golden
        .hashes
        .iter()
        .enumerate()
        .filter_map(|(i, &expected)| {
            let string = string(i);
            let ids = tokenizer.encode(&string).unwrap();
            let hash = fnv(ids.iter().flat_map(|id| id.to_le_bytes())) as u32;
            (hash != expected).then(|| format!("{string:?} {ids:?}"))
        })
        .collect();
    assert_eq!(golden.hashes.len(), 10_000);
    let some = differ[..differ.len().min(5)].join("\n");
    assert!(
        differ.is_empty(),
        "{} of 10 000 differ:\n{some}",
        differ.len()
    );
}
