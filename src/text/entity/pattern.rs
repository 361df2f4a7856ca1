//! The shapes of links, mail addresses, telephone numbers and handles, as regular expressions.
//!
//! All are anchored: they are tried on the rest of the text from where a trigger says that an
//! entity may start. What stands before that place, and what the shape alone does not show (an
//! amount from a telephone number), is decided by the code beside. Each runs in linear time, and
//! needs no look-around: `(?-u:\b)` is the edge of a run of ASCII letters, digits and `_`.

use std::sync::LazyLock;

use regex::Regex;

/// A compiled pattern; `None` never, which a test holds.
pub(super) type Pattern = LazyLock<Option<Regex>>;

/// One label of a domain: letters and digits, hyphens only inside.
const LABEL: &str = "[a-z0-9]+(?:-+[a-z0-9]+)*";

/// Endings that make a domain of what stands before.
pub(crate) const ENDINGS: &str = "au|biz|br|ca|cc|ch|cn|co|com|cz|de|dev|dk|edu|eu|fi|fr|gd|gov|gr|hk|hr|hu\
    |icu|info|io|jp|kr|ly|mil|mobi|mx|net|nl|nz|org|pl|pt|ro|ru|sg|sk|tv|tw|ua|uk|wiki|xyz";

/// Endings that are words as well: a full stop without its space must not make a link, so they
/// need a path.
const WORDS_TOO: &str = "ai|am|app|art|at|be|bid|blog|by|cloud|club|do|es|fun|gg|gl|id|ie|im\
    |in|is|it|link|live|loan|me|my|name|news|no|online|page|pro|se|shop|si|site|so|store|tech\
    |to|top|us|vip|win|work";

/// What a link goes on with after its host.
///
/// Takes: visible ASCII, and letters of the alphabets with spaces (Latin, Greek, Cyrillic);
/// brackets in pairs. Leaves out: Chinese and the other scripts that touch a link without being
/// part of it, quotes, a bracket that closes what opened before the link, and the punctuation of
/// the sentence at the end.
static BODY: LazyLock<String> = LazyLock::new(|| {
    let letters = r"a-z0-9\u{C0}-\u{D6}\u{D8}-\u{F6}\u{F8}-\u{24F}\u{370}-\u{52F}\u{1E00}-\u{1EFF}";
    let last = format!(r"[{letters}/$%+=@_~\-]");
    let any = format!(r"[{letters}/$%+=@_~\-.,;:!?'*#&]");
    let pair = format!(r"\({any}*\)|\[{any}*\]");
    format!("(?:{any}|{pair})*(?:{last}|{pair})")
});

/// A link with its scheme.
pub(super) static LINK: Pattern =
    LazyLock::new(|| compile(&format!("^(?:https?|ftp)://{}", *BODY)));

/// A link without its scheme: labels, a port perhaps, and a path, a query or a fragment perhaps.
///
/// Takes: a known ending; any ending after `www.`; an ending that is a word too if a path follows.
/// Leaves out: files (`main.rs`), abbreviations (`e.g.`), addresses of digits, `it rained.no taxi`.
pub(super) static DOMAIN: Pattern = LazyLock::new(|| {
    let body = &*BODY;
    let port = r"(?::[0-9]{1,5}(?-u:\b))?";
    let rest = format!(r"(?-u:\b){port}(?:/(?:{body})?|[?#]{body})?");
    let world_wide = format!(r"www(?:\.{LABEL})+\.[a-z]{{2,}}{rest}");
    let word = format!(r"(?:{LABEL}\.)+(?:{WORDS_TOO}){port}/[a-z0-9](?:{body})?");
    let known = format!(r"(?:{LABEL}\.)+(?:{ENDINGS}){rest}");
    compile(&format!("^(?:{world_wide}|{word}|{known})"))
});

/// The domain of a mail address or of a server of the fediverse.
///
/// Takes: two labels or more, the last of letters alone, known or not. Leaves out: a single label,
/// addresses of digits.
pub(super) static HOST: Pattern =
    LazyLock::new(|| compile(&format!(r"^(?:{LABEL}\.)+[a-z]{{2,}}(?-u:\b)")));

