//! No file that is read is written too, and no file is written twice: checked before anything is
//! read.

use std::any::TypeId;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{ArgMatches, Command};

use crate::failure::Failure;
use crate::part::folder;

/// The arguments that name a file that is written, by the names of their fields.
const WRITTEN: [&str; 5] = ["output", "rejects", "state", "confusion", "corrections"];
/// What a key that is made for a state has behind its name.
const KEY: &str = ".key";

/// A file that was named.
struct Named {
    /// How: an option, or what stands at its place.
    how: String,
    path: PathBuf,
    identity: Identity,
    written: bool,
}

/// What is equal for two names of one file.
#[derive(PartialEq, Eq)]
enum Identity {
    /// Of a file that is there: its device and its number.
    #[cfg(unix)]
    Number(u64, u64),
    /// Where it is, or will be.
    Place(PathBuf),
}

/// The key that belongs to the state at `path` if none is named.
pub fn key_of(path: &Path) -> PathBuf {
    let mut key = path.as_os_str().to_owned();
    key.push(KEY);
    key.into()
}

/// Refuses arguments of which two name one file, where one of the two is written: an output would
/// destroy an input, or another output.
pub fn check(command: &Command, matches: &ArgMatches) -> Result<(), Failure> {
    let mut named = standard();
    let mut level = Some((command, matches));
    while let Some((command, matches)) = level {
        collect(command, matches, &mut named);
        level = matches
            .subcommand()
            .and_then(|(name, below)| Some((command.find_subcommand(name)?, below)));
    }
    for (index, one) in named.iter().enumerate() {
        for other in named.iter().skip(index + 1) {
            if one.identity == other.identity && (one.written || other.written) {
                return Err(Failure::message(format!(
                    "{} and {} are the same file, {}; name two, so that neither is lost",
                    one.how,
                    other.how,
                    other.path.display()
                )));
            }
        }
    }
    Ok(())
}

/// Standard input and output, where they are files.
fn standard() -> Vec<Named> {
    let standard = [
        ("standard input", "/dev/stdin", false),
        ("standard output", "/dev/stdout", true),
    ];
    let named = standard.into_iter().filter_map(|(how, path, written)| {
        fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        named(how.to_owned(), Path::new(path), written)
    });
    named.collect()
}

/// The files that arguments of this level name.
fn collect(command: &Command, matches: &ArgMatches, into: &mut Vec<Named>) {
    for argument in command.get_arguments() {
        let id = argument.get_id().as_str();
        if argument.get_value_parser().type_id() != TypeId::of::<PathBuf>() {
            continue;
        }
        // An option of all commands stands on each level: it is asked for where it is known.
        let Ok(Some(paths)) = matches.try_get_many::<PathBuf>(id) else {
            continue;
        };
        let how = argument
            .get_long()
            .map_or_else(|| "an input".to_owned(), |long| format!("--{long}"));
        let written = WRITTEN.contains(&id);
        for path in paths.filter(|path| path.as_os_str() != "-") {
            if written && into.iter().any(|known| known.how == how) {
                continue;
            }
            into.extend(named(how.clone(), path, written));
            let asked = |id| matches.try_contains_id(id).is_ok_and(|given| given);
            if id == "state" && !asked("key") {
                let how = "the key of --state".to_owned();
                into.extend(named(how, &key_of(path), true));
            }
        }
    }
}

/// A file by its name; none for what is there and no file, such as a pipe or a device.
fn named(how: String, path: &Path, written: bool) -> Option<Named> {
    let identity = match fs::metadata(path) {
        Ok(found) if !found.is_file() => return None,
        #[cfg(unix)]
        Ok(found) => {
            use std::os::unix::fs::MetadataExt;
            Identity::Number(found.dev(), found.ino())
        }
        #[cfg(not(unix))]
        Ok(_) => Identity::Place(path.canonicalize().ok()?),
        Err(_) => {
            let folder = folder(path).canonicalize().ok()?;
            Identity::Place(folder.join(path.file_name()?))
        }
    };
    Some(Named {
        how,
        path: path.to_owned(),
        identity,
        written,
    })
}
