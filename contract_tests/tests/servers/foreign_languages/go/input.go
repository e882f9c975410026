package main

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
)

type fieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// createInput is the request body. Pointers tell a missing field from an empty one.
type createInput struct {
	Name       *string         `json:"name"`
	Type       json.RawMessage `json:"type"`
	IcpID      json.RawMessage `json:"icpId"`
	StartDate  *string         `json:"startDate"`
	EndDate    *string         `json:"endDate"`
	PersonIDs  *[]*string      `json:"personIds"`
	CompanyIDs json.RawMessage `json:"companyIds"`

	listType   string
	icp        *string
	start, end time.Time
	companies  []string
}

// parse decodes and validates a request body. Either the input is complete, or there are problems.
func parse(body []byte) (*createInput, []fieldError) {
	var input *createInput
	if err := json.Unmarshal(body, &input); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return nil, []fieldError{{wrong.Field, "must not be a " + wrong.Value}}
		}
		return nil, []fieldError{{"", "The body is not valid JSON: " + err.Error()}}
	}
	if input == nil {
		return nil, []fieldError{{"", "The body must be a JSON object."}}
	}
	// encoding/json takes "Name" for "name", so a body could give one field twice.
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(body, &keys); err != nil {
		return nil, []fieldError{{"", "The body must be a JSON object."}}
	}
	seen := map[string]bool{}
	for key := range keys {
		if folded := strings.ToLower(key); seen[folded] {
			return nil, []fieldError{{key, "is given twice, in different case"}}
		} else {
			seen[folded] = true
		}
	}
	return input, input.validate()
}

func (in *createInput) validate() (problems []fieldError) {
	fail := func(field, message string) { problems = append(problems, fieldError{field, message}) }
	if in.Name == nil {
		fail("name", "is required")
	}
	in.listType = "person"
	if in.Type != nil {
		if json.Unmarshal(in.Type, &in.listType) != nil || in.listType != "person" && in.listType != "company" || string(in.Type) == "null" {
			fail("type", `must be "person" or "company"`)
		}
	}
	if in.IcpID == nil {
		fail("icpId", "is required; it may be null")
	} else if err := json.Unmarshal(in.IcpID, &in.icp); err != nil {
		fail("icpId", "must be a UUID or null")
	} else if in.icp != nil {
		id, err := parseUUID(*in.icp)
		if err != nil {
			fail("icpId", "must be a UUID or null")
		}
		in.icp = &id
	}
	in.start = parseDate("startDate", in.StartDate, fail)
	in.end = parseDate("endDate", in.EndDate, fail)
	if in.PersonIDs == nil {
		fail("personIds", "is required")
	} else {
		for _, id := range *in.PersonIDs {
			if id == nil {
				fail("personIds", "must hold strings only")
			}
		}
	}
	in.companies = []string{}
	if in.CompanyIDs != nil {
		if json.Unmarshal(in.CompanyIDs, &in.companies) != nil || in.companies == nil {
			fail("companyIds", "must be an array of UUIDs")
		}
		for i, text := range in.companies {
			id, err := parseUUID(text)
			if err != nil {
				fail("companyIds", "must hold UUIDs only")
			}
			in.companies[i] = id
		}
	}
	return problems
}

func parseDate(field string, text *string, fail func(string, string)) time.Time {
	if text == nil {
		fail(field, "is required")
		return time.Time{}
	}
	date, err := time.Parse(time.RFC3339, *text)
	_, offset := date.Zone()
	date = date.UTC()
	// time.Parse takes +25:00, and an offset can move an instant out of the years that four digits can write.
	if err != nil || offset <= -86400 || offset >= 86400 || date.Year() < 1 || date.Year() > 9999 {
		fail(field, "must be an ISO 8601 date")
	}
	return date
}

// parseUUID takes every spelling that uuid.Parse knows and returns the canonical one.
func parseUUID(text string) (string, error) {
	id, err := uuid.Parse(text)
	if err == nil && len(text) == 38 && !(text[0] == '{' && text[37] == '}') { // uuid.Parse looks at the 36 inside only.
		err = errors.New("not a UUID")
	}
	return id.String(), err
}

func (in *createInput) build(user string, now time.Time) leadList {
	people := []string{}
	for _, id := range *in.PersonIDs {
		people = append(people, *id)
	}
	created := now.UTC().Format(timestamp)
	return leadList{
		ID: uuid.NewString(), IcpID: in.icp, Name: *in.Name, Type: in.listType,
		StartDate: in.start.Format(timestamp), EndDate: in.end.Format(timestamp),
		PersonIDs: people, CompanyIDs: in.companies, UserIDs: []string{user},
		CreatedAt: created, UpdatedAt: created,
	}
}
