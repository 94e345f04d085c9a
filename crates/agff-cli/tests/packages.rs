//! Converting checkpoints and inspecting packages.

use std::fs;

use crate::program::{on_cpu, run, text_of, vectors};
use crate::support::cosine;
use crate::support::golden::Case;

#[test]
fn a_converted_checkpoint_embeds_as_the_reference_does() {
    let folder = tempfile::tempdir().unwrap();
    let case = Case::read("small");
    let (checkpoint, package) = (folder.path().join("hf"), folder.path().join("package"));
    case.write_checkpoint(&checkpoint);
    let convert = |more: &[&str]| {
        let arguments = [
            "convert".into(),
            text_of(&checkpoint),
            "--out".into(),
            text_of(&package),
        ];
        run(arguments
            .into_iter()
            .chain(more.iter().map(|s| s.to_string())))
    };
    assert_eq!(convert(&["--dtype", "f32", "--name", "first"]).code, 0);
    let input = case
        .inputs
        .iter()
        .find(|i| i.image.is_none() && i.instruction.is_none())
        .unwrap();
    let got = on_cpu(
        "embed",
        [
            "--model",
            &text_of(&package),
            "--json",
            "--text",
            input.text.as_deref().unwrap(),
        ],
    );
    assert_eq!(got.code, 0, "{}", got.err);
    assert!(!got.err.contains("never trained"));
    let expected = case.expected(&format!("{}.embedding", input.id)).unwrap();
    assert!(cosine(&vectors(&got.lines()[0])[0], &expected) > 0.99999);
    assert_eq!(got.lines()[0]["tokens"], input.tokens);

    let again = convert(&["--dtype", "q8"]);
    assert_eq!(again.code, 1, "a package was overwritten");
    assert_eq!(
        convert(&["--dtype", "q8", "--force", "--untrained"]).code,
        0
    );
    let inspected = &run(["inspect", "--json", &text_of(&package)]).lines()[0];
    assert_eq!(
        (&inspected["dtype"], &inspected["trained"]),
        (&"q8".into(), &false.into())
    );

    fs::remove_file(checkpoint.join("tokenizer.json")).unwrap();
    fs::remove_dir_all(&package).unwrap();
    let got = convert(&[]);
    assert_eq!(got.code, 1);
    assert!(got.err.contains("tokenizer.json"), "{}", got.err);
    assert!(!package.exists());
    let got = on_cpu("embed", ["--model", &text_of(&checkpoint), "--text", "a"]);
    assert!(got.err.contains("agff convert"), "{}", got.err);
}

#[test]
fn inspecting_verifies_every_byte() {
    let models = crate::support::nano();
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(models).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    let package = text_of(folder.path());
    let good = run(["inspect", &package, "--verify"]);
    assert_eq!(good.code, 0, "{}", good.err);
    for part in [
        "agff-nano",
        "fine-4",
        "licence",
        "weights-00001.safetensors",
        "verified",
    ] {
        assert!(good.out.contains(part), "{part} is missing:\n{}", good.out);
    }
    let built_in = &run(["inspect", "--verify", "--json"]).lines()[0];
    assert_eq!(
        (&built_in["verified"], &built_in["package"]),
        (&true.into(), &"agff-nano".into())
    );

    let manifest = folder.path().join("agff.json");
    let honest = fs::read_to_string(&manifest).unwrap();
    let mut named: serde_json::Value = serde_json::from_str(&honest).unwrap();
    named["name"] = "nano\u{1b}[2J\n\u{202e}verified".into();
    fs::write(&manifest, named.to_string()).unwrap();
    let got = run(["inspect", &package]);
    let shown = r"nano\u{1b}[2J\n\u{202e}verified";
    assert!(got.out.starts_with(shown), "{}{}", got.out, got.err);
    fs::write(&manifest, honest).unwrap();

    let shard = folder.path().join("weights-00001.safetensors");
    let mut bytes = fs::read(&shard).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&shard, &bytes).unwrap();
    assert_eq!(
        run(["inspect", &package]).code,
        0,
        "only the headers are read"
    );
    let got = run(["inspect", &package, "--verify", "--json"]);
    assert_eq!(
        (got.code, got.error_codes()),
        (1, vec!["package-hash".into()])
    );
    assert_eq!(got.lines()[0]["verified"], false);

    fs::remove_file(&shard).unwrap();
    let got = run(["inspect", &package]);
    assert_eq!(got.code, 1);
    assert!(got.err.contains("weights-00001.safetensors"), "{}", got.err);
}
