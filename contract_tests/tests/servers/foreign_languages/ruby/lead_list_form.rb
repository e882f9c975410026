# frozen_string_literal: true

require "time"

# Validates a request body; error messages are kept by field, as Rails does.
class LeadListForm
  UUID = /\A\h{8}-\h{4}-\h{4}-\h{4}-\h{12}\z/
  TYPES = %w[person company].freeze
  YEARS = (1..9999).freeze

  attr_reader :errors, :name, :type, :icp_id, :start_date, :end_date, :person_ids, :company_ids

  def initialize(body)
    @errors = Hash.new { |errors, field| errors[field] = [] }
    @name = text(body, "name")
    @errors["name"] << "can't be blank" if @name && @name.strip.empty?
    @type = body.fetch("type", "person")
    @errors["type"] << "is not included in the list" unless TYPES.include?(@type)
    @icp_id = icp(body)
    @start_date = date(body, "startDate")
    @end_date = date(body, "endDate")
    @errors["endDate"] << "must not be before startDate" if @start_date && @end_date && @end_date < @start_date
    @person_ids = ids(body.fetch("personIds", nil), "personIds") { |id| storable?(id) }
    @company_ids = ids(body.fetch("companyIds", []), "companyIds") { |id| UUID.match?(id) }
  end

  def valid?
    errors.empty?
  end

  private

  def text(body, field)
    value = body[field]
    return value if value.is_a?(String) && storable?(value)

    @errors[field] << (body.key?(field) ? "is not a text" : "is required")
    nil
  end

  # PostgreSQL stores no NUL, and JSON escapes can spell half a surrogate pair.
  def storable?(text)
    text.valid_encoding? && !text.include?("\0")
  end

  def icp(body)
    return @errors["icpId"] << "is required" unless body.key?("icpId")

    value = body["icpId"]
    @errors["icpId"] << "is not a UUID" unless value.nil? || (value.is_a?(String) && UUID.match?(value))
    value
  end

  def date(body, field)
    return unless (value = text(body, field))

    Date.strptime(value.strip[0, 10], "%F") # Time.iso8601 alone takes 30 February
    time = Time.iso8601(value).getutc
    return time if YEARS.cover?(time.year)

    @errors[field] << "is out of range"
    nil
  rescue ArgumentError
    @errors[field] << "is not an ISO 8601 date"
    nil
  end

  def ids(value, field)
    unless value.is_a?(Array)
      @errors[field] << (value.nil? ? "is required" : "is not an array")
      return []
    end
    @errors[field] << "has an invalid item" unless value.all? { |id| id.is_a?(String) && yield(id) }
    value
  end
end
