//! The request body, as serde reads it and as the page wants it.

use chrono::{DateTime, Datelike, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

#[derive(Serialize)]
pub struct Problem {
    field: &'static str,
    message: String,
}

impl Problem {
    pub fn new(field: &'static str, message: impl ToString) -> Problem {
        Problem { field, message: message.to_string() }
    }
}

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "lowercase", try_from = "String")] // derived alone, serde also takes {"person": null}
pub enum Kind {
    Person,
    Company,
}

impl TryFrom<String> for Kind {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Kind, Self::Error> {
        match text.as_str() {
            "person" => Ok(Kind::Person),
            "company" => Ok(Kind::Company),
            _ => Err("type must be person or company"),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    name: String,
    #[serde(rename = "type", default = "person")]
    kind: Kind,
    #[serde(deserialize_with = "required_or_null")]
    icp_id: Option<String>,
    start_date: String,
    end_date: String,
    person_ids: Vec<String>,
    #[serde(default)]
    company_ids: Vec<String>,
}

fn person() -> Kind {
    Kind::Person
}

/// Without a function of its own, serde takes a missing Option for null.
fn required_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer)
}

pub struct Input {
    pub name: String,
    pub kind: Kind,
    pub icp_id: Option<Uuid>,
    pub start_date: DateTime<Utc>,
    pub end_date: DateTime<Utc>,
    pub person_ids: Vec<String>,
    pub company_ids: Vec<Uuid>,
}

impl Input {
    pub fn parse(bytes: &[u8]) -> Result<Input, Problem> {
        // serde also reads a struct from an array of its fields.
        if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
            return Err(Problem::new("", "the body must be a JSON object"));
        }
        let body: Body = serde_json::from_slice(bytes).map_err(|error| Problem::new("", error))?;
        Ok(Input {
            name: body.name,
            kind: body.kind,
            icp_id: body.icp_id.map(|text| uuid("icpId", &text)).transpose()?,
            start_date: date("startDate", &body.start_date)?,
            end_date: date("endDate", &body.end_date)?,
            person_ids: body.person_ids,
            company_ids: body.company_ids.iter().map(|text| uuid("companyIds", text)).collect::<Result<_, _>>()?,
        })
    }
}

fn uuid(field: &'static str, text: &str) -> Result<Uuid, Problem> {
    Uuid::try_parse(text).map_err(|error| Problem::new(field, error))
}

fn date(field: &'static str, text: &str) -> Result<DateTime<Utc>, Problem> {
    let date = DateTime::parse_from_rfc3339(text).map_err(|error| Problem::new(field, error))?.with_timezone(&Utc);
    if (1..=9999).contains(&date.year()) {
        Ok(date)
    } else {
        Err(Problem::new(field, "the year must lie between 1 and 9999"))
    }
}
