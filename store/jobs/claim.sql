-- Claim the best queued job: find it, give it to a worker, and return its row. One statement, so no two workers can
-- take the same job.
--
-- Which job is best
--   1. A project that runs :share jobs or more waits, whatever its priorities, as long as any project below its share
--      has a job queued.
--   2. The highest priority.
--   3. The project with the fewest running jobs; of several, the next one after the project that was served last. The
--      projects take turns in descending order of their ids.
--   4. The oldest job. Batches of predictions are queued like training jobs, and both are called jobs here.
--
-- Why it is fast
--   The statement never reads the whole queue. It walks over the (priority, project) pairs in the index
--   ix_jobs_queued, from one pair to the next by a search of the index, and stops at the first project that runs
--   nothing. So it visits at most one pair more than there are projects with running jobs, however long the queue is.
--
-- Parameters
--   :worker             the id of the process of a worker that claims
--   :id_length          the length of a worker's id, with which it begins
--   :fingerprint        its numeric fingerprint: equal fingerprints compute equal bits
--   :share              jobs that a project may run while other projects wait
--   :lease              milliseconds until the lease expires
--   :wait               milliseconds for which a job with a checkpoint is reserved, see `reserved`
--   :live               milliseconds since its last heartbeat for which a worker counts as live
--
-- Placeholders, filled in by claims.py because SQLite and PostgreSQL differ
--   {now}               the database's clock in milliseconds
--   {transitions}       the job's transitions with this one appended, as `record_transition` writes them
--   {skip_locked}       on PostgreSQL, skip rows that another claim is taking right now; SQLite has one writer at a time

WITH RECURSIVE

-- The slots of this worker, those that its running jobs take, and how many of these jobs take several.
own (slots, taken, parallel) AS (
    SELECT
        coalesce((SELECT slots FROM workers WHERE id = substr(:worker, 1, :id_length)), 1),
        coalesce(sum(processes), 0),
        coalesce(sum(CASE WHEN processes > 1 THEN 1 ELSE 0 END), 0)
    FROM jobs WHERE state = 'running' AND substr(worker_id, 1, :id_length) = substr(:worker, 1, :id_length)
),

-- Queued jobs that continue from a checkpoint whose bits another live worker can reproduce and this one cannot. They
-- are reserved for that worker, for a while. There are few, and ix_jobs_going_on finds them.
reserved (id) AS (
    SELECT jobs.id
    FROM jobs JOIN checkpoints ON checkpoints.id = jobs.checkpoint_id
    WHERE jobs.state = 'queued' AND jobs.checkpoint_id IS NOT NULL
    AND jobs.updated_at > {now} - :wait
    AND checkpoints.fingerprint != :fingerprint
    AND checkpoints.fingerprint IN (SELECT fingerprint FROM workers WHERE seen_at > {now} - :live)
    UNION ALL
    -- Jobs with more processes than this worker has slots. ix_jobs_parallel finds them.
    SELECT id FROM jobs WHERE state = 'queued' AND processes > 1 AND processes > (SELECT slots FROM own)
),

-- Walk 1: from the top of the queue, by descending priority and project, to the first project below its share.
walk (priority, project_id, running) AS (
    SELECT j.priority, j.project_id,
        (SELECT count(*) FROM jobs r WHERE r.state = 'running' AND r.project_id = j.project_id)
    FROM jobs j WHERE j.id = (
        SELECT id FROM jobs WHERE state = 'queued' AND id NOT IN (SELECT id FROM reserved)
        ORDER BY priority DESC, project_id DESC LIMIT 1)
    UNION ALL
    SELECT j.priority, j.project_id,
        (SELECT count(*) FROM jobs r WHERE r.state = 'running' AND r.project_id = j.project_id)
    FROM walk at JOIN jobs j ON j.id = (
        SELECT id FROM jobs WHERE state = 'queued' AND id NOT IN (SELECT id FROM reserved)
        AND (priority, project_id) < (at.priority, at.project_id)
        ORDER BY priority DESC, project_id DESC LIMIT 1)
    WHERE at.running >= :share
),

-- The priority to serve: the one at which walk 1 stopped. If every project is at its share, the highest priority.
level (priority) AS (
    SELECT coalesce(max(CASE WHEN running < :share THEN priority END), max(priority)) FROM walk
),

-- The project that was served last.
served (project_id) AS (
    SELECT coalesce((SELECT project_id FROM jobs WHERE claimed_at IS NOT NULL ORDER BY claimed_at DESC LIMIT 1), '')
),

