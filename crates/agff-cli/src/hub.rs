//! Checkpoints that are not on this machine yet: the arguments, and fetching them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use agff::package::convert::folder_name;
use agff::package::{ConvertOptions, Plan, plan};
use agff::{Address, Code, Error, HUB, Result};
use agff_hub::{Cache, Fetched, Options, Progress, Watch};

use crate::inputs;
use crate::output::{Console, Unit};
use crate::{Failure, interrupt};

/// The variable that names another hub.
const ENDPOINT: &str = "HF_ENDPOINT";

/// The variables that have a token.
const TOKENS: [&str; 2] = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"];

/// The variable that names another folder for downloads.
const CACHE: &str = "AGFF_HUB_CACHE";

/// Which hub, and who asks.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Model hub")]
pub struct HubArgs {
    /// Hub that names belong to [default: HF_ENDPOINT, or https://huggingface.co]
    #[arg(long, value_name = "URL")]
    hub: Option<OsString>,
    /// Token for models that not everybody may read [default: HF_TOKEN]
    #[arg(long, value_name = "TOKEN")]
    token: Option<OsString>,
}

fn variable(name: &str) -> Option<String> {
    let value = std::env::var(name).ok()?;
    Some(value.trim().to_owned()).filter(|value| !value.is_empty())
}

impl HubArgs {
    /// The address that a name or URL means.
    ///
    /// # Errors
    /// [`Code::Input`].
    pub fn address(&self, name: &str) -> Result<Address> {
        let hub = match &self.hub {
            Some(hub) => inputs::text("--hub", hub)?,
            None => variable(ENDPOINT).unwrap_or_else(|| HUB.into()),
        };
        Address::parse(name, &hub)
    }

    fn options(&self, address: &Address) -> Result<Options> {
        // A token of the surroundings is the hub's, and nobody else's.
        let home = self.address("owner/name")?.origin();
        let of_hub = address.repository().is_some() && address.origin() == home;
        let token = match &self.token {
            Some(token) => Some(inputs::text("--token", token)?),
            None => TOKENS.into_iter().find_map(variable).filter(|_| of_hub),
        };
        let own = match variable(CACHE) {
            Some(folder) => PathBuf::from(folder),
            None => agff_hub::default_folder().ok_or_else(|| {
                let why = format!("there is no folder for downloads; set {CACHE} to one");
                Error::new(Code::Io, "hub", why)
            })?,
        };
        Ok(Options {
            cache: Cache::new(own),
            token,
            weights: true,
        })
    }

    /// Fetches what is missing of a checkpoint; the weights only if the rest can be converted with these options.
    ///
    /// # Errors
    /// As [`agff_hub::fetch`] and [`plan`]; [`Code::Aborted`] after Ctrl-C.
    pub fn fetch(
        &self,
        address: &Address,
        convert: &ConvertOptions,
        console: &Console,
    ) -> Result<Fetched, Failure> {
        let mut watch = Download {
            convert,
            bar: Bar::new(address, console)?,
            plan: None,
        };
        let fetched = agff_hub::fetch(address, &self.options(address)?, &mut watch);
        console.end();
        let fetched = fetched?;
        if fetched.offline {
            console.note("the hub cannot be reached; what was fetched before is used");
        }
        Ok(fetched)
    }

    /// The folder of an adapter, which is fetched if it is a name or URL, and what to call it.
    ///
    /// # Errors
    /// As [`agff_hub::fetch_adapter`]; [`Code::Aborted`] after Ctrl-C.
    pub fn adapter(&self, adapter: &Path, console: &Console) -> Result<(PathBuf, String), Failure> {
        let Some(name) = named(adapter) else {
            return Ok((adapter.to_owned(), folder_name(adapter)));
        };
        let address = self.address(name)?;
        let options = self.options(&address)?;
        let mut bar = Bar::new(&address, console)?;
        let fetched = agff_hub::fetch_adapter(&address, &options, &mut bar);
        console.end();
        let fetched = fetched?;
        let name = called(&address, &fetched);
        Ok((fetched.folder, name))
    }

