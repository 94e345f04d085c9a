//! Weights too large for one binding come in groups of rows. With a limit of a few KiB nearly all of
//! a small model's do, and nothing else may change.

use crate::support::golden::{self, Case};
use crate::support::{cosine, gpu_or_say_so};
use agff::device::{self, DeviceChoice, DeviceOptions};
use agff::families::token_ids;
use agff::layers::{Vars, Weights};
use agff::package::{ConvertOptions, Package, convert};
use agff::tensors::Dtype;
use agff::{Agff, Input, LoadOptions, Source};
use burn::tensor::{Tensor, TensorData};
use pollster::block_on;

#[test]
fn weights_in_groups_of_rows_give_the_same_vectors() {
    let mut devices = vec![DeviceChoice::Cpu];
    if gpu_or_say_so("split weights on the GPU") {
        devices.push(DeviceChoice::Gpu);
    }
    // Biases, DeepStack and grouped queries between them.
    for (case, photo) in [("patch14", "photo.png"), ("deep", "photo.png")] {
        let scratch = tempfile::tempdir().unwrap();
        Case::read(case).write_checkpoint(&scratch.path().join("checkpoint"));
        for dtype in [Dtype::F32, Dtype::F16, Dtype::Q8, Dtype::Q4] {
            let folder = scratch.path().join(format!("{dtype:?}"));
            let options = ConvertOptions {
                dtype,
                ..ConvertOptions::default()
            };
            convert(
                &scratch.path().join("checkpoint"),
                &folder,
                &options,
                &mut |_| (),
            )
            .unwrap();
            for &choice in &devices {
                let options = DeviceOptions {
                    choice,
                    ..DeviceOptions::default()
                };
                let load = LoadOptions {
                    device: options,
                    ..LoadOptions::default()
                };
                let agff = block_on(Agff::load(Source::Folder(folder.clone()), load)).unwrap();
                let bytes = std::fs::read(golden::folder().join("images").join(photo)).unwrap();
                let input = Input {
                    text: Some("which one?".into()),
                    ..Input::image(photo, bytes)
                };
                let item = agff.prepare(&input).unwrap().item().clone();

                let (device, _) = block_on(device::open(options)).unwrap();
                let package = block_on(Package::open(Source::Folder(folder.clone()))).unwrap();
                let manifest = package.manifest();
                let run = |limit: Option<u64>| -> Vec<f32> {
                    let mut weights = Weights::new(&device, limit);
                    block_on(package.load_tensors(&mut |_| (), |t| weights.insert(t))).unwrap();
                    let network = manifest.config.build(&manifest.views, Vars::new(weights));
                    let table = block_on(package.token_table(1 << 20)).unwrap();
                    let items = vec![item.clone()];
                    let ids = token_ids(&items);
                    let rows = block_on(table.rows(&ids)).unwrap();
                    let rows = TensorData::new(rows, [ids.len(), table.hidden()]);
                    let tokens = Tensor::from_data(rows, &device);
                    let read = network.unwrap().forward(items, &ids, Some(tokens), &device);
                    read.views.into_data().try_into_vec().unwrap()
                };
                let (whole, split) = (run(None), run(Some(5000)));
                let cos = cosine(&whole, &split);
                assert!(cos >= 0.999_999, "{case} {dtype:?} {choice:?}: {cos}");
            }
        }
    }
}
