//! `agff serve`: a folder over HTTP, for trying a page with its engine and package.

use std::fs;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use agff::{Code, Error};

use crate::http::answer_all;
use crate::output::Console;
use crate::{Done, Outcome};

const LONG: &str = "\
Serve a folder over HTTP, for trying a page

Byte ranges, HEAD, entity tags and the right MIME types; a folder is answered with its
index.html. Only this machine can connect, unless --host says otherwise. Ctrl-C ends it.";

const EXAMPLES: &str = "\
Examples:
  agff serve www/demo/dist
  agff serve . --port 0";

/// Most connections at a time, each with a thread of its own; more are closed.
const CONNECTIONS: usize = 128;

/// Serve a folder over HTTP, for trying a page
#[derive(clap::Args)]
#[command(long_about = LONG, after_help = EXAMPLES)]
pub struct Args {
    /// Folder to serve
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Address to listen on; 0.0.0.0 lets other machines connect
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    host: IpAddr,
}

pub fn run(args: Args, console: &Console) -> Done {
    let root = fs::canonicalize(&args.folder).map_err(|e| Error::io(&args.folder, e))?;
    if !root.is_dir() {
        let name = args.folder.display().to_string();
        return Err(Error::new(Code::Io, name, "is not a folder").into());
    }
    let address = SocketAddr::new(args.host, args.port);
    let listener = TcpListener::bind(address).map_err(|cause| {
        let message = format!("{cause}; choose another port with --port, or 0 for a free one");
        Error::new(Code::Io, address.to_string(), message).with_source(cause)
    })?;
    let port = listener
        .local_addr()
        .map_or(args.port, |address| address.port());
    let host = match args.host {
        host if host.is_unspecified() => "localhost".to_owned(),
        IpAddr::V6(host) => format!("[{host}]"),
        IpAddr::V4(host) => host.to_string(),
    };
    console.line(&format!("http://{host}:{port}/"))?;
    console.status(&format!(
        "serving {}; Ctrl-C ends it",
        args.folder.display()
    ));

    let root = Arc::new(root);
    let verbose = console.verbose();
    let open = Arc::new(());
    for stream in listener.incoming() {
        let Ok(stream) = stream else {
            // No more files can be opened, say. It passes when connections end.
            std::thread::sleep(Duration::from_millis(50));
            continue;
        };
        if Arc::strong_count(&open) > CONNECTIONS {
            continue;
        }
        let (root, open) = (root.clone(), open.clone());
        let serve = move || {
            // Whoever went away needs no answer.
            let _ = answer_all(&root, &stream, verbose);
            drop(open);
        };
        // Without a thread the connection is closed, and the client may try again.
        let _ = std::thread::Builder::new().spawn(serve);
    }
    Ok(Outcome::Complete)
}
