//! A user with a browser: cookies, requests and a socket.

use std::{io::Cursor as Bytes, net::SocketAddr, sync::Arc};

use image::{ImageFormat, RgbImage};
use reqwest::{
    Client, Method, RequestBuilder,
    cookie::{CookieStore, Jar},
    header::HeaderMap,
    multipart::{Form, Part},
    redirect::Policy,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shared::{
    ArtworkId, CritiqueId,
    dto::{Artwork, ArtworkCard, Counts, Critique, InboxPage, Page},
    live::{Cursor, Inbox},
};

use crate::wire::{Handshake, Live, Socket};

pub const PASSWORD: &str = "correct horse battery";

/// A user with their own browser.
#[derive(Clone)]
pub struct Person {
    pub handle: String,
    pub address: SocketAddr,
    pub client: Client,
    jar: Arc<Jar>,
}

/// A response.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self {
            status,
            headers,
            text: response.text().await.expect("the whole answer"),
        }
    }

    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("{error} in {}: {}", self.status, self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("plain text"))
    }

    /// Checks that this is a problem (RFC 9457) with this status; returns the names of the invalid
    /// fields.
    #[track_caller]
    pub fn problem(&self, status: u16) -> Vec<String> {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{}",
            self.text
        );
        let problem: Value = self.json();
        assert_eq!(problem["status"], status, "{problem}");
        assert!(problem["type"].is_string(), "{problem}");
        let worded = |of: &Value, text: &str| {
            let code = of["code"].as_str().expect("a code");
            // This one stands for a phrase that the catalogue has no words for.
            assert!(
                words::error_parameters(code).is_some() && code != "internal-unknown",
                "{problem}"
            );
            let sentence = of[text].as_str().expect("a sentence");
            assert!(!sentence.is_empty(), "{problem}");
        };
        worded(&problem, "title");
        let errors = problem["errors"].as_array().expect("errors").iter();
        errors
            .inspect(|error| worded(error, "message"))
            .map(field)
            .collect()
    }
}

fn field(error: &Value) -> String {
    error["field"].as_str().expect("a field").to_owned()
}

/// A PNG of this size.
pub fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Bytes::new(Vec::new());
    let image = RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([x.to_le_bytes()[0], y.to_le_bytes()[0], 90])
    });
    image
        .write_to(&mut bytes, ImageFormat::Png)
        .expect("a picture");
    bytes.into_inner()
}

impl Person {
    pub fn new(handle: &str, address: SocketAddr) -> Self {
        let jar = Arc::new(Jar::default());
        let client = Client::builder()
            .cookie_provider(jar.clone())
            .redirect(Policy::none())
            .no_proxy();
        // Connections are not kept alive: one from before a crash would fail the next request.
        let client = client.pool_max_idle_per_host(0);
        Self {
            handle: handle.into(),
            address,
            client: client.build().expect("a client"),
            jar,
        }
    }

    /// The same browser, with requests sent to another node.
    pub fn at(&self, address: SocketAddr) -> Self {
        let other = Self::new(&self.handle, address);
        other.plant(&self.cookie());
        other
    }

    /// The `Cookie` header that the browser would send.
    pub fn cookie(&self) -> String {
        let url = format!("http://{}/", self.address)
            .parse()
            .expect("an address");
        self.jar.cookies(&url).map_or_else(String::new, |value| {
            value.to_str().expect("plain text").to_owned()
        })
    }