-- Walk 2: at that priority, from the project that was served last down to the first project that runs nothing.
after_served (priority, project_id, running) AS (
    SELECT j.priority, j.project_id,
        (SELECT count(*) FROM jobs r WHERE r.state = 'running' AND r.project_id = j.project_id)
    FROM jobs j WHERE j.id = (
        SELECT id FROM jobs WHERE state = 'queued' AND id NOT IN (SELECT id FROM reserved)
        AND priority = (SELECT priority FROM level) AND project_id < (SELECT project_id FROM served)
        ORDER BY priority DESC, project_id DESC LIMIT 1)
    UNION ALL
    SELECT j.priority, j.project_id,
        (SELECT count(*) FROM jobs r WHERE r.state = 'running' AND r.project_id = j.project_id)
    FROM after_served at JOIN jobs j ON j.id = (
        SELECT id FROM jobs WHERE state = 'queued' AND id NOT IN (SELECT id FROM reserved)
        AND priority = at.priority AND project_id < at.project_id
        ORDER BY priority DESC, project_id DESC LIMIT 1)
    WHERE at.running > 0
),

-- Walk 3: only if every project of walk 2 runs something, the projects from the top down to the one served last.
from_top (priority, project_id, running) AS (
    SELECT j.priority, j.project_id,
        (SELECT count(*) FROM jobs r WHERE r.state = 'running' AND r.project_id = j.project_id)
    FROM jobs j WHERE j.id = (
        SELECT id FROM jobs WHERE state = 'queued' AND id NOT IN (SELECT id FROM reserved)
        AND priority = (SELECT priority FROM level WHERE NOT EXISTS (SELECT 1 FROM after_served WHERE running = 0))
        ORDER BY priority DESC, project_id DESC LIMIT 1)
    UNION ALL
    SELECT j.priority, j.project_id,
        (SELECT count(*) FROM jobs r WHERE r.state = 'running' AND r.project_id = j.project_id)
    FROM from_top at JOIN jobs j ON j.id = (
        SELECT id FROM jobs WHERE state = 'queued' AND id NOT IN (SELECT id FROM reserved)
        AND priority = at.priority AND project_id < at.project_id
        ORDER BY priority DESC, project_id DESC LIMIT 1)
    WHERE at.running > 0 AND at.project_id > (SELECT project_id FROM served)
),

-- The projects of walks 2 and 3, in their order of turns.
candidates (project_id, running, round) AS (
    SELECT project_id, running, 0 FROM after_served
    UNION ALL
    SELECT project_id, running, 1 FROM from_top
)

UPDATE jobs SET
    state = 'running',
    worker_id = :worker,
    attempt = attempt + 1,
    fence = fence + 1,  -- whatever a worker that held the job before still writes, changes nothing
    lease_until = {now} + :lease,
    claimed_at = {now},
    fingerprint = CASE WHEN checkpoint_id IS NULL THEN :fingerprint ELSE fingerprint END,
    bit_exact = CASE
        WHEN checkpoint_id IS NULL
            OR (SELECT checkpoints.fingerprint FROM checkpoints WHERE checkpoints.id = jobs.checkpoint_id) = :fingerprint
        THEN bit_exact ELSE false END,
    started_at = coalesce(started_at, {now}),
    version = version + 1,
    events = events + 1,
    transitions = {transitions},
    updated_at = {now}
WHERE state = 'queued'
-- A job with several processes waits until so many slots of one worker are free. The worker takes no other job before it.
AND CASE WHEN processes = 1 AND (SELECT parallel FROM own) = 0 THEN true
    ELSE processes + (SELECT taken FROM own) <= (SELECT slots FROM own) END
AND id = coalesce(
    -- The oldest job of the best project.
    (SELECT id FROM jobs
    WHERE state = 'queued' AND id NOT IN (SELECT id FROM reserved) AND priority = (SELECT priority FROM level)
    AND project_id = (SELECT project_id FROM candidates ORDER BY running, round, project_id DESC LIMIT 1)
    ORDER BY created_at, id LIMIT 1 {skip_locked}),
    -- If other claims are taking all of that project's jobs right now: any job, rather than none.
    (SELECT id FROM jobs
    WHERE state = 'queued' AND id NOT IN (SELECT id FROM reserved)
    ORDER BY priority DESC LIMIT 1 {skip_locked}))
RETURNING *
