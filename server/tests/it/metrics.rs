//! Metrics for operators.

use testing::free_port;

use crate::site::Site;

#[tokio::test]
async fn metrics_have_their_own_address_and_name_routes_but_no_users() {
    let at = format!("127.0.0.1:{}", free_port());
    let site = Site::with(&[("ARTCRITIQUE_METRICS_ADDR", &at)]);
    let (ann, bo) = (site.join("wilhelmina").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let mut bell = bo.live().await;
    ann.critique(dusk, "Fine.").await;
    bell.told().await;
    ann.get(&format!("/artworks/{dusk}")).await;
    let made_up = ann
        .request("ANYTHING".parse().expect("a method"), "/healthz")
        .send()
        .await
        .expect("an answer");
    assert_eq!(made_up.status(), 405);
    let figures = reqwest::get(format!("http://{at}/metrics"))
        .await
        .expect("an answer")
        .text()
        .await
        .expect("text");
    for line in [
        "artcritique_sockets 1",
        "artcritique_socket_opens_total 1",
        "artcritique_sweep_losses_total 0",
        "artcritique_commit_to_flush_seconds_count 1",
        r#"artcritique_batch_sum{of="critiques"} 1"#,
        r#"artcritique_waiting{of="critiques"} 0"#,
        r#"artcritique_waiting{of="sessions"} 0"#,
        r#"artcritique_resumes_total{from="ring"} 1"#,
        r#"route="/api/artworks/{id}/critiques",status="201"} 1"#,
        r#"method="other",route="/healthz",status="405"} 1"#,
    ] {
        assert!(figures.contains(line), "{line} is not in\n{figures}");
    }
    assert!(
        !figures.contains("wilhelmina") && !figures.contains("ANYTHING"),
        "{figures}"
    );
    assert_eq!(
        site.visitor().get("/metrics").await.status,
        404,
        "metrics are not public"
    );
}
