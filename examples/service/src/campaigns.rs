//! Which posts are of which campaign: known for the last campaigns, each post of one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Campaigns whose posts are known. By hand, as [`MOST_OF_CAMPAIGN`].
const MOST_CAMPAIGNS: usize = 200;
/// Posts of a campaign that are known, at most. By hand: some megabytes with the others.
pub const MOST_OF_CAMPAIGN: usize = 2_000;

/// A campaign with its posts, in the order in which they joined.
type Found = (String, Vec<String>);

/// Campaigns in the order in which they were found. What it costs to take a post in does not grow
/// with them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<Found>", into = "Vec<Found>")]
pub struct Campaigns {
    /// By number, in the order in which they were found.
    found: BTreeMap<u64, Found>,
    /// The number of each campaign.
    numbers: BTreeMap<String, u64>,
    /// The number of the campaign of each post.
    of_posts: BTreeMap<String, u64>,
}

impl From<Vec<Found>> for Campaigns {
    fn from(list: Vec<Found>) -> Campaigns {
        let mut campaigns = Campaigns::default();
        for (campaign, posts) in list {
            for post in posts {
                campaigns.join(campaign.clone(), post);
            }
        }
        campaigns
    }
}

impl From<Campaigns> for Vec<Found> {
    fn from(campaigns: Campaigns) -> Vec<Found> {
        campaigns.found.into_values().collect()
    }
}

impl Campaigns {
    /// The campaign of a post, with its posts.
    pub fn of_post(&self, post: &str) -> Option<(&str, &[String])> {
        let (campaign, posts) = self.found.get(self.of_posts.get(post)?)?;
        Some((campaign, posts))
    }

    /// The posts of a campaign.
    pub fn posts(&self, campaign: &str) -> Option<&[String]> {
        let (_, posts) = self.found.get(self.numbers.get(campaign)?)?;
        Some(posts)
    }

    /// A post is of a campaign, and of no other.
    pub fn join(&mut self, campaign: String, post: String) {
        let known = self.numbers.get(&campaign).copied();
        let before = self.of_posts.get(&post).copied();
        if known.is_some() && known == before {
            return;
        }
        self.leave(&post);
        let number = known.unwrap_or_else(|| {
            let last = self.found.last_key_value();
            last.map_or(0, |(number, _)| number + 1)
        });
        self.numbers.insert(campaign.clone(), number);
        let (_, posts) = self.found.entry(number).or_insert((campaign, Vec::new()));
        if posts.len() < MOST_OF_CAMPAIGN {
            posts.push(post.clone());
            self.of_posts.insert(post, number);
        }
        if self.found.len() > MOST_CAMPAIGNS
            && let Some((_, (campaign, posts))) = self.found.pop_first()
        {
            self.numbers.remove(&campaign);
            for post in posts {
                self.of_posts.remove(&post);
            }
        }
    }

    /// A post is of no campaign.
    pub fn leave(&mut self, post: &str) {
        let Some(number) = self.of_posts.remove(post) else {
            return;
        };
        if let Some((campaign, posts)) = self.found.get_mut(&number) {
            posts.retain(|of| of != post);
            if posts.is_empty() {
                self.numbers.remove(campaign);
                self.found.remove(&number);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same by looking through all of them.
    fn join_plainly(list: &mut Vec<Found>, campaign: &str, post: &str) {
        for (of, posts) in list.iter_mut() {
            if of != campaign {
                posts.retain(|known| known != post);
            }
        }
        list.retain(|(of, posts)| of == campaign || !posts.is_empty());
        if !list.iter().any(|(of, _)| of == campaign) {
            list.push((campaign.to_owned(), Vec::new()));
        }
        for (of, posts) in list.iter_mut() {
            if of == campaign
                && posts.len() < MOST_OF_CAMPAIGN
                && !posts.iter().any(|known| known == post)
            {
                posts.push(post.to_owned());
            }
        }
        if list.len() > MOST_CAMPAIGNS {
            list.remove(0);
        }
    }

    #[test]
    fn it_is_what_looking_through_all_of_them_gives() {
        let (mut campaigns, mut list) = (Campaigns::default(), Vec::new());
        // A linear congruence (Knuth's MMIX), for the same numbers each time.
        let mut state = 1u64;
        let mut below = |limit: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % limit
        };
        for step in 0..6_000 {
            // A large campaign first, then many small ones, so that both bounds are met.
            let campaign = if step < 2_500 { below(2) } else { below(260) };
            let post = if step < 2_500 { step } else { below(4_000) };
            let (campaign, post) = (format!("c{campaign}"), format!("p{post}"));
            campaigns.join(campaign.clone(), post.clone());
            join_plainly(&mut list, &campaign, &post);
            if step % 97 == 0 || step > 5_900 {
                assert_eq!(Vec::from(campaigns.clone()), list, "step {step}");
            }
        }
        for at in 0..4_000 {
            let post = format!("p{at}");
            let plainly = list.iter().find(|(_, posts)| posts.contains(&post));
            let plainly = plainly.map(|(campaign, posts)| (campaign.as_str(), posts.as_slice()));
            assert_eq!(campaigns.of_post(&post), plainly);
        }
        let last = &list[list.len() - 1];
        assert_eq!(campaigns.posts(&last.0), Some(&last.1[..]));
        assert_eq!(campaigns.posts("none"), None);
        // Kept and read again it is the same.
        let kept = serde_json::to_string(&campaigns).expect("JSON");
        let again: Campaigns = serde_json::from_str(&kept).expect("JSON");
        assert_eq!(Vec::from(again), list);
    }

    #[test]
    fn a_full_campaign_takes_no_more() {
        let mut campaigns = Campaigns::default();
        for post in 0..=MOST_OF_CAMPAIGN {
            campaigns.join("c".to_owned(), format!("p{post}"));
        }
        assert_eq!(
            campaigns.posts("c").map(<[String]>::len),
            Some(MOST_OF_CAMPAIGN)
        );
        assert_eq!(campaigns.of_post(&format!("p{MOST_OF_CAMPAIGN}")), None);
        campaigns.leave("p0");
        campaigns.join("d".to_owned(), "p1".to_owned());
        campaigns.leave("p1");
        assert_eq!(
            (campaigns.of_post("p0"), campaigns.posts("d")),
            (None, None)
        );
        assert_eq!(
            campaigns.posts("c").map(<[String]>::len),
            Some(MOST_OF_CAMPAIGN - 2)
        );
    }
}
