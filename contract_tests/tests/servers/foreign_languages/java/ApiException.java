import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Ends a request with an error response. */
final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int status;
    private final transient Map<String, Object> body = new LinkedHashMap<>();

    ApiException(int status, String code, String message) {
        super(message);
        this.status = status;
        body.put("code", code);
        body.put("message", message);
    }

    static ApiException badRequest(List<FieldError> details) {
        var refusal = new ApiException(400, "BAD_REQUEST", "Request body validation failed.");
        refusal.body.put("details", details);
        return refusal;
    }

    int status() {
        return status;
    }

    Map<String, Object> body() {
        return body;
    }
}
