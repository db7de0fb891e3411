//! Critiques of a work over REST and on its page: paged, bounded and all reachable; conflicting
//! edits.

use serde_json::{Value, json};
use shared::{
    ArtworkId, CritiqueId,
    dto::{ArtworkChanges, Critique, Page},
};

use crate::{person::Person, site::Site};

async fn post(person: &Person, on: ArtworkId, count: usize) -> Vec<CritiqueId> {
    let mut ids = Vec::new();
    for n in 0..count {
        ids.push(person.critique(on, &format!("Words number {n}.")).await.id);
    }
    ids
}

#[tokio::test]
async fn every_critique_of_a_work_can_be_reached() {
    let site = Site::with(&[("ARTCRITIQUE_RATE_LIMITS", "off")]);
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let mut all = post(&ann, dusk, 120).await;
    bo.helpful(all[3], true).await;
    all.reverse();
    let nobody = site.visitor();
    let first = nobody.artwork(dusk).await;
    assert_eq!(
        (
            first.critique_count,
            first.critiques.len(),
            first.critiques_next.is_some()
        ),
        (120, 50, true)
    );
    assert_eq!(
        nobody
            .critiques(dusk)
            .await
            .iter()
            .map(|critique| critique.id)
            .collect::<Vec<_>>(),
        all
    );

    let path = format!("/api/artworks/{dusk}/critiques");
    let helpful: Page<Critique> = nobody
        .get(&format!("{path}?sort=helpful&limit=2"))
        .await
        .json();
    assert_eq!(
        helpful
            .items
            .iter()
            .map(|critique| critique.id)
            .collect::<Vec<_>>(),
        [all[116], all[0]]
    );
    let rest: Page<Critique> = nobody
        .get(&format!(
            "{path}?sort=helpful&limit=500&before={}",
            helpful.next.expect("more")
        ))
        .await
        .json();
    assert_eq!(
        (rest.items.len(), rest.items[0].id),
        (100, all[1]),
        "the limit is capped at 100"
    );

    for odd in [
        "before=odd",
        "sort=odd",
        "sort=helpful&before=12",
        "before=3-4",
    ] {
        assert_eq!(
            nobody
                .get(&format!("{path}?{odd}"))
                .await
                .problem(422)
                .len(),
            1,
            "{odd}"
        );
    }
    nobody.get(&format!("{path}?limit=many")).await.problem(422);
    nobody.get("/api/artworks/999/critiques").await.problem(404);
    nobody.get("/api/artworks/999/changes").await.problem(404);
}

#[tokio::test]
async fn a_page_holds_at_most_50_critiques_and_links_to_the_rest() {
    let site = Site::with(&[("ARTCRITIQUE_RATE_LIMITS", "off")]);
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let all = post(&ann, dusk, 110).await;
    bo.helpful(all[0], true).await;
    let nobody = site.visitor();
    let articles = async |path: &str| {
        let page = nobody.get(path).await;
        assert_eq!(page.status, 200);
        let found = page
            .text
            .match_indices("<article id=\"critique-")
            .map(|(at, tag)| {
                let id = &page.text[at + tag.len()..];
                CritiqueId(
                    id[..id.find('"').expect("its end")]
                        .parse()
                        .expect("a number"),
                )
            });
        (found.collect::<Vec<_>>(), page.text)
    };
    let path = format!("/artworks/{dusk}");
    let (mut seen, mut next) = (Vec::new(), path.clone());
    loop {
        let (found, text) = articles(&next).await;
        assert!(found.len() <= 50);
        seen.extend(found);
        let Some((_, link)) = text.split_once(&format!("href=\"{path}?before=")) else {
            break;
        };
        next = format!(
            "{path}?before={}",
            &link[..link.find(['"', '#']).expect("its end")]
        );
    }
    assert_eq!(seen, all.iter().rev().copied().collect::<Vec<_>>());
    let (found, text) = articles(&format!("{path}?sort=helpful")).await;
    assert_eq!((found[0], found[1]), (all[0], all[109]));
    assert!(
        text.contains("sort=helpful&amp;before="),
        "the next page keeps the order"
    );
    let (found, text) = articles(&format!("{path}?critique={}", all[5])).await;
    assert!(found.starts_with(&[all[5], all[4]]) && !text.contains("no longer here"));
    let (found, text) = articles(&format!("{path}?critique=999999")).await;
    assert!(
        found[0] == all[109] && text.contains("no longer here"),
        "a dead link says so"
    );
    assert_eq!(
        articles(&format!("{path}?before=odd&sort=odd&critique=odd"))
            .await
            .0
            .len(),
        50
    );

    // A notification leads to the page that contains its critique.
    let inbox: Value = bo.get("/api/notifications?limit=100").await.json();
    let newest = inbox["items"][0]["id"].clone();
    let opened = bo.get(&format!("/notifications/{newest}")).await;
    assert_eq!(
        (opened.status, opened.header("location")),
        (303, &*format!("{path}#critique-{}", all[109]))
    );
    let older: Value = bo
        .get(&format!(
            "/api/notifications?limit=100&before={}",
            inbox["next"].as_str().expect("more")
        ))
        .await
        .json();
    let oldest = older["items"]
        .as_array()
        .expect("items")
        .last()
        .expect("one")["id"]
        .clone();
    let opened = bo.get(&format!("/notifications/{oldest}")).await;
    assert_eq!(
        opened.header("location"),
        format!("{path}?critique={}#critique-{}", all[0], all[0])
    );
    assert_eq!(
        articles(opened.header("location").split('#').next().expect("a path"))
            .await
            .0,
        [all[0]]
    );
    // A form sent from such a page leads back to it.
    let id = all[2].to_string();
    let marked = bo
        .form(
            &path,
            "/actions/set_helpful",
            &[
                ("id", &id),
                ("artwork_id", &dusk.to_string()),
                ("helpful", "true"),
            ],
        )
        .await;
    assert_eq!(
        marked.header("location"),
        format!("{path}?critique={id}#critique-{id}")
    );
}

