//! `hearken accept`: a line in a log of corrections that says which entry of a FAQ answers a post.

use std::path::PathBuf;

use hearken::learn::{Correction, Line};
use hearken::suggest::{Faq, TASK};
use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::options::Shared;
use hearken_cli::output::Output;
use hearken_cli::run::{Looked, PostInput};

use super::unlearn::{append, now};

/// Accepts a suggested answer: appends to a log of corrections which entry answers a post
///
/// `hearken suggest --corrections` takes the post for one more question of the entry. Of several
/// entries for a post the last stands. `hearken unlearn --task suggest` takes it back, and
/// `hearken forget --corrections` takes the posts of a person out. The log gets the text of the
/// post; with --mask it is masked before.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hearken accept corrections.jsonl posts.jsonl --post 77 --entry send-back --by eva --faq faq.toml
  echo '{\"id\":\"77\",\"text\":\"can i send it back?\"}' | \\
    hearken accept corrections.jsonl --post 77 --entry send-back --by eva --faq faq.toml
  hearken suggest --faq faq.toml --corrections corrections.jsonl posts.jsonl")]
pub(crate) struct Arguments {
    /// The log; it is begun if there is none
    #[arg(value_name = "LOG")]
    log: PathBuf,
    #[command(flatten)]
    input: PostInput,
    /// The identifier of the post; it must be one of those that are read
    #[arg(long, value_name = "ID")]
    post: String,
    /// The id of the entry that answers it
    #[arg(long, value_name = "ID")]
    entry: String,
    /// Who says so
    #[arg(long, value_name = "NAME")]
    by: String,
    /// The FAQ (TOML) that has the entry
    #[arg(long, value_name = "FILE")]
    faq: PathBuf,
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    let faq = Faq::read(&arguments.faq)?;
    let (id, entry, by) = (
        arguments.post.trim(),
        arguments.entry.trim(),
        arguments.by.trim(),
    );
    if !faq.entries().iter().any(|of| of.id == entry) {
        return Err(Failure::message(format!(
            "{} has no entry {entry:?}; write one of its ids",
            arguments.faq.display()
        )));
    }
    if by.is_empty() {
        return Err(Failure::message(
            "--by is empty; say who accepts the answer",
        ));
    }
    let Looked { mut run, reader } = arguments.input.looked(shared)?;
    run.writes_as_it_reads("posts");
    let mut text: Option<String> = None;
    run.each_block("posts", |run, block| {
        for line in &block.lines {
            match reader.post(block, line) {
                Ok(post) if post.id.as_deref() == Some(id) => {
                    text.get_or_insert_with(|| post.text.into_owned());
                }
                Ok(_) => {}
                Err(reason) => run.reject(block, line, &reason)?,
            }
        }
        Ok(())
    })?;
    let Some(text) = text else {
        return Err(Failure::message(format!(
            "no post {id:?} was read; give the file that has it, or its id as it stands there"
        )));
    };
    let mut output = Output::open(shared.output.as_deref())?;
    let [post, task, label, by] = [id, TASK, entry, by].map(str::to_owned);
    let at = now();
    append(
        &arguments.log,
        Line::Learn(Correction {
            post,
            task,
            text,
            label,
            by,
            at,
        }),
    )?;
    let said = format!("{entry} answers {id}, says {}\n", arguments.log.display());
    output.put(said.as_bytes())?;
    output.finish()?;
    run.finish(|_| String::new())
}
