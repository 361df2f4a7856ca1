//! Each stage by itself, on one thread, beside the floors: what JSON, words and the segmenter
//! cost without hearken.

use criterion::Criterion;
use hearken::importance::Settings;
use hearken::internals::{
    Analysis, Analyzer, EntityFinder, Folded, Folder, HanSegmenter, Identifier, LexiconBuilder,
    Sums, Table, ledger, ledger::Judgement, signal, tokenize,
};
use hearken::model::Model;
use hearken::novelty::Novelty;
use hearken::taxonomy::Taxonomy;
use hearken::text::Language;
use hearken::{Engine, Post};
use unicode_segmentation::UnicodeSegmentation;

use crate::support::{Board, FLOOR, Line, Sample, samples};

/// Measures all stages; their table.
pub(crate) fn board(mut criterion: Criterion) -> String {
    let mut board = Board::default();
    let parts = Parts::new();
    for sample in samples() {
        floors(&mut criterion, &mut board, &parts, &sample);
        text(&mut criterion, &mut board, &parts, &sample);
        features(&mut criterion, &mut board, &parts, &sample);
        importance(&mut criterion, &mut board, &parts, &sample);
    }
    criterion.final_summary();
    board.table(FLOOR)
}

/// What an engine is made of, as the engine itself makes it.
struct Parts {
    folder: Folder,
    identifier: Identifier,
    finder: EntityFinder,
    han: HanSegmenter,
    analyzer: Analyzer,
    table: Table,
}

impl Parts {
    fn new() -> Parts {
        let folder = Folder::new();
        let identifier = Identifier::bundled().expect("the bundled table is sound");
        let han = HanSegmenter::default();
        han.warm_up();
        let taxonomy = Taxonomy::care().expect("the bundled taxonomy is sound");
        let lexicon = LexiconBuilder::new()
            .bundled(&folder)
            .expect("the bundled lexicons are sound");
        let lexicon = lexicon
            .terms(&folder, taxonomy.to_terms())
            .build()
            .expect("the terms make an automaton");
        let analyzer = Analyzer::new(
            folder.clone(),
            identifier.clone(),
            EntityFinder::new(),
            han.clone(),
            lexicon,
        );
        let model = Model::from_bytes(include_bytes!("../../data/models/bundled.model"))
            .expect("the model is sound");
        Parts {
            folder,
            identifier,
            finder: EntityFinder::new(),
            han,
            analyzer,
            table: Table::new(&model),
        }
    }
}

