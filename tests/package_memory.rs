//! Host memory while a package of 270 MB is written and read, counted at the allocator.

use agff::package::convert::write_tensor;
use agff::package::{Package, PackageWriter, Source};
use agff::tensors::Dtype;
use pollster::block_on;

use crate::memory::peak;
use crate::support::alone;
use crate::support::packages::{self, TOKENIZER, value};

const MIB: usize = 1 << 20;

#[test]
fn a_package_of_any_size_needs_one_tensor_and_one_chunk() {
    alone(
        "package_memory::a_package_of_any_size_needs_one_tensor_and_one_chunk",
        || {
            let mut config = packages::small_config();
            config.vision.out_hidden_size = 1024;
            config.text.hidden_size = 1024;
            // Just above a shard's 64 MiB: these tensors are split.
            config.text.intermediate_size = 16_640;
            config.text.vocab_size = 16_640;
            config.text.num_hidden_layers = 1;
            let manifest = packages::manifest(config, Dtype::F32);
            let specs = manifest.tensors();
            let dir = tempfile::tempdir().unwrap();
            let out = dir.path().join("p");

            let (manifest, writing) = peak(|| {
                let mut writer = PackageWriter::create(&out, false).unwrap();
                for spec in &specs {
                    let row: usize = spec.shape[1..].iter().product();
                    write_tensor(&mut writer, spec, Dtype::F32, |rows| {
                        let places = rows.start * row..rows.end * row;
                        Ok(places.map(|i| value(&spec.name, i)).collect())
                    })
                    .unwrap();
                }
                writer.finish(manifest, TOKENIZER).unwrap()
            });
            let size: u64 = manifest.files.iter().map(|f| f.bytes).sum();
            assert!(size > 260 << 20);
            assert!(manifest.files.iter().all(|f| f.bytes <= 64 << 20));
            assert!(manifest.files.len() > 6, "the large tensors were split");
            assert!(writing < 64 * MIB, "writing took {} MiB", writing / MIB);

            let mut largest = 0;
            let (names, reading) = peak(|| {
                block_on(async {
                    let package = Package::open(Source::Folder(out.clone())).await.unwrap();
                    let mut names = Vec::new();
                    package
                        .load_tensors(&mut |_| {}, |tensor| {
                            largest = largest.max(tensor.words.len() * 4);
                            let values = tensor.as_f32().unwrap();
                            for place in [0, values.len() / 2, values.len() - 1] {
                                assert_eq!(values[place], value(&tensor.name, place));
                            }
                            names.push(tensor.name);
                            Ok(())
                        })
                        .await
                        .unwrap();
                    names
                })
            });
            assert_eq!(names.len(), specs.len() - 1);
            assert!(
                reading < largest + 4 * MIB,
                "reading took {} MiB",
                reading / MIB
            );

            let cache = 8 * MIB;
            let (_, looking) = peak(|| {
                block_on(async {
                    let package = Package::open(Source::Folder(out.clone())).await.unwrap();
                    let table = package.token_table(cache).await.unwrap();
                    for start in (0..16_640_u32).step_by(64) {
                        let ids: Vec<u32> = (start..start + 64).collect();
                        let rows = table.rows(&ids).await.unwrap();
                        let first = start as usize * 1024;
                        assert_eq!(rows[0], value("text.embed_tokens.weight", first));
                    }
                });
            });
            assert!(looking < cache + 4 * MIB, "rows took {} MiB", looking / MIB);
            println!(
                "package {} MB, largest tensor {} MiB; peak of host memory: writing {} MiB, reading {} MiB, \
         rows with a cache of {} MiB {} MiB",
                size / 1_000_000,
                largest / MIB,
                writing / MIB,
                reading / MIB,
                cache / MIB,
                looking / MIB
            );
        },
    );
}
