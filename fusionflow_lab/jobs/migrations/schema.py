"""The schema that all steps make of an empty SQLite file, at once: a new home's first job waits for it.

A test holds it equal to the steps; whoever adds one changes this as well.
"""

from __future__ import annotations

from typing import Final

from fusionflow_lab.jobs.migrations import HEAD

STATEMENTS: Final = (
    """
    CREATE TABLE alembic_version (
        version_num VARCHAR(32) NOT NULL,
        CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
    )
    """,
    """
    CREATE TABLE jobs (
        id VARCHAR(32) NOT NULL,
        owner VARCHAR(255) NOT NULL,
        name VARCHAR(255) NOT NULL,
        text TEXT NOT NULL,
        use_cache BOOLEAN NOT NULL,
        plan_hash VARCHAR(64) NOT NULL,
        cluster VARCHAR(255) NOT NULL,
        priority INTEGER NOT NULL,
        status VARCHAR(16) NOT NULL,
        desired VARCHAR(8) NOT NULL,
        lease_holder VARCHAR(255) NOT NULL,
        lease_until DOUBLE NOT NULL,
        epoch BIGINT NOT NULL,
        attempts INTEGER NOT NULL,
        last_seq BIGINT NOT NULL,
        chunks_total BIGINT NOT NULL,
        chunks_done BIGINT NOT NULL,
        bytes_total BIGINT NOT NULL,
        bytes_done BIGINT NOT NULL,
        rows_read BIGINT NOT NULL,
        rows_used BIGINT NOT NULL,
        rows_filtered BIGINT NOT NULL,
        rows_rejected BIGINT NOT NULL,
        bytes_scanned BIGINT NOT NULL,
        bytes_reused BIGINT NOT NULL,
        result_ref TEXT NOT NULL,
        error TEXT,
        created DOUBLE NOT NULL,
        started DOUBLE,
        finished DOUBLE,
        "query" TEXT DEFAULT '' NOT NULL,
        reuse_key VARCHAR(64) DEFAULT '' NOT NULL,
        losses INTEGER DEFAULT 0 NOT NULL,
        chunks_claimed BIGINT DEFAULT 0 NOT NULL,
        retry_at DOUBLE DEFAULT (0.0) NOT NULL,
        bytes_unread BIGINT DEFAULT 0 NOT NULL,
        bytes_verified BIGINT DEFAULT 0 NOT NULL,
        submit_key VARCHAR(255) DEFAULT '' NOT NULL,
        CONSTRAINT pk_jobs PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX ix_jobs_owner_created ON jobs (owner, created)",
    "CREATE INDEX ix_jobs_status ON jobs (status)",
    """
    CREATE TABLE job_events (
        job_id VARCHAR(32) NOT NULL,
        seq BIGINT NOT NULL,
        time DOUBLE NOT NULL,
        type VARCHAR(32) NOT NULL,
        body TEXT NOT NULL,
        cursor BIGINT DEFAULT 0 NOT NULL,
        CONSTRAINT pk_job_events PRIMARY KEY (job_id, seq),
        CONSTRAINT fk_job_events_job_id FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE job_latest (
        job_id VARCHAR(32) NOT NULL,
        type VARCHAR(32) NOT NULL,
        seq BIGINT NOT NULL,
        time DOUBLE NOT NULL,
        body TEXT NOT NULL,
        data BLOB NOT NULL,
        CONSTRAINT pk_job_latest PRIMARY KEY (job_id, type),
        CONSTRAINT fk_job_latest_job_id FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE chunk_errors (
        job_id VARCHAR(32) NOT NULL,
        file TEXT NOT NULL,
        start BIGINT NOT NULL,
        "end" BIGINT NOT NULL,
        attempts INTEGER NOT NULL,
        message TEXT NOT NULL,
        time DOUBLE NOT NULL,
        CONSTRAINT pk_chunk_errors PRIMARY KEY (job_id, file, start),
        CONSTRAINT fk_chunk_errors_job_id FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_jobs_reuse_key ON jobs (reuse_key)",
    """
    CREATE TABLE runners (
        id VARCHAR(255) NOT NULL,
        host VARCHAR(255) NOT NULL,
        pid BIGINT NOT NULL,
        cluster VARCHAR(255) NOT NULL,
        version VARCHAR(64) NOT NULL,
        address TEXT NOT NULL,
        scheduler TEXT NOT NULL,
        workers INTEGER NOT NULL,
        started DOUBLE NOT NULL,
        heartbeat DOUBLE NOT NULL,
        CONSTRAINT pk_runners PRIMARY KEY (id)
    )
    """,
    "CREATE UNIQUE INDEX ix_jobs_owner_submit_key ON jobs (owner, submit_key) WHERE submit_key != ''",
    "CREATE INDEX ix_job_events_cursor ON job_events (cursor)",
    """
    CREATE TABLE event_counter (
        id INTEGER NOT NULL,
        last BIGINT NOT NULL,
        CONSTRAINT pk_event_counter PRIMARY KEY (id)
    )
    """,
    "INSERT INTO event_counter (id, last) VALUES (1, 0)",
    f"INSERT INTO alembic_version (version_num) VALUES ('{HEAD}')",
)
