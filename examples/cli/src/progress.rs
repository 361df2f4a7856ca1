//! A bar on standard error, where a person may look.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A progress bar, or nothing when nobody looks.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar of bytes; a spinner if their number is not known.
    pub fn bytes(shown: bool, total: Option<u64>) -> Progress {
        match total {
            Some(total) => Progress::new(
                shown,
                total,
                "{bar:30} {percent:>3} %  {bytes}/{total_bytes}  {msg}  {eta} left",
            ),
            None => Progress::new(shown, 0, "{spinner} {bytes}  {msg}"),
        }
    }

    /// A bar of thousandths.
    pub fn shares(shown: bool) -> Progress {
        Progress::new(shown, 1000, "{bar:30} {percent:>3} %  {msg}")
    }

    fn new(shown: bool, total: u64, template: &str) -> Progress {
        let target = match shown && io::stderr().is_terminal() {
            true => ProgressDrawTarget::stderr_with_hz(5),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Progress { bar }
    }

    /// How far the work is.
    pub fn set(&self, position: u64, message: String) {
        self.bar.set_position(position);
        self.bar.set_message(message);
    }

    /// How far the work is, 0 to 1.
    pub fn set_share(&self, share: f32, message: &str) {
        self.set((share.clamp(0.0, 1.0) * 1000.0) as u64, message.to_owned());
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
