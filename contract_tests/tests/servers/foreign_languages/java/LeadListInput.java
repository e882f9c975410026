import com.fasterxml.jackson.databind.JsonNode;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** A request body that was found to be right. */
record LeadListInput(
        String name,
        String type,
        String icpId,
        Instant startDate,
        Instant endDate,
        List<String> personIds,
        List<String> companyIds) {

    private static final Pattern UUID = // java.util.UUID.fromString also takes 1-1-1-1-1
            Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
    private static final Set<String> TYPES = Set.of("person", "company");

    static LeadListInput from(JsonNode body) {
        if (!body.isObject()) {
            throw ApiException.badRequest(List.of(new FieldError("", "The body must be a JSON object.")));
        }
        var checks = new Checks(body);
        var name = checks.text("name");
        var type = body.has("type") ? checks.text("type") : "person";
        if (type != null && !TYPES.contains(type)) {
            checks.fail("type", "must be person or company");
        }
        var icpId = body.path("icpId").isNull() ? null : checks.text("icpId");
        if (icpId != null && !isUuid(icpId)) {
            checks.fail("icpId", "must be a UUID or null");
        }
        var start = checks.instant("startDate");
        var end = checks.instant("endDate");
        var people = checks.texts("personIds", id -> true);
        var companies = body.has("companyIds") ? checks.texts("companyIds", LeadListInput::isUuid) : List.<String>of();
        if (start != null && end != null && end.isBefore(start)) {
            checks.fail("endDate", "must not be before startDate");
        }
        if (!checks.errors.isEmpty()) {
            throw ApiException.badRequest(checks.errors);
        }
        var icp = icpId == null ? null : icpId.toLowerCase(Locale.ROOT);
        return new LeadListInput(name, type, icp, start, end, people, companies);
    }

    private static boolean isUuid(String text) {
        return UUID.matcher(text).matches();
    }

    private static final class Checks {
        private final JsonNode body;
        private final List<FieldError> errors = new ArrayList<>();

        Checks(JsonNode body) {
            this.body = body;
        }

        void fail(String field, String issue) {
            errors.add(new FieldError(field, issue));
        }

        String text(String field) {
            var value = body.path(field);
            if (!value.isTextual()) {
                fail(field, value.isMissingNode() ? "is required" : "must be a string");
                return null;
            }
            return value.textValue();
        }

        Instant instant(String field) {
            var text = text(field);
            if (text == null) {
                return null;
            }
            try {
                var date = OffsetDateTime.parse(text).withOffsetSameInstant(ZoneOffset.UTC);
                if (date.getYear() < 1 || date.getYear() > 9999) {
                    fail(field, "must lie in the years 1 to 9999");
                }
                return date.toInstant();
            } catch (DateTimeException problem) {
                fail(field, "must be an ISO 8601 date with a time and an offset");
                return null;
            }
        }

        List<String> texts(String field, Predicate<String> good) {
            var values = body.path(field);
            var texts = new ArrayList<String>();
            if (!values.isArray()) {
                fail(field, values.isMissingNode() ? "is required" : "must be an array");
            }
            values.forEach(value -> {
                if (values.isArray() && value.isTextual() && good.test(value.textValue())) {
                    texts.add(value.textValue());
                } else if (values.isArray()) {
                    fail(field, "holds an invalid id");
                }
            });
            return texts;
        }
    }
}
