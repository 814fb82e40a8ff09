"""The tables of the rooms' file."""

from __future__ import annotations

VERSION = 1
TABLES = """
CREATE TABLE rooms (
    code TEXT PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    opened REAL NOT NULL,
    ends REAL NOT NULL,
    deleted REAL NOT NULL,
    closed INTEGER NOT NULL DEFAULT 0,
    pace TEXT NOT NULL DEFAULT 'free',
    paused INTEGER NOT NULL DEFAULT 0,
    limits TEXT NOT NULL,
    view TEXT NOT NULL DEFAULT '',
    view_number INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE teachers (
    code TEXT NOT NULL REFERENCES rooms ON DELETE CASCADE,
    secret BLOB NOT NULL UNIQUE,
    invited INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE students (
    id TEXT PRIMARY KEY,
    code TEXT NOT NULL REFERENCES rooms ON DELETE CASCADE,
    secret BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    UNIQUE (code, name_key)
);
CREATE TABLE questions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL REFERENCES rooms ON DELETE CASCADE,
    text TEXT NOT NULL,
    choices TEXT NOT NULL,
    address TEXT NOT NULL,
    revealed INTEGER NOT NULL DEFAULT 0,
    answer INTEGER,
    measured TEXT
);
CREATE INDEX questions_of ON questions (code, id);
CREATE TABLE predictions (
    question INTEGER NOT NULL REFERENCES questions ON DELETE CASCADE,
    student TEXT NOT NULL REFERENCES students ON DELETE CASCADE,
    value REAL NOT NULL,
    PRIMARY KEY (question, student)
) WITHOUT ROWID;
CREATE TABLE handed_in (
    student TEXT NOT NULL REFERENCES students ON DELETE CASCADE,
    record TEXT NOT NULL,
    PRIMARY KEY (student, record)
) WITHOUT ROWID;
CREATE TABLE records (
    record TEXT PRIMARY KEY,
    code TEXT NOT NULL,
    student TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE runs (
    student TEXT NOT NULL REFERENCES students ON DELETE CASCADE,
    at REAL NOT NULL
);
CREATE INDEX runs_of ON runs (student, at);
"""
