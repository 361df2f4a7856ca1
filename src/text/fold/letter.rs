//! Accented letters, and whose they are.

use super::table::{Script, script};

/// Whether Czech or Slovak has the accented letter; they are looked at first, as the usual case.
#[inline]
pub(super) const fn is_czech(c: char) -> bool {
    matches!(
        c,
        'á' | 'ä'
            | 'č'
            | 'ď'
            | 'é'
            | 'ě'
            | 'í'
            | 'ĺ'
            | 'ľ'
            | 'ň'
            | 'ó'
            | 'ô'
            | 'ŕ'
            | 'ř'
            | 'š'
            | 'ť'
            | 'ú'
            | 'ů'
            | 'ý'
            | 'ž'
    )
}

/// Whether `c` is a Latin letter outside of ASCII.
#[inline]
pub(super) fn is_accented(c: char) -> bool {
    c >= '\u{C0}' && script(c) == Script::Latin
}
