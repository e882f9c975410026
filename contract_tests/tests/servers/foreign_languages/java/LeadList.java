import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.UUID;

/** A lead list as the API prints it. */
record LeadList(
        String id,
        String icpId,
        String name,
        String type,
        String startDate,
        String endDate,
        List<String> personIds,
        List<String> companyIds,
        List<String> userIds,
        String createdAt,
        String updatedAt) {

    private static final DateTimeFormatter TIMESTAMP =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    static LeadList create(UUID id, LeadListInput input, String user, Instant now) {
        var created = TIMESTAMP.format(now);
        return new LeadList(
                id.toString(),
                input.icpId(),
                input.name(),
                input.type(),
                TIMESTAMP.format(input.startDate()),
                TIMESTAMP.format(input.endDate()),
                input.personIds(),
                input.companyIds(),
                List.of(user),
                created,
                created);
    }
}
