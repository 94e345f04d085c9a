//! What is in the files after a run, and after one that was stopped and went on.

use serde_json::Value;

use super::*;

fn lines(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join(METRICS_FILE)).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn steps(folder: &Path) -> Vec<u64> {
    let lines = lines(folder);
    lines
        .iter()
        .map(|line| line["step"].as_u64().unwrap())
        .collect()
}

fn event_files(folder: &Path) -> usize {
    let names = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    names
        .filter(|name| name.to_string_lossy().contains("tfevents"))
        .count()
}

#[test]
fn an_entry_is_a_line_with_its_step_time_kind_and_values() {
    let folder = tempfile::tempdir().unwrap();
    let mut metrics = Metrics::open(folder.path(), None, true).unwrap();
    metrics
        .write(10, "train", &[("loss", 2.5), ("accuracy", 0.25)])
        .unwrap();
    metrics
        .write(10, "eval", &[("precision", f64::NAN)])
        .unwrap();
    let lines = lines(folder.path());
    assert_eq!(
        (&lines[0]["step"], &lines[0]["kind"]),
        (&10.into(), &"train".into())
    );
    assert_eq!(
        (lines[0]["loss"].as_f64(), lines[0]["accuracy"].as_f64()),
        (Some(2.5), Some(0.25))
    );
    assert!(lines[0]["time"].as_f64().unwrap() > 1.7e9);
    assert_eq!(lines[1]["precision"], Value::Null, "JSON has no NaN");
    assert_eq!(event_files(folder.path()), 1);
}

#[test]
fn a_run_that_goes_on_drops_what_will_be_written_again_and_a_line_cut_short() {
    let folder = tempfile::tempdir().unwrap();
    let mut metrics = Metrics::open(folder.path(), None, true).unwrap();
    for step in [10, 20, 30, 40] {
        metrics
            .write(step, "train", &[("loss", step as f64)])
            .unwrap();
    }
    drop(metrics);
    let file = folder.path().join(METRICS_FILE);
    let whole = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{whole}{{\"step\": 15, \"ti")).unwrap();

    let mut metrics = Metrics::open(folder.path(), Some(20), true).unwrap();
    assert_eq!(steps(folder.path()), [10, 20]);
    metrics.write(30, "train", &[("loss", 30.0)]).unwrap();
    assert_eq!(steps(folder.path()), [10, 20, 30]);
    assert_eq!(event_files(folder.path()), 2);
}

#[test]
fn a_new_run_begins_anew_and_one_that_goes_on_without_records_begins_them() {
    let folder = tempfile::tempdir().unwrap();
    let open = |resumed| Metrics::open(folder.path(), resumed, false).unwrap();
    open(Some(5)).write(6, "train", &[]).unwrap();
    assert_eq!(steps(folder.path()), [6]);
    open(None).write(1, "train", &[]).unwrap();
    assert_eq!(steps(folder.path()), [1]);
    assert_eq!(
        event_files(folder.path()),
        0,
        "without TensorBoard there are no event files"
    );
}

#[test]
fn a_damaged_file_loses_its_damaged_lines_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(METRICS_FILE);
    let damaged = b"{\"step\":1}\n\xff\xfe\n[]\n{\"step\":\"two\"}\n{\"step\":2}\n".as_slice();
    fs::write(&file, damaged).unwrap();
    Metrics::open(folder.path(), Some(9), false).unwrap();
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        "{\"step\":1}\n{\"step\":2}\n"
    );
}
