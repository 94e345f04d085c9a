//! Checkpoints that cannot be converted are refused with an error that says why, and leave nothing behind.

use std::fs;
use std::path::Path;

use agff::Code;
use serde_json::json;

use crate::package::checkpoint::{Stored, Tensors, encode, write_safetensors};
use crate::package::convert::{Checkpoint, official, tokenizer_json};
use crate::support::golden::weights as tensor;
use crate::support::packages;

#[test]
fn configurations_that_are_not_built_here_are_refused_by_name() {
    for (pointer, value, code) in [
        ("/model_type", json!("llama"), Code::PackageFamily),
        ("/quantization_config", json!({"bits": 4}), Code::Config),
        (
            "/text_config/rope_scaling/rope_type",
            json!("yarn"),
            Code::Config,
        ),
        (
            "/text_config/rope_scaling/mrope_interleaved",
            json!(false),
            Code::Config,
        ),
        (
            "/text_config/rope_scaling/mrope_section",
            json!([1, 2]),
            Code::Config,
        ),
        ("/text_config/use_sliding_window", json!(true), Code::Config),
        ("/text_config/sliding_window", json!(4096), Code::Config),
        (
            "/text_config/layer_types",
            json!(["linear_attention"]),
            Code::Config,
        ),
        ("/text_config/hidden_act", json!("mish"), Code::Config),
        ("/text_config/head_dim", json!(-4), Code::Config),
        ("/text_config/num_key_value_heads", json!(3), Code::Config),
        ("/text_config/hidden_size", json!(0), Code::Config),
        ("/text_config/vocab_size", json!(1e15), Code::Config),
        ("/text_config/rms_norm_eps", json!("small"), Code::Config),
        ("/vision_config/hidden_size", json!(33), Code::Config),
        ("/vision_config/patch_size", json!([4, 5]), Code::Config),
        (
            "/vision_config/num_position_embeddings",
            json!(15),
            Code::Config,
        ),
        (
            "/vision_config/deepstack_visual_indexes",
            json!([2]),
            Code::Config,
        ),
        ("/vision_config/rope_theta", json!(-1.0), Code::Config),
        ("/vision_config", json!([]), Code::Config),
    ] {
        let c = Checkpoint::small();
        c.set(pointer, value.clone());
        let error = c.refused();
        assert_eq!(error.code(), code, "{pointer} {value}: {error}");
        assert!(error.subject().ends_with("config.json"), "{error}");
        let key = pointer.rsplit('/').next().unwrap();
        assert!(error.message().contains(key), "{pointer}: {error}");
    }
    let c = Checkpoint::small();
    fs::write(c.hf().join("config.json"), "{").unwrap();
    assert_eq!(c.refused().code(), Code::Config);
}

#[test]
fn checkpoints_that_are_not_whole_are_refused() {
    let with = |change: &dyn Fn(&Path)| {
        let c = Checkpoint::small();
        change(&c.hf());
        c.refused()
    };
    let error = with(&|hf| fs::remove_file(hf.join("model.safetensors")).unwrap());
    assert_eq!(error.code(), Code::PackageFileMissing, "{error}");
    let error = with(&|hf| fs::remove_file(hf.join("tokenizer.json")).unwrap());
    assert_eq!(error.code(), Code::PackageFileMissing, "{error}");
    let error = with(&|hf| {
        let file = fs::File::options()
            .write(true)
            .open(hf.join("model.safetensors"));
        let file = file.unwrap();
        file.set_len(file.metadata().unwrap().len() - 4).unwrap();
    });
    assert_eq!(error.code(), Code::PackageTruncated, "{error}");
    let error = with(&|hf| fs::write(hf.join("model.safetensors"), b"text").unwrap());
    assert_eq!(error.code(), Code::PackageTruncated, "{error}");
    let error = with(&|hf| {
        let file = json!({"added_tokens": [{"id": 1, "content": "<|im_start|>"}]});
        fs::write(hf.join("tokenizer.json"), file.to_string()).unwrap();
    });
    assert_eq!(error.code(), Code::Tokenizer, "{error}");
    assert!(error.message().contains("<|im_end|>"), "{error}");
    let error = with(&|hf| {
        let mut file = tokenizer_json();
        file["added_tokens"][4]["id"] = 291.into();
        fs::write(hf.join("tokenizer.json"), file.to_string()).unwrap();
    });
    assert_eq!(error.code(), Code::Tokenizer, "{error}");

    let c = Checkpoint::new(Stored::F32, 3, false);
    fs::remove_file(c.hf().join("model-00002-of-00003.safetensors")).unwrap();
    assert_eq!(c.refused().code(), Code::PackageFileMissing);
    let outside = json!({"weight_map": {"x": "../model.safetensors"}});
    c.put("model.safetensors.index.json", &outside);
    assert_eq!(c.refused().code(), Code::PackageTensor);
}

#[test]
fn tensors_that_the_configuration_does_not_ask_for_are_refused() {
    // Each changes one tensor of the checkpoint.
    let with = |change: &dyn Fn(&mut Tensors)| {
        let c = Checkpoint::small();
        let mut tensors = official(&packages::small_config())
            .into_iter()
            .map(|(name, shape)| {
                let (dtype, bytes) = encode(&tensor("seed", &name, &shape, 1.0), Stored::F32);
                (name, (dtype, shape, bytes))
            })
            .collect();
        change(&mut tensors);
        write_safetensors(&c.hf().join("model.safetensors"), &tensors);
        c.refused()
    };
    let norm = "model.language_model.norm.weight";
    let error = with(&|t| drop(t.remove(norm)));
    assert_eq!(error.code(), Code::PackageTensor);
    assert_eq!(error.subject(), "text.norm.weight");
    let error = with(&|t| t.get_mut(norm).unwrap().1 = vec![36, 2]);
    assert_eq!(error.code(), Code::PackageTensor);
    assert!(
        error.message().contains("[36, 2]") && error.message().contains("[72]"),
        "{error}"
    );
    let error = with(&|t| t.get_mut(norm).unwrap().0 = safetensors::Dtype::I32);
    assert_eq!(error.code(), Code::PackageTensor);
    assert!(error.message().contains("I32"), "{error}");
    let error = with(&|t| {
        let copy = t[norm].clone();
        t.insert("model.language_model.extra.weight".into(), copy);
    });
    assert_eq!(error.code(), Code::PackageTensor);
    assert!(error.subject().contains("text.extra.weight"), "{error}");
    let error = with(&|t| {
        let copy = t[norm].clone();
        t.insert("model.norm.weight".into(), copy);
    });
    assert_eq!(error.code(), Code::PackageTensor);
    for (bad, place) in [(f32::NAN, 0), (f32::INFINITY, 71), (f32::NEG_INFINITY, 3)] {
        let error = with(&|t| {
            t.get_mut(norm).unwrap().2[place * 4..][..4].copy_from_slice(&bad.to_le_bytes());
        });
        assert_eq!(error.code(), Code::PackageNotFinite);
        assert_eq!(error.subject(), "text.norm.weight");
    }
    let table = "model.language_model.embed_tokens.weight";
    let error = with(&|t| t.get_mut(table).unwrap().2[..4].copy_from_slice(&1e6f32.to_le_bytes()));
    assert_eq!(
        error.code(),
        Code::PackageNotFinite,
        "1e6 is no f16: {error}"
    );
    assert_eq!(error.subject(), "text.embed_tokens.weight");
}
