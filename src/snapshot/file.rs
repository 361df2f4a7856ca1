//! State as a file: written beside its place, to the disk, then renamed.

use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::path::Path;

use crate::{Error, Result};

/// Writes `bytes` to `path` in one step; only the owner of the file may read it.
pub(super) fn save(path: &Path, bytes: &[u8]) -> Result<()> {
    replace(path, bytes, None).map_err(|error| {
        Error::snapshot(format!(
            "the snapshot {} can't be written: {error}",
            path.display()
        ))
        .with_source(error)
    })
}

/// Reads the file at `path` with `read`.
pub(super) fn load<S>(path: &Path, read: impl FnOnce(&[u8]) -> Result<S>) -> Result<S> {
    let shown = path.display();
    let bytes = fs::read(path).map_err(|error| {
        Error::snapshot(format!("the snapshot {shown} can't be read: {error}")).with_source(error)
    })?;
    read(&bytes).map_err(|error| error.reworded(|what| format!("{shown}: {what}")))
}

/// Writes `bytes` in the place of the file at `path` in one step; who may read it then, if not only
/// its owner.
pub(crate) fn replace(
    path: &Path,
    bytes: &[u8],
    permissions: Option<Permissions>,
) -> io::Result<()> {
    // Who shares the folder must not know the name before, or a link of that name would lead the
    // state elsewhere. The keys of the hasher are random.
    let name = RandomState::new().build_hasher().finish();
    let mut hidden = OsString::from(".");
    hidden.push(path.file_name().unwrap_or_default());
    hidden.push(format!(".{name:016x}.new"));
    let beside = path.with_file_name(hidden);
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| permissions.map_or(Ok(()), |permissions| file.set_permissions(permissions)))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written?;
    sync_folder(path)
}

/// Makes the new name in the folder of `path` last, where folders can be synced.
fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = path.parent().filter(|path| !path.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn only_the_owner_may_read_it_and_nothing_is_left_beside_it() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let path = folder.path().join("state");
        // The name that was used once may be a trap.
        fs::write(folder.path().join("trap"), "kept").expect("it is written");
        std::os::unix::fs::symlink("trap", folder.path().join("state.new")).expect("a link");
        for bytes in [b"one", b"two"] {
            save(&path, bytes).expect("it is saved");
            assert_eq!(fs::read(&path).expect("it is read"), bytes);
        }
        let mode = fs::metadata(&path).expect("it is there").permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
        assert_eq!(
            fs::read(folder.path().join("trap")).expect("it is read"),
            b"kept"
        );
        assert_eq!(
            fs::read_dir(folder.path()).expect("it is there").count(),
            3,
            "a part was left"
        );
        // Nor where it can't be renamed.
        fs::create_dir(folder.path().join("full")).expect("a folder");
        assert!(save(&folder.path().join("full"), b"three").is_err());
        assert_eq!(
            fs::read_dir(folder.path()).expect("it is there").count(),
            4,
            "a part was left"
        );
    }
}
