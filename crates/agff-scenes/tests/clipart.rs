//! Clip-art as files.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use agff::Code;
use agff_eval::data::read_rows;
use agff_scenes::clipart::{Made, Skip, make};
use agff_scenes::folder::MakeOptions;
use tempfile::TempDir;

use crate::{files, options};

/// An SVG with a title and a shape that is `n`'s alone.
fn drawing(title: &str, keywords: &[&str], n: usize) -> String {
    let keywords: String = keywords
        .iter()
        .map(|word| format!("<li>{word}</li>"))
        .collect();
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='100' height='100'>\
         <metadata><Work><title>{title}</title><subject><Bag>{keywords}</Bag></subject></Work></metadata>\
         <path d='M10 10 L90 {} L40 90 Z' fill='rgb({},90,40)'/></svg>",
        20 + n % 60,
        n % 200
    )
}

/// A folder of clip-art.
fn folder(drawings: &[(&str, String)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, svg) in drawings {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, svg).unwrap();
    }
    folder
}

fn run(folder: &Path, holdout: f64, options: &MakeOptions) -> agff::Result<(TempDir, Made)> {
    let parent = tempfile::tempdir().unwrap();
    let made = make(
        folder,
        &parent.path().join("set"),
        holdout,
        options,
        |_, _| (),
    )?;
    Ok((parent, made))
}

#[test]
fn titles_and_keywords_become_rows() {
    let art = folder(&[
        (
            "plants/rose.svg",
            drawing("Red_Rose01", &["flower", "red", "hash", "garden"], 1),
        ),
        ("plants/daisy.svg", drawing("daisy", &[], 2)),
        ("signs/left.svg", drawing("left arrow", &["road"], 3)),
        ("no_title_here_07.svg", drawing("", &[], 4)),
        ("readme.txt", "not a drawing".into()),
    ]);
    let (parent, made) = run(art.path(), 0.0, &options()).unwrap();
    assert!(made.skipped.is_empty(), "{:?}", made.skipped);
    assert_eq!(
        (
            made.manifest.counts["pictures"],
            made.manifest.counts["held out"]
        ),
        (4, 0)
    );
    let rows = read_rows(&parent.path().join("set/rows.jsonl")).unwrap();
    let texts: Vec<&str> = rows
        .iter()
        .map(|row| row.query.text.as_deref().unwrap())
        .collect();
    assert_eq!(
        texts,
        [
            "no title here",
            "daisy",
            "daisy, plants",
            "red rose",
            "red rose, flower, garden, plants",
            "left arrow",
            "left arrow, road, signs",
        ]
    );
    let flips: Vec<bool> = rows.iter().map(|row| row.flip).collect();
    assert_eq!(flips, [true, true, true, true, true, false, false]);
    assert_eq!(rows[3].label, rows[4].label);
    let labels: HashSet<_> = rows.iter().map(|row| &row.label).collect();
    assert_eq!(labels.len(), 4);
}

#[test]
fn no_title_is_on_both_sides_of_the_split() {
    let names: Vec<String> = (0..120).map(|n| format!("art/{n:03}.svg")).collect();
    // Two drawings of each title, with other numbers and spellings.
    let title = |n: usize| {
        let name = format!(
            "{}{}",
            "abcdefghij".chars().nth(n / 2 % 10).unwrap(),
            "klmnop".chars().nth(n / 20).unwrap()
        );
        match n % 2 {
            0 => format!("thing_{name}{name}"),
            _ => format!("Thing {name}{name} {n}"),
        }
    };
    let drawings: Vec<(&str, String)> = names
        .iter()
        .enumerate()
        .map(|(n, name)| (name.as_str(), drawing(&title(n), &["thing"], n)))
        .collect();
    let art = folder(&drawings);
    let (parent, made) = run(art.path(), 0.4, &options()).unwrap();
    let of = |name: &str| {
        let rows = read_rows(&parent.path().join("set").join(name)).unwrap();
        rows.into_iter()
            .map(|row| row.label.unwrap())
            .collect::<HashSet<String>>()
    };
    let (training, held_out) = (of("rows.jsonl"), of("holdout/pairs.jsonl"));
    assert!(training.is_disjoint(&held_out));
    assert_eq!(training.len() + held_out.len(), 60);
    assert!((12..36).contains(&held_out.len()), "{}", held_out.len());
    assert_eq!(made.manifest.counts["held out"], 2 * held_out.len() as u64);
    // The split is by title alone: another seed and fewer files change nothing.
    let fewer = folder(&drawings[..40]);
    let other = MakeOptions {
        seed: 9,
        ..options()
    };
    let (parent, _) = run(fewer.path(), 0.4, &other).unwrap();
    let pairs = read_rows(&parent.path().join("set/holdout/pairs.jsonl")).unwrap();
    assert!(
        pairs
            .iter()
            .all(|row| held_out.contains(row.label.as_ref().unwrap()))
    );
}

