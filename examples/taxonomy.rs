//! Topics and monitored terms of your own, from text that needs no programmer.
//!
//! `cargo run --release --example taxonomy`

use hearken::taxonomy::Taxonomy;
use hearken::terms::Rules;
use hearken::{Engine, Post};

/// Topics of a shop for electric bicycles, and a name that only sounds bad.
const TAXONOMY: &str = r#"
[names]
en = ["Killer Hill"]                    # a model of the brand

[[topic]]
id = "battery"
name = { en = "Battery", cs = "Baterie", zh-Hans = "电池" }
harm = 2                                # how harmful a late answer is, 1 to 3
strong = { en = ["won't charge", "battery swollen"], cs = ["nejde nabít"], zh-Hans = ["充不进电"] }
terms = { en = ["batter*", "charger*"], cs = ["bateri*"], zh-Hans = ["电池"] }

[[topic]]
id = "delivery"
terms = { en = ["parcel*", "courier*"], cs = ["zásilk*"], zh-Hans = ["快递"] }
"#;

/// What the safety team wants to see at once, whatever the topic is.
const RULES: &str = r#"
[[rule]]
id = "hot-battery"
severity = 3
any = ["batter*", "bateri*", "电池"]
near = { terms = ["smok*", "hot", "hoř*", "kouř*", "冒烟"], within = 6 }
negated = "skip"
"#;

fn main() -> hearken::Result<()> {
    let engine = Engine::builder()
        .taxonomy(Taxonomy::from_toml(TAXONOMY)?)
        .rules(Rules::from_toml(RULES, &[])?)
        .build()?;
    let mut scratch = engine.scratch();
    for (text, expected) in [
        ("My Killer Hill battery smokes!", "battery, hot-battery"),
        ("Baterie nejde nabít, co s tím?", "battery"),
        ("电池冒烟了，吓死人", "battery, hot-battery"),
        ("The battery is not hot at all", "battery"),
        ("The courier lost my parcel", "delivery"),
    ] {
        let post = Post::new(text);
        let triage = engine.triage(&post, &mut scratch);
        let answer = engine.answer(&post, &triage);
        let topics = answer.topics.iter().map(|topic| &*topic.id);
        let rules = answer.rules.iter().map(|hit| &*hit.rule);
        let found = topics.chain(rules).collect::<Vec<&str>>().join(", ");
        println!("{:3} {found}: {text}", answer.importance.score);
        assert_eq!(found, expected);
    }
    Ok(())
}
