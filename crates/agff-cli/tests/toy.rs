//! A model of a family that only the tests know goes through every verb as any other does.

use crate::program::{agff, finish, image, on_cpu, photos, run, text_of, vectors};
use crate::support::toy;

#[test]
fn another_family_is_converted_inspected_embedded_and_indexed() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| text_of(&folder.path().join(name));
    toy::write_checkpoint(&folder.path().join("checkpoint"));
    let (checkpoint, package, index) = (at("checkpoint"), at("package"), at("index"));

    let converted = run(["convert", &checkpoint, "--out", &package, "--dtype", "q8"]);
    assert_eq!(converted.code, 0, "{}", converted.err);

    let inspected = run(["inspect", &package, "--verify"]);
    assert_eq!(inspected.code, 0, "{}", inspected.err);
    assert!(inspected.out.contains("toy"), "{}", inspected.out);
    assert!(inspected.out.contains("vectors of 32"), "{}", inspected.out);

    let photos = photos(&["photo-444.jpg", "photo.png"]);
    let inputs = [image("photo.png"), "--text".into(), "a red mug".into()];
    let model = ["--json".into(), "--model".into(), package.clone()];
    let embedded = on_cpu("embed", inputs.into_iter().chain(model.clone()));
    assert_eq!(embedded.code, 0, "{}", embedded.err);
    let lines = embedded.lines();
    assert_eq!(lines.len(), 2);
    assert_eq!(vectors(&lines[1])[0].len(), toy::WIDTH);

    let at_index = |what: &str, argument: &str| {
        let mut command = agff();
        command.args([
            "index", what, argument, "--index", &index, "--device", "cpu",
        ]);
        command.args(&model);
        let run = finish(command);
        assert_eq!(run.code, 0, "{}", run.err);
        run
    };
    at_index("add", &text_of(photos.path()));
    let found = at_index("search", "a red mug").lines();
    assert_eq!(found.len(), 2, "{found:?}");
}
