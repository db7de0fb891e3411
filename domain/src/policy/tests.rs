use shared::dto::Viewer;

use super::*;

const ANN: UserId = UserId(1);
const BO: UserId = UserId(2);

/// Who asks: an account by a session, or by a token with these scopes.
fn by_session(id: UserId, role: Role) -> Actor {
    Actor::of_session(viewer(id), role)
}

fn by_token(id: UserId, role: Role, scopes: &[Scope]) -> Actor {
    Actor::of_token(viewer(id), role, scopes.iter().copied().collect())
}

fn viewer(id: UserId) -> Viewer {
    Viewer {
        id,
        handle: format!("person{id}"),
        display_name: format!("Person {id}"),
    }
}

/// An artwork of Bo's.
fn artwork() -> artwork::Model {
    artwork::Model {
        id: 1,
        artist_id: BO.0,
        title: "Dusk".into(),
        description: String::new(),
        media_key: String::new(),
        media_ext: String::new(),
        width: 16,
        height: 16,
        placeholder: String::new(),
        critique_count: 0,
        created_at: 0,
        attempt: None,
        version: 1,
        seq: 0,
        description_html: None,
        description_html_key: None,
        full_width: None,
        full_height: None,
        media_files: None,
    }
}

/// A critique of Ann's.
fn critique() -> critique::Model {
    critique::Model {
        id: 1,
        artwork_id: 1,
        author_id: ANN.0,
        body: "Fine.".into(),
        helpful_count: 0,
        created_at: 0,
        edited_at: None,
        attempt: None,
        version: 1,
        changed_seq: 0,
        body_html: None,
        body_html_key: None,
        excerpt: None,
    }
}

type Rule = fn(&Actor) -> Result<()>;

/// Every rule, with the account that it allows, the account that it refuses if it refuses one, and
/// the scope that it takes.
fn rules() -> Vec<(&'static str, Rule, UserId, Option<UserId>, Scope)> {
    vec![
        ("read", |actor| read(Some(actor)), ANN, None, Scope::Read),
        ("post", post, ANN, None, Scope::Write),
        (
            "change_artwork",
            |actor| change_artwork(actor, &artwork()),
            BO,
            Some(ANN),
            Scope::Write,
        ),
        (
            "change_critique",
            |actor| change_critique(actor, &critique()),
            ANN,
            Some(BO),
            Scope::Write,
        ),
        (
            "mark_helpful",
            |actor| mark_helpful(actor, &critique()),
            BO,
            Some(ANN),
            Scope::Write,
        ),
        (
            "follow",
            |actor| follow(actor, BO),
            ANN,
            Some(BO),
            Scope::Write,
        ),
        ("use_inbox", use_inbox, ANN, None, Scope::Notifications),
    ]
}

fn refusal(result: Result<()>) -> Option<(Kind, String)> {
    result.err().map(|error| {
        let error = AppError::from(error);
        (error.kind, error.phrase.to_string())
    })
}

#[test]
fn each_rule_refuses_the_wrong_account_and_a_token_without_the_scope() {
    for (name, rule, allowed, outsider, scope) in rules() {
        assert_eq!(
            refusal(rule(&by_session(allowed, Role::Member))),
            None,
            "{name} by session"
        );
        assert_eq!(
            refusal(rule(&by_token(allowed, Role::Member, &[scope]))),
            None,
            "{name} by token"
        );
        let others: Vec<Scope> = Scope::ALL
            .into_iter()
            .filter(|other| *other != scope)
            .collect();
        assert_eq!(
            refusal(rule(&by_token(allowed, Role::Moderator, &others))),
            Some((Kind::Forbidden, format!("scope-missing (scope: {scope})"))),
            "{name} by a token with all other scopes"
        );
        for role in [Role::Member, Role::Moderator] {
            let Some(outsider) = outsider else { continue };
            for actor in [
                by_session(outsider, role),
                by_token(outsider, role, &Scope::ALL),
            ] {
                let (kind, _) = refusal(rule(&actor)).expect(name);
                assert_eq!(kind, Kind::Forbidden, "{name} by an outsider");
            }
        }
    }
}

#[test]
fn guests_may_read() {
    assert_eq!(refusal(read(None)), None);
}

#[test]
fn no_token_manages_the_account() {
    for role in [Role::Member, Role::Moderator] {
        assert_eq!(refusal(manage_account(&by_session(ANN, role))), None);
        let token = by_token(ANN, role, &Scope::ALL);
        for refused in [
            manage_account(&token),
            create_token(&token, Scopes::default()),
        ] {
            let (kind, message) = refusal(refused).expect("refused");
            assert_eq!(kind, Kind::Forbidden);
            assert_eq!(message, "token-browser-only");
        }
    }
}

#[test]
fn only_moderators_moderate_or_make_a_token_that_does() {
    let moderate_only: Scopes = [Scope::Moderate].into_iter().collect();
    for (actor, allowed) in [
        (by_session(ANN, Role::Moderator), true),
        (by_token(ANN, Role::Moderator, &[Scope::Moderate]), true),
        (by_token(ANN, Role::Moderator, &[Scope::Write]), false),
        (by_session(ANN, Role::Member), false),
        (by_token(ANN, Role::Member, &Scope::ALL), false),
    ] {
        assert_eq!(moderate(&actor).is_ok(), allowed, "{actor:?}");
    }
    let made = |role| create_token(&by_session(ANN, role), moderate_only).is_ok();
    assert!(made(Role::Moderator) && !made(Role::Member));
}

#[test]
fn a_token_has_only_the_scopes_that_the_role_allows() {
    let scopes: Scopes = Scope::ALL.into_iter().collect();
    let of = |role| Actor::of_token(viewer(ANN), role, scopes).scopes.to_vec();
    assert_eq!(of(Role::Moderator), Scope::ALL);
    assert_eq!(of(Role::Member), &Scope::ALL[..3]);
}

#[test]
fn stored_scopes_and_roles_are_read_back() {
    for scopes in [&Scope::ALL[..], &[Scope::Write], &[]] {
        let set: Scopes = scopes.iter().copied().collect();
        assert_eq!(Scopes::of_stored(&set.stored()), set);
        assert_eq!(set.to_vec(), scopes);
        assert_eq!(set.is_empty(), scopes.is_empty());
    }
    assert_eq!(
        Scopes::of_stored("read fly").to_vec(),
        [Scope::Read],
        "a scope of a newer program"
    );
    for role in [Role::Member, Role::Moderator] {
        assert_eq!(Role::stored(role.word()), role);
    }
    assert_eq!(Role::stored("emperor"), Role::Member);
}
