import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;

/** A lead list API with the JDK's own HTTP server and Jackson; it keeps everything in memory. */
public final class LeadLists {
    private static final String PATH = "/api/v1/entities/leadlists";
    private static final int MAX_BODY_BYTES = 1 << 20;
    private static final Map<String, String> SESSIONS =
            Map.of("duke-session", "user_duke", "tux-session", "user_tux");

    private static final JsonMapper JSON =
            JsonMapper.builder()
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build();

    private final Map<String, LeadList> lists = new ConcurrentHashMap<>();

    public static void main(String[] args) throws IOException {
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[0]));
        var server = HttpServer.create(address, 64);
        server.createContext("/", new LeadLists()::handle);
        server.setExecutor(Executors.newFixedThreadPool(16));
        server.start();
        var users = SESSIONS.entrySet().stream()
                .map(session -> Map.of("id", session.getValue(), "token", session.getKey()))
                .toList();
        var url = "http://127.0.0.1:" + server.getAddress().getPort();
        System.out.println(JSON.writeValueAsString(Map.of("url", url, "users", users)));
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            try {
                route(exchange);
            } catch (ApiException refusal) {
                respond(exchange, refusal.status(), Map.of("error", refusal.body()));
            } catch (RuntimeException unexpected) {
                unexpected.printStackTrace();
                var body = Map.of("code", "INTERNAL_ERROR", "message", "An unexpected server error occurred.");
                respond(exchange, 500, Map.of("error", body));
            }
        }
    }

    private void route(HttpExchange exchange) throws IOException {
        if (!exchange.getRequestURI().getPath().equals(PATH)) {
            throw new ApiException(404, "NOT_FOUND", "There is nothing at this path.");
        }
        if (!exchange.getRequestMethod().equals("POST")) {
            exchange.getResponseHeaders().set("Allow", "POST");
            throw new ApiException(405, "METHOD_NOT_ALLOWED", "Use POST.");
        }
        var user = currentUser(exchange)
                .orElseThrow(() -> new ApiException(401, "UNAUTHORIZED", "User is not authenticated."));
        var input = LeadListInput.from(read(exchange));
        var now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        var list = LeadList.create(UUID.randomUUID(), input, user, now);
        lists.put(list.id(), list);
        exchange.getResponseHeaders().set("Location", PATH + "/" + list.id());
        respond(exchange, 201, list);
    }

    private static Optional<String> currentUser(HttpExchange exchange) {
        var header = exchange.getRequestHeaders().getFirst("Authorization");
        if (header != null) {
            var words = header.trim().split(" +");
            return words.length == 2 && words[0].equalsIgnoreCase("Bearer")
                    ? Optional.ofNullable(SESSIONS.get(words[1]))
                    : Optional.empty();
        }
        return exchange.getRequestHeaders().getOrDefault("Cookie", List.of()).stream()
                .flatMap(line -> List.of(line.split(";")).stream())
                .map(String::trim)
                .filter(pair -> pair.startsWith("__session="))
                .map(pair -> pair.substring("__session=".length()))
                .findFirst()
                .map(SESSIONS::get);
    }

    private static JsonNode read(HttpExchange exchange) throws IOException {
        var bytes = exchange.getRequestBody().readNBytes(MAX_BODY_BYTES + 1);
        if (bytes.length > MAX_BODY_BYTES) {
            throw new ApiException(413, "PAYLOAD_TOO_LARGE", "The body is larger than 1 MiB.");
        }
        try {
            return JSON.readTree(bytes);
        } catch (JsonProcessingException problem) {
            throw ApiException.badRequest(List.of(new FieldError("", problem.getOriginalMessage())));
        } catch (IOException problem) { // bytes that do not decode in the encoding that Jackson detected
            throw ApiException.badRequest(List.of(new FieldError("", "The body is not Unicode text.")));
        }
    }

    private static void respond(HttpExchange exchange, int status, Object body) throws IOException {
        var bytes = JSON.writeValueAsBytes(body);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.sendResponseHeaders(status, -1);
            return;
        }
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }
}
