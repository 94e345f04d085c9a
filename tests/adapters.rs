//! Adapters of PEFT, folded in while a checkpoint is converted: the vectors are those of the model into which PEFT
//! merged them (`tests/parity/make_two_towers.py`).

use std::fs;
use std::path::{Path, PathBuf};

use agff::device::{DeviceChoice, DeviceOptions};
use agff::families::Item;
use agff::input::image::{self, DecodeLimits};
use agff::package::{ConvertOptions, Manifest, convert};
use agff::tensors::Dtype;
use agff::{Agff, Code, Input, LoadOptions, Prepared, Result, Source};

use crate::support::golden::{self, Case};
use crate::support::largest_difference;

const CASES: [&str; 2] = ["siglip-2", "clip-openai"];

fn adapter(case: &str) -> PathBuf {
    golden::folder().join(case).join("adapter")
}

fn converted(
    checkpoint: &Path,
    out: &Path,
    dtype: Dtype,
    adapter: Option<PathBuf>,
) -> Result<Manifest> {
    let options = ConvertOptions {
        dtype,
        adapter,
        force: true,
        ..ConvertOptions::default()
    };
    convert(checkpoint, out, &options, &mut |_| ())
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

/// A text and a picture of a case, the picture with the reference's own pixels.
fn embedded(agff: &Agff, case: &Case) -> [Vec<f32>; 2] {
    let of = |id: &str| case.inputs.iter().find(|input| input.id == id).unwrap();
    let text = Input::text(of("sentence").text.clone().unwrap());
    let resized = of("square").resized.as_ref().unwrap();
    let bytes = fs::read(golden::folder().join(resized)).unwrap();
    let pixels = image::decode(resized, &bytes, &DecodeLimits::default()).unwrap();
    let picture = Prepared::new(Item {
        sequence: Default::default(),
        patches: Some(agff.preprocessing().patches_from_resized(&pixels).unwrap()),
    });
    [agff.prepare(&text).unwrap(), picture].map(|prepared| {
        let made = pollster::block_on(agff.embed_prepared(vec![prepared]));
        made.unwrap().remove(0).values
    })
}

#[test]
fn a_folded_adapter_gives_the_vectors_of_the_merged_model() {
    for name in CASES {
        let case = Case::read(name);
        let scratch = tempfile::tempdir().unwrap();
        let [checkpoint, plain, folded, beside] =
            ["checkpoint", "plain", "folded", "beside"].map(|name| scratch.path().join(name));
        case.write_checkpoint(&checkpoint);
        converted(&checkpoint, &plain, Dtype::F32, None).unwrap();
        let manifest = converted(&checkpoint, &folded, Dtype::F32, Some(adapter(name))).unwrap();
        assert!(
            manifest
                .provenance
                .ends_with("The adapter adapter is folded in."),
            "{}",
            manifest.provenance
        );
        let (agff, without) = (load(&folded), load(&plain));
        let (with, without) = (embedded(&agff, &case), embedded(&without, &case));
        for (i, kind) in ["text", "picture"].into_iter().enumerate() {
            let expected = expected(name, kind);
            let most = largest_difference(&with[i], &expected);
            assert!(most < 2e-4, "{name} {kind}: {most}");
            // And it is not the model without it.
            assert!(
                largest_difference(&without[i], &expected) > 1e-2,
                "{name} {kind}"
            );
        }

        // An adapter beside the weights is taken by itself.
        for file in ["adapter_config.json", "adapter_model.safetensors"] {
            fs::copy(adapter(name).join(file), checkpoint.join(file)).unwrap();
        }
        let of_both = converted(&checkpoint, &beside, Dtype::F32, None).unwrap();
        assert_eq!(of_both.files, manifest.files, "{name}");
    }
    // For the page, which folds it in by itself.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../parity");
    let scratch = tempfile::tempdir().unwrap();
    let checkpoint = scratch.path().join("siglip-2");
    Case::read("siglip-2").write_checkpoint(&checkpoint);
    let out = target.join("siglip-2-adapter-q8");
    converted(&checkpoint, &out, Dtype::Q8, Some(adapter("siglip-2"))).unwrap();
}

fn expected(case: &str, name: &str) -> Vec<f32> {
    let bytes = fs::read(adapter(case).join("expected.safetensors")).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let values = file.tensor(name).unwrap().data().chunks(4);
    values
        .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
        .collect()
}

#[test]
fn an_adapter_of_another_model_and_one_without_a_model_are_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let (checkpoint, out) = (
        scratch.path().join("checkpoint"),
        scratch.path().join("out"),
    );
    Case::read("clip-openai").write_checkpoint(&checkpoint);
    let other = adapter("siglip-2");
    let error = converted(&checkpoint, &out, Dtype::Q8, Some(other)).unwrap_err();
    assert_eq!(error.code(), Code::PackageTensor);
    assert!(
        error.subject().ends_with("adapter_model.safetensors"),
        "{error}"
    );
    assert!(error.message().contains("another model's"), "{error}");

    let alone = adapter("clip-openai");
    let error = converted(&alone, &out, Dtype::Q8, None).unwrap_err();
    assert_eq!(error.code(), Code::PackageFileMissing);
    assert!(error.message().contains("--adapter"), "{error}");
    let error = converted(&checkpoint, &out, Dtype::Q8, Some(checkpoint.clone())).unwrap_err();
    assert_eq!(error.code(), Code::PackageFileMissing);
    assert!(error.subject().ends_with("adapter_config.json"), "{error}");
    assert!(!out.exists());
}
