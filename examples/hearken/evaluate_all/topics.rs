//! The section of topics: the shipped taxonomy on the sample, topic by topic.

use super::page::{Page, share};
use super::sample::Labelled;

pub(crate) fn write(sample: &[Labelled], page: &mut Page) {
    page.section(
        "Topics of the sample",
        "The shipped taxonomy (`data/taxonomies/care.toml`) on the posts of the sample that are no spam; a post has one topic there, \
its main one, so a second that is rightly named costs precision. Recall: the share of a topic's posts for which it is named, and \
for which it is named first.",
    );
    let posts: Vec<&Labelled> = sample.iter().filter(|post| !post.spam).collect();
    let mut topics: Vec<&str> = posts.iter().filter_map(|post| post.topic.as_deref()).collect();
    topics.extend(posts.iter().flat_map(|post| post.named.iter().map(String::as_str)));
    topics.sort_unstable();
    topics.dedup();
    let mut rows = Vec::new();
    for topic in topics {
        let count = |wanted: &dyn Fn(&Labelled) -> bool| posts.iter().filter(|post| wanted(post)).count();
        let is = |post: &Labelled| post.topic.as_deref() == Some(topic);
        let named = |post: &Labelled| post.named.iter().any(|name| name == topic);
        let first = |post: &Labelled| post.named.first().is_some_and(|name| name == topic);
        let (all, given) = (count(&is), count(&named));
        let both = count(&|post| is(post) && named(post));
        rows.push(vec![
            topic.to_owned(),
            all.to_string(),
            given.to_string(),
            share(both, given),
            share(both, all),
            share(count(&|post| is(post) && first(post)), all),
        ]);
    }
    page.table(&["topic", "posts", "named", "precision", "recall", "recall, first"], &rows);
}