#[tokio::test]
async fn an_edit_of_an_older_version_is_a_conflict_that_carries_the_current_state() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let critique = ann.critique(dusk, "One.").await;
    assert_eq!((critique.version, bo.artwork(dusk).await.version), (1, 1));
    for (person, path, field) in [
        (&ann, format!("/api/critiques/{}", critique.id), "body"),
        (&bo, format!("/api/artworks/{dusk}"), "title"),
    ] {
        let patch = async |words: &str, version: Value| {
            let mut body = json!({ field: words });
            if !version.is_null() {
                body["version"] = version;
            }
            person.send("PATCH", &path, body).await
        };
        let edited: Value = patch("Two.", json!(1)).await.json();
        assert_eq!(
            (&edited[field], &edited["version"]),
            (&json!("Two."), &json!(2))
        );
        let refused = patch("Three.", json!(1)).await;
        refused.problem(409);
        let problem: Value = refused.json();
        assert_eq!(
            (&problem["current"][field], &problem["version"]),
            (&json!("Two."), &json!(2)),
            "{problem}"
        );
        assert_eq!(
            patch("Two.", json!(1)).await.status,
            200,
            "an edit to the current text succeeds"
        );
        assert_eq!(
            patch("Four.", Value::Null).await.json::<Value>()["version"],
            3,
            "without a version the last wins"
        );
        assert_eq!(patch("Five.", json!(3)).await.status, 200);
        patch("Six.", json!("three")).await.problem(422);
        person
            .send("PATCH", &path, json!({ field: "Seven.", "versoin": 4 }))
            .await
            .problem(422);
    }
    assert_eq!(bo.page().await.items[0].excerpt, "Five.");
}

#[tokio::test]
async fn concurrent_edits_of_different_fields_both_apply() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let dusk = bo.publish("Dusk").await;
    let path = format!("/api/artworks/{dusk}");
    for n in 0..60 {
        let (title, description) = (
            json!({ "title": format!("Title {n}") }),
            json!({ "description": format!("Description {n}") }),
        );
        let (one, other) = tokio::join!(
            bo.send("PATCH", &path, title),
            bo.send("PATCH", &path, description)
        );
        assert_eq!((one.status, other.status), (200, 200));
        let now = bo.artwork(dusk).await;
        assert_eq!(
            (now.title, now.description),
            (format!("Title {n}"), format!("Description {n}"))
        );
    }
}

#[tokio::test]
async fn changes_to_a_work_are_public() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let nobody = site.visitor();
    let seq = nobody.artwork(dusk).await.seq;
    let critique = ann.critique(dusk, "One.").await.id;
    bo.helpful(critique, true).await;
    let changes: ArtworkChanges = nobody
        .get(&format!("/api/artworks/{dusk}/changes?after={seq}"))
        .await
        .json();
    assert_eq!(
        (
            changes.critique_count,
            changes.critiques.len(),
            changes.critiques[0].helpful_count
        ),
        (1, 1, 1)
    );
    ann.delete_critique(critique).await;
    let changes: ArtworkChanges = nobody
        .get(&format!(
            "/api/artworks/{dusk}/changes?after={}",
            changes.seq
        ))
        .await
        .json();
    assert_eq!((changes.critique_count, changes.gone), (0, vec![critique]));
    nobody
        .get(&format!("/api/artworks/{dusk}/changes?after=odd"))
        .await
        .problem(422);
}
