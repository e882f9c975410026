//! A lead list API with tiny_http and serde; it keeps everything in memory.

mod input;

use std::io::Read;
use std::sync::{Arc, Mutex};
use std::thread;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::{json, Value};
use tiny_http::{Header, Method, Request, Response, Server};
use uuid::Uuid;

use input::{Input, Problem};

const PATH: &str = "/api/v1/entities/leadlists";
const MAX_BODY_BYTES: u64 = 1 << 20;
const THREADS: usize = 8;
const SESSIONS: [(&str, &str); 2] = [("crab-session", "user_crab"), ("ferris-session", "user_ferris")];

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

struct Reply {
    status: u16,
    body: Value,
    header: Option<Header>,
}

impl Reply {
    fn error(status: u16, code: &str, message: &str) -> Reply {
        Reply { status, body: json!({"error": {"code": code, "message": message}}), header: None }
    }

    fn bad_request(problem: &Problem) -> Reply {
        let mut reply = Reply::error(400, "BAD_REQUEST", "Request body validation failed.");
        reply.body["error"]["details"] = json!([problem]);
        reply
    }

    fn with(mut self, name: &str, value: &str) -> Reply {
        self.header = Header::from_bytes(name, value).ok();
        self
    }
}

fn header<'a>(request: &'a Request, name: &'static str) -> Option<&'a str> {
    request.headers().iter().find(|header| header.field.equiv(name)).map(|header| header.value.as_str())
}

fn current_user(request: &Request) -> Option<&'static str> {
    let bearer = header(request, "Authorization").and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token)
    });
    let cookie = || {
        let pairs = header(request, "Cookie")?.split(';');
        pairs.filter_map(|pair| pair.trim().split_once('=')).find(|(name, _)| *name == "__session").map(|(_, value)| value)
    };
    let token = bearer.or_else(cookie)?;
    SESSIONS.iter().find(|(known, _)| *known == token).map(|(_, user)| *user)
}

fn timestamp(date: DateTime<Utc>) -> String {
    date.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn route(request: &mut Request, lists: &Mutex<Vec<LeadList>>) -> Reply {
    if request.url().split('?').next() != Some(PATH) {
        return Reply::error(404, "NOT_FOUND", "There is nothing at this path.");
    }
    if *request.method() != Method::Post {
        return Reply::error(405, "METHOD_NOT_ALLOWED", "Use POST.").with("Allow", "POST");
    }
    let user = match current_user(request) {
        Some(user) => user,
        None => {
            return Reply::error(401, "UNAUTHORIZED", "User is not authenticated.").with("WWW-Authenticate", "Bearer")
        }
    };
    let mut body = Vec::new();
    if request.as_reader().take(MAX_BODY_BYTES + 1).read_to_end(&mut body).is_err() {
        return Reply::bad_request(&Problem::new("", "the body could not be read"));
    }
    if body.len() as u64 > MAX_BODY_BYTES {
        return Reply::error(413, "PAYLOAD_TOO_LARGE", "The body is larger than 1 MiB.");
    }
    let input = match Input::parse(&body) {
        Ok(input) => input,
        Err(problem) => return Reply::bad_request(&problem),
    };
    let now = timestamp(Utc::now());
    let list = LeadList {
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
    };
    lists.lock().unwrap().push(list.clone());
    Reply { status: 201, body: json!(list), header: None }
}

fn main() {
    let port = std::env::args().nth(1).expect("usage: leadlists PORT");
    let server = Arc::new(Server::http(format!("127.0.0.1:{port}")).expect("the port is free"));
    let lists = Arc::new(Mutex::new(Vec::new()));
    let users: Vec<_> = SESSIONS.iter().map(|(token, id)| json!({"id": id, "token": token})).collect();
    println!("{}", json!({"url": format!("http://{}", server.server_addr()), "users": users}));

    let threads = (0..THREADS).map(|_| {
        let (server, lists) = (server.clone(), lists.clone());
        thread::spawn(move || {
            for mut request in server.incoming_requests() {
                let reply = route(&mut request, &lists);
                let mut response = Response::from_string(reply.body.to_string())
                    .with_status_code(reply.status)
                    .with_header(Header::from_bytes("Content-Type", "application/json").unwrap());
                if let Some(header) = reply.header {
                    response.add_header(header);
                }
                let _ = request.respond(response); // the client may be gone
            }
        })
    });
    threads.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().unwrap());
}
