//! Options that several commands share.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use hearken::importance::Settings;
use hearken::model::Model;
use hearken::observation::Identities;
use hearken::post::{DateOrder, FieldMap, Post, Reader, Role};
use hearken::taxonomy::Taxonomy;
use hearken::terms::Rules;
use hearken::text::Language;
use hearken::time::TimeZone;
use hearken::{Engine, EngineBuilder};

use crate::failure::{Failure, plain};
use crate::input::{Block, Format, Inputs, Line, MadeOf, Posts};
use crate::mask;
use crate::rejects::Rejects;
use crate::tally::Tally;

/// Options of every command.
#[derive(Args)]
#[command(next_help_heading = "Every command")]
pub struct Shared {
    /// Threads to work with [default: as many as there are cores]; the output is the same
    /// with any number
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Write to this file instead of standard output; it appears, whole, when all went well. With
    /// --state, what is new is added to what runs of that state wrote (queue: written anew)
    #[arg(short, long, global = true, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Show no progress bar and no closing summary
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Mask personal data in each text as it is read: no telephone, mail address, card, account,
    /// identity number, handle or name reaches an answer, a report, a state, a rejected line or a
    /// message
    #[arg(long, global = true)]
    pub mask: bool,
}

impl Shared {
    /// Sets the number of threads for the whole process.
    pub fn start_threads(&self) -> Result<(), Failure> {
        let Some(threads) = self.threads else {
            return Ok(());
        };
        rayon::ThreadPoolBuilder::new()
            .num_threads(usize::from(threads))
            .build_global()
            .map_err(|error| {
                Failure::message(format!(
                    "{threads} threads can't be started ({error}); ask for fewer"
                ))
            })
    }
}

/// What becomes of lines that can't be read.
#[derive(Args)]
#[command(next_help_heading = "Reading")]
pub struct RejectOptions {
    /// Keep rejected lines in this file, as JSON lines with file, line, reason and text
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Exit with 1 if a line was rejected; the rest is done all the same
    #[arg(long)]
    pub(crate) strict: bool,
}

impl RejectOptions {
    /// None so far; they are kept where it was asked for, or named on standard error.
    pub fn open(&self) -> Result<Rejects, Failure> {
        Rejects::open(self.rejects.as_deref())
    }
}

/// Where the fields of a post stand.
#[derive(Args)]
#[command(next_help_heading = "Reading")]
pub struct PostOptions {
    /// Take fields from where the dump has them: target=source, separated by commas; a dot
    /// descends, a bar separates alternatives, as in
    /// text=full_text|text,author.followers=user.followers_count
    #[arg(long, value_name = "MAP")]
    map: Option<String>,
    /// Take fields from where a usual kind of dump has them: bluesky, chatwoot, mail, mastodon,
    /// reddit, telegram, twitter-v1, twitter-v2, weibo, youtube or zendesk; --map makes exceptions
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// The shape of the input [default: told by how it begins]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// The time zone, as Europe/Prague, Asia/Shanghai or +08:00 [default: UTC]: of times that have
    /// none; of the hours of the week that trends expect, of holidays and business hours; and of
    /// the times in text of trends and on a report (JSON has UTC)
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// The order of day and month in dates such as 3/1/2026: dmy or mdy; without it, a date that
    /// can be read both ways is left out
    #[arg(long, value_name = "ORDER")]
    date_order: Option<String>,
    /// Who wrote the posts, whatever the lines say: customer or agent
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
}

/// The fields by which figures are kept apart.
#[derive(Args, Default)]
pub struct ByOptions {
    /// Keep figures apart by this field of the posts, too (brand, shop, country …): a name, a path
    /// with dots or name=source, as in brand=meta.shop.name; twice, or with a comma, for two fields
    #[arg(long = "by", value_name = "FIELD")]
    fields: Vec<String>,
}

impl ByOptions {
    /// The fields as one list; none where none was named.
    pub fn fields(&self) -> Option<String> {
        (!self.fields.is_empty()).then(|| self.fields.join(","))
    }
}

/// Reads posts from lines, of hearken's shape or of a dump's.
pub struct PostReader {
    json: Reader,
    rows: Reader,
    mails: Reader,
    map: FieldMap,
    format: Option<Format>,
    role: Option<Role>,
    zone: TimeZone,
    tally: Arc<Tally>,
}

