<?php

declare(strict_types=1);

require 'database.php';

database()->exec('PRAGMA journal_mode = WAL');
database()->exec(
    'CREATE TABLE IF NOT EXISTS lead_lists (id TEXT PRIMARY KEY, icpId TEXT, name TEXT NOT NULL, type TEXT NOT NULL,
    startDate TEXT NOT NULL, endDate TEXT NOT NULL, personIds TEXT NOT NULL, companyIds TEXT NOT NULL,
    userIds TEXT NOT NULL, createdAt TEXT NOT NULL, updatedAt TEXT NOT NULL)'
);
