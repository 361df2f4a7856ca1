//! Answers as a record batch.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Float32Array, Int16Array, Int32Array, ListArray,
    RecordBatch, StringArray, StructArray,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use hearken::text::Language;
use hearken::triage::{
    AnswerHead, AnswerRule, AnswerTerm, Disposition, Level, Part, Polarity, Verdict, rounded,
};
use hearken::{Engine, Post, Scratch, Triage};
use serde::Serialize;

use crate::Error;

const VERDICTS: [Verdict; 3] = [Verdict::Ham, Verdict::Unsure, Verdict::Spam];
const DISPOSITIONS: [Disposition; 4] = [
    Disposition::NeedsAnswer,
    Disposition::Thanks,
    Disposition::Automatic,
    Disposition::None,
];
const LEVELS: [Level; 4] = [Level::Low, Level::Medium, Level::High, Level::Critical];
const POLARITIES: [Polarity; 3] = [Polarity::Negative, Polarity::Neutral, Polarity::Positive];

/// What answers are to have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Names of few values (language, level, topic …) as dictionaries instead of strings.
    pub dictionary: bool,
    /// A column `explanation`: the reasons of each answer, as JSON.
    pub explain: bool,
    /// A column `json`: the line that the command line writes.
    pub json: bool,
    /// A column `model` with this in every row.
    pub model: Option<String>,
}

/// The columns of answers.
#[derive(Clone, Debug)]
pub struct Layout {
    options: Options,
    schema: SchemaRef,
    names: Names,
}

/// The names that columns have few of.
#[derive(Clone, Debug)]
struct Names {
    languages: StringArray,
    verdicts: StringArray,
    dispositions: StringArray,
    levels: StringArray,
    topics: StringArray,
    polarities: StringArray,
}

/// The answers of some posts.
#[derive(Clone, Debug)]
pub struct Answered {
    /// A row a post, all null for a post without a text.
    pub batch: RecordBatch,
    /// The same as the library has them.
    pub triages: Vec<Option<Triage>>,
}

/// A value's name in JSON.
fn name<T: Serialize>(value: &T) -> String {
    let json = serde_json::to_value(value).unwrap_or_default();
    json.as_str().unwrap_or_default().to_owned()
}

fn names<T: Serialize>(values: &[T]) -> StringArray {
    values.iter().map(|value| Some(name(value))).collect()
}

/// The place of a value among all.
fn place<T: PartialEq>(all: &[T], value: &T) -> Option<i32> {
    let place = all.iter().position(|other| other == value)?;
    i32::try_from(place).ok()
}

/// Appends the line of JSON that the command line writes for an answer, without its end.
pub fn line(
    engine: &Engine,
    id: Option<&str>,
    triage: &Triage,
    explanation: Option<&str>,
    out: &mut Vec<u8>,
) {
    let mut post = Post::new("");
    post.id = id.map(Into::into);
    engine.write_answer(&post, triage, out);
    if let Some(explanation) = explanation {
        // The reasons are the last field of an answer.
        out.pop();
        out.extend_from_slice(b",\"explanation\":");
        out.extend_from_slice(explanation.as_bytes());
        out.push(b'}');
    }
}

impl Layout {
    /// The columns of an engine's answers.
    pub fn new(engine: &Engine, options: Options) -> Layout {
        let languages = Language::ALL.iter().map(|language| Some(language.code()));
        let topics = engine.taxonomy().topics.iter();
        let names = Names {
            languages: languages.collect(),
            verdicts: names(&VERDICTS),
            dispositions: names(&DISPOSITIONS),
            levels: names(&LEVELS),
            topics: topics.map(|topic| Some(topic.id.as_str())).collect(),
            polarities: names(&POLARITIES),
        };
        let word = match options.dictionary {
            true => DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
            false => DataType::Utf8,
        };
        let word = |name: &str| nullable(name, word.clone());
        let share = |name: &str| nullable(name, DataType::Float32);
        let mut fields = vec![
            nullable("id", DataType::Utf8),
            word("language"),
            share("language_probability"),
            word("spam"),
            share("spam_probability"),
            word("disposition"),
            nullable("importance", DataType::Int16),
            word("level"),
            nullable("parts", DataType::Struct(part_fields())),
            word("topic"),
            share("topic_probability"),
            nullable("topics", list_of(topic_fields())),
            word("sentiment"),
            share("polarity"),
            share("negative"),
            share("neutral"),
            share("positive"),
            share("urgency"),
            nullable("supported", DataType::Boolean),
            nullable("terms", list_of(term_fields())),
            nullable("rules", list_of(rule_fields())),
            nullable("heads", list_of(head_fields())),
            nullable("truncated", DataType::Boolean),
            nullable("quoted", DataType::Boolean),
        ];
        let more = [
            ("explanation", options.explain),
            ("json", options.json),
            ("model", options.model.is_some()),
        ];
        let more = more.into_iter().filter(|(_, asked)| *asked);
        fields.extend(more.map(|(name, _)| nullable(name, DataType::Utf8)));
        Layout {
            options,
            schema: Arc::new(Schema::new(fields)),
            names,
        }
    }

