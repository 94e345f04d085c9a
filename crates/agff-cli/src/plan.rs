//! `agff plan`: what a model would take, before it is fetched.

use std::path::PathBuf;

use agff::package::{ConvertOptions, plan};
use serde_json::json;

use crate::convert::Stored;
use crate::hub::{self, HubArgs};
use crate::output::{self, Console};
use crate::{Done, Outcome};

const LONG: &str = "\
Say what a model would take, before it is fetched

Only the small files of the checkpoint are read: its configuration, tokenizer and
processor. So whether it can be converted at all is known, too.";

const EXAMPLES: &str = "\
Examples:
  agff plan google/siglip2-base-patch16-224
  agff plan Qwen/Qwen3-VL-Embedding-2B --dtype q4 --json";

/// Say what a model would take, before it is fetched
#[derive(clap::Args)]
#[command(long_about = LONG, after_help = EXAMPLES)]
pub struct Args {
    /// Folder of the checkpoint, or its name or URL at a model hub
    #[arg(value_name = "CHECKPOINT")]
    checkpoint: PathBuf,
    /// How the weights of linear layers would be stored
    #[arg(long, value_enum, default_value_t = Stored::Q8)]
    dtype: Stored,
    /// Write one JSON object
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    hub: HubArgs,
}

pub fn run(args: Args, console: &Console) -> Done {
    let options = ConvertOptions {
        dtype: args.dtype.into(),
        ..ConvertOptions::default()
    };
    let (name, plan, download) = match hub::named(&args.checkpoint) {
        Some(named) => {
            let address = args.hub.address(named)?;
            let (plan, bytes) = args
                .hub
                .plan(&address, &options, console)
                .map_err(hub::no_folder_either)?;
            (address.shown(), plan, bytes)
        }
        None => {
            let plan = plan(&args.checkpoint, &options)?;
            (args.checkpoint.display().to_string(), plan, 0)
        }
    };
    if args.json {
        console.json_line(&json!({
            "checkpoint": name,
            "family": plan.family,
            "dtype": options.dtype.as_str(),
            "parameters": plan.parameters,
            "download": download,
            "package": plan.package,
            "device": plan.device,
            "token_table": plan.token_table,
            "largest_tensor": plan.largest,
        }))?;
        return Ok(Outcome::Complete);
    }
    console.line(&format!(
        "{name}: family {}, {:.1} million weights",
        plan.family,
        plan.parameters as f64 / 1e6
    ))?;
    if download > 0 {
        console.line(&format!("  to fetch       {}", output::bytes(download)))?;
    }
    console.line(&format!(
        "  as {}          {}, of which {} are token embeddings, read by row",
        options.dtype.as_str(),
        output::bytes(plan.package),
        output::bytes(plan.token_table)
    ))?;
    console.line(&format!(
        "  on the device  {}, the largest tensor {}",
        output::bytes(plan.device),
        output::bytes(plan.largest)
    ))?;
    Ok(Outcome::Complete)
}
