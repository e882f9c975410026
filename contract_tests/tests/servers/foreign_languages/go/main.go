// A lead list API with net/http, encoding/json and SQLite.
package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "github.com/mattn/go-sqlite3"
)

const (
	path         = "/api/v1/entities/leadlists"
	maxBodyBytes = 1 << 20
	timestamp    = "2006-01-02T15:04:05.000Z"
)

var sessions = map[string]string{"gopher-session": "user_gopher", "second-session": "user_second"}

type leadList struct {
	ID         string   `json:"id"`
	IcpID      *string  `json:"icpId"`
	Name       string   `json:"name"`
	Type       string   `json:"type"`
	StartDate  string   `json:"startDate"`
	EndDate    string   `json:"endDate"`
	PersonIDs  []string `json:"personIds"`
	CompanyIDs []string `json:"companyIds"`
	UserIDs    []string `json:"userIds"`
	CreatedAt  string   `json:"createdAt"`
	UpdatedAt  string   `json:"updatedAt"`
}

type apiError struct {
	Code    string       `json:"code"`
	Message string       `json:"message"`
	Details []fieldError `json:"details,omitempty"`
}

type server struct{ db *sql.DB }

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if problem := recover(); problem != nil {
			log.Printf("panic: %v", problem)
			writeError(w, http.StatusInternalServerError, "INTERNAL_ERROR", "An unexpected error occurred.", nil)
		}
	}()
	switch {
	case r.URL.Path != path:
		writeError(w, http.StatusNotFound, "NOT_FOUND", "There is nothing at this path.", nil)
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		writeError(w, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "Use POST.", nil)
	default:
		s.create(w, r)
	}
}

func (s *server) create(w http.ResponseWriter, r *http.Request) {
	user, ok := authenticate(r)
	if !ok {
		w.Header().Set("WWW-Authenticate", "Bearer")
		writeError(w, http.StatusUnauthorized, "UNAUTHORIZED", "User is not authenticated.", nil)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	if err != nil {
		badRequest(w, []fieldError{{"", "The body could not be read: " + err.Error()}})
		return
	}
	input, problems := parse(body)
	if len(problems) > 0 {
		badRequest(w, problems)
		return
	}
	list := input.build(user, time.Now())
	if err := s.insert(list); err != nil {
		log.Printf("insert: %v", err)
		writeError(w, http.StatusInternalServerError, "INTERNAL_ERROR", "An unexpected error occurred.", nil)
		return
	}
	writeJSON(w, http.StatusCreated, list)
}

// authenticate returns the id of the user whose session token the request carries.
func authenticate(r *http.Request) (string, bool) {
	if scheme, token, found := strings.Cut(r.Header.Get("Authorization"), " "); found {
		if user, ok := sessions[token]; ok && strings.EqualFold(scheme, "Bearer") {
			return user, true
		}
	}
	if cookie, err := r.Cookie("__session"); err == nil {
		user, ok := sessions[cookie.Value]
		return user, ok
	}
	return "", false
}

func (s *server) insert(list leadList) error {
	people, _ := json.Marshal(list.PersonIDs)
	companies, _ := json.Marshal(list.CompanyIDs)
	users, _ := json.Marshal(list.UserIDs)
	_, err := s.db.Exec(
		"INSERT INTO lead_lists VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		list.ID, list.IcpID, list.Name, list.Type, list.StartDate, list.EndDate,
		string(people), string(companies), string(users), list.CreatedAt, list.UpdatedAt,
	)
	return err
}

func badRequest(w http.ResponseWriter, problems []fieldError) {
	writeError(w, http.StatusBadRequest, "BAD_REQUEST", "Request body validation failed.", problems)
}

func writeError(w http.ResponseWriter, status int, code, message string, details []fieldError) {
	writeJSON(w, status, map[string]apiError{"error": {code, message, details}})
}

func writeJSON(w http.ResponseWriter, status int, value interface{}) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(value); err != nil {
		log.Printf("write: %v", err)
	}
}

func open(file string) (*sql.DB, error) {
	db, err := sql.Open("sqlite3", file+"?_busy_timeout=5000&_journal_mode=WAL")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // SQLite has one writer.
	_, err = db.Exec(`CREATE TABLE IF NOT EXISTS lead_lists (
		id TEXT PRIMARY KEY, icp_id TEXT, name TEXT NOT NULL, type TEXT NOT NULL,
		start_date TEXT NOT NULL, end_date TEXT NOT NULL, person_ids TEXT NOT NULL, company_ids TEXT NOT NULL,
		user_ids TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL)`)
	return db, err
}

func main() {
	file := os.Getenv("DATABASE_FILE")
	if file == "" {
		file = filepath.Join(os.TempDir(), fmt.Sprintf("leadlists-%d.sqlite", os.Getpid()))
	}
	db, err := open(file)
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	var users []map[string]string
	for token, user := range sessions {
		users = append(users, map[string]string{"id": user, "token": token})
	}
	ready, _ := json.Marshal(map[string]interface{}{"url": "http://" + listener.Addr().String(), "users": users})
	fmt.Println(string(ready))
	log.Fatal(http.Serve(listener, &server{db}))
}
