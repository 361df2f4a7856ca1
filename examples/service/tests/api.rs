//! The interface, on both databases.

mod support;

use std::collections::BTreeSet;
use std::thread;

use serde_json::{Value, json};
use support::{Backend, Service, a_post, on_both, sample};

on_both!(
    a_post_is_taken_once,
    what_is_no_post_is_named,
    agents_claim_no_case_twice,
    a_case_is_claimed_released_and_answered,
    a_claim_ends_by_itself,
    tenants_are_apart,
    a_correction_is_learnt_and_taken_back_exactly,
    what_a_person_calls_spam_is_not_shown_again,
    a_campaign_is_labelled_at_once,
    a_person_is_forgotten_everywhere,
    alerts_resume_where_a_client_left_off,
    a_restart_changes_nothing,
    time_passes_without_posts,
);

const POSTS_TELL: &str = "clock = \"posts\"";

fn lines<'a>(posts: impl IntoIterator<Item = &'a Value>) -> String {
    posts.into_iter().map(|post| format!("{post}\n")).collect()
}

fn some(count: u32) -> Vec<Value> {
    let text =
        |at: u32| format!("My parcel {at} has not arrived, where is it? I want my money back");
    (0..count)
        .map(|at| a_post(&format!("p{at}"), &text(at), at))
        .collect()
}

fn a_post_is_taken_once(backend: Backend) {
    let service = Service::new(backend, POSTS_TELL).start();
    let posts = some(5);
    let (status, body) = service.ask("ingest", "POST", "/v1/posts", &lines(&posts));
    assert_eq!(
        (status, body.contains("\"accepted\":5")),
        (200, true),
        "{body}"
    );
    // Again, as an array, with one that is new, one twice, and one that says something else.
    let mut again = posts.clone();
    again.push(a_post("p9", "Where is my refund?", 9));
    again.push(a_post("p9", "Where is my refund?", 9));
    again[0]["text"] = json!("It has arrived");
    let answer = service.json("ingest", "POST", "/v1/posts?answers=1", &json!(again));
    assert_eq!(
        (&answer["accepted"], &answer["known"]),
        (&json!(1), &json!(6)),
        "{answer}"
    );
    assert_eq!(answer["differ"], json!(["p0"]));
    // Each answer has the fingerprint of the models that gave it.
    let model = service.get("eva", "/v1/model")["model"].clone();
    let answers = answer["answers"].as_array().expect("answers");
    assert!(answers.len() == 7 && answers.iter().all(|answer| answer["model"] == model));
    assert_eq!(service.queue("eva").len(), 6);
    let first = service.get("eva", "/v1/posts/p0");
    assert!(
        first["post"]["text"]
            .as_str()
            .is_some_and(|text| text.starts_with("My parcel"))
    );
    assert!(first["explanation"]["importance"]["parts"].is_array());
}

fn what_is_no_post_is_named(backend: Backend) {
    let service = Service::new(backend, POSTS_TELL).start();
    let body = format!(
        "{}\nnot a post\n{{\"text\":\"no id\"}}\n",
        a_post("1", "Help me please", 0)
    );
    let (status, answer) = service.ask("ingest", "POST", "/v1/posts", &body);
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    assert_eq!((status, &answer["accepted"]), (200, &json!(1)));
    let rejected = answer["rejected"].as_array().expect("rejects");
    assert_eq!(
        rejected.iter().map(|one| &one["line"]).collect::<Vec<_>>(),
        [2, 3]
    );
    assert!(
        rejected[1]["error"]
            .as_str()
            .is_some_and(|error| error.contains("id"))
    );
    for body in ["", "[", "nothing\n", "{}"] {
        let (status, answer) = service.ask("ingest", "POST", "/v1/posts", body);
        assert!(
            status == 400 && answer.contains("error"),
            "{body}: {answer}"
        );
    }
}

