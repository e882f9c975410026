<?php

declare(strict_types=1);

function database(): PDO
{
    $pdo = new PDO('sqlite:' . getenv('DATABASE_FILE'), null, null, [
        PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
        PDO::ATTR_TIMEOUT => 10,
    ]);
    $pdo->exec('PRAGMA synchronous = OFF');

    return $pdo;
}

function insertLeadList(array $list): void
{
    $columns = ['personIds', 'companyIds', 'userIds'];
    foreach ($columns as $column) {
        $list[$column] = json_encode($list[$column], JSON_THROW_ON_ERROR);
    }
    $names = implode(', ', array_keys($list));
    $marks = implode(', ', array_fill(0, count($list), '?'));
    database()->prepare("INSERT INTO lead_lists ($names) VALUES ($marks)")->execute(array_values($list));
}