impl PostOptions {
    /// The reader that the options ask for; `by` names the fields by which figures are kept apart.
    pub fn reader(&self, by: Option<&str>) -> Result<PostReader, Failure> {
        let preset = self.preset.as_deref().map(FieldMap::preset).transpose();
        let preset = preset.map_err(|error| Failure::about("--preset", &error))?;
        let with = |base: FieldMap| match &self.map {
            Some(map) => base.with(map),
            None => Ok(base),
        };
        let with = |base| with(base).map_err(|error| Failure::about("--map", &error));
        let is_own = preset.is_none() && self.map.is_none() && by.is_none();
        let mail = match &preset {
            Some(preset) => preset.clone(),
            None => FieldMap::preset("mail")?,
        };
        let with = |base| match by {
            Some(fields) => with(base)?
                .by(fields)
                .map_err(|error| Failure::about("--by", &error)),
            None => with(base),
        };
        let (map, mail) = (with(preset.unwrap_or_default())?, with(mail)?);
        let zone = self.time_zone.as_deref().map(TimeZone::named).transpose();
        let zone = zone.map_err(|error| Failure::about("--time-zone", &error))?;
        let mut reader = Reader::new().time_zone(zone.clone().unwrap_or_default());
        if let Some(order) = &self.date_order {
            reader = reader.date_order(date_order(order)?);
        }
        let role = |name: &String| {
            Role::from_name(name).ok_or_else(|| {
                Failure::message(format!(
                    "invalid --role `{name}`: expected customer or agent"
                ))
            })
        };
        let rows = reader.clone().map(map.clone());
        Ok(PostReader {
            mails: reader.clone().map(mail),
            json: if is_own { reader } else { rows.clone() },
            rows,
            format: self.format,
            role: self.role.as_ref().map(role).transpose()?,
            zone: zone.clone().unwrap_or_default(),
            tally: Arc::new(Tally::new(zone, map.segment_fields().cloned())),
            map,
        })
    }
}

fn date_order(name: &str) -> Result<DateOrder, Failure> {
    match name {
        "dmy" => Ok(DateOrder::DayFirst),
        "mdy" => Ok(DateOrder::MonthFirst),
        _ => Err(Failure::message(format!(
            "invalid --date-order `{name}`: expected dmy (3/1/2026 is 3 January) or mdy (March 1)"
        ))),
    }
}

impl PostReader {
    /// The inputs, to be read as ones of posts.
    pub fn inputs(&self, inputs: Inputs) -> Inputs {
        inputs.of_posts(Posts {
            format: self.format,
            map: self.map.clone(),
        })
    }

    /// The names of the fields by which figures are kept apart.
    pub fn segment_fields(&self) -> impl Iterator<Item = &Arc<str>> {
        self.map.segment_fields()
    }

    /// The time zone that was asked for, or UTC.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// What could not be read of the posts so far.
    pub fn tally(&self) -> Arc<Tally> {
        self.tally.clone()
    }

    /// The post in a line of `block`, or why the line is not a post.
    pub fn post<'a>(&self, block: &'a Block, line: &Line) -> Result<Post<'a>, String> {
        let reader = match line.made_of {
            MadeOf::Json => &self.json,
            MadeOf::Row => &self.rows,
            MadeOf::Mail => &self.mails,
        };
        let reading = reader
            .read(block.text(line)?)
            .map_err(|error| error.to_string())?;
        self.tally.add(&reading, line);
        Ok(mask::post(Post {
            role: self.role.unwrap_or(reading.post.role),
            ..reading.post
        }))
    }
}

/// What an engine is made of.
#[derive(Args)]
#[command(next_help_heading = "Models and settings")]
pub struct EngineOptions {
    /// Add a head that `hearken train` made; can be given several times. A head with the name of a
    /// bundled one replaces it
    #[arg(long = "model", value_name = "FILE")]
    models: Vec<PathBuf>,
    /// Take the topics of this taxonomy (TOML) instead of the bundled one
    #[arg(long, value_name = "FILE")]
    taxonomy: Option<PathBuf>,
    /// Take these weights of importance (TOML); what the file leaves out is as
    /// bundled, see data/importance.toml
    #[arg(long, value_name = "FILE")]
    importance: Option<PathBuf>,
    /// Monitor the terms of this list (TSV: term, list, severity, language); can be
    /// given several times
    #[arg(long = "terms", value_name = "FILE")]
    terms: Vec<PathBuf>,
    /// Monitor by these rules (TOML, which names its lists), or by the bundled ones for agents'
    /// replies (agent); can be given several times
    #[arg(long = "rules", value_name = "FILE")]
    rules: Vec<PathBuf>,
    /// Keep these words of Chinese whole: one a line, what follows a tab is left out (as `hearken
    /// words` writes them); can be given several times
    #[arg(long = "words", value_name = "FILE")]
    words: Vec<PathBuf>,
    #[command(flatten)]
    overlays: OverlayOptions,
}

