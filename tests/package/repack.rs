//! Packages whose weights are stored in another type, in memory.

use agff::Code;
use agff::package::repack::repacked;
use agff::package::{Package, Source};
use agff::tensors::Dtype;
use pollster::block_on;
use tempfile::TempDir;

use crate::package::{DTYPES, read_all, temp};
use crate::support::packages::write_random;

fn random(dtype: Dtype) -> (TempDir, Package) {
    let dir = temp();
    write_random(&dir.path().join("p"), dtype);
    let source = Source::Folder(dir.path().join("p"));
    let package = block_on(Package::open(source)).unwrap();
    (dir, package)
}

#[test]
fn a_package_of_floats_becomes_the_package_that_conversion_would_have_made() {
    let (_dir, floats) = random(Dtype::F32);
    for dtype in DTYPES {
        let (_dir, should) = random(dtype);
        let source = block_on(repacked(&floats, dtype)).unwrap();
        let (package, tensors, rows) = read_all(source).unwrap();
        let (_, expected_tensors, expected_rows) = read_all(should.source().clone()).unwrap();
        assert!(tensors == expected_tensors, "{dtype:?}: tensors differ");
        assert!(rows == expected_rows, "{dtype:?}: token embeddings differ");
        let mut manifest = package.manifest().clone();
        manifest.files = should.manifest().files.clone();
        assert_eq!(&manifest, should.manifest());
    }
}

#[test]
fn halves_can_be_quantised_and_what_is_stored_so_already_stays_to_the_bit() {
    let (_dir, halves) = random(Dtype::F16);
    let source = block_on(repacked(&halves, Dtype::Q8)).unwrap();
    let (package, ..) = read_all(source).unwrap();
    assert_eq!(package.manifest().dtype, Dtype::Q8);
    for dtype in DTYPES {
        let (_dir, package) = random(dtype);
        let again = block_on(repacked(&package, dtype)).unwrap();
        let (_, tensors, rows) = read_all(again).unwrap();
        let (_, expected_tensors, expected_rows) = read_all(package.source().clone()).unwrap();
        assert!(tensors == expected_tensors, "{dtype:?}: tensors differ");
        assert!(rows == expected_rows, "{dtype:?}: token embeddings differ");
    }
}

#[test]
fn quantised_weights_are_not_quantised_again() {
    for (from, to) in [
        (Dtype::Q8, Dtype::Q4),
        (Dtype::Q4, Dtype::Q8),
        (Dtype::Q8, Dtype::F32),
    ] {
        let (_dir, package) = random(from);
        let error = block_on(repacked(&package, to)).unwrap_err();
        assert_eq!(error.code(), Code::Input);
        assert!(error.message().contains("f32 or f16"), "{error}");
    }
}