    /// The schema of the answers.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// What was asked for.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Answers posts, on this thread.
    ///
    /// # Errors
    /// If the answers take more than an Arrow array of 32-bit offsets can have: 2 GB.
    pub fn answer(
        &self,
        engine: &Engine,
        posts: &[Option<Post<'_>>],
        scratch: &mut Scratch,
    ) -> Result<Answered, Error> {
        let triages: Vec<Option<Triage>> = posts
            .iter()
            .map(|post| Some(engine.triage(post.as_ref()?, scratch)))
            .collect();
        let rows = Making {
            layout: self,
            engine,
            posts,
            triages: &triages,
            nulls: nulls(&triages),
        };
        let columns = rows.columns()?;
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns)?;
        Ok(Answered { batch, triages })
    }
}

fn nullable(name: &str, kind: DataType) -> FieldRef {
    Arc::new(Field::new(name, kind, true))
}

fn whole(name: &str) -> FieldRef {
    nullable(name, DataType::Int32)
}

fn list_of(fields: Fields) -> DataType {
    DataType::List(nullable("item", DataType::Struct(fields)))
}

fn part_fields() -> Fields {
    let parts = Part::ALL.iter();
    parts
        .map(|part| nullable(part.name(), DataType::Int16))
        .collect()
}

fn topic_fields() -> Fields {
    let id = nullable("id", DataType::Utf8);
    [id, nullable("probability", DataType::Float32)]
        .into_iter()
        .collect()
}

fn term_fields() -> Fields {
    let (list, term) = (
        nullable("list", DataType::Utf8),
        nullable("term", DataType::Utf8),
    );
    let severity = nullable("severity", DataType::Int16);
    [list, term, whole("start"), whole("end"), severity]
        .into_iter()
        .collect()
}

fn place_fields() -> Fields {
    let term = nullable("term", DataType::Utf8);
    [term, whole("start"), whole("end")].into_iter().collect()
}

fn rule_fields() -> Fields {
    let rule = nullable("rule", DataType::Utf8);
    let severity = nullable("severity", DataType::Int16);
    let parts = nullable("parts", list_of(place_fields()));
    [rule, severity, parts].into_iter().collect()
}

fn head_fields() -> Fields {
    let (head, label) = (
        nullable("head", DataType::Utf8),
        nullable("label", DataType::Utf8),
    );
    [head, label, nullable("probability", DataType::Float32)]
        .into_iter()
        .collect()
}

fn nulls<T>(rows: &[Option<T>]) -> Option<NullBuffer> {
    let valid: Vec<bool> = rows.iter().map(Option::is_some).collect();
    valid.contains(&false).then(|| NullBuffer::from(valid))
}

/// A batch that is being made.
struct Making<'r> {
    layout: &'r Layout,
    engine: &'r Engine,
    posts: &'r [Option<Post<'r>>],
    triages: &'r [Option<Triage>],
    nulls: Option<NullBuffer>,
}

