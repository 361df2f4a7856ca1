//! Label Studio: posts as tasks with what the models say, and annotations as corrections.
//!
//! The forms are those of Label Studio's JSON: a task has `data` and `predictions`, an export has
//! `annotations`, each with a `result` of choices. The labelling configuration needs a `Text` of
//! the name `text` and `Choices` of the name of the head.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use hearken::Post;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::auth::Role;
use crate::failure::{Failure, Result};
use crate::http::{Answer, App, Call, Label, Problem, beside, correct};
use crate::store::{Kind, Row, each_row};

/// Tasks of an export, if it is not said otherwise. By hand.
const COUNT: usize = 1_000;

#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    /// The head that is to be labelled.
    task: String,
    /// Most tasks: the last posts.
    count: Option<usize>,
}

/// A task of Label Studio.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// What is shown.
    pub data: Data,
    /// What the models say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub predictions: Vec<Labelled>,
    /// What people say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<Labelled>,
}

/// What is shown of a post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Data {
    /// Its identifier.
    pub post: String,
    /// Its text.
    pub text: String,
}

/// Choices of somebody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Labelled {
    /// The fingerprint of the models, of a prediction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_version: Option<String>,
    /// How sure they are, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Whether the annotator skipped the task.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub was_cancelled: bool,
    /// What was chosen, for each of the forms of the labelling configuration.
    pub result: Vec<Choice>,
}

/// One form that was filled in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// The name of the form: the head.
    pub from_name: String,
    /// What it is about: `text`.
    pub to_name: String,
    /// `choices`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What was filled in. Forms of other types have other values.
    pub value: Value,
}

/// A post as a task of a head.
///
/// # Errors
/// If its row is no post.
pub fn task(row: &Row, head: &str) -> Result<Task> {
    let post = Post::from_json(&row.body)?;
    let answer: Value = serde_json::from_str(&row.triage)?;
    let predictions = said(&answer, head)
        .into_iter()
        .map(|(label, score)| Labelled {
            model_version: Some(row.model.clone()),
            score: Some(score),
            was_cancelled: false,
            result: vec![Choice {
                from_name: head.to_owned(),
                to_name: "text".to_owned(),
                kind: "choices".to_owned(),
                value: json!({ "choices": [label] }),
            }],
        });
    Ok(Task {
        data: Data {
            post: row.post.clone(),
            text: post.text.into_owned(),
        },
        predictions: predictions.collect(),
        annotations: Vec::new(),
    })
}

/// The label that an answer has of a head, with its probability.
fn said(answer: &Value, head: &str) -> Option<(String, f64)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match head {
        "spam" => {
            let probability = answer.pointer("/spam/probability")?.as_f64()?;
            Some(match probability >= 0.5 {
                true => ("spam".to_owned(), probability),
                false => ("ham".to_owned(), 1.0 - probability),
            })
        }
        "sentiment" => {
            let label = text(answer.pointer("/sentiment/label")?)?;
            let probability = answer
                .pointer("/sentiment/probability")?
                .get(&label)?
                .as_f64()?;
            Some((label, probability))
        }
        "topic" => {
            let topic = answer.pointer("/topics/0")?;
            Some((text(&topic["id"])?, topic["probability"].as_f64()?))
        }
        _ => None,
    }
}

/// The labels in an export: of each post the last annotation that was not skipped, by head and
/// label.
///
/// # Errors
/// If it is no export, or a form has another number of choices than one.
pub fn labels(export: &[Task]) -> Result<BTreeMap<(String, String), Vec<String>>> {
    let mut labels: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for task in export {
        let post = &task.data.post;
        let last = task
            .annotations
            .iter()
            .rfind(|annotation| !annotation.was_cancelled);
        let results = last.into_iter().flat_map(|last| &last.result);
        for choice in results.filter(|choice| choice.kind == "choices") {
            let chosen = choice.value["choices"].as_array().map(Vec::as_slice);
            let Some([Value::String(label)]) = chosen else {
                return Err(Failure::new(format!(
                    "the annotation of {} has not one choice; make it choice=\"single\" in the \
                     labelling configuration",
                    choice.from_name
                )));
            };
            let of = (choice.from_name.clone(), label.clone());
            labels.entry(of).or_default().push(post.clone());
        }
    }
    Ok(labels)
}

/// The last posts as tasks.
pub(crate) async fn export(
    State(app): State<Arc<App>>,
    call: Call,
    Query(asked): Query<Asked>,
) -> Answer<Json<Vec<Task>>> {
    call.must(Role::Agent)?;
    beside(move || {
        if call.tenant.base.labels(&asked.task).is_none() {
            let tasks: Vec<&str> = call.tenant.base.tasks().collect();
            let tasks = tasks.join(", ");
            return Err(Problem::bad(format!(
                "there is no such head; there are {tasks}"
            )));
        }
        let most = asked.count.unwrap_or(COUNT).max(1);
        let mut last = std::collections::VecDeque::new();
        each_row(&*app.store, &call.tenant.name, 0, Some(Kind::Post), |row| {
            if last.len() == most {
                last.pop_front();
            }
            last.push_back(row);
            Ok(())
        })?;
        let tasks = last.iter().map(|row| task(row, &asked.task));
        Ok(Json(tasks.collect::<Result<_>>()?))
    })
    .await
}

/// Annotations become corrections by who calls.
pub(crate) async fn import(
    State(app): State<Arc<App>>,
    call: Call,
    Json(export): Json<Vec<Task>>,
) -> Answer<Json<Value>> {
    call.must(Role::Agent)?;
    let labels = labels(&export).map_err(|error| Problem::bad(error.to_string()))?;
    let mut lines = 0;
    for ((task, label), posts) in labels {
        let label = Label {
            posts,
            task,
            label,
            ..Label::default()
        };
        lines += correct(&app, &call, label).await?.len();
    }
    Ok(Json(json!({ "lines": lines })))
}
