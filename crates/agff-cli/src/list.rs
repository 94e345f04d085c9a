//! `agff models`: the models that are known to work, and those that are on this machine.

use agff::package::manifest::MANIFEST_FILE;
use agff_hub::{KnownModel, known};
use serde_json::json;

use crate::output::{self, Console};
use crate::{Done, Outcome, models};

const LONG: &str = "\
List the models that are known to work

For each: what it finds, its languages, how much is kept on this machine and how much of
that on the device, and its licence. Others of the same families can be taken by their
name at a model hub, too; `agff plan NAME` says what they take.";

const EXAMPLES: &str = "\
Examples:
  agff models
  agff models --json
  agff pull google/siglip2-base-patch16-224 --regions 3";

/// List the models that are known to work
#[derive(clap::Args)]
#[command(long_about = LONG, after_help = EXAMPLES)]
pub struct Args {
    /// Write one JSON object for each
    #[arg(long)]
    pub json: bool,
}

pub fn run(args: Args, console: &Console) -> Done {
    for model in known() {
        let here = models::folder(&model.name).is_ok_and(|f| f.join(MANIFEST_FILE).exists());
        if args.json {
            let mut object = json!(model);
            object["get"] = command(&model).into();
            object["here"] = here.into();
            console.json_line(&object)?;
            continue;
        }
        let million = |n: u64| output::bytes(n * 1_000_000);
        console.line(&format!(
            "{}{}",
            model.name,
            if here { " (on this machine)" } else { "" }
        ))?;
        console.line(&format!("  finds      {}", model.good_at))?;
        console.line(&format!("  languages  {}", model.languages))?;
        console.line(&format!(
            "  size       {} million weights; as {} {} kept, {} of it on the device",
            model.weights,
            model.dtype,
            million(model.kept),
            million(model.device)
        ))?;
        console.line(&format!("  licence    {}", model.licence))?;
        if !here {
            console.line(&format!("  get it     {}", command(&model)))?;
        }
    }
    Ok(Outcome::Complete)
}

/// What gets it.
fn command(model: &KnownModel) -> String {
    let mut command = format!("agff pull {}", model.name);
    if model.dtype != "q8" {
        command += &format!(" --dtype {}", model.dtype);
    }
    if let Some(regions) = model.regions {
        command += &format!(" --regions {regions}");
    }
    command
}
