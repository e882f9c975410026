<?php

declare(strict_types=1);

const SESSIONS = ['elephant-session' => 'user_elephant', 'hippo-session' => 'user_hippo'];

/** @return list<array{id: string, token: string}> */
function users(): array
{
    return array_map(fn ($token) => ['id' => SESSIONS[$token], 'token' => $token], array_keys(SESSIONS));
}

function currentUser(): ?string
{
    $header = $_SERVER['HTTP_AUTHORIZATION'] ?? '';
    if (preg_match('/^Bearer (\S+)$/D', $header, $match) === 1) {
        return SESSIONS[$match[1]] ?? null;
    }
    $cookie = $_COOKIE['__session'] ?? null;

    return is_string($cookie) ? SESSIONS[$cookie] ?? null : null;
}
