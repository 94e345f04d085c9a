//! `agff serve`: a folder over HTTP, for trying a page with its engine and package.

use std::fs;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use agff::{Code, Error};
use tiny_http::{Method, Request, Server};

use crate::files::{Asked, respond, text, with};
use crate::output::{Console, shown};
use crate::{Done, Outcome};

const LONG: &str = "\
Serve a folder over HTTP, for trying a page

Byte ranges, HEAD, entity tags and the right MIME types; a folder is answered with its
index.html. Only this machine can connect, unless --host says otherwise. Ctrl-C ends it.";

const EXAMPLES: &str = "\
Examples:
  agff serve www/demo/dist
  agff serve . --port 0";

/// Threads that answer; a slow download takes one of them.
const THREADS: usize = 16;

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
    let server = Server::http(address).map_err(|cause| {
        let message = format!("{cause}; choose another port with --port, or 0 for a free one");
        Error::new(Code::Io, address.to_string(), message).with_source(cause)
    })?;
    let port = server
        .server_addr()
        .to_ip()
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

    let server = Arc::new(server);
    let root = Arc::new(root);
    let verbose = console.verbose();
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let (server, root) = (server.clone(), root.clone());
            std::thread::spawn(move || {
                while let Ok(request) = server.recv() {
                    answer(&root, request, verbose);
                }
            })
        })
        .collect();
    for thread in threads {
        // A thread that panicked has said so; the others go on.
        let _ = thread.join();
    }
    Ok(Outcome::Complete)
}

fn answer(root: &Path, request: Request, verbose: bool) {
    let header = |name: &'static str| {
        let found = request
            .headers()
            .iter()
            .find(|header| header.field.equiv(name));
        found.map(|header| header.value.as_str().to_owned())
    };
    let asked = Asked {
        none_match: header("If-None-Match"),
        range: header("Range"),
        if_range: header("If-Range"),
    };
    let response = match request.method() {
        Method::Get | Method::Head => respond(root, request.url(), &asked),
        _ => with(
            text(405, "only GET and HEAD are answered"),
            "Allow",
            "GET, HEAD",
        ),
    };
    if verbose {
        let (status, method) = (response.status_code().0, request.method());
        let _ = writeln!(io::stderr(), "{status} {method} {}", shown(request.url()));
    }
    // Whoever went away needs no answer.
    let _ = request.respond(response);
}
