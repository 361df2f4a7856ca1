//! What a signal does: it ends the run, and no unfinished file is left; a run that follows its
//! input is asked to end well first.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a signal asks the run to end by itself.
static WAITS: AtomicBool = AtomicBool::new(false);
/// Whether it was asked to end.
static ASKED: AtomicBool = AtomicBool::new(false);

/// Says that the run looks at [`is_asked`] again and again: the first signal only asks it to end.
pub fn wait_for_end() {
    WAITS.store(true, Ordering::SeqCst);
}

/// Whether a signal asked the run to end.
pub fn is_asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}

/// Watches for signals, on a thread of its own, as long as the process lives.
#[cfg(unix)]
pub fn watch() {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    let ignored = ignored();
    let wanted = [SIGHUP, SIGINT, SIGTERM].into_iter();
    let wanted = wanted.filter(|signal| ignored & (1 << (signal - 1)) == 0);
    // Without a watch a signal ends the process all the same; only parts of files are left.
    let Ok(mut signals) = Signals::new(wanted) else {
        return;
    };
    std::thread::spawn(move || {
        for signal in &mut signals {
            if WAITS.load(Ordering::SeqCst) && !ASKED.swap(true, Ordering::SeqCst) {
                continue;
            }
            let parts = crate::part::delete_all();
            // As the signal would have ended it, so that a shell sees 128 and its number.
            let _ = signal_hook::low_level::emulate_default_handler(signal);
            drop(parts);
        }
    });
}

/// There are no such signals.
#[cfg(not(unix))]
pub fn watch() {}

/// The signals that the caller wants to be ignored (`nohup`, jobs in the background of a script), a
/// bit each; none where the system doesn't say.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}
