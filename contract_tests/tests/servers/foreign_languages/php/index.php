<?php

// A lead list API for PHP's built-in server, with SQLite.

declare(strict_types=1);

require 'database.php';
require 'sessions.php';
require 'validation.php';

function uuid4(): string
{
    $bytes = random_bytes(16);
    $bytes[6] = chr(ord($bytes[6]) & 0x0f | 0x40);
    $bytes[8] = chr(ord($bytes[8]) & 0x3f | 0x80);

    return vsprintf('%s%s-%s-%s-%s-%s%s%s', str_split(bin2hex($bytes), 4));
}

function respond(int $status, array $body): void
{
    http_response_code($status);
    header('Content-Type: application/json; charset=utf-8');
    echo json_encode($body, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR);
}

function respondError(int $status, string $code, string $message, array $more = []): void
{
    respond($status, ['error' => ['code' => $code, 'message' => $message] + $more]);
}

function create(): void
{
    $user = currentUser();
    if ($user === null) {
        respondError(401, 'UNAUTHORIZED', 'User is not authenticated.');

        return;
    }
    try {
        $input = leadListFrom((string) file_get_contents('php://input'));
    } catch (InvalidBody $problem) {
        respondError(400, 'BAD_REQUEST', $problem->getMessage(), ['details' => $problem->details]);

        return;
    }
    $now = (new DateTimeImmutable('now', new DateTimeZone('UTC')))->format('Y-m-d\TH:i:s.v\Z');
    $list = ['id' => uuid4()] + $input + ['userIds' => [$user], 'createdAt' => $now, 'updatedAt' => $now];
    insertLeadList($list);
    respond(200, $list);
}

try {
    if (strtok($_SERVER['REQUEST_URI'], '?') !== '/api/v1/entities/leadlists') {
        respondError(404, 'NOT_FOUND', 'There is nothing at this path.');
    } elseif ($_SERVER['REQUEST_METHOD'] !== 'POST') {
        header('Allow: POST');
        respondError(405, 'METHOD_NOT_ALLOWED', 'Use POST.');
    } else {
        create();
    }
} catch (Throwable $problem) {
    error_log((string) $problem);
    respondError(500, 'INTERNAL_ERROR', 'An unexpected server error occurred.');
}
