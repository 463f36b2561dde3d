"""A Celery application as its users write one, run by test_consumers.py against a renkei server. BROKER, QUEUE and
OUTPUT (a file to which each task appends one line) come from the environment."""

import os
import time

from celery import Celery

app = Celery("tasks", broker=os.environ["BROKER"])
app.conf.update(
    task_default_queue=os.environ["QUEUE"],
    broker_transport_options={"region": "ap-northeast-1", "is_secure": False, "wait_time_seconds": 2,
                              "visibility_timeout": int(os.environ.get("VISIBILITY", "30"))},
    worker_enable_remote_control=False,  # SQS has no fan-out
    task_acks_late=True,
    worker_prefetch_multiplier=1,
)


def note(text):
    with open(os.environ["OUTPUT"], "a") as output:
        output.write(text + "\n")


@app.task
def add(a, b):
    note(f"add {a} {b} {a + b}")


@app.task(bind=True, max_retries=3)
def flaky(self, name):
    note(f"flaky {name} {self.request.retries}")
    if self.request.retries < 2:
        raise self.retry(countdown=1)


@app.task
def slow(name):
    note(f"started {name}")
    time.sleep(5 if name == "killed" and os.environ.get("FIRST") else 0)
    note(f"finished {name}")
