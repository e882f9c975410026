<?php

declare(strict_types=1);

final class InvalidBody extends Exception
{
    /** @param list<array{field: string, message: string}> $details */
    public function __construct(public readonly array $details)
    {
        parent::__construct('Request body validation failed.');
    }
}

const UUID = '/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/Di';

function leadListFrom(string $raw): array
{
    try {
        // Objects stay objects: decoded to arrays, {} and [] would look the same.
        $body = json_decode($raw, false, 64, JSON_THROW_ON_ERROR);
    } catch (JsonException $problem) {
        throw new InvalidBody([['field' => '', 'message' => $problem->getMessage()]]);
    }
    if (!$body instanceof stdClass) {
        throw new InvalidBody([['field' => '', 'message' => 'The body must be a JSON object.']]);
    }
    $body = get_object_vars($body);
    $details = [];
    $check = function (string $field, bool $good, string $message) use (&$details): void {
        if (!$good) {
            $details[] = compact('field', 'message');
        }
    };

    $name = $body['name'] ?? null;
    $check('name', is_string($name) && trim($name) !== '', 'A name is required.');
    $type = array_key_exists('type', $body) ? $body['type'] : 'person';
    $check('type', in_array($type, ['person', 'company'], true), 'The type must be "person" or "company".');
    $icp = $body['icpId'] ?? null;
    $check('icpId', array_key_exists('icpId', $body) && ($icp === null || isUuid($icp)), 'Pass a UUID or null.');
    $start = dateFrom($body['startDate'] ?? null);
    $check('startDate', $start !== null, 'The start date must be an ISO 8601 timestamp.');
    $end = dateFrom($body['endDate'] ?? null);
    $check('endDate', $end !== null, 'The end date must be an ISO 8601 timestamp.');
    $people = $body['personIds'] ?? null;
    $check('personIds', is_array($people) && array_filter($people, 'is_string') === $people, 'Pass an array of ids.');
    $companies = array_key_exists('companyIds', $body) ? $body['companyIds'] : [];
    $check('companyIds', is_array($companies) && array_filter($companies, 'isUuid') === $companies, 'Pass UUIDs.');
    if ($details) {
        throw new InvalidBody($details);
    }

    return [
        'icpId' => $icp === null ? null : strtolower($icp),
        'name' => trim($name, " \t\r\n"),
        'type' => $type,
        'startDate' => $start,
        'endDate' => $end,
        'personIds' => array_values(array_unique($people)),
        'companyIds' => array_values(array_unique(array_map('strtolower', $companies))),
    ];
}

function isUuid(mixed $value): bool
{
    return is_string($value) && preg_match(UUID, $value) === 1;
}

/** An instant as the API prints it, or null if the value is not a timestamp. */
function dateFrom(mixed $value): ?string
{
    // createFromFormat reads "+5" and " 5" as numbers and carries 30 February over, so look at the digits first.
    if (!is_string($value) || preg_match('/^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/D', $value, $parts) !== 1) {
        return null;
    }
    if (!checkdate((int) $parts[2], (int) $parts[3], (int) $parts[1])) {
        return null;
    }
    $date = (new DateTimeImmutable($value))->setTimezone(new DateTimeZone('UTC'));
    $year = (int) $date->format('Y');

    return $year >= 1 && $year <= 9999 ? $date->format('Y-m-d\TH:i:s.v\Z') : null;
}