fn agents_claim_no_case_twice(backend: Backend) {
    let mut service = Service::new(backend, POSTS_TELL);
    let agents: Vec<String> = (0..64).map(|at| format!("agent-{at}")).collect();
    agents.iter().for_each(|name| service.add_agent(name));
    let service = service.start();
    let posts = some(200);
    service.json("ingest", "POST", "/v1/posts", &json!(posts));
    let claimed: Vec<(String, Vec<String>)> = thread::scope(|scope| {
        let service = &service;
        let threads: Vec<_> = agents
            .iter()
            .map(|name| {
                scope.spawn(move || {
                    let mut mine = Vec::new();
                    // Until nothing is left.
                    for _ in 0..200 {
                        let answer = service.json(name, "POST", "/v1/queue/claim", &json!({}));
                        match answer["case"]["posts"].as_array() {
                            Some(posts) => mine.extend(posts.iter().map(|post| post.to_string())),
                            None => break,
                        }
                    }
                    (name.clone(), mine)
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("an agent"))
            .collect()
    });
    let all: Vec<&String> = claimed.iter().flat_map(|(_, posts)| posts).collect();
    let different: BTreeSet<&String> = all.iter().copied().collect();
    assert_eq!(all.len(), different.len(), "a post was given to two agents");
    assert_eq!(different.len(), 200, "a case was given to nobody");
    assert!(
        claimed
            .iter()
            .filter(|(_, posts)| !posts.is_empty())
            .count()
            > 16
    );
}

fn a_case_is_claimed_released_and_answered(backend: Backend) {
    let service = Service::new(backend, POSTS_TELL).start();
    service.json("ingest", "POST", "/v1/posts", &json!(some(3)));
    let ask = |who: &str, what: &str, body: Value| {
        let path = format!("/v1/queue/{what}");
        service.ask(who, "POST", &path, &body.to_string())
    };
    let first = service.queue("eva")[0].clone();
    let post = || json!({"post": first});
    assert_eq!(ask("eva", "claim", post()).0, 200);
    assert_eq!(ask("jan", "claim", post()).0, 409);
    assert_eq!(ask("jan", "answer", post()).0, 409);
    // Who holds it may claim it again; a released one is anybody's.
    assert_eq!(ask("eva", "claim", post()).0, 200);
    assert!(ask("jan", "release", post()).1.contains(":0"));
    assert!(ask("eva", "release", post()).1.contains(":1"));
    assert_eq!(ask("jan", "claim", post()).0, 200);
    let answer = json!({"post": first, "text": "It comes tomorrow"});
    assert_eq!(ask("jan", "answer", answer).0, 200);
    assert!(!service.queue("eva").contains(&first));
    let (status, again) = ask("jan", "answer", post());
    assert!(status == 200 && again.contains("\"new\":false"), "{again}");
    assert_eq!(ask("eva", "answer", json!({"post": "none"})).0, 404);
    assert_eq!(ask("eva", "claim", post()).0, 404);
}

fn a_claim_ends_by_itself(backend: Backend) {
    let limits = "clock = \"posts\"\n[limits]\nlease_seconds = 1";
    let service = Service::new(backend, limits).start();
    service.json("ingest", "POST", "/v1/posts", &json!(some(1)));
    let claim = |who: &str| {
        let (_, answer) = service.ask(who, "POST", "/v1/queue/claim", "{}");
        answer.contains("\"p0\"")
    };
    assert!(claim("eva"));
    service.until("the claim has ended", || claim("jan"));
}

fn tenants_are_apart(backend: Backend) {
    let service = Service::new(backend, POSTS_TELL).start();
    // Both have posts of the same identifiers.
    service.json("ingest", "POST", "/v1/posts", &json!(some(3)));
    let mut others = some(4);
    others
        .iter_mut()
        .for_each(|post| post["text"] = json!("The driver was rude to me!"));
    service.json("b-ingest", "POST", "/v1/posts", &json!(others));
    assert_eq!(
        (service.queue("eva").len(), service.queue("b-agent").len()),
        (3, 4)
    );
    let text = |who: &str| service.get(who, "/v1/posts/p1")["post"]["text"].clone();
    assert_ne!(text("eva"), text("b-agent"));
    service.json("eva", "POST", "/v1/queue/claim", &json!({"post": "p1"}));
    service.json("b-agent", "POST", "/v1/queue/claim", &json!({"post": "p1"}));
    service.json("eva", "POST", "/v1/queue/answer", &json!({"post": "p1"}));
    assert_eq!(
        (service.queue("eva").len(), service.queue("b-agent").len()),
        (2, 4)
    );
    // What one corrects changes nothing for the other, to the bit.
    let look = json!({"text": "My parcel 0 has not arrived, where is it? I want my money back"});
    let before = service.json("b-agent", "POST", "/v1/explain", &look);
    let label = json!({"posts": ["p0", "p2"], "task": "sentiment", "label": "positive"});
    service.json("eva", "POST", "/v1/corrections", &label);
    let learnt = service.learnt("eva");
    assert_ne!(learnt["model"], learnt["base"]);
    assert_eq!(service.get("b-agent", "/v1/model")["model"], learnt["base"]);
    assert_eq!(
        service.json("b-agent", "POST", "/v1/explain", &look),
        before
    );
    assert_ne!(
        service.json("eva", "POST", "/v1/explain", &look)["answer"]["sentiment"],
        before["answer"]["sentiment"]
    );
    assert_eq!(service.ask("b-agent", "GET", "/v1/corrections", "").1, "");
    assert_eq!(service.ask("b-agent", "GET", "/v1/posts/p3", "").0, 200);
    assert_eq!(service.ask("eva", "GET", "/v1/posts/p3", "").0, 404);
}

fn a_correction_is_learnt_and_taken_back_exactly(backend: Backend) {
    let mut service = Service::new(backend, POSTS_TELL).start();
    service.json("ingest", "POST", "/v1/posts", &json!(some(4)));
    let base = service.get("eva", "/v1/model")["model"].clone();
    let before = service.queue("eva");
    let label = |post: &str, task: &str, label: &str| {
        let body = json!({"post": post, "task": task, "label": label});
        service.json("eva", "POST", "/v1/corrections", &body)
    };
    label("p0", "sentiment", "positive");
    label("p1", "spam", "spam");
    // Who says that it is spam does not want to see it again.
    assert!(!service.queue("eva").contains(&"p1".to_owned()));
    let learnt = service.learnt("eva");
    assert_ne!(learnt["model"], base);
    assert_eq!(learnt["learnt"]["heads"]["sentiment"]["standing"], 1);
    let new = a_post("p7", "My parcel 7 has not arrived", 7);
    let answer = service.json("ingest", "POST", "/v1/posts?answers=1", &json!([new]));
    assert_eq!(answer["answers"][0]["model"], learnt["model"]);
    let (_, log) = service.ask("eva", "GET", "/v1/corrections", "");
    assert_eq!(log.lines().count(), 2, "{log}");
    // It runs after a restart, and what was said before is read again by the models of then.
    let said = service.state("eva");
    service.kill();
    service.launch();
    service.wait_ready();
    assert_eq!(service.learnt("eva")["model"], learnt["model"]);
    assert_eq!(service.state("eva"), said);
    // Taken back, the base answers alone, to the bit, and the post waits again.
    let back = json!({"posts": ["p0", "p1"], "reason": "a slip"});
    service.json("eva", "DELETE", "/v1/corrections", &back);
    assert_eq!(service.learnt("eva")["model"], base);
    let after: Vec<String> = service
        .queue("eva")
        .into_iter()
        .filter(|post| post != "p7")
        .collect();
    assert_eq!(after, before);
    for (body, expected) in [
        (json!({"post": "p0", "task": "mood", "label": "x"}), 400),
        (json!({"post": "p0", "task": "spam", "label": "x"}), 400),
        (
            json!({"post": "none", "task": "spam", "label": "spam"}),
            404,
        ),
        (
            json!({"campaign": "none", "task": "spam", "label": "spam"}),
            404,
        ),
    ] {
        let (status, answer) = service.ask("eva", "POST", "/v1/corrections", &body.to_string());
        assert_eq!(status, expected, "{answer}");
    }
    assert_eq!(service.ask("eva", "DELETE", "/v1/corrections", "{}").0, 400);
}

fn what_a_person_calls_spam_is_not_shown_again(backend: Backend) {
    let service = Service::new(backend, POSTS_TELL).start();
    // The queue shows one of what may be spam among twenty.
    service.json("ingest", "POST", "/v1/posts", &json!(some(40)));
    let first = service.queue("eva")[0].clone();
    let label = json!({"post": first, "task": "spam", "label": "spam"});
    service.json("eva", "POST", "/v1/corrections", &label);
    assert!(!service.queue("eva").contains(&first));
    let suspected = service.ask("eva", "GET", "/v1/queue?lane=suspected", "").1;
    assert!(suspected.contains(&format!("\"{first}\"")));
    service.json("eva", "DELETE", "/v1/corrections", &json!({"post": first}));
    assert!(service.queue("eva").contains(&first));
}

/// One offer by many accounts within some minutes.
fn offers(count: u32) -> Vec<Value> {
    let offer = |at: u32| {
        let mut post = a_post(
            &format!("o{at}"),
            "Earn 900 a week from home, no skills needed! Write to me on telegram @quickcash now http://quick-cash.example/join",
            at * 7,
        );
        post["author"] =
            json!({"id": format!("bot{at}"), "followers": 1, "created_at": "2026-02-28T00:00:00Z"});
        post
    };
    (0..count).map(offer).collect()
}

fn a_campaign_is_labelled_at_once(backend: Backend) {
    let service = Service::new(backend, POSTS_TELL).start();
    service.json("ingest", "POST", "/v1/posts", &json!(offers(12)));
    let campaign = service.get("eva", "/v1/posts/o5")["campaign"].clone();
    assert!(campaign.is_string(), "the offers are no campaign");
    let label = json!({"campaign": campaign, "task": "spam", "label": "spam"});
    let answer = service.json("eva", "POST", "/v1/corrections", &label);
    // A line a post, so that each can be taken back.
    let lines = answer["lines"].as_u64().expect("a number");
    assert!(lines >= 10, "{answer}");
    let (_, log) = service.ask("eva", "GET", "/v1/corrections", "");
    assert_eq!(log.lines().count() as u64, lines);
    let learnt = service.learnt("eva");
    assert_eq!(learnt["learnt"]["heads"]["spam"]["standing"], lines);
    service.json("eva", "DELETE", "/v1/corrections", &json!({"by": "eva"}));
    let learnt = service.learnt("eva");
    assert_eq!(learnt["model"], learnt["base"]);
}

fn a_person_is_forgotten_everywhere(backend: Backend) {
    let mut service = Service::new(backend, POSTS_TELL).start();
    let mut posts = some(6);
    posts[2]["text"] = json!("Zanzibarine parcel lost, where is my zanzibarine money?");
    posts[2]["author"] = json!({"id": "zora"});
    service.json("ingest", "POST", "/v1/posts", &json!(posts));
    let label = json!({"posts": ["p1", "p2"], "task": "sentiment", "label": "positive"});
    service.json("eva", "POST", "/v1/corrections", &label);
    let with = service.learnt("eva")["model"].clone();
    service.json("eva", "POST", "/v1/queue/claim", &json!({"post": "p2"}));
    let whom = json!({"authors": [{"id": "zora"}]});
    let forgotten = service.json("admin", "POST", "/v1/forget", &whom);
    assert!(
        forgotten["removed"]
            .as_array()
            .is_some_and(|removed| !removed.is_empty())
    );
    let check = |service: &Service| {
        assert_eq!(service.ask("eva", "GET", "/v1/posts/p2", "").0, 404);
        assert!(!service.queue("eva").contains(&"p2".to_owned()));
        assert_eq!(
            service
                .ask("eva", "GET", "/v1/corrections", "")
                .1
                .lines()
                .count(),
            1
        );
        let state = service.state("eva").concat();
        assert!(!state.contains("zanzibarine") && !state.contains("zora"));
        let model = service.learnt("eva")["model"].clone();
        assert_ne!(model, with);
        model
    };
    let model = check(&service);
    let said = service.state("eva");
    service.kill();
    service.launch();
    service.wait_ready();
    assert_eq!(check(&service), model);
    assert_eq!(service.state("eva"), said);
    if backend == Backend::Sqlite {
        // Not in any page of the file, nor in the log of SQLite.
        assert_eq!(service.stop(), Some(0));
        for name in ["service.db", "service.db-wal"] {
            let bytes = support::read(&service.folder.path().join(name));
            let text = String::from_utf8_lossy(&bytes);
            assert!(
                !text.contains("zanzibarine"),
                "{name} has a text that was forgotten"
            );
        }
    }
}

fn alerts_resume_where_a_client_left_off(backend: Backend) {
    let mut service = Service::with(backend, POSTS_TELL, "warm_up_hours = 1").start();
    for part in sample().chunks(500) {
        let (status, answer) = service.ask("ingest", "POST", "/v1/posts", &part.join("\n"));
        assert_eq!(status, 200, "{answer}");
    }
    let told = service.get("eva", "/v1/trends")["told"]
        .as_u64()
        .expect("a number");
    assert!(told >= 4, "{told} alerts");
    let all = service.alerts(Some(0), usize::try_from(told).expect("small"));
    assert_eq!(
        all.iter().map(|one| one.0).collect::<Vec<_>>(),
        (1..=told).collect::<Vec<_>>()
    );
    // After a kill the numbers are the same.
    service.kill();
    service.launch();
    service.wait_ready();
    let rest = service.alerts(Some(told - 2), 2);
    assert_eq!(rest, all[all.len() - 2..]);
}

/// Rows that were read again at the start.
fn replayed(service: &Service) -> u64 {
    let metrics = service.metrics();
    let name = "hearken_rows_replayed_total ";
    let mut counts = metrics.lines().filter_map(|line| line.strip_prefix(name));
    let count = counts.next().and_then(|count| count.parse().ok());
    count.expect("a count")
}

fn a_restart_changes_nothing(backend: Backend) {
    // A snapshot every hundred rows, so that rows are read again behind one.
    let limits = "clock = \"posts\"\n[limits]\nsnapshot_rows = 100";
    let mut service =
        Service::with(backend, limits, "warm_up_hours = 1\nlateness_seconds = 600").start();
    for part in sample()[..930].chunks(31) {
        service.ask("ingest", "POST", "/v1/posts", &part.join("\n"));
    }
    service.json(
        "eva",
        "POST",
        "/v1/queue/answer",
        &json!({"post": service.queue("eva")[3]}),
    );
    let said = service.state("eva");
    service.kill();
    service.launch();
    service.wait_ready();
    assert_eq!(service.state("eva"), said);
    // A part of the last hundred, and no more than a request on top of it.
    assert!(replayed(&service) < 131, "{}", replayed(&service));
    assert_eq!(service.stop(), Some(0), "{}", service.log());
    service.launch();
    service.wait_ready();
    assert_eq!(service.state("eva"), said);
    // What was saved at the stop need not be read again.
    assert_eq!(replayed(&service), 0);
    // And the rest goes on.
    let rest = sample()[930..].join("\n");
    assert_eq!(service.ask("ingest", "POST", "/v1/posts", &rest).0, 200);
}

/// Where the machine's clock tells the time, cases wait on while no post comes.
fn time_passes_without_posts(backend: Backend) {
    let mut service = Service::new(backend, "[limits]\ntick_seconds = 1").start();
    let undated =
        json!({"id": "w1", "text": "Where is my parcel? I want my money back", "channel": "chat"});
    service.json("ingest", "POST", "/v1/posts", &undated);
    // It counts as written when it came.
    assert!(service.get("eva", "/v1/posts/w1")["post"]["created_at"].is_string());
    let waited = || service.get("eva", "/v1/queue")["cases"][0]["waited"].as_i64();
    service.until("the case has waited", || waited() > Some(1_000));
    // Time is in rows, so it is the same after a kill: never before what was seen.
    let before = service.get("eva", "/v1/queue")["now"].as_i64();
    service.kill();
    service.launch();
    service.wait_ready();
    assert!(service.get("eva", "/v1/queue")["now"].as_i64() >= before);
}
