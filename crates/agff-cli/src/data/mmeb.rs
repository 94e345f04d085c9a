//! `agff data mmeb`: the questions of MMEB's data sets, as a file for `agff eval`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use agff::{Code, Error};
use agff_eval::layouts::mmeb::DataSet;

use crate::output::{Console, Lines, shown};
use crate::{Done, Failure, Outcome};

const LONG: &str = "\
Make questions of data sets of the MMEB benchmark

A Parquet file has the columns qry_text, qry_img_path, tgt_text and tgt_img_path; the first
candidate is right. The category of its questions is the name of the data set: the file's, or
its folder's for names such as `test-00000-of-00001`. Marks of images (<|image_1|>) are taken
out of the texts. A question whose images are not there is left out and counted, and the
exit code is 2.";

// The file to write is the last of the files, so that options may stand anywhere.
const USAGE: &str = "agff data mmeb [OPTIONS] --images <DIR> <FILE.parquet>... <OUT.jsonl>";

const EXAMPLES: &str = "\
Examples:
  agff data mmeb MMEB-eval/*/test*.parquet --images images mmeb.jsonl
  agff data mmeb CIRR/test.parquet --images images --split-instruction cirr.jsonl";

/// Make questions of data sets of the MMEB benchmark
#[derive(clap::Args)]
#[command(long_about = LONG, after_help = EXAMPLES, override_usage = USAGE)]
pub struct Args {
    /// Data sets, and last the file to write
    #[arg(value_name = "FILE.parquet", required = true)]
    files: Vec<PathBuf>,
    /// Folder that the image paths begin in
    #[arg(long, value_name = "DIR")]
    images: PathBuf,
    /// Take what the texts of a data set begin with, up to a colon or full stop, as its instruction
    #[arg(long)]
    split_instruction: bool,
}

/// Missing images that are named; the others are counted.
const NAMED: usize = 5;

pub fn run(args: Args, console: &Console) -> Done {
    let Some((out, data_sets)) = args.files.split_last().filter(|(_, sets)| !sets.is_empty())
    else {
        return Err(Failure::Usage(
            "name data sets, and last the file to write".into(),
        ));
    };
    if out
        .extension()
        .is_some_and(|extension| extension == "parquet")
    {
        let why = format!(
            "{} is a data set; name the file to write last",
            out.display()
        );
        return Err(Failure::Usage(why));
    }
    if !args.images.is_dir() {
        let name = args.images.display().to_string();
        return Err(Error::new(
            Code::Io,
            name,
            "is not a folder; name the one with the images",
        )
        .into());
    }
    let folder = out.parent().unwrap_or(Path::new(""));
    let mut lines = Lines::to(Some(out), console)?;
    let mut missing = BTreeSet::new();
    let (mut written, mut left_out) = (0, 0);
    for path in data_sets {
        let mut data_set = DataSet::read(path)?;
        if args.split_instruction {
            data_set = data_set.split_instructions();
        }
        for question in data_set.questions(&args.images) {
            let absent: Vec<PathBuf> = question.missing_images().map(Path::to_owned).collect();
            if absent.is_empty() {
                lines.write(&question.relative_to(folder))?;
                written += 1;
            } else {
                left_out += 1;
                missing.extend(absent);
            }
        }
    }
    for image in missing.iter().take(NAMED) {
        let name = image.display().to_string();
        console.error(&Error::new(Code::Data, name, "there is no such image"));
    }
    if missing.len() > NAMED {
        console.note(&format!(
            "{} images more are not there",
            missing.len() - NAMED
        ));
    }
    if written == 0 {
        return Err(Failure::Reported);
    }
    lines.finish()?;
    let mut told = format!("{}: {written} questions", shown(&out.display().to_string()));
    if left_out > 0 {
        told += &format!(", {left_out} left out");
    }
    console.line(&told)?;
    Ok(match left_out {
        0 => Outcome::Complete,
        _ => Outcome::Partial,
    })
}

#[cfg(test)]
mod tests;
