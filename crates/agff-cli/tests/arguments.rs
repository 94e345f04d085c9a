//! The command line itself: devices, wrong and odd arguments, closed pipes.

use std::ffi::OsString;
use std::fs;
use std::process::Stdio;

use crate::program::{agff, finish, image, on_cpu, run, text_of};
use crate::support::golden;

#[test]
fn doctor_tells_devices_and_checks_them() {
    let got = run(["doctor", "--json"]);
    assert_eq!(got.code, 0, "{}", got.err);
    let report = &got.lines()[0];
    assert_eq!(report["version"], env!("CARGO_PKG_VERSION"));
    assert!(report["threads"].as_u64().unwrap() > 0);
    assert!(["cpu", "gpu"].contains(&report["auto"]["kind"].as_str().unwrap()));
    assert_eq!(report["model"]["trained"], true);
    let checks = report["self_test"].as_array().unwrap();
    assert_eq!(checks[0]["device"], "cpu");
    let adapters = report["adapters"].as_array().unwrap();
    assert_eq!(checks.len(), if adapters.is_empty() { 1 } else { 2 });
    assert!(checks.iter().all(|check| check["ok"] == true));
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_gpu_auto_takes_the_cpu_and_says_so() {
    let without = |device: &str| {
        let mut command = agff();
        command.args(["embed", "--text", "a", "--device", device]);
        // No Vulkan driver is there then.
        command
            .env("VK_DRIVER_FILES", "/nonexistent")
            .env("VK_ICD_FILENAMES", "/nonexistent");
        finish(command)
    };
    let got = without("auto");
    assert_eq!(got.code, 0, "{}", got.err);
    assert!(
        got.err.contains("note: running on the CPU: no GPU adapter"),
        "{}",
        got.err
    );
    let got = without("gpu");
    assert_eq!(got.code, 1);
    assert!(
        got.err.contains("error: gpu: found no adapter"),
        "{}",
        got.err
    );
}

#[test]
fn a_wrong_command_line_is_exit_code_two_and_help_is_none() {
    for wrong in [
        &[][..],
        &["embed"],
        &["compare", "--text", "a"],
        &["compare", "photo.png"],
        &["embed", "--text", "a", "--device", "toaster"],
        &["embed", "--text", "a", "--max-pixels", "0"],
        &["compare", "photo.png", "--text", "a", "--top", "0"],
        &["index", "search", "a", "-n", "0"],
        &["index", "duplicates", "--threshold", "2"],
        &["index", "duplicates", "--threshold", "NaN"],
        &[
            "embed",
            "--text",
            "a",
            "--instruction",
            "b",
            "--prompt",
            "c",
        ],
        &["frobnicate"],
    ] {
        let got = run(wrong.iter().copied());
        assert_eq!(
            (got.code, got.out.as_str()),
            (2, ""),
            "{wrong:?}: {}",
            got.err
        );
    }
    for verb in ["embed", "compare", "convert", "inspect", "doctor", "serve"] {
        let got = run([verb, "--help"]);
        assert_eq!(got.code, 0);
        assert!(
            got.out.contains(&format!("Examples:\n  agff {verb}")),
            "{}",
            got.out
        );
    }
    assert_eq!(
        run(["--version"]).out.trim(),
        concat!("agff ", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn a_wrong_command_line_is_answered_with_the_usage_of_its_own_verb() {
    for (arguments, usage) in [
        (&["index", "search"][..], "Usage: agff index search"),
        (&["embed"], "Usage: agff embed"),
    ] {
        let got = run(arguments.iter().copied());
        assert!(got.err.contains(usage), "{}", got.err);
    }
}

#[test]
fn what_cannot_be_meant_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| text_of(&folder.path().join(name));
    let nano = text_of(&crate::support::nano());
    let adapter = tempfile::tempdir().unwrap();
    fs::write(adapter.path().join("adapter_config.json"), "{}").unwrap();
    for (arguments, told) in [
        (
            vec!["embed", "--text", "a", "-o", &at("vectors.csv")],
            ".parquet or .jsonl",
        ),
        (
            vec!["embed", "--text", "a", "--max-pixels", "10"],
            "one merged patch",
        ),
        (
            vec!["merge", &at("none"), "--out", &at("out")],
            "no such folder",
        ),
        (
            vec!["merge", &at(""), "--out", &at("out")],
            "neither a model nor an adapter",
        ),
        (
            vec!["convert", "no/such/folder", "--out", &at("out")],
            "downloaded first",
        ),
        (
            vec!["convert", &nano, "--out", &at("out")],
            "is a package already",
        ),
        (
            vec!["convert", &text_of(adapter.path()), "--out", &at("out")],
            "with this as its --adapter",
        ),
        (vec!["eval", &at("")], "is a folder; name a file"),
        (vec!["eval", &at("none.jsonl")], "there is no such file"),
        (vec!["train", &image("photo.png")], "valid UTF-8"),
    ] {
        let got = run(arguments.iter().copied());
        assert_eq!((got.code, got.out.as_str()), (1, ""), "{}", got.err);
        assert!(got.err.contains(told), "{}", got.err);
    }
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
}

#[test]
fn the_model_that_is_built_in_has_a_name() {
    let with = |more: &[&str]| on_cpu("embed", [&["--text", "a red mug", "--json"], more].concat());
    let (named, default) = (with(&["--model", "agff-nano"]), with(&[]));
    assert_eq!(named.code, 0, "{}", named.err);
    assert_eq!(named.out, default.out);
}

#[cfg(unix)]
#[test]
fn arguments_that_are_not_utf8_are_refused_or_are_paths() {
    use std::os::unix::ffi::OsStringExt;
    let odd = || OsString::from_vec(b"caf\xe9.png".to_vec());
    for (arguments, code) in [
        (["--text".into(), odd()], "input"),
        (
            [
                "--text=a".into(),
                [OsString::from("--instruction="), odd()]
                    .into_iter()
                    .collect(),
            ],
            "input",
        ),
        (
            [
                "--text=a".into(),
                [OsString::from("--prompt="), odd()].into_iter().collect(),
            ],
            "input",
        ),
        (
            [
                "--text=a".into(),
                [OsString::from("--model="), odd()].into_iter().collect(),
            ],
            "package-file-missing",
        ),
        (["--image".into(), odd()], "io"),
    ] {
        let got = on_cpu("embed", arguments.into_iter().chain(["--json".into()]));
        assert!(got.error_codes().contains(&code.to_owned()), "{}", got.err);
    }
    assert_eq!(run([odd()]).code, 2);
    assert_eq!(run(["embed".into(), "--device".into(), odd()]).code, 2);

    let folder = tempfile::tempdir().unwrap();
    fs::copy(image("odd.png"), folder.path().join(odd())).unwrap();
    assert_eq!(on_cpu("embed", [folder.path()]).code, 0);
}

#[test]
fn a_reader_who_has_read_enough_is_no_error() {
    let folder = text_of(&golden::folder().join("images"));
    let mut child = agff()
        .args(["embed", "--device", "cpu", "--json", &folder])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{err}");
    assert!(!err.contains("error") && !err.contains("panicked"), "{err}");
}
