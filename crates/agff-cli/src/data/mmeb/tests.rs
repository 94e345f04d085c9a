//! Data sets with and without their images, as the command meets them.

use super::*;

#[path = "../../../../agff-eval/src/layouts/mmeb/published.rs"]
mod published;
use published::{CLASSES, SEARCHES, write};

#[test]
fn a_question_without_its_images_is_left_out_and_the_others_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write(&at("eval/Classes/test.parquet"), CLASSES);
    write(&at("eval/Searches/test.parquet"), SEARCHES);
    std::fs::create_dir_all(at("images/Set")).unwrap();
    for present in ["1.jpg", "3.jpg", "4.jpg"] {
        std::fs::write(at("images/Set").join(present), "x").unwrap();
    }
    let args = |files: &[&str]| Args {
        files: files.iter().map(|file| at(file)).collect(),
        images: at("images"),
        split_instruction: true,
    };
    let console = Console::new(false, false);
    let both = [
        "eval/Classes/test.parquet",
        "eval/Searches/test.parquet",
        "out.jsonl",
    ];
    let done = run(args(&both), &console).unwrap();
    assert_eq!(done, Outcome::Partial);
    let got = agff_eval::data::read_questions(&at("out.jsonl")).unwrap();
    let categories: Vec<_> = got.iter().filter_map(|q| q.category.as_deref()).collect();
    assert_eq!(categories, ["Classes", "Searches", "Searches"]);
    assert_eq!(got[0].query.image, Some(at("images/Set/1.jpg")));
    assert_eq!(run(args(&both[1..]), &console).unwrap(), Outcome::Complete);

    // Without any image there is no question, and the file stays as it is.
    std::fs::remove_dir_all(at("images/Set")).unwrap();
    assert!(matches!(run(args(&both), &console), Err(Failure::Reported)));
    assert_eq!(
        agff_eval::data::read_questions(&at("out.jsonl"))
            .unwrap_err()
            .code(),
        Code::Data
    );
    std::fs::create_dir_all(at("images/Set")).unwrap();
    for name in ["3.jpg", "4.jpg"] {
        std::fs::write(at("images/Set").join(name), "x").unwrap();
    }
    assert_eq!(
        agff_eval::data::read_questions(&at("out.jsonl"))
            .unwrap()
            .len(),
        2
    );
}
