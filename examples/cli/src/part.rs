//! Files that are written beside their place and then renamed: whole or not there, and gone when a
//! signal ends the run.

use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::NamedTempFile;

/// The parts that are there now.
static PARTS: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// A file beside its place, under a name that nobody can guess. It is deleted unless it takes its
/// place.
pub(crate) struct Part {
    /// Always there, until it is dropped or renamed.
    file: Option<NamedTempFile>,
}

impl Part {
    /// A new file in the folder of `place`. Only its owner may read it if it is `private`; if not,
    /// it has the permissions of the file that it will replace.
    pub(crate) fn beside(place: &Path, private: bool) -> io::Result<Part> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".hearken-").suffix(".part");
        // As any new file: what the umask leaves of reading and writing for all.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(
            match private {
                true => 0o600,
                false => 0o666,
            },
        ));
        #[cfg(not(unix))]
        let _ = private;
        let found = fs::metadata(place).ok().filter(|_| !private);
        let found: Option<Permissions> = found.map(|found| found.permissions());
        let folder = folder(place);
        // Under the lock, so that no signal comes between the file and its name in the list.
        let mut parts = parts();
        let file = builder
            .tempfile_in(folder)
            .map_err(|error| io::Error::new(error.kind(), reason(folder, &error)))?;
        parts.insert(file.path().to_owned());
        let part = Part { file: Some(file) };
        drop(parts);
        if let (Some(file), Some(found)) = (&part.file, found) {
            file.as_file().set_permissions(found)?;
        }
        Ok(part)
    }

    /// Waits until the disk has what was written.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file
            .as_ref()
            .map_or(Ok(()), |file| file.as_file().sync_all())
    }

    /// Renames the file to `place`, in one step.
    pub(crate) fn take(mut self, place: &Path) -> io::Result<()> {
        let mut parts = parts();
        if let Some(file) = self.file.take() {
            let path = file.path().to_owned();
            let renamed = file.persist(place);
            // What could not be renamed is deleted by now.
            parts.remove(&path);
            renamed.map_err(|error| error.error)?;
        }
        Ok(())
    }
}

impl Write for Part {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.file {
            Some(file) => file.write(bytes),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if let Some(file) = self.file.take() {
            let mut parts = parts();
            let path = file.path().to_owned();
            drop(file);
            parts.remove(&path);
        }
    }
}

/// Deletes all parts, and lets nobody begin or rename one while the lock is held: the process is
/// about to end.
pub(crate) fn delete_all() -> impl Sized {
    let parts = parts();
    for path in parts.iter() {
        let _ = fs::remove_file(path);
    }
    parts
}

/// Makes new names in the folder of `place` last, where folders can be synced.
pub(crate) fn sync_folder(place: &Path) -> io::Result<()> {
    match cfg!(unix) {
        true => File::open(folder(place))?.sync_all(),
        false => Ok(()),
    }
}

/// Stops the process behind the step called `name`, as the loss of power would, where a test asks
/// for it: `HEARKEN_STOP_AFTER=name`, or `name:3` for the third time. Release builds don't.
pub(crate) fn step(name: &str) {
    #[cfg(debug_assertions)]
    {
        use std::sync::atomic::{AtomicU64, Ordering};
        static TIMES: AtomicU64 = AtomicU64::new(0);
        let asked = std::env::var("HEARKEN_STOP_AFTER").unwrap_or_default();
        let (asked, time) = asked.split_once(':').unwrap_or((asked.as_str(), "1"));
        if asked == name
            && time.parse() == Ok(TIMES.fetch_add(1, Ordering::Relaxed).saturating_add(1))
        {
            std::process::abort();
        }
    }
    #[cfg(not(debug_assertions))]
    let _ = name;
}

/// The folder of a file.
pub(crate) fn folder(place: &Path) -> &Path {
    place
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

fn parts() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    // A list of names is whole at every moment.
    PARTS.lock().unwrap_or_else(PoisonError::into_inner)
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
