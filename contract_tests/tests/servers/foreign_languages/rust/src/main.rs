//! A lead list API with hyper and serde; it keeps everything in memory.

mod input;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, SecondsFormat, Utc};
use hyper::body::HttpBody;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::service::{make_service_fn, service_fn};
use hyper::{Body, Method, Request, Response, Server, StatusCode};
use serde::Serialize;
use serde_json::{json, Value};
use uuid::Uuid;

use input::{Input, Problem};

const PATH: &str = "/api/v1/entities/leadlists";
const MAX_BODY_BYTES: usize = 1 << 20;
const SESSIONS: [(&str, &str); 2] = [("crab-session", "user_crab"), ("ferris-session", "user_ferris")];

type Store = Arc<Mutex<Vec<LeadList>>>;

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct LeadList {
    id: Uuid,
    icp_id: Option<Uuid>,
    name: String,
    #[serde(rename = "type")]
    kind: input::Kind,
    start_date: String,
    end_date: String,
    person_ids: Vec<String>,
    company_ids: Vec<Uuid>,
    user_ids: Vec<String>,
    created_at: String,
    updated_at: String,
}

impl LeadList {
    fn new(input: Input, user: &str) -> LeadList {
        let now = timestamp(Utc::now());
        LeadList {
            id: Uuid::new_v4(),
            icp_id: input.icp_id,
            name: input.name,
            kind: input.kind,
            start_date: timestamp(input.start_date),
            end_date: timestamp(input.end_date),
            person_ids: input.person_ids,
            company_ids: input.company_ids,
            user_ids: vec![user.to_owned()],
            created_at: now.clone(),
            updated_at: now,
        }
    }
}

fn json_response(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn error(status: StatusCode, code: &str, message: &str) -> Response<Body> {
    json_response(status, &json!({"error": {"code": code, "message": message}}))
}

fn bad_request(problem: &Problem) -> Response<Body> {
    let message = "Request body validation failed.";
    let body = json!({"error": {"code": "BAD_REQUEST", "message": message, "details": [problem]}});
    json_response(StatusCode::BAD_REQUEST, &body)
}

fn with(mut response: Response<Body>, name: HeaderName, value: &'static str) -> Response<Body> {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
    response
}

fn text(request: &Request<Body>, name: HeaderName) -> Option<&str> {
    request.headers().get(name)?.to_str().ok()
}

fn current_user(request: &Request<Body>) -> Option<&'static str> {
    let bearer = text(request, header::AUTHORIZATION).and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token)
    });
    let cookie = || {
        let pairs = text(request, header::COOKIE)?.split(';');
        pairs
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == "__session")
            .map(|(_, value)| value)
    };
    let token = bearer.or_else(cookie)?;
    SESSIONS.iter().find(|(known, _)| *known == token).map(|(_, user)| *user)
}

fn timestamp(date: DateTime<Utc>) -> String {
    date.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Reads the whole body, or says why not.
async fn read(body: &mut Body) -> Result<Vec<u8>, Response<Body>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk.map_err(|_| bad_request(&Problem::new("", "the body could not be read")))?;
        if bytes.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(error(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", "The body is larger than 1 MiB."));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

async fn route(mut request: Request<Body>, lists: Store) -> Response<Body> {
    if request.uri().path() != PATH {
        return error(StatusCode::NOT_FOUND, "NOT_FOUND", "There is nothing at this path.");
    }
    if request.method() != Method::POST {
        let response = error(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "Use POST.");
        return with(response, header::ALLOW, "POST");
    }
    let user = match current_user(&request) {
        Some(user) => user,
        None => {
            let response = error(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "User is not authenticated.");
            return with(response, header::WWW_AUTHENTICATE, "Bearer");
        }
    };
    let body = match read(request.body_mut()).await {
        Ok(body) => body,
        Err(response) => return response,
    };
    match Input::parse(&body) {
        Ok(input) => {
            let list = LeadList::new(input, user);
            lists.lock().unwrap().push(list.clone());
            json_response(StatusCode::CREATED, &json!(list))
        }
        Err(problem) => bad_request(&problem),
    }
}

#[tokio::main]
async fn main() {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok()).expect("usage: leadlists PORT");
    let lists = Store::default();
    let service = make_service_fn(move |_| {
        let lists = lists.clone();
        async move {
            Ok::<_, Infallible>(service_fn(move |request| {
                let lists = lists.clone();
                async move { Ok::<_, Infallible>(route(request, lists).await) }
            }))
        }
    });
    let server = Server::bind(&SocketAddr::from(([127, 0, 0, 1], port))).serve(service);
    let users: Vec<_> = SESSIONS.iter().map(|(token, id)| json!({"id": id, "token": token})).collect();
    println!("{}", json!({"url": format!("http://{}", server.local_addr()), "users": users}));
    server.await.expect("the server runs until it is stopped");
}
