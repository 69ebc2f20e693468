"""Processes payments and dies at a chosen commit; run as a program of its own.

Reads one job a line: forks, and the child takes in and applies the event until the job's
boundary-th commit, where it leaves by `os._exit` just before or just after. Writes the child's
exit code for each job.
"""

import json
import os
import sys

KILLED = 77


def main() -> None:
    import django

    django.setup()
    print("ready", flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if not child:
            os._exit(run(job))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def run(job: dict) -> int:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from apps.payments import services
    from bakery.kernel import clock, outbox

    commits = 0
    commit = BaseDatabaseWrapper._commit

    def deadly_commit(wrapper):
        nonlocal commits
        commits += 1
        if commits == job["boundary"] and job["when"] == "before":
            os._exit(KILLED)
        result = commit(wrapper)
        if commits == job["boundary"] and job["when"] == "after":
            os._exit(KILLED)
        return result

    BaseDatabaseWrapper._commit = deadly_commit
    services.receive_event(body=job["body"].encode(), signature=job["signature"], at=clock.now())
    outbox.drain(outbox.CRITICAL, limit=1)
    return 0


if __name__ == "__main__":
    main()
