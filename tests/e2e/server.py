"""A real renkei server for the end-to-end tests: its own data directory, a free port on loopback, and nothing left
behind, whatever happens to the test."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

BUILD = Path(os.environ.get("RENKEI_BUILD", Path(__file__).resolve().parents[2] / "build" / "release"))
BINARY = BUILD / "renkei"
REGION = "ap-northeast-1"
ACCOUNT = "000000000000"


class Server:
    def __init__(self, *arguments, data=None):
        self.program = [str(BINARY)]
        self.arguments = list(arguments)
        self.data = Path(data or tempfile.mkdtemp(prefix="renkei-e2e-"))
        self.port = 0
        self.process = None
        self.log = self.data.parent / (self.data.name + ".log")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        command = [*self.program, "serve", "--data", str(self.data), "--port", str(self.port), *self.arguments]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True)
        line = self.process.stdout.readline()  # "renkei is listening on http://127.0.0.1:PORT"
        if "listening on" not in line:
            raise RuntimeError(f"the server did not start: {line!r}\n{self.tail()}")
        self.port = int(line.rsplit(":", 1)[1].split()[0].strip("/"))
        return self

    def kill(self):
        """As a crash: nothing is flushed, containers go on."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()
        self.process = None

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("the server did not stop within 20 s of SIGTERM:\n" + self.tail())
        finally:
            self.process.stdout.close()
            self.process = None

    def remove(self):
        """Ends the server, everything that it runs, and its data."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.process = None
        subprocess.run([str(BINARY), "doctor", "--data", str(self.data), "--remove-containers"], capture_output=True)
        shutil.rmtree(self.data, ignore_errors=True)
        self.log.unlink(missing_ok=True)

    def tail(self, lines=40):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    def health(self):
        with urllib.request.urlopen(self.url + "/_renkei/health", timeout=5) as reply:
            return json.load(reply)

    def environment(self):
        return {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION,
                "AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": "", "AWS_CONFIG_FILE": "/nonexistent",
                "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"}

    def aws(self, *arguments, check=True, text=False):
        """Debian's AWS CLI. Returns parsed JSON (or None for no output); with check=False the finished process."""
        command = ["/usr/bin/aws", "--endpoint-url", self.url, "--region", REGION,
                   *([] if text else ["--output", "json"]), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment(), timeout=300)
        if not check:
            return done
        assert done.returncode == 0, f"{' '.join(map(str, arguments))}\n{done.stdout}\n{done.stderr}\n{self.tail()}"
        if text:
            return done.stdout
        return json.loads(done.stdout) if done.stdout.strip() else None

    def boto3(self, service, key="test", secret="test", token=None, **options):
        import boto3
        from botocore.config import Config
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, aws_access_key_id=key,
                            aws_secret_access_key=secret, aws_session_token=token,
                            config=Config(retries={"total_max_attempts": 1}, **options))

    def renkei(self, *arguments, check=True, timeout=600):
        done = subprocess.run([str(BINARY), *map(str, arguments), "--endpoint", self.url], capture_output=True, text=True,
                              timeout=timeout)
        if check:
            assert done.returncode == 0, f"renkei {' '.join(map(str, arguments))}\n{done.stdout}\n{done.stderr}\n{self.tail()}"
        return done


def refused(call, **arguments):
    """(code, message, HTTP status) of a boto3 call that must fail."""
    from botocore.exceptions import ClientError
    try:
        answer = call(**arguments)
    except ClientError as caught:
        error = caught.response
        return error["Error"]["Code"], error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]
    raise AssertionError(f"was not refused: {answer}")


def until(condition, seconds=60, what="the condition", every=0.1):
    """Waits for a truthy value of condition() and returns it."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {seconds} s; last value {value!r}")
        time.sleep(every)
