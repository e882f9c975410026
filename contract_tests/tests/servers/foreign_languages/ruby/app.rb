# frozen_string_literal: true

# A lead list API with Sinatra, puma and PostgreSQL.
require "json"
require "pg"
require "rack/handler/puma"
require "securerandom"
require "sinatra/base"
require_relative "lead_list_form"

class LeadListApp < Sinatra::Base
  SESSIONS = { "ruby-session" => "user_ruby", "pearl-session" => "user_pearl" }.freeze
  # An escaped first half of a surrogate pair without the second: the json gem drops what follows it.
  LONE_SURROGATE = /(?<!\\)(?:\\\\)*\\u[dD][89abAB]\h{2}(?!\\u[dD][c-fC-F]\h{2})/.freeze
  COLUMNS = %w[id icp_id name type start_date end_date person_ids company_ids user_ids created_at updated_at].freeze

  SCHEMA = <<~SQL
    CREATE TABLE IF NOT EXISTS lead_lists (
      id uuid PRIMARY KEY, icp_id uuid, name text NOT NULL, type text NOT NULL,
      start_date timestamptz NOT NULL, end_date timestamptz NOT NULL,
      person_ids jsonb NOT NULL, company_ids jsonb NOT NULL, user_ids jsonb NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now())
  SQL

  # One connection for each of puma's threads.
  def self.database
    Thread.current[:database] ||= PG.connect(ENV.fetch("DATABASE_URL")).tap do |connection|
      connection.exec("SET client_min_messages = warning; SET TIME ZONE 'UTC'")
      connection.type_map_for_results = PG::BasicTypeMapForResults.new(connection)
    end
  end

  disable :protection, :show_exceptions, :raise_errors, :dump_errors

  before { content_type :json }

  post "/api/v1/entities/leadlists" do
    user = current_user or halt 401, { "WWW-Authenticate" => "Bearer" }, error("UNAUTHORIZED", "User is not authenticated.")
    form = LeadListForm.new(parsed_body)
    bad_request(form.errors) unless form.valid?

    status 201
    present(insert(form, user)).to_json
  end

  %i[get put patch delete options].each do |verb|
    send(verb, "/api/v1/entities/leadlists") do
      halt 405, { "Allow" => "POST" }, error("METHOD_NOT_ALLOWED", "Use POST.")
    end
  end

  not_found { error("NOT_FOUND", "There is nothing at this path.") }

  # What Sinatra itself refuses, such as a query string that does not decode.
  error Sinatra::BadRequest do
    error("BAD_REQUEST", "The request is malformed.", details: { "query" => [env["sinatra.error"].message] })
  end

  error do
    warn env["sinatra.error"].full_message
    error("INTERNAL_ERROR", "An unexpected server error occurred.")
  end

  private

  def current_user
    token = request.env["HTTP_AUTHORIZATION"].to_s[/\ABearer +(\S+)\z/i, 1] || request.cookies["__session"]
    SESSIONS[token]
  end

  def parsed_body
    text = request.body.read.force_encoding(Encoding::UTF_8)
    bad_request("body" => ["is not UTF-8"]) unless text.valid_encoding?
    bad_request("body" => ["holds half a surrogate pair"]) if LONE_SURROGATE.match?(text)
    body = JSON.parse(text)
    bad_request("body" => ["must be a JSON object"]) unless body.is_a?(Hash)
    body
  rescue JSON::ParserError
    bad_request("body" => ["is not valid JSON"])
  end

  def bad_request(errors)
    halt 400, error("BAD_REQUEST", "Request body validation failed.", details: errors)
  end

  def error(code, message, **more)
    content_type :json # a query that Sinatra refuses never reaches the filter
    { error: { code: code, message: message, **more } }.to_json
  end

  def insert(form, user)
    values = [SecureRandom.uuid, form.icp_id, form.name, form.type,
              form.start_date.iso8601(6), form.end_date.iso8601(6), # a Time as such would lose its fraction
              form.person_ids.to_json, form.company_ids.to_json, [user].to_json]
    self.class.database.exec_params(<<~SQL, values).first
      INSERT INTO lead_lists (#{COLUMNS.first(9).join(", ")})
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING *
    SQL
  end

  def present(row)
    COLUMNS.to_h do |column|
      value = row[column]
      value = value.getutc.iso8601(3) if value.is_a?(Time)
      [column.gsub(/_(\w)/) { Regexp.last_match(1).upcase }, value]
    end
  end
end

port = Integer(ARGV.fetch(0))
LeadListApp.database.exec(LeadListApp::SCHEMA)
users = LeadListApp::SESSIONS.map { |token, id| { id: id, token: token } }
Rack::Handler::Puma.run(LeadListApp, Host: "127.0.0.1", Port: port, Silent: true, Threads: "0:8") do
  puts({ url: "http://127.0.0.1:#{port}", users: users }.to_json)
  $stdout.flush
end
