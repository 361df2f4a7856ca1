//! What a walk passes over: links, names and marks that are in no language, and gaps.

/// Bytes at the start of `rest` that are a link, a name or another thing that is in no language;
/// all of them ASCII.
#[inline]
pub(super) fn skipped(rest: &[u8]) -> usize {
    let run = |allowed: fn(u8) -> bool| rest.iter().take_while(|byte| allowed(**byte)).count();
    let begins = |prefix: &[u8]| {
        rest.len() >= prefix.len() && rest[..prefix.len()].eq_ignore_ascii_case(prefix)
    };
    match rest.first().copied().unwrap_or_default() {
        b'@' => {
            1 + rest[1..]
                .iter()
                .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
                .count()
        }
        b'h' | b'H' if begins(b"http") && (begins(b"http://") || begins(b"https://")) => {
            run(|byte| byte.is_ascii_graphic())
        }
        b'w' | b'W' if begins(b"www.") => run(|byte| byte.is_ascii_graphic()),
        // A masked link, as some dumps have it, and the mark of a repost.
        b'h' if begins(b"http") && !rest.get(4).is_some_and(u8::is_ascii_alphabetic) => 4,
        b'R' if begins(b"RT")
            && rest[1] == b'T'
            && rest
                .get(2)
                .is_none_or(|byte| matches!(byte, b' ' | b':' | b'@')) =>
        {
            2
        }
        b'&' => {
            let name = rest[1..]
                .iter()
                .take(8)
                .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'#')
                .count();
            if name > 0 && rest.get(1 + name) == Some(&b';') {
                name + 2
            } else {
                0
            }
        }
        _ => 0,
    }
}

/// Whether a character is a space or sign of ASCII that begins nothing: no link, name, tag or
/// entity of HTML.
#[inline]
pub(super) fn is_gap(character: char) -> bool {
    character.is_ascii()
        && !character.is_ascii_alphanumeric()
        && !matches!(character, '\'' | '@' | '&' | '#' | '_')
}