/// What few posts have, by name.
#[derive(Default)]
struct Named {
    terms: Vec<AnswerTerm<'static>>,
    rules: Vec<AnswerRule<'static>>,
    heads: Vec<(String, AnswerHead<'static>)>,
}

impl Making<'_> {
    /// In the order of the schema.
    fn columns(&self) -> Result<Vec<ArrayRef>, Error> {
        let names = &self.layout.names;
        let named: Vec<Named> = self.rows().map(|row| self.named(row)).collect();
        let share = |of: fn(&Triage) -> f32| self.floats(|triage| Some(of(triage)));
        let sentiment = |of: fn(&Triage) -> f32| {
            self.floats(|triage| (!triage.silent.sentiment).then(|| of(triage)))
        };
        let first = |triage: &Triage| triage.topics.as_slice().first().copied();
        let ids: StringArray = self
            .posts
            .iter()
            .map(|post| post.as_ref()?.id.as_deref())
            .collect();
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(ids),
            self.words(&names.languages, |triage| {
                place(&Language::ALL, &triage.language)
            })?,
            share(|triage| triage.language_probability),
            self.words(&names.verdicts, |triage| {
                place(&VERDICTS, &triage.spam.verdict).filter(|_| !triage.silent.spam)
            })?,
            self.floats(|triage| (!triage.silent.spam).then_some(triage.spam.probability)),
            self.words(&names.dispositions, |triage| {
                place(&DISPOSITIONS, &triage.disposition())
            })?,
            self.small(|triage| i16::from(triage.importance.score)),
            self.words(&names.levels, |triage| {
                place(&LEVELS, &triage.importance.level)
            })?,
            self.parts()?,
            self.words(&names.topics, |triage| {
                Some(i32::from(first(triage)?.topic))
            })?,
            self.floats(|triage| Some(first(triage)?.probability)),
            self.topics()?,
            self.words(&names.polarities, |triage| {
                place(&POLARITIES, &triage.sentiment.label).filter(|_| !triage.silent.sentiment)
            })?,
            sentiment(|triage| triage.sentiment.polarity),
            sentiment(|triage| triage.sentiment.negative),
            sentiment(|triage| triage.sentiment.neutral),
            sentiment(|triage| triage.sentiment.positive),
            self.floats(|triage| (!triage.silent.urgency).then_some(triage.urgency)),
            self.flags(|triage| !triage.silent.any()),
            self.terms(&named)?,
            self.rules(&named)?,
            self.heads(&named)?,
            self.flags(|triage| triage.truncated),
            self.flags(|triage| triage.quoted),
        ];
        self.add_asked(&mut columns);
        Ok(columns)
    }

    /// Adds the columns that only some ask for.
    fn add_asked(&self, columns: &mut Vec<ArrayRef>) {
        let Options {
            explain,
            json,
            model,
            ..
        } = &self.layout.options;
        let explain_row = |row: Option<(&Post<'_>, &Triage)>| {
            let explanation = self.engine.explain(row?.0);
            serde_json::to_string(&explanation).ok()
        };
        let explanations: Vec<Option<String>> = match explain {
            true => self.rows().map(explain_row).collect(),
            false => vec![None; self.posts.len()],
        };
        if *explain {
            let texts: StringArray = explanations.iter().map(Option::as_deref).collect();
            columns.push(Arc::new(texts));
        }
        if *json {
            let lines = self.rows().zip(&explanations).map(|(row, explanation)| {
                let (post, triage) = row?;
                let mut out = Vec::with_capacity(512);
                line(
                    self.engine,
                    post.id.as_deref(),
                    triage,
                    explanation.as_deref(),
                    &mut out,
                );
                String::from_utf8(out).ok()
            });
            columns.push(Arc::new(lines.collect::<StringArray>()));
        }
        if let Some(model) = model {
            let models = self
                .triages
                .iter()
                .map(|triage| triage.as_ref().map(|_| model.as_str()));
            columns.push(Arc::new(models.collect::<StringArray>()));
        }
    }

    fn rows(&self) -> impl Iterator<Item = Option<(&Post<'_>, &Triage)>> {
        let rows = self.posts.iter().zip(self.triages);
        rows.map(|(post, triage)| Some((post.as_ref()?, triage.as_ref()?)))
    }

    fn named(&self, row: Option<(&Post<'_>, &Triage)>) -> Named {
        let Some((post, triage)) = row.filter(|(_, triage)| {
            !(triage.terms.is_empty() && triage.rules.is_empty() && triage.heads.is_empty())
        }) else {
            return Named::default();
        };
        let answer = self.engine.answer(post, triage).into_owned();
        let heads = answer.heads.into_iter();
        Named {
            terms: answer.terms,
            rules: answer.rules,
            heads: heads
                .map(|(name, head)| (name.into_owned(), head))
                .collect(),
        }
    }

    fn each<T>(&self, of: impl Fn(&Triage) -> Option<T>) -> impl Iterator<Item = Option<T>> {
        let triages = self.triages.iter();
        triages.map(move |triage| triage.as_ref().and_then(&of))
    }

    fn words(
        &self,
        names: &StringArray,
        key: impl Fn(&Triage) -> Option<i32>,
    ) -> Result<ArrayRef, Error> {
        let keys = self.each(key);
        if self.layout.options.dictionary {
            let (keys, names): (Int32Array, ArrayRef) = (keys.collect(), Arc::new(names.clone()));
            let column = DictionaryArray::<Int32Type>::try_new(keys, names)?;
            return Ok(Arc::new(column));
        }
        let name = |key: i32| {
            let place = usize::try_from(key).ok()?;
            (place < arrow_array::Array::len(names)).then(|| names.value(place))
        };
        let column: StringArray = keys.map(|key| key.and_then(name)).collect();
        Ok(Arc::new(column))
    }

    fn floats(&self, of: impl Fn(&Triage) -> Option<f32>) -> ArrayRef {
        let column: Float32Array = self.each(|triage| of(triage).map(rounded)).collect();
        Arc::new(column)
    }

    fn small(&self, of: impl Fn(&Triage) -> i16) -> ArrayRef {
        let column: Int16Array = self.each(|triage| Some(of(triage))).collect();
        Arc::new(column)
    }

    fn flags(&self, of: impl Fn(&Triage) -> bool) -> ArrayRef {
        let column: BooleanArray = self.each(|triage| Some(of(triage))).collect();
        Arc::new(column)
    }

    fn parts(&self) -> Result<ArrayRef, Error> {
        let columns = Part::ALL
            .iter()
            .map(|&part| self.small(|triage| triage.importance.parts[part as usize]));
        let column = StructArray::try_new(part_fields(), columns.collect(), self.nulls.clone())?;
        Ok(Arc::new(column))
    }

    fn topics(&self) -> Result<ArrayRef, Error> {
        let of = |triage: &Option<Triage>| {
            triage
                .as_ref()
                .map_or_else(Vec::new, |triage| triage.topics.as_slice().to_vec())
        };
        let found: Vec<_> = self.triages.iter().map(of).collect();
        let topics = &self.engine.taxonomy().topics;
        let all = || found.iter().flatten();
        let ids: StringArray = all()
            .map(|found| Some(topics.get(usize::from(found.topic))?.id.as_str()))
            .collect();
        let shares: Float32Array = all()
            .map(|found| Some(rounded(found.probability)))
            .collect();
        let items: Vec<ArrayRef> = vec![Arc::new(ids), Arc::new(shares)];
        self.list(found.iter().map(Vec::len), topic_fields(), items)
    }

    fn terms(&self, named: &[Named]) -> Result<ArrayRef, Error> {
        let all = || named.iter().flat_map(|named| &named.terms);
        let severities: Int16Array = all().map(|term| term.severity.map(i16::from)).collect();
        let items: Vec<ArrayRef> = vec![
            texts(all().map(|term| term.list.as_ref())),
            texts(all().map(|term| term.term.as_ref())),
            offsets(all().map(|term| term.start)),
            offsets(all().map(|term| term.end)),
            Arc::new(severities),
        ];
        self.list(
            named.iter().map(|named| named.terms.len()),
            term_fields(),
            items,
        )
    }

    fn rules(&self, named: &[Named]) -> Result<ArrayRef, Error> {
        let all = || named.iter().flat_map(|named| &named.rules);
        let within = || all().flat_map(|rule| &rule.parts);
        let places: Vec<ArrayRef> = vec![
            texts(within().map(|part| part.term.as_ref())),
            offsets(within().map(|part| part.start)),
            offsets(within().map(|part| part.end)),
        ];
        let parts = list(
            all().map(|rule| rule.parts.len()),
            place_fields(),
            places,
            None,
        )?;
        let severities: Int16Array = all().map(|rule| Some(i16::from(rule.severity))).collect();
        let items: Vec<ArrayRef> = vec![
            texts(all().map(|rule| rule.rule.as_ref())),
            Arc::new(severities),
            parts,
        ];
        self.list(
            named.iter().map(|named| named.rules.len()),
            rule_fields(),
            items,
        )
    }

    fn heads(&self, named: &[Named]) -> Result<ArrayRef, Error> {
        let all = || named.iter().flat_map(|named| &named.heads);
        let labels: StringArray = all().map(|(_, head)| head.label.as_deref()).collect();
        let shares: Float32Array = all().map(|(_, head)| Some(head.probability)).collect();
        let items: Vec<ArrayRef> = vec![
            texts(all().map(|(name, _)| name.as_str())),
            Arc::new(labels),
            Arc::new(shares),
        ];
        self.list(
            named.iter().map(|named| named.heads.len()),
            head_fields(),
            items,
        )
    }

    fn list(
        &self,
        lengths: impl Iterator<Item = usize>,
        fields: Fields,
        items: Vec<ArrayRef>,
    ) -> Result<ArrayRef, Error> {
        list(lengths, fields, items, self.nulls.clone())
    }
}

fn list(
    lengths: impl Iterator<Item = usize>,
    fields: Fields,
    items: Vec<ArrayRef>,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef, Error> {
    let items: ArrayRef = Arc::new(StructArray::try_new(fields.clone(), items, None)?);
    let item = nullable("item", DataType::Struct(fields));
    let list = ListArray::try_new(item, OffsetBuffer::from_lengths(lengths), items, nulls)?;
    Ok(Arc::new(list))
}

fn texts<'t>(texts: impl Iterator<Item = &'t str>) -> ArrayRef {
    Arc::new(texts.map(Some).collect::<StringArray>())
}

/// Places in a text; texts that are read are far shorter than 2 GB.
fn offsets(offsets: impl Iterator<Item = u32>) -> ArrayRef {
    let whole = offsets.map(|offset| i32::try_from(offset).ok());
    Arc::new(whole.collect::<Int32Array>())
}