/// What corrections change.
#[derive(Args)]
#[command(next_help_heading = "Models and settings")]
pub struct OverlayOptions {
    /// Add the overlay that `hearken learn` made from corrections; can be given once for each head
    #[arg(long = "overlay", value_name = "FILE")]
    overlays: Vec<PathBuf>,
}

impl OverlayOptions {
    /// The engine with these overlays.
    pub fn add_to(&self, engine: Engine) -> Result<Engine, Failure> {
        self.overlays.iter().try_fold(engine, |engine, path| {
            engine
                .with_overlay(&read_model(path)?)
                .map_err(|error| Failure::about(path.display(), &error))
        })
    }
}

impl EngineOptions {
    /// What is not as bundled, as options of the command line.
    pub fn named(&self) -> Vec<String> {
        let lists = [
            ("--model", &self.models),
            ("--terms", &self.terms),
            ("--rules", &self.rules),
            ("--words", &self.words),
            ("--overlay", &self.overlays.overlays),
        ];
        let one = [
            ("--taxonomy", &self.taxonomy),
            ("--importance", &self.importance),
        ];
        let lists = lists
            .into_iter()
            .flat_map(|(name, paths)| paths.iter().map(move |path| (name, path)));
        let one = one
            .into_iter()
            .filter_map(|(name, path)| Some((name, path.as_ref()?)));
        let all = lists.chain(one);
        all.map(|(name, path)| format!("{name} {}", path.display()))
            .collect()
    }

    /// The engine that the options ask for.
    pub fn engine(&self) -> Result<Engine, Failure> {
        self.engine_with(Identities::default())
    }

    /// As above, with persons and threads hashed in this way.
    pub fn engine_with(&self, identities: Identities) -> Result<Engine, Failure> {
        let mut builder: EngineBuilder = Engine::builder().identities(identities);
        if let Some(path) = &self.taxonomy {
            builder = builder.taxonomy(read_taxonomy(path)?);
        }
        if let Some(path) = &self.importance {
            let text = read_text(path, "the weights of importance")?;
            let settings = Settings::from_toml(&text)
                .map_err(|error| Failure::about(path.display(), &error))?;
            builder = builder.importance(settings);
        }
        for path in &self.models {
            builder = builder.model(read_model(path)?);
        }
        for path in &self.terms {
            builder = builder.rules(read_terms(path)?);
        }
        for path in &self.rules {
            builder = builder.rules(read_rules(path)?);
        }
        for path in &self.words {
            let text = read_text(path, "the words")?;
            let words = text.lines().filter_map(|line| line.split('\t').next());
            let words = words.map(str::trim).filter(|word| !word.is_empty());
            builder = builder.add_words(words);
        }
        self.overlays.add_to(builder.build()?)
    }
}

/// The code of a language as answers write it, from one that `option` was given in any case.
pub fn language(code: &str, option: &str) -> Result<&'static str, Failure> {
    Language::from_code(code.trim())
        .map(Language::code)
        .ok_or_else(|| {
            let known = Language::ALL.map(Language::code);
            Failure::message(format!(
                "unknown language `{}` in {option}; known: {}",
                code.trim(),
                known.join(", ")
            ))
        })
}

/// Reads a taxonomy.
pub fn read_taxonomy(path: &Path) -> Result<Taxonomy, Failure> {
    let text = read_text(path, "the taxonomy")?;
    Taxonomy::from_toml(&text).map_err(|error| Failure::about(path.display(), &error))
}

/// Reads a file of text; `what` it is begins the sentence of a failure.
pub fn read_text(path: &Path, what: &str) -> Result<String, Failure> {
    let failure = |error| {
        Failure::message(format!(
            "{what} {} can't be read: {}",
            path.display(),
            plain(&error)
        ))
    };
    fs::read_to_string(path).map_err(failure)
}

/// Reads a list of monitored terms.
fn read_terms(path: &Path) -> Result<Rules, Failure> {
    let name = path.display().to_string();
    let text = read_text(path, "the terms")?;
    Ok(Rules::from_tsv(&name, &text)?)
}

/// Reads rules of monitored terms, or takes the bundled ones.
pub fn read_rules(path: &Path) -> Result<Rules, Failure> {
    Ok(if path.as_os_str() == "agent" {
        Rules::agent()?
    } else {
        Rules::read(path)?
    })
}

/// Reads a model file.
pub fn read_model(path: &PathBuf) -> Result<Model, Failure> {
    let bytes = fs::read(path).map_err(|error| {
        Failure::message(format!(
            "the model {} can't be read: {}",
            path.display(),
            plain(&error)
        ))
    })?;
    Model::from_bytes(&bytes).map_err(|error| Failure::about(path.display(), &error))
}