#[test]
fn files_are_the_same_with_any_number_of_threads() {
    let names: Vec<String> = (0..30).map(|n| format!("{n:02}.svg")).collect();
    let drawings: Vec<(&str, String)> = names
        .iter()
        .enumerate()
        .map(|(n, name)| {
            (
                name.as_str(),
                drawing(&format!("drawing {}", (b'a' + n as u8) as char), &[], n),
            )
        })
        .collect();
    let art = folder(&drawings);
    let with = |threads| {
        let options = MakeOptions {
            threads: Some(threads),
            ..options()
        };
        let (parent, _) = run(art.path(), 0.2, &options).unwrap();
        files(parent.path())
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn what_makes_no_row_is_skipped_for_a_stated_reason() {
    let secret = tempfile::tempdir().unwrap();
    let outside = secret.path().join("secret.svg");
    fs::write(&outside, drawing("secret", &[], 1)).unwrap();
    let svg = |body: &str| {
        format!(
            "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' \
             width='100' height='100'><title>some title</title>{body}</svg>"
        )
    };
    let uses: String = (1..40)
        .map(|i| {
            format!(
                "<g id='g{i}'>{}</g>",
                format!("<use xlink:href='#g{}'/>", i - 1).repeat(9)
            )
        })
        .collect();
    let mut drawings = vec![
        ("0.svg", drawing("first of two", &[], 1)),
        ("blank.svg", svg("")),
        (
            "bomb.svg",
            svg(&format!(
                "<g id='g0'><rect width='5' height='5'/></g>{uses}"
            )),
        ),
        ("broken.svg", "<svg".into()),
        (
            "image.svg",
            svg(&format!(
                "<image width='100' height='100' xlink:href='{}'/>",
                outside.display()
            )),
        ),
        ("line.svg", svg("<rect width='90' height='1'/>")),
        (
            "noise.svg",
            svg(
                "<filter id='f'><feTurbulence baseFrequency='9' numOctaves='99999999'/></filter>\
                 <rect width='99' height='99' filter='url(#f)'/>",
            ),
        ),
        (
            "script.svg",
            svg("<script>while(true){}</script><circle cx='50' cy='50' r='40' onload='alert(1)'/>"),
        ),
        ("same.svg", drawing("second of two", &[], 1)),
        ("12.svg", drawing("34", &[], 5)),
        ("huge.svg", " ".repeat(5 << 20)),
    ];
    let many: Vec<String> = (0..20).map(|n| format!("many/{n:02}x.svg")).collect();
    for (n, name) in many.iter().enumerate() {
        drawings.push((name, drawing("one title of all", &[], 100 + n)));
    }
    let art = folder(&drawings);
    let (parent, made) = run(art.path(), 0.0, &options()).unwrap();
    let skipped: Vec<(Skip, Vec<String>)> = made
        .skipped
        .iter()
        .map(|(why, files)| {
            (
                *why,
                files.iter().map(|f| f.display().to_string()).collect(),
            )
        })
        .filter(|(why, _)| *why != Skip::CommonTitle && *why != Skip::NoTitle)
        .collect();
    let named = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        skipped,
        [
            (Skip::TooLarge, named(&["huge.svg"])),
            (Skip::Broken, named(&["broken.svg"])),
            (Skip::TooMuch, named(&["bomb.svg"])),
            (Skip::Filter, named(&["noise.svg"])),
            (Skip::Blank, named(&["blank.svg", "image.svg"])),
            (Skip::Aspect, named(&["line.svg"])),
            (Skip::SamePicture, named(&["same.svg"])),
        ]
    );
    assert!(made.skipped[&Skip::NoTitle].contains(&"12.svg".into()));
    let rows = read_rows(&parent.path().join("set/rows.jsonl")).unwrap();
    let texts: HashSet<&str> = rows
        .iter()
        .filter_map(|row| row.query.text.as_deref())
        .collect();
    assert!(
        texts.contains("first of two") && texts.contains("some title"),
        "{texts:?}"
    );
    assert!(
        !texts
            .iter()
            .any(|text| text.contains("secret") || text.contains("one title"))
    );
}

#[test]
fn links_are_not_followed() {
    let art = folder(&[("a.svg", drawing("a drawing", &[], 1))]);
    let elsewhere = folder(&[("b.svg", drawing("another", &[], 2))]);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(elsewhere.path(), art.path().join("link")).unwrap();
        std::os::unix::fs::symlink(elsewhere.path().join("b.svg"), art.path().join("b.svg"))
            .unwrap();
        std::os::unix::fs::symlink(art.path(), art.path().join("circle")).unwrap();
    }
    let (_parent, made) = run(art.path(), 0.0, &options()).unwrap();
    assert_eq!(made.manifest.counts["pictures"], 1);
}

#[test]
fn folders_and_shares_that_cannot_be_are_refused() {
    let art = folder(&[("a.svg", drawing("a drawing", &[], 1))]);
    let empty = tempfile::tempdir().unwrap();
    let blank = folder(&[("a.svg", drawing("a drawing", &[], 1).replace("<path", "<g"))]);
    for (folder, holdout, size, code) in [
        (empty.path(), 0.1, 64, Code::Data),
        (blank.path(), 0.1, 64, Code::Data),
        (Path::new("/nonexistent"), 0.1, 64, Code::Io),
        (art.path(), 1.0, 64, Code::Input),
        (art.path(), -0.1, 64, Code::Input),
        (art.path(), f64::NAN, 64, Code::Input),
        (art.path(), 0.1, 5000, Code::Input),
    ] {
        let options = MakeOptions { size, ..options() };
        let error = run(folder, holdout, &options).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
    }
}
