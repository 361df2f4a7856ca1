//! Where answers go: standard output, or a file that appears only when it is whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, StdoutLock, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::failure::{Failure, plain};

/// A place to write to. What is not [finished](Output::finish) leaves no file behind.
pub struct Output {
    name: String,
    sink: Sink,
}

enum Sink {
    Standard(BufWriter<StdoutLock<'static>>),
    /// A device or a pipe: there is nothing to rename.
    Direct(BufWriter<File>),
    /// Written beside the file, in the same folder, so that renaming it is one step.
    Beside(BufWriter<NamedTempFile>, PathBuf),
}

impl Output {
    /// Opens `path`, or standard output for none and `-`.
    pub fn open(path: Option<&Path>) -> Result<Output, Failure> {
        let Some(path) = path.filter(|path| path.as_os_str() != "-") else {
            let sink = Sink::Standard(BufWriter::with_capacity(1 << 16, io::stdout().lock()));
            return Ok(Output {
                name: "standard output".to_owned(),
                sink,
            });
        };
        let name = path.display().to_string();
        let unwritable =
            |error| Failure::message(format!("{name} can't be written: {}", plain(&error)));
        let sink = match fs::metadata(path) {
            Ok(found) if found.is_dir() => {
                return Err(Failure::message(format!(
                    "{name} is a folder; name a file to write to"
                )));
            }
            Ok(found) if !found.is_file() => Sink::Direct(BufWriter::new(
                File::options().write(true).open(path).map_err(unwritable)?,
            )),
            Ok(found) => {
                // A link is followed, so that it stays a link.
                let path = fs::canonicalize(path).map_err(unwritable)?;
                let file = beside(&path, Some(found.permissions())).map_err(unwritable)?;
                Sink::Beside(BufWriter::new(file), path)
            }
            Err(_) => Sink::Beside(
                BufWriter::new(beside(path, None).map_err(unwritable)?),
                path.to_owned(),
            ),
        };
        Ok(Output { name, sink })
    }

    /// Opens `path` for what is not text: it must be a file. `example` is a name for it.
    pub fn open_binary(path: Option<&Path>, example: &str) -> Result<Output, Failure> {
        let output = path.map(|path| Output::open(Some(path))).transpose()?;
        output
            .filter(|output| !output.is_standard())
            .ok_or_else(|| {
                Failure::message(format!(
                    "a model is not text for standard output; name a file, as in -o {example}"
                ))
            })
    }

    /// The same output, of which a file is for its owner's eyes alone.
    pub fn private(self) -> Result<Output, Failure> {
        #[cfg(unix)]
        if let Sink::Beside(writer, _) = &self.sink {
            let permissions: fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            let file = writer.get_ref().as_file();
            file.set_permissions(permissions)
                .map_err(|error| Failure::writing(&self.name, &error))?;
        }
        Ok(self)
    }

    /// Whether this is standard output.
    pub fn is_standard(&self) -> bool {
        matches!(self.sink, Sink::Standard(_))
    }

    /// Writes all of `bytes`.
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.writer()
            .write_all(bytes)
            .map_err(|error| Failure::writing(&self.name, &error))
    }

    /// Writes a value as a line of JSON.
    pub fn put_json(&mut self, value: &impl serde::Serialize) -> Result<(), Failure> {
        let mut json = serde_json::to_vec(value).map_err(|error| {
            Failure::message(format!(
                "a line for {} can't be written as JSON: {error}",
                self.name
            ))
        })?;
        json.push(b'\n');
        self.put(&json)
    }

    /// Hands on what is buffered.
    pub fn flush(&mut self) -> Result<(), Failure> {
        self.writer()
            .flush()
            .map_err(|error| Failure::writing(&self.name, &error))
    }

    /// Makes what was written appear.
    pub fn finish(mut self) -> Result<(), Failure> {
        self.flush()?;
        let Sink::Beside(writer, path) = self.sink else {
            return Ok(());
        };
        let unwritable = |error: &io::Error| Failure::writing(&self.name, error);
        let file = writer
            .into_inner()
            .map_err(|error| unwritable(error.error()))?;
        file.persist(path)
            .map_err(|error| unwritable(&error.error))?;
        Ok(())
    }

    fn writer(&mut self) -> &mut dyn Write {
        match &mut self.sink {
            Sink::Standard(writer) => writer,
            Sink::Direct(writer) => writer,
            Sink::Beside(writer, _) => writer,
        }
    }
}

/// A file in the folder of `path`, deleted unless it is renamed.
fn beside(path: &Path, permissions: Option<fs::Permissions>) -> io::Result<NamedTempFile> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".hearken-").suffix(".part");
    // As any new file: what the umask leaves of reading and writing for all.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let file = builder
        .tempfile_in(folder)
        .map_err(|error| io::Error::new(error.kind(), reason(folder, &error)))?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    Ok(file)
}

fn reason(folder: &Path, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!("there is no folder {}", folder.display()),
        io::ErrorKind::PermissionDenied => {
            format!("the folder {} can't be written to", folder.display())
        }
        _ => error.to_string(),
    }
}
