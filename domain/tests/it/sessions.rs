//! Concurrent session loads are batched, and each caller gets its own session.

use domain::{
    accounts::{
        Proven,
        sessions::{SIGNED_IN, Sessions, SignedIn},
    },
    policy::Actor,
};
use shared::UserId;
use tokio::task::JoinSet;
use tower_sessions::{SessionStore, session::Id};

use crate::nodes::{alone, person, run};

#[tokio::test(flavor = "multi_thread")]
async fn batched_session_loads_return_each_callers_own_session() {
    let (domain, _bus, _database) = alone().await;
    let (ann, bo) = (person(&domain, "ann").await, person(&domain, "bo").await);
    let sign_in = async |viewer: &Actor| -> Id {
        let txn = domain.store.begin().await.expect("begins");
        let proven = Proven {
            viewer: viewer.viewer.clone(),
            role: viewer.role,
            language: None,
            stamp: viewer.handle.clone(),
        };
        let cookie = Sessions::begin(&txn, SignedIn::new(&proven, "test", String::new()))
            .await
            .expect("signs in");
        txn.commit().await.expect("commits");
        cookie.parse().expect("an id")
    };
    let mut asked: Vec<(Id, Option<UserId>)> = Vec::new();
    for n in 0..100 {
        asked.push(match n % 3 {
            0 => (sign_in(&ann).await, Some(ann.id)),
            1 => (sign_in(&bo).await, Some(bo.id)),
            _ => (Id::default(), None),
        });
    }
    // Two loads for each session, as when one browser has two sockets.
    let mut loads = JoinSet::new();
    for (id, of) in asked.iter().chain(&asked).copied() {
        let sessions = domain.sessions.clone();
        loads.spawn(async move { (of, sessions.load(&id).await) });
    }
    for (of, loaded) in loads.join_all().await {
        let data = loaded
            .expect("the database answers")
            .map(|record| record.data[SIGNED_IN].clone());
        let signed_in =
            data.map(|data| serde_json::from_value::<SignedIn>(data).expect("a sign-in"));
        assert_eq!(signed_in.map(|signed_in| signed_in.user), of);
    }
}

#[tokio::test]
async fn expired_sessions_are_deleted_in_batches_and_live_ones_stay() {
    let (domain, _bus, _database) = alone().await;
    let ann = person(&domain, "ann").await;
    let rows: Vec<String> = (0..1_200)
        .map(|n| {
            let expires_at = if n < 1_150 { 1 } else { i64::MAX };
            format!("('{n:064x}',{},'{{}}','','',1,1,{expires_at})", ann.id)
        })
        .collect();
    let insert = "INSERT INTO session (key_hash,account_id,data,agent,address,created_at,seen_at,expires_at) VALUES";
    run(&domain, &format!("{insert} {}", rows.join(","))).await;
    let sessions = &domain.sessions;
    assert_eq!(sessions.delete_expired().await.expect("deletes"), 1_150);
    assert_eq!(sessions.delete_expired().await.expect("deletes"), 0);
    let left = sessions.list(&ann, None, None).await.expect("lists");
    assert_eq!(left.items.len(), 50);
}
