-- Version 1. A later version is a file of its own, sessions/schema_002.sql and so on, that leads from the one before.
-- Times are RFC 3339, UTC. JSON is text. Spans are bytes from 0, lines from 1.

CREATE TABLE session (
	key INTEGER PRIMARY KEY,
	uuid TEXT NOT NULL UNIQUE,
	name TEXT NOT NULL UNIQUE,
	created TEXT NOT NULL,
	opened TEXT NOT NULL,
	program TEXT NOT NULL DEFAULT '',
	analysis TEXT NOT NULL DEFAULT '',
	deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
	view TEXT NOT NULL DEFAULT '{}',
	listed INTEGER NOT NULL DEFAULT 0,
	decided INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE side (
	session INTEGER NOT NULL REFERENCES session (key) ON DELETE CASCADE,
	side TEXT NOT NULL CHECK (side IN ('mlx', 'torch', 'swift')),
	paths TEXT NOT NULL,
	context TEXT NOT NULL DEFAULT '[]',
	no_context INTEGER NOT NULL DEFAULT 0 CHECK (no_context IN (0, 1)),
	revision TEXT NOT NULL DEFAULT '',
	branch TEXT NOT NULL DEFAULT '',
	dirty INTEGER NOT NULL DEFAULT 0,
	changed INTEGER NOT NULL DEFAULT 0,
	was TEXT NOT NULL DEFAULT '',
	PRIMARY KEY (session, side)
) STRICT, WITHOUT ROWID;

-- Every candidate ever seen in a session, as last seen; its id never changes and is never given to another.
CREATE TABLE candidate (
	session INTEGER NOT NULL REFERENCES session (key) ON DELETE CASCADE,
	id TEXT NOT NULL,
	own INTEGER NOT NULL DEFAULT 0 CHECK (own IN (0, 1)),
	first_seen TEXT NOT NULL,
	place INTEGER NOT NULL,
	binding TEXT NOT NULL,
	why TEXT NOT NULL DEFAULT '',
	could_be TEXT NOT NULL DEFAULT '[]',
	merged_into TEXT,
	body TEXT NOT NULL,
	PRIMARY KEY (session, id)
) STRICT, WITHOUT ROWID;

-- Where a candidate was seen, a row whenever that changed: what a rescan binds by.
CREATE TABLE sighting (
	key INTEGER PRIMARY KEY,
	session INTEGER NOT NULL,
	candidate TEXT NOT NULL,
	time TEXT NOT NULL,
	analysis TEXT NOT NULL,
	name TEXT NOT NULL,
	component TEXT NOT NULL,
	content_id TEXT NOT NULL,
	span_start INTEGER NOT NULL,
	span_end INTEGER NOT NULL,
	line INTEGER NOT NULL,
	fingerprint TEXT NOT NULL,
	token_hash TEXT NOT NULL,
	mlx_hash TEXT NOT NULL,
	torch_hash TEXT NOT NULL,
	excerpt TEXT NOT NULL,
	FOREIGN KEY (session, candidate) REFERENCES candidate (session, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX sighting_of ON sighting (session, candidate, key);
CREATE INDEX sighting_in ON sighting (content_id);

-- Texts of the port's files in which a candidate was seen: the old side of the exact diff that a rescan makes.
CREATE TABLE file_text (
	content_id TEXT PRIMARY KEY,
	text TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The port's components as the last scan of a session found them: tells a renamed one from one that was there before.
CREATE TABLE component (
	session INTEGER NOT NULL REFERENCES session (key) ON DELETE CASCADE,
	label TEXT NOT NULL,
	PRIMARY KEY (session, label)
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	id TEXT NOT NULL UNIQUE,
	session INTEGER NOT NULL REFERENCES session (key),
	time TEXT NOT NULL,
	who TEXT NOT NULL,
	kind TEXT NOT NULL,
	candidate TEXT,
	verdict TEXT CHECK (verdict IN ('accept', 'reject', 'defer', 'measure')),
	reason TEXT,
	condition TEXT,
	supersedes TEXT,
	batch TEXT,
	data TEXT
) STRICT;
CREATE INDEX event_of ON event (session, seq);

-- A purge names the session here, inside its own transaction, and only then may its events go.
CREATE TABLE purging (session INTEGER PRIMARY KEY) STRICT;

CREATE TRIGGER event_never_changes BEFORE UPDATE ON event
BEGIN
	SELECT RAISE(ABORT, 'events are never changed');
END;
CREATE TRIGGER event_never_goes BEFORE DELETE ON event
WHEN NOT EXISTS (SELECT 1 FROM purging WHERE session = OLD.session)
BEGIN
	SELECT RAISE(ABORT, 'events are never deleted');
END;

CREATE VIRTUAL TABLE event_text USING fts5 (
	reason, condition, candidate, content = 'event', content_rowid = 'seq', tokenize = 'unicode61'
);
CREATE TRIGGER event_is_found AFTER INSERT ON event
BEGIN
	INSERT INTO event_text (rowid, reason, condition, candidate) VALUES (NEW.seq, NEW.reason, NEW.condition, NEW.candidate);
END;
CREATE TRIGGER event_is_forgotten AFTER DELETE ON event
BEGIN
	INSERT INTO event_text (event_text, rowid, reason, condition, candidate)
	VALUES ('delete', OLD.seq, OLD.reason, OLD.condition, OLD.candidate);
END;