fn floors(criterion: &mut Criterion, board: &mut Board, parts: &Parts, sample: &Sample) {
    let mut group = criterion.benchmark_group("floor");
    let lines = (sample.posts(), sample.line_bytes());
    board.time(&mut group, FLOOR, sample.language, true, lines, || {
        let read = sample
            .lines
            .iter()
            .filter_map(|line| serde_json::from_str::<Line<'_>>(line).ok());
        read.filter(|line| line.id.is_some() && !line.text.is_empty())
            .count()
    });
    let texts = (sample.posts(), sample.text_bytes());
    if sample.language != "Chinese" {
        // A post of signs alone has no word, so one is counted for the post itself.
        board.time(
            &mut group,
            "floor: unicode_words",
            sample.language,
            true,
            texts,
            || {
                sample
                    .texts
                    .iter()
                    .map(|text| 1 + text.unicode_words().count())
                    .sum()
            },
        );
        return;
    }
    let simplified: Vec<String> = sample
        .texts
        .iter()
        .map(|text| parts.folder.fold_term(text))
        .collect();
    board.time(
        &mut group,
        "floor: words of Han",
        sample.language,
        true,
        texts,
        || {
            let mut words = 0;
            for text in &simplified {
                parts.han.cut(text, |_, _| words += 1);
            }
            words
        },
    );
}

fn text(criterion: &mut Criterion, board: &mut Board, parts: &Parts, sample: &Sample) {
    let Parts {
        folder,
        identifier,
        finder,
        han,
        analyzer,
        ..
    } = parts;
    let mut group = criterion.benchmark_group("text");
    let lines = (sample.posts(), sample.line_bytes());
    board.time(&mut group, "post", sample.language, true, lines, || {
        sample
            .lines
            .iter()
            .filter(|line| Post::from_json(line).is_ok_and(|post| !post.text.is_empty()))
            .count()
    });
    let texts = (sample.posts(), sample.text_bytes());
    let mut folded = Folded::default();
    board.time(&mut group, "fold", sample.language, true, texts, || {
        let mut bytes = 0;
        for text in &sample.texts {
            folder.fold(text, &mut folded);
            bytes += folded.as_str().len();
        }
        bytes
    });
    board.time(&mut group, "language", sample.language, true, texts, || {
        // Each post counts; one more where a language was told.
        sample
            .texts
            .iter()
            .map(|text| 1 + usize::from(identifier.identify(text).language != Language::Und))
            .sum()
    });
    let prepared = prepared(analyzer, sample);
    let mut entities = Vec::new();
    board.time(&mut group, "entities", sample.language, true, texts, || {
        let mut found = sample.posts();
        for analysis in &prepared {
            finder.find(analysis.folded.as_str(), &mut entities);
            found += entities.len();
        }
        found
    });
    let mut tokens = Vec::new();
    board.time(&mut group, "tokens", sample.language, true, texts, || {
        let mut found = 0;
        for analysis in &prepared {
            tokenize(
                analysis.folded.as_str(),
                &analysis.entities,
                han,
                &mut tokens,
            );
            found += tokens.len();
        }
        found
    });
    let mut hits = Vec::new();
    board.time(&mut group, "lexicon", sample.language, true, texts, || {
        let mut found = sample.posts();
        for analysis in &prepared {
            let language = analysis.language.language;
            analyzer.lexicon().find_in(
                analysis.folded.as_str(),
                &analysis.tokens,
                language,
                &mut hits,
            );
            found += hits.len();
        }
        found
    });
    board.time(&mut group, "signals", sample.language, true, texts, || {
        let measured = sample.texts.iter().zip(&prepared);
        measured
            .filter(|(text, analysis)| signal::measure(text, analysis, analyzer.lexicon())[0] > 0.0)
            .count()
    });
}

fn features(criterion: &mut Criterion, board: &mut Board, parts: &Parts, sample: &Sample) {
    let Parts {
        analyzer, table, ..
    } = parts;
    let mut group = criterion.benchmark_group("features");
    let texts = (sample.posts(), sample.text_bytes());
    let mut analysis = Analysis::default();
    board.time(
        &mut group,
        "all of text",
        sample.language,
        true,
        texts,
        || {
            let mut tokens = 0;
            for text in &sample.texts {
                analyzer.prepare(text, &mut analysis);
                tokens += analysis.tokens.len();
            }
            tokens
        },
    );
    board.time(
        &mut group,
        "text and features",
        sample.language,
        true,
        texts,
        || {
            let mut features = 0;
            for text in &sample.texts {
                analyzer.prepare(text, &mut analysis);
                analyzer.features(&mut analysis, |_| features += 1);
            }
            features
        },
    );
    let mut sums = Sums::default();
    board.time(
        &mut group,
        "text, features and table",
        sample.language,
        true,
        texts,
        || {
            let mut tokens = 0;
            for text in &sample.texts {
                analyzer.prepare(text, &mut analysis);
                let mut summing = table.start(&mut sums);
                analyzer.feed(&mut analysis, &mut summing);
                summing.finish();
                tokens += analysis.tokens.len();
            }
            tokens
        },
    );
}

/// The ledger of a text that was read, with a harmful topic and urgency, and novelty's count of it
/// in a full window.
fn importance(criterion: &mut Criterion, board: &mut Board, parts: &Parts, sample: &Sample) {
    let Parts { analyzer, .. } = parts;
    let settings = Settings::bundled().expect("the bundled settings are sound");
    let mut group = criterion.benchmark_group("importance");
    let texts = (sample.posts(), sample.text_bytes());
    let prepared = prepared(analyzer, sample);
    let posts: Vec<Post<'_>> = sample
        .lines
        .iter()
        .filter_map(|line| Post::from_json(line).ok())
        .collect();
    let judgement = Judgement {
        urgency: 0.4,
        negative: 0.7,
        harmful_topics: [0.0, 0.6, 0.0],
        ..Judgement::default()
    };
    board.time(&mut group, "ledger", sample.language, true, texts, || {
        let scores = posts.iter().zip(&prepared).map(|(post, analysis)| {
            ledger::score(
                &ledger::facts(post, analysis, analyzer.lexicon(), judgement),
                &settings,
            )
            .score
        });
        // Each has at least the points of its judgement.
        scores.filter(|score| *score > 0).count()
    });
    let engine = Engine::new().expect("the bundled models fit");
    let mut scratch = engine.scratch();
    let observed: Vec<_> = posts
        .iter()
        .map(|post| engine.observe(post, &mut scratch))
        .collect();
    let mut novelty = Novelty::new(&settings);
    // A week in which each post of the sample came ten times.
    let step = 7 * 86_400_000 / (10 * posts.len() as i64);
    let mut now = 0;
    board.time(&mut group, "novelty", sample.language, true, texts, || {
        for (triage, observation) in &observed {
            now += step;
            novelty.observe(now, now as u64, triage, &observation.elements);
        }
        observed.len()
    });
}

fn prepared(analyzer: &Analyzer, sample: &Sample) -> Vec<Analysis> {
    let prepare = |text: &String| {
        let mut analysis = Analysis::default();
        analyzer.prepare(text, &mut analysis);
        analysis
    };
    sample.texts.iter().map(prepare).collect()
}
