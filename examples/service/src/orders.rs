//! What is to be written, and where whoever asks for it waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hearken::forget::{Forgotten, Person};
use hearken::learn::{Line, Target};
use tokio::sync::{mpsc, oneshot};

use crate::failure::{Failure, Result};
use crate::learn;
use crate::room::{Answered, Read};
use crate::store::Kind;

/// Requests that may wait beside their posts. By hand: more than there are agents.
const MOST_ORDERS: usize = 4_096;

/// A post that is to be written.
#[derive(Clone, Debug)]
pub struct NewPost {
    /// Its identifier.
    pub id: String,
    /// What was read of it.
    pub read: Read,
    /// The fingerprint of the models that read it.
    pub model: String,
    /// Its row's body.
    pub body: String,
    /// What was said of it, as JSON.
    pub triage: String,
}

/// What is to be written, with where the result goes.
pub enum Order {
    /// Posts of a tenant.
    Posts(String, Vec<NewPost>, Reply<Added>),
    /// Rows of other kinds, made when persons had been forgotten so often.
    Rows(String, u64, Vec<NewRow>, Reply<Added>),
    /// Persons are forgotten.
    Forget(String, Vec<Person>, Reply<Forgotten>),
    /// What was learnt from the labels that stand is to run.
    Model(Box<Learned>),
    /// The clock tells the time: each tenant gets a row.
    Tick,
    /// All is saved, and no more is taken.
    Stop(Reply<()>),
}

/// Models that were learnt beside the writer.
pub struct Learned {
    /// Whose.
    pub tenant: String,
    /// What runs from now on.
    pub refit: learn::Refit,
    /// The last row of the log of corrections that it knows.
    pub learnt_to: i64,
    /// How often persons had been forgotten when its labels were read.
    pub forgotten: u64,
}

/// A row that is to be written.
#[derive(Clone, Debug)]
pub struct NewRow {
    /// What it is.
    pub kind: Kind,
    /// The post that it is about.
    pub post: String,
    /// Who sent it.
    pub by: String,
    /// As in [`Row::body`].
    pub body: String,
    /// As in [`Row::triage`].
    pub triage: String,
    /// Posts whose claims end with it.
    pub unclaim: Vec<String>,
}

/// The number of each row that was added; none of one that was there.
pub type Added = Vec<Option<i64>>;

/// Where a result goes.
pub type Reply<T> = oneshot::Sender<Result<T>>;

/// Gives orders to the writer.
#[derive(Clone)]
pub struct Orders {
    sender: mpsc::Sender<Order>,
    /// Posts that wait.
    waiting: Arc<AtomicUsize>,
    most: usize,
}

/// Why an order was not taken.
#[derive(Debug)]
pub enum Refused {
    /// Too much waits: the same order may be given again in a while.
    Full,
    /// It failed.
    Failed(Failure),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Refused {
        Refused::Failed(failure)
    }
}

impl Orders {
    /// Orders of which at most `most` posts wait, and where the writer takes them.
    pub fn new(most: usize) -> (Orders, mpsc::Receiver<Order>) {
        let (sender, receiver) = mpsc::channel(MOST_ORDERS);
        let orders = Orders {
            sender,
            waiting: Arc::default(),
            most,
        };
        (orders, receiver)
    }

    /// Posts that wait to be written.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Writes posts.
    ///
    /// # Errors
    /// If too many wait, or they can't be written.
    pub async fn posts(&self, tenant: &str, posts: Vec<NewPost>) -> Result<Added, Refused> {
        let count = posts.len();
        let before = self.waiting.fetch_add(count, Ordering::Relaxed);
        let waits = Waits(&self.waiting, count);
        // A request that is larger than the bound is taken when nothing else waits.
        if before > 0 && before + count > self.most {
            return Err(Refused::Full);
        }
        let done = self
            .ask(|reply| Order::Posts(tenant.to_owned(), posts, reply))
            .await;
        drop(waits);
        done
    }

    /// Writes rows; those of one call are numbered one behind another. `forgotten` is how often
    /// persons of the tenant had been forgotten before what the rows tell was read.
    ///
    /// # Errors
    /// As [`Orders::posts`]; if somebody was forgotten since, whom the rows may tell of.
    pub async fn rows(
        &self,
        tenant: &str,
        forgotten: u64,
        rows: Vec<NewRow>,
    ) -> Result<Added, Refused> {
        self.ask(|reply| Order::Rows(tenant.to_owned(), forgotten, rows, reply))
            .await
    }

    /// Forgets persons.
    ///
    /// # Errors
    /// As [`Orders::posts`].
    pub async fn forget(&self, tenant: &str, persons: Vec<Person>) -> Result<Forgotten, Refused> {
        self.ask(|reply| Order::Forget(tenant.to_owned(), persons, reply))
            .await
    }

    /// Asks for something that nobody waits for; whether there was room.
    pub fn give(&self, order: Order) -> bool {
        self.sender.try_send(order).is_ok()
    }

    /// As [`Orders::give`], and waits until there is room; not for threads of the runtime.
    pub fn give_patiently(&self, order: Order) -> bool {
        self.sender.blocking_send(order).is_ok()
    }

    /// Saves all, and ends the writer.
    ///
    /// # Errors
    /// If it can't be saved.
    pub async fn stop(&self) -> Result<(), Refused> {
        let (reply, done) = oneshot::channel();
        self.sender
            .send(Order::Stop(reply))
            .await
            .map_err(|_| gone())?;
        Ok(done.await.map_err(|_| gone())??)
    }

    async fn ask<T>(&self, order: impl FnOnce(Reply<T>) -> Order) -> Result<T, Refused> {
        let (reply, done) = oneshot::channel();
        match self.sender.try_send(order(reply)) {
            Ok(()) => Ok(done.await.map_err(|_| gone())??),
            Err(mpsc::error::TrySendError::Full(_)) => Err(Refused::Full),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(gone()),
        }
    }
}

/// Counts posts as waiting until it is dropped.
struct Waits<'a>(&'a AtomicUsize, usize);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(self.1, Ordering::Relaxed);
    }
}

fn gone() -> Refused {
    Refused::Failed(Failure::new("the service is stopping; send it again later"))
}

/// What was said of a post, as JSON.
pub fn said(engine: &hearken::Engine, read: &Read) -> String {
    let mut line = Vec::new();
    engine.write_answer(&read.post, &read.triage, &mut line);
    // It is JSON, so it is UTF-8.
    String::from_utf8(line).unwrap_or_default()
}

/// A line of the log of corrections as a row.
///
/// # Errors
/// If it can't be written as JSON.
pub fn log_row(line: &Line, by: &str, triage: String) -> Result<NewRow> {
    let (kind, post) = match line {
        Line::Learn(correction) => (Kind::Learn, correction.post.clone()),
        Line::Retract(retraction) => match &retraction.target {
            Target::Post { post, .. } | Target::Label { post, .. } => (Kind::Retract, post.clone()),
            _ => (Kind::Retract, String::new()),
        },
    };
    Ok(NewRow {
        kind,
        post,
        by: by.to_owned(),
        body: line.to_json()?,
        triage,
        unclaim: Vec::new(),
    })
}

/// The body of an answer as a row.
///
/// # Errors
/// If it can't be written as JSON.
pub fn answer_row(answer: &Answered, by: &str, unclaim: Vec<String>) -> Result<NewRow> {
    Ok(NewRow {
        kind: Kind::Answer,
        post: answer.post.clone(),
        by: by.to_owned(),
        body: serde_json::to_string(answer)?,
        triage: String::new(),
        unclaim,
    })
}