/// A telephone number.
///
/// Takes, in this order: `+` and a country code, with the digits that the country has or 9 to 15;
/// the same after `00` for China, Czechia, Slovakia, Britain and America; an area code in brackets,
/// American or Chinese; 86 and a Chinese mobile; a Chinese mobile, whole or in three groups; 400
/// and 800 numbers in groups; an area code with its 0 and a number, Chinese or British; American
/// numbers in groups; Czech and Slovak ones that start with 6 or 7, in groups. Leaves out:
/// separators that change within a number (but after a country code), bare runs of digits of other
/// lengths, other national numbers.
pub(super) static PHONE: Pattern = LazyLock::new(|| {
    let mobile = r"(?: 1[3-9][0-9] (?: [0-9]{8} | \x20[0-9]{4}\x20[0-9]{4} | -[0-9]{4}-[0-9]{4} | [\x20-][0-9]{8} )
        | 1[3-9][0-9]{2} (?: \x20[0-9]{3}\x20[0-9]{4} | -[0-9]{3}-[0-9]{4} ) )";
    // A digit with at most one separator before it.
    let digit = r"(?:[\x20.-]?[0-9])";
    let known =
        format!("(?: 86{digit}{{10,11}} | 42[01]{digit}{{9}} | 44{digit}{{10}} | 1{digit}{{10}} )");
    compile(&format!(
        r"(?x) ^ (?: (?:\+|00) {known}
            | \+ (?: [235679]{digit}{{8,14}} | (?: 4[0135-9] | 8[0-57-9] ){digit}{{7,13}} | 42[2-9]{digit}{{6,12}} )
            | \( (?: [1-9][0-9]{{2}} \)\x20? [0-9]{{3}}[\x20.-][0-9]{{4}} | 0[0-9]{{2,3}} \)\x20? [0-9]{{7,8}} )
            | 861[0-9]{{10}} | (?: 86[\x20.-] )? {mobile}
            | [48]00 (?: \x20[0-9]{{3}}\x20[0-9]{{4}} | \x20[0-9]{{4}}\x20[0-9]{{3}} | -[0-9]{{3}}-[0-9]{{4}} | -[0-9]{{4}}-[0-9]{{3}} )
            | 0[1-9] (?: [0-9]{{9}} | [0-9]{{1,2}}[\x20-][0-9]{{7,8}} | [0-9]{{3}}\x20[0-9]{{3}}\x20?[0-9]{{3}}
                | [0-9]\x20[0-9]{{4}}\x20[0-9]{{4}} | [0-9]{{2}}\x20[0-9]{{3}}\x20[0-9]{{4}} )
            | (?: 1[\x20.-] )? [2-9][0-9]{{2}} (?: -[0-9]{{3}}-[0-9]{{4}} | \.[0-9]{{3}}\.[0-9]{{4}} )
            | [67][0-9]{{2}} \x20[0-9]{{3}}\x20[0-9]{{3}}
        ) (?-u:\b)"
    ))
});

/// What stands between the word that announces a handle and the handle: a label, and up
/// to three signs.
const BETWEEN: &str =
    r"(?:\x20*(?:公众号|群号|号码|号|群|id(?-u:\b)))?[:=是→\x20\-_,.+/~(\[【「]{0,3}";

/// The announcement of a WeChat handle, up to where the handle starts.
///
/// Takes: the names of WeChat and their spellings in chats; a lone `v`, for which the code asks for
/// 加 before it.
pub(super) static WECHAT: Pattern = LazyLock::new(|| {
    compile(&format!(
        "^(?:微信|薇信|微x|v信|wechat|weixin|vx|wx|v){BETWEEN}"
    ))
});

/// A handle of WeChat: 6 to 20 letters, digits, `_` and `-` of which the first is a letter, or a QQ
/// or telephone number.
///
/// Leaves out what is longer, of which the code sees that it goes on.
pub(super) static WECHAT_HANDLE: Pattern =
    LazyLock::new(|| compile("^(?:[a-z][a-z0-9_-]{5,19}|[0-9]{5,11})"));

/// A handle that is masked (`placeholder`).
const MASKED: &str = r"\[handle[^\]\[]{0,20}\]";

/// A QQ number with its announcement: 5 to 11 digits that don't start with 0, or a masked one.
pub(super) static QQ: Pattern = LazyLock::new(|| {
    compile(&format!(
        "^(?:qq|扣扣){BETWEEN}(?:[1-9][0-9]{{4,10}}|{MASKED})"
    ))
});

fn compile(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles_and_starts_where_it_is_tried() {
        for pattern in [&LINK, &DOMAIN, &HOST, &PHONE, &WECHAT, &WECHAT_HANDLE, &QQ] {
            let pattern = pattern.as_ref().expect("compiles");
            assert!(pattern.as_str().contains('^') && !pattern.is_match(""));
        }
    }
}