    /// Stores a cookie in this browser.
    pub fn plant(&self, cookie: &str) {
        self.jar.add_cookie_str(
            cookie,
            &format!("http://{}/", self.address)
                .parse()
                .expect("an address"),
        );
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("http://{}{path}", self.address))
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    pub async fn send(&self, method: &str, path: &str, body: Value) -> Answer {
        Answer::of(
            self.request(method.parse().expect("a method"), path)
                .json(&body),
        )
        .await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, body).await
    }

    pub async fn put(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::PUT, path)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::DELETE, path)).await
    }

    /// Sends a form from the page at `from`, as a browser without JavaScript does.
    pub async fn form(&self, from: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let mut body = form_urlencoded::Serializer::new(String::new());
        let body = body.extend_pairs(fields).finish();
        Answer::of(
            self.plain(action)
                .header("referer", format!("http://{}{from}", self.address))
                .body(body),
        )
        .await
    }

    /// The request of such a form, without referrer and body.
    pub fn plain(&self, action: &str) -> RequestBuilder {
        let own = format!("http://{}", self.address);
        let request = self
            .request(Method::POST, action)
            .header("accept", "text/html")
            .header("origin", own);
        request
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
    }

    pub async fn register(&self) {
        let email = format!("{}@example.org", self.handle);
        let name = format!("{} of the Easel", self.handle);
        let body = json!({ "handle": self.handle, "display_name": name, "email": email, "password": PASSWORD });
        let answer = self.post("/api/accounts", body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
    }

    pub async fn sign_in(&self, password: &str) -> Answer {
        self.post(
            "/api/session",
            json!({ "handle": self.handle, "password": password }),
        )
        .await
    }

    /// Sends the upload form.
    pub async fn upload(
        &self,
        path: &str,
        accept: &str,
        fields: &[(&str, &str)],
        image: Vec<u8>,
    ) -> Answer {
        let mut form = Form::new().part("image", Part::bytes(image).file_name("work.png"));
        for (name, value) in fields {
            form = form.text((*name).to_owned(), (*value).to_owned());
        }
        Answer::of(
            self.request(Method::POST, path)
                .header("accept", accept)
                .multipart(form),
        )
        .await
    }

    /// A request that posts a work.
    pub fn upload_request(&self, title: &str) -> RequestBuilder {
        let form = Form::new()
            .text("title", title.to_owned())
            .part("image", Part::bytes(picture(32, 32)).file_name("work.png"));
        self.request(Method::POST, "/api/artworks").multipart(form)
    }

    /// Posts a work.
    pub async fn publish(&self, title: &str) -> ArtworkId {
        let answer = self
            .upload(
                "/api/artworks",
                "application/json",
                &[("title", title)],
                picture(32, 32),
            )
            .await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json::<ArtworkCard>().id
    }

    pub async fn artwork(&self, id: ArtworkId) -> Artwork {
        self.get(&format!("/api/artworks/{id}")).await.json()
    }

    /// All critiques of a work, newest first, fetched page by page.
    pub async fn critiques(&self, artwork: ArtworkId) -> Vec<Critique> {
        let Artwork {
            mut critiques,
            critiques_next: mut next,
            ..
        } = self.artwork(artwork).await;
        while let Some(before) = next {
            let page: Page<Critique> = self
                .get(&format!(
                    "/api/artworks/{artwork}/critiques?before={before}&limit=100"
                ))
                .await
                .json();
            critiques.extend(page.items);
            next = page.next;
        }
        critiques
    }

    /// Posts a critique.
    pub async fn critique(&self, artwork: ArtworkId, body: &str) -> Critique {
        let answer = self
            .post(
                &format!("/api/artworks/{artwork}/critiques"),
                json!({ "body": body }),
            )
            .await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()
    }

    pub async fn delete_critique(&self, id: CritiqueId) {
        assert_eq!(
            self.delete(&format!("/api/critiques/{id}")).await.status,
            204
        );
    }

    /// Marks a critique as helpful, or removes the mark.
    pub async fn helpful(&self, id: CritiqueId, helpful: bool) {
        let path = format!("/api/critiques/{id}/helpful");
        let answer = if helpful {
            self.put(&path).await
        } else {
            self.delete(&path).await
        };
        assert_eq!(answer.status, 204, "{}", answer.text);
    }

    /// The first page of the inbox, at the maximum page size.
    pub async fn page(&self) -> InboxPage {
        self.get("/api/notifications?limit=100").await.json()
    }

    /// The first page of the inbox, as a client keeps it.
    pub async fn inbox(&self) -> Inbox {
        self.page().await.into()
    }

    /// The changes after a cursor.
    pub async fn after(&self, cursor: &Cursor) -> InboxPage {
        self.get(&format!("/api/notifications?after={cursor}"))
            .await
            .json()
    }

    pub async fn mark(&self, word: &str, which: Value) -> Counts {
        let answer = self
            .post(&format!("/api/notifications/{word}"), which)
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    /// A WebSocket handshake as this browser makes it.
    pub fn handshake(&self, cursor: Option<&Cursor>) -> Handshake {
        let cookie = Some(self.cookie()).filter(|cookie| !cookie.is_empty());
        let origin = Some(format!("http://{}", self.address));
        Handshake {
            address: self.address,
            origin,
            cookie,
            query: cursor.map(|cursor| format!("cursor={cursor}")),
            ..Handshake::default()
        }
    }

    /// A socket without a checked inbox.
    pub async fn socket(&self, cursor: Option<&Cursor>) -> Socket {
        self.handshake(cursor).open().await.expect("a socket")
    }

    /// A socket that resumes this inbox from its cursor.
    pub async fn follow(&self, inbox: Inbox) -> Live {
        let socket = self.socket(Some(&inbox.cursor)).await;
        Live::new(inbox, socket)
    }

    /// Loads the inbox, then opens the socket, as a page does.
    pub async fn live(&self) -> Live {
        self.follow(self.inbox().await).await
    }
}