    /// What a package of a checkpoint would take, from its small files alone; and bytes to fetch for it.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub fn plan(
        &self,
        address: &Address,
        convert: &ConvertOptions,
        console: &Console,
    ) -> Result<(Plan, u64), Failure> {
        let mut watch = Download {
            convert,
            bar: Bar {
                begun: true,
                ..Bar::new(address, console)?
            },
            plan: None,
        };
        let options = Options {
            weights: false,
            ..self.options(address)?
        };
        let fetched = agff_hub::fetch(address, &options, &mut watch)?;
        let plan = watch.plan.ok_or_else(|| {
            let why = "was fetched without having been looked at";
            Error::new(Code::Internal, address.shown(), why)
        })?;
        Ok((plan, fetched.bytes))
    }

    /// Removes what was downloaded for a package; what was there before stays.
    ///
    /// # Errors
    /// [`Code::Io`].
    pub fn forget(&self, address: &Address, fetched: &Fetched) -> Result<()> {
        match fetched.fetched {
            0 => Ok(()),
            _ => self.options(address)?.cache.forget(&fetched.folder),
        }
    }
}

/// The progress of a download on the console; Ctrl-C ends it.
struct Bar<'a> {
    address: &'a Address,
    console: &'a Console,
    stop: Arc<AtomicBool>,
    begun: bool,
}

impl<'a> Bar<'a> {
    fn new(address: &'a Address, console: &'a Console) -> Result<Self, Failure> {
        Ok(Self {
            address,
            console,
            stop: interrupt::flag("stopping; what came is kept", console)?,
            begun: false,
        })
    }
}

/// An adapter, which is looked at together with its model's files.
impl Watch for Bar<'_> {
    fn described(&mut self, _: &Path) -> Result<()> {
        Ok(())
    }

    fn progress(&mut self, at: Progress<'_>) -> Result<()> {
        if !self.begun && at.total > 0 {
            self.console.begin("Fetching", at.total, Unit::Bytes);
            self.begun = true;
        }
        self.console.progress(at.done, at.file);
        match self.stop.load(Ordering::Relaxed) {
            true => {
                let why = "was interrupted; what came is kept, and the next try goes on there";
                Err(Error::new(Code::Aborted, self.address.shown(), why))
            }
            false => Ok(()),
        }
    }
}

/// A checkpoint, whose small files are looked at before its weights are fetched.
struct Download<'a> {
    convert: &'a ConvertOptions,
    bar: Bar<'a>,
    /// What the small files say.
    plan: Option<Plan>,
}

impl Watch for Download<'_> {
    fn described(&mut self, folder: &Path) -> Result<()> {
        self.plan = Some(plan(folder, self.convert)?);
        Ok(())
    }

    fn progress(&mut self, at: Progress<'_>) -> Result<()> {
        self.bar.progress(at)
    }
}

/// The name of a model that is no folder of this machine, if it can be one.
pub fn named(path: &Path) -> Option<&str> {
    let name = path.to_str()?;
    (!path.exists() && Address::parse(name, HUB).is_ok()).then_some(name)
}

/// An error of the network for what may have been meant as a folder.
pub fn no_folder_either(failure: Failure) -> Failure {
    match failure {
        Failure::Error(error) if error.code() == Code::Fetch => {
            let why = format!(
                "{}; there is no folder of that name here either",
                error.message()
            );
            Error::new(error.code(), error.subject(), why)
                .with_source(error)
                .into()
        }
        other => other,
    }
}

/// What to call a checkpoint: its name, with the commit where there is one.
pub fn called(address: &Address, fetched: &Fetched) -> String {
    match &fetched.commit {
        Some(commit) => address.at(commit).shown(),
        None => address.shown(),
    }
}
