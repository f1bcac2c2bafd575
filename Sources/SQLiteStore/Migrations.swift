import GRDB

/// The state's schema, as migrations; `docs/storage.md` explains each column. A released migration never changes.
enum Migrations {
    static var all: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("0001-initial") { db in try db.execute(sql: initial) }
        migrator.registerMigration("0002-names-by-kind") { db in try db.execute(sql: namesByKind) }
        migrator.registerMigration("0003-stations") { db in try db.execute(sql: stations) }
        return migrator
    }

    private static let initial = """
        CREATE TABLE entities (
            id INTEGER PRIMARY KEY,
            key TEXT NOT NULL UNIQUE,
            generation INTEGER NOT NULL,
            lane INTEGER NOT NULL,
            wake_at INTEGER,
            dirty INTEGER NOT NULL,
            unsent INTEGER NOT NULL,
            ambiguous INTEGER NOT NULL,
            read_backs INTEGER NOT NULL,
            holds INTEGER NOT NULL,
            waiting TEXT NOT NULL,
            oldest_untold INTEGER,
            wrapped_key BLOB NOT NULL,
            truth BLOB NOT NULL,
            ledgers BLOB NOT NULL
        );
        CREATE INDEX entities_due ON entities (lane, wake_at, key) WHERE wake_at IS NOT NULL;
        CREATE INDEX entities_untold ON entities (oldest_untold) WHERE oldest_untold IS NOT NULL;

        CREATE TABLE lookups (
            hash BLOB NOT NULL,
            entity INTEGER NOT NULL REFERENCES entities (id) ON DELETE CASCADE,
            PRIMARY KEY (hash, entity)
        ) WITHOUT ROWID;
        CREATE INDEX lookups_entity ON lookups (entity);

        CREATE TABLE consumed (
            digest BLOB PRIMARY KEY,
            at INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX consumed_at ON consumed (at);

        CREATE TABLE trace (
            id INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            entity TEXT,
            kind TEXT NOT NULL,
            flow TEXT,
            destination TEXT,
            event_type TEXT,
            event_key TEXT,
            reason TEXT,
            detail TEXT NOT NULL,
            receipt INTEGER
        );
        CREATE INDEX trace_entity ON trace (entity, at) WHERE entity IS NOT NULL;
        CREATE INDEX trace_at ON trace (at);

        CREATE TABLE exceptions (
            id TEXT PRIMARY KEY,
            kind TEXT NOT NULL,
            subject TEXT NOT NULL,
            cause TEXT NOT NULL,
            state TEXT NOT NULL,
            count INTEGER NOT NULL,
            first_at INTEGER NOT NULL,
            last_at INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX exceptions_last ON exceptions (last_at);

        CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE totals (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE facts (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
        """

    /// Finds the few products with a bestseller's SKU without reading past its orders. The kind is the middle part of
    /// an entity's key.
    private static let namesByKind = """
        CREATE TABLE lookups_by_kind (
            hash BLOB NOT NULL,
            kind TEXT NOT NULL,
            entity INTEGER NOT NULL REFERENCES entities (id) ON DELETE CASCADE,
            PRIMARY KEY (hash, kind, entity)
        ) WITHOUT ROWID;
        INSERT INTO lookups_by_kind (hash, kind, entity)
            SELECT hash, substr(rest, 1, instr(rest, '/') - 1), entity
            FROM (
                SELECT hash, substr(key, instr(key, '/') + 1) AS rest, entity
                FROM lookups JOIN entities ON entities.id = lookups.entity
            );
        DROP TABLE lookups;
        ALTER TABLE lookups_by_kind RENAME TO lookups;
        CREATE INDEX lookups_entity ON lookups (entity);
        """

    /// Indexes waiting work by its station. Existing records wait at the station for replanning until the engine has
    /// processed them.
    private static let stations = """
        CREATE TABLE stations (
            id INTEGER PRIMARY KEY,
            connection TEXT NOT NULL,
            task TEXT NOT NULL,
            channel TEXT NOT NULL,
            lane INTEGER NOT NULL,
            records INTEGER NOT NULL,
            UNIQUE (lane, connection, task, channel)
        );
        CREATE TABLE work (
            station INTEGER NOT NULL REFERENCES stations (id),
            due_at INTEGER NOT NULL,
            key TEXT NOT NULL,
            PRIMARY KEY (station, due_at, key)
        ) WITHOUT ROWID;
        ALTER TABLE entities ADD COLUMN work TEXT NOT NULL DEFAULT '';
        INSERT INTO stations (connection, task, channel, lane, records)
            SELECT '', 'plan', '', lane, COUNT(*) FROM entities WHERE wake_at IS NOT NULL GROUP BY lane;
        INSERT INTO work (station, due_at, key)
            SELECT stations.id, wake_at, key FROM entities JOIN stations ON stations.lane = entities.lane
            WHERE wake_at IS NOT NULL;
        UPDATE entities SET work = (SELECT id FROM stations WHERE stations.lane = entities.lane) || ':' || wake_at
            WHERE wake_at IS NOT NULL;
        DROP INDEX entities_due;
        ALTER TABLE entities DROP COLUMN wake_at;
        ALTER TABLE entities DROP COLUMN lane;
        """
}
