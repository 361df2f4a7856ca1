//! `hearken words`: words of Chinese that the dictionary lacks.

use hearken::train::new_words::{NewWords, Proposer};
use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::options::Shared;
use hearken_cli::summary::grouped;

use super::stateful::DumpOptions;

/// Lists words of Chinese that the dictionary lacks: names of goods and shops, new slang
///
/// A line a word: the word in simplified characters, a tab, and how many different texts have it.
/// Spam is left out. Have a look at the list, delete what is no word, and give it to any command as
/// --words: these words are then kept whole, so that trends and explanations name them.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hearken words dump.jsonl.zst -o words.tsv
  hearken trends dump.jsonl.zst --words words.tsv
  hearken words dump.jsonl.zst --words words.tsv --least 3")]
pub(crate) struct Arguments {
    #[command(flatten)]
    dump: DumpOptions,
    /// Different texts that a word must be in
    #[arg(
        long,
        value_name = "N",
        default_value_t = 5,
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    least: u64,
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    if arguments.dump.is_by() {
        return Err(Failure::message(
            "words are counted over all posts; leave --by out",
        ));
    }
    let mut posts = arguments.dump.open(None, None, shared)?;
    let proposer = Proposer::new()?;
    let (mut words, mut read) = (NewWords::new(), 0);
    posts.each_post(
        |engine, scratch, post| Ok(proposer.read(engine, post, scratch)),
        |_, _, proposed| {
            words.add(proposed);
            read += 1;
            Ok(())
        },
    )?;
    let listed = words.list(arguments.least);
    for word in &listed {
        let line = format!("{}\t{}\n", word.word, word.posts);
        posts.run.output.put(line.as_bytes())?;
    }
    posts.run.finish(|_| {
        format!(
            "{} words that the dictionary lacks, in {} posts\n",
            grouped(listed.len() as u64),
            grouped(read)
        )
    })
}
