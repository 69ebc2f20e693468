"""Processes payments and refunds and dies at a chosen commit; run as a program of its own.

Reads one job a line: forks, and the child takes in and applies the event, or gives an approved
refund back when there is none, until the job's boundary-th commit, where it leaves by `os._exit`
just before or just after. Writes the child's exit code for each job.
"""

import json
import os
import sys

KILLED = 77


def main() -> None:
    import django

    django.setup()
    say("ready")
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if not child:
            os._exit(run(job))
        _, status = os.waitpid(child, 0)
        say(str(os.waitstatus_to_exitcode(status)))


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def run(job: dict) -> int:
    from django.db import connection
    from django.db.backends.base.base import BaseDatabaseWrapper

    from apps.payments import services
    from bakery.kernel import clock, outbox

    commits = 0

    def at_commit(work, *args):
        nonlocal commits
        commits += 1
        if commits == job["boundary"] and job["when"] == "before":
            os._exit(KILLED)
        result = work(*args)
        if commits == job["boundary"] and job["when"] == "after":
            os._exit(KILLED)
        return result

    def at_statement(execute, sql, params, many, context):
        """Outside a transaction, each writing statement is its own commit."""
        reads = sql.lstrip().upper().startswith("SELECT")
        if reads or connection.in_atomic_block:
            return execute(sql, params, many, context)
        return at_commit(execute, sql, params, many, context)

    commit = BaseDatabaseWrapper._commit
    BaseDatabaseWrapper._commit = lambda wrapper: at_commit(commit, wrapper)
    with connection.execute_wrapper(at_statement):
        if job.get("body"):
            services.receive_event(
                body=job["body"].encode(), signature=job["signature"], at=clock.now()
            )
        outbox.drain(outbox.CRITICAL, limit=1)
    return 0


if __name__ == "__main__":
    main()
